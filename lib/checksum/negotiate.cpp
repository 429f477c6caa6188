// Choosing a common name from two lists.
#include "checksum/negotiate.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace volsync::checksum {
namespace {

class negotiate_category final : public std::error_category {
 public:
  char const* name() const noexcept override { return "negotiation"; }
  std::string message(int value) const override {
    switch (static_cast<negotiate_errc>(value)) {
      case negotiate_errc::no_common_name:
        return "the two ends share no algorithm name";
      case negotiate_errc::unknown_name:
        return "unknown algorithm name";
      case negotiate_errc::list_too_long:
        return "the peer's list of algorithm names is too long";
    }
    return "unknown negotiation error";
  }
};

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view white = " \t\r\n\v\f";
  std::vector<std::string_view> words;
  for (;;) {
    std::size_t const start = text.find_first_not_of(white);
    if (start == text.npos) return words;
    text.remove_prefix(start);
    std::size_t const length = std::min(text.find_first_of(white), text.size());
    words.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
}

// The part of a restriction that concerns one side.
std::string_view part_for(side who, std::string_view restriction) noexcept {
  std::size_t const cut = restriction.find('&');
  if (cut == restriction.npos) return restriction;
  return who == side::client ? restriction.substr(0, cut) : restriction.substr(cut + 1);
}

// The canonical names in a list; unknown words are left out.
std::vector<std::string_view> known_names(vocabulary const& words, std::string_view list) {
  std::vector<std::string_view> known;
  for (std::string_view const word : words_of(list)) {
    if (std::string_view const name = words.canonical(word); !name.empty()) known.push_back(name);
  }
  return known;
}

bool contains(std::vector<std::string_view> const& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<synonym, 1> checksum_synonyms{synonym{"xxhash", "xxh64"}};

}  // namespace

error_code make_error_code(negotiate_errc e) noexcept {
  static negotiate_category const category;
  return {static_cast<int>(e), category};
}

std::string_view vocabulary::canonical(std::string_view text) const noexcept {
  for (synonym const& s : synonyms) {
    if (same_name(s.text, text)) return s.name;
  }
  for (std::string_view const name : names) {
    if (same_name(name, text)) return name;
  }
  return {};
}

vocabulary const& checksum_vocabulary() noexcept {
  static constexpr vocabulary words{algorithm_names, checksum_synonyms};
  return words;
}

std::string offer(vocabulary const& words, side we_are, std::string_view restriction) {
  std::string_view const part = part_for(we_are, restriction);
  bool const restricted = !words_of(part).empty();
  std::vector<std::string_view> const allowed = known_names(words, part);
  std::string list;
  for (std::string_view const name : words.names) {
    if (restricted ? !contains(allowed, name) : name == "none" && we_are == side::client) continue;
    if (!list.empty()) list += ' ';
    list += name;
  }
  return list.empty() ? "INVALID" : list;
}

result<std::string_view> choose(vocabulary const& words, side we_are, std::string_view ours, std::string_view theirs) {
  if (theirs.size() > max_list_length) return negotiate_errc::list_too_long;
  std::vector<std::string_view> const our_names = known_names(words, ours);
  std::vector<std::string_view> const their_names = known_names(words, theirs);
  // The client's list decides on both ends: releases that look at their own list first agree with that as long as both
  // lists are in canonical order, and those that look at the client's list always do.
  bool const client = we_are == side::client;
  for (std::string_view const name : client ? our_names : their_names) {
    if (contains(client ? their_names : our_names, name)) return name;
  }
  return negotiate_errc::no_common_name;
}

result<std::optional<choice>> parse_choice(std::string_view text) {
  if (same_name(text, "auto")) return std::optional<choice>{};
  auto const one = [](std::string_view name) -> std::optional<algorithm> {
    if (same_name(name, "auto")) return implied_algorithm;
    return parse(name);
  };
  std::size_t const comma = text.find(',');
  std::optional<algorithm> const transfer = one(text.substr(0, comma));
  std::optional<algorithm> const flist = comma == text.npos ? transfer : one(text.substr(comma + 1));
  if (!transfer || !flist) return negotiate_errc::unknown_name;
  return std::optional<choice>{choice{*transfer, *flist}};
}

}  // namespace volsync::checksum
