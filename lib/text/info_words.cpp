// --info words: their levels, and what of them a peer is told.
#include "text/info_words.hpp"

#include <algorithm>
#include <cctype>

namespace volsync::text {
namespace {

constexpr int highest_level = 4;  // rsync forwards no more

enum side : std::uint8_t { nobody = 0, at_receiver = 1, at_sender = 2, at_both = 3 };

struct word_facts {
  std::string_view name;
  side used;          // a peer in this role is told
  int at_verbose[3];  // level that -v gives, by count (0, 1, 2 and more)
};

constexpr std::array<word_facts, info_count> facts{{
    {"BACKUP", at_receiver, {0, 0, 1}},
    {"COPY", at_receiver, {0, 1, 1}},
    {"DEL", at_receiver, {0, 1, 1}},
    {"FLIST", nobody, {0, 1, 1}},
    {"MISC", at_both, {0, 1, 2}},
    {"MOUNT", at_both, {0, 0, 1}},
    {"NAME", at_both, {0, 1, 2}},
    {"NONREG", at_receiver, {1, 1, 1}},
    {"PROGRESS", nobody, {0, 0, 0}},
    {"REMOVE", at_sender, {0, 0, 1}},
    {"SKIP", at_receiver, {0, 0, 1}},
    {"STATS", at_both, {0, 1, 1}},
    {"SYMSAFE", at_both, {0, 1, 1}},
}};

[[nodiscard]] bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::toupper(x) == std::toupper(y); });
}

// "NAME2" is {NAME, 2}; no digits: level 1.
struct parsed_word {
  std::string_view name;
  int level = 1;
};
[[nodiscard]] parsed_word parse_word(std::string_view text) {
  std::size_t end = text.size();
  while (end > 0 && std::isdigit(static_cast<unsigned char>(text[end - 1])) != 0) --end;
  if (end == text.size()) return {text, 1};
  int level = 0;
  for (char const c : text.substr(end)) level = std::min(highest_level, level * 10 + (c - '0'));
  return {text.substr(0, end), level};
}

[[nodiscard]] std::string spelled(std::string_view name, int level) {
  std::string made{name};
  if (level != 1) made += std::to_string(level);
  return made;
}

template <class Function>
void for_each_word(std::string_view words, Function&& function) {
  while (!words.empty()) {
    std::size_t const comma = std::min(words.find(','), words.size());
    if (comma != 0 && !function(words.substr(0, comma))) return;
    words.remove_prefix(std::min(comma + 1, words.size()));
  }
}

}  // namespace

info_levels::info_levels(options const& what) {
  for (std::string const& each : what.info) (void)apply(each);
  int const count = std::clamp(what.verbose, 0, 2);
  for (std::size_t i = 0; i < info_count; ++i) set_default(static_cast<info>(i), facts[i].at_verbose[count]);
  if (what.progress) {
    set_default(info::flist, 2);
    set_default(info::name, 1);
    set_default(info::progress, 1);
  }
  if (what.stats) set_default(info::stats, 2);
}

void info_levels::set(info word, int level) {
  auto const i = static_cast<std::size_t>(word);
  level_[i] = static_cast<std::uint8_t>(level);
  explicit_[i] = true;
}

void info_levels::set_default(info word, int level) {
  auto const i = static_cast<std::size_t>(word);
  if (!explicit_[i]) level_[i] = std::max(level_[i], static_cast<std::uint8_t>(level));
}

bool info_levels::apply_word(std::string_view text) {
  parsed_word const word = parse_word(text);
  bool const none = same_letters(word.name, "NONE");
  if (none || same_letters(word.name, "ALL")) {
    for (std::size_t i = 0; i < info_count; ++i) set(static_cast<info>(i), none ? 0 : word.level);
    return true;
  }
  for (std::size_t i = 0; i < info_count; ++i) {
    if (!same_letters(word.name, facts[i].name)) continue;
    set(static_cast<info>(i), word.level);
    return true;
  }
  return same_letters(word.name, "HELP");
}

bool info_levels::apply(std::string_view words, std::string* bad_word) {
  bool good = true;
  for_each_word(words, [&](std::string_view each) {
    good = apply_word(each);
    if (!good && bad_word != nullptr) *bad_word = each;
    return good;
  });
  return good;
}

std::string forwarded_info(options const& what, bool peer_receives) {
  info_levels const levels{what};
  std::array<int, highest_level + 1> users{};  // words at each level
  bool all_explicit = true;
  std::vector<std::size_t> told;
  for (std::size_t i = 0; i < info_count; ++i) {
    if ((facts[i].used & (peer_receives ? at_receiver : at_sender)) == 0) continue;
    auto const word = static_cast<info>(i);
    if (levels.is_explicit(word)) {
      told.push_back(i);
      ++users[static_cast<std::size_t>(levels.at(word))];
    } else {
      all_explicit = false;
    }
  }
  std::string text;
  int base = -1;  // level that a leading ALL or NONE gives
  if (all_explicit) {
    base = static_cast<int>(std::max_element(users.begin(), users.end()) - users.begin());
    text = base == 0 ? "NONE" : spelled("ALL", base);
  }
  for (std::size_t const i : told) {
    int const level = levels.at(static_cast<info>(i));
    if (level != base) text += (text.empty() ? "" : ",") + spelled(facts[i].name, level);
  }
  return text.empty() ? text : "--info=" + text;
}

}  // namespace volsync::text
