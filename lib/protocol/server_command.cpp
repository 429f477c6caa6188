// The table of words that a client may give its server, and what each does to the options.
#include "protocol/server_command.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "checksum/negotiate.hpp"

#include "protocol/errc.hpp"

namespace volsync::protocol {
namespace {

constexpr std::size_t longest_arguments = std::size_t{8} << 20;  // bytes of secluded words
constexpr std::int32_t largest_block = 131072;                   // bytes

enum class takes : std::uint8_t { nothing, value };

[[nodiscard]] std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t number = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (number < std::numeric_limits<std::int32_t>::min() || number > std::numeric_limits<std::int32_t>::max())
    return std::nullopt;
  return number;
}

// A size as a user writes it: 100, 1.5m, 2KB, 7KiB, 1g-1; without a unit bytes. The result is in bytes.
[[nodiscard]] std::optional<std::int64_t> size(std::string_view text) {
  double number = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (failed != std::errc{} || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  constexpr std::string_view units = "kmgtp";
  double factor = 1;
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (!text.empty()) {
    if (auto const at = units.find(lower(text.front())); at != std::string_view::npos) {
      text.remove_prefix(1);
      bool const thousands = text.size() >= 1 && lower(text[0]) == 'b';
      if (thousands)
        text.remove_prefix(1);
      else if (text.size() >= 2 && lower(text[0]) == 'i' && lower(text[1]) == 'b')
        text.remove_prefix(2);
      factor = std::pow(thousands ? 1000.0 : 1024.0, static_cast<double>(at + 1));
    } else if (lower(text.front()) == 'b') {
      text.remove_prefix(1);
    }
  }
  double const most = 9.0e18;
  if (number * factor > most) return std::nullopt;
  auto bytes = static_cast<std::int64_t>(number * factor);
  if (text == "+1")
    ++bytes;
  else if (text == "-1")
    --bytes;
  else if (!text.empty())
    return std::nullopt;
  return bytes;
}

}  // namespace

struct server_request::row {
  char const* name;  // without dashes; null: only a letter
  char letter;       // 0: none
  takes what;
  // False: the value means nothing. Null: known, but not supported in this version.
  bool (*apply)(server_request& r, std::string_view value);
};

#define VOLSYNC_SET(member, value)          \
  [](server_request& r, std::string_view) { \
    r.what_.member = value;                 \
    return true;                            \
  }
#define VOLSYNC_TAKE(member)                  \
  [](server_request& r, std::string_view v) { \
    r.what_.member = v;                       \
    return true;                              \
  }
#define VOLSYNC_DO(statement)                         \
  [](server_request& r, std::string_view v) -> bool { \
    static_cast<void>(v);                             \
    statement;                                        \
    return true;                                      \
  }
#define VOLSYNC_NUMBER(parser, statement)     \
  [](server_request& r, std::string_view v) { \
    auto const n = parser(v);                 \
    if (!n) return false;                     \
    statement;                                \
    return true;                              \
  }

struct option_rows {
  using request = server_request;
  static constexpr server_request::row all[] = {
      {"server", 0, takes::nothing, VOLSYNC_DO(r.server_ = true)},
      {"sender", 0, takes::nothing, VOLSYNC_DO(r.sender_ = true)},
      // The cluster.
      {"secluded-args", 's', takes::nothing, VOLSYNC_DO(r.secluded_ = true)},
      {"protect-args", 0, takes::nothing, VOLSYNC_DO(r.secluded_ = true)},
      {"verbose", 'v', takes::nothing, VOLSYNC_DO(++r.what_.verbose)},
      {"quiet", 'q', takes::nothing, VOLSYNC_SET(quiet, true)},
      {"update", 'u', takes::nothing, VOLSYNC_SET(update, true)},
      {"dry-run", 'n', takes::nothing, VOLSYNC_SET(dry_run, true)},
      {"links", 'l', takes::nothing, VOLSYNC_SET(links, true)},
      {"dirs", 'd', takes::nothing, VOLSYNC_SET(dirs, true)},
      {"keep-dirlinks", 'K', takes::nothing, VOLSYNC_SET(keep_dirlinks, true)},
      {"omit-dir-times", 'O', takes::nothing, VOLSYNC_SET(omit_dir_times, true)},
      {"omit-link-times", 'J', takes::nothing, VOLSYNC_SET(omit_link_times, true)},
      {"copy-links", 'L', takes::nothing, VOLSYNC_SET(copy_links, true)},
      {"copy-dirlinks", 'k', takes::nothing, VOLSYNC_SET(copy_dirlinks, true)},
      {"whole-file", 'W', takes::nothing, VOLSYNC_SET(whole_file, true)},
      {"no-W", 0, takes::nothing, VOLSYNC_SET(whole_file, false)},
      {"no-whole-file", 0, takes::nothing, VOLSYNC_SET(whole_file, false)},
      {"hard-links", 'H', takes::nothing, VOLSYNC_SET(hard_links, true)},
      {"owner", 'o', takes::nothing, VOLSYNC_SET(owner, true)},
      {"group", 'g', takes::nothing, VOLSYNC_SET(group, true)},
      {nullptr, 'D', takes::nothing, VOLSYNC_DO(r.what_.devices = r.what_.specials = true)},
      {"times", 't', takes::nothing, VOLSYNC_SET(times, true)},
      {"perms", 'p', takes::nothing, VOLSYNC_SET(perms, true)},
      {"executability", 'E', takes::nothing, VOLSYNC_SET(executability, true)},
      {"recursive", 'r', takes::nothing, VOLSYNC_SET(recurse, true)},
      {"no-r", 0, takes::nothing, VOLSYNC_SET(recurse, false)},
      {"no-recursive", 0, takes::nothing, VOLSYNC_SET(recurse, false)},
      {"checksum", 'c', takes::nothing, VOLSYNC_SET(checksum, true)},
      {"cvs-exclude", 'C', takes::nothing, VOLSYNC_SET(cvs_exclude, true)},
      {"ignore-times", 'I', takes::nothing, VOLSYNC_SET(ignore_times, true)},
      {"relative", 'R', takes::nothing, VOLSYNC_DO(r.relative_ = true)},
      {"no-relative", 0, takes::nothing, VOLSYNC_DO(r.relative_ = false)},
      {"one-file-system", 'x', takes::nothing, VOLSYNC_DO(++r.what_.one_file_system)},
      {"sparse", 'S', takes::nothing, VOLSYNC_SET(sparse, true)},
      {nullptr, 'e', takes::value, VOLSYNC_DO(r.letters_ = v)},
      // Long words, in the order in which they are sent.
      {"list-only", 0, takes::nothing, VOLSYNC_SET(list_only, true)},
      {"no-specials", 0, takes::nothing, VOLSYNC_SET(specials, false)},
      {"specials", 0, takes::nothing, VOLSYNC_SET(specials, true)},
      {"log-format", 0, takes::value, VOLSYNC_TAKE(out_format)},
      {"out-format", 0, takes::value, VOLSYNC_TAKE(out_format)},
      {"msgs2stderr", 0, takes::nothing, VOLSYNC_SET(errors_to, options::stderr_mode::all)},
      {"no-msgs2stderr", 0, takes::nothing, VOLSYNC_SET(errors_to, options::stderr_mode::client)},
      {"block-size", 'B', takes::value,
       VOLSYNC_NUMBER(integer, if (*n < 0 || *n > largest_block) return false;
                      r.what_.block_size = static_cast<std::int32_t>(*n))},
      {"timeout", 0, takes::value,
       VOLSYNC_NUMBER(integer, r.what_.timeout = std::chrono::seconds{std::max<std::int64_t>(0, *n)})},
      {"bwlimit", 0, takes::value,
       VOLSYNC_NUMBER(integer, r.what_.bandwidth_limit = std::max<std::int64_t>(0, *n) * 1024)},
      {"checksum-choice", 0, takes::value, VOLSYNC_TAKE(checksum_choice)},
      {"cc", 0, takes::value, VOLSYNC_TAKE(checksum_choice)},
      {"max-delete", 0, takes::value, VOLSYNC_NUMBER(integer, r.what_.max_delete = std::max<std::int64_t>(0, *n))},
      {"min-size", 0, takes::value, VOLSYNC_NUMBER(size, r.what_.min_size = *n)},
      {"max-size", 0, takes::value, VOLSYNC_NUMBER(size, r.what_.max_size = *n)},
      {"delete", 0, takes::nothing, VOLSYNC_SET(deletion, delete_mode::automatic)},
      {"delete-before", 0, takes::nothing, VOLSYNC_SET(deletion, delete_mode::before)},
      {"delete-during", 0, takes::nothing, VOLSYNC_SET(deletion, delete_mode::during)},
      {"delete-delay", 0, takes::nothing, VOLSYNC_SET(deletion, delete_mode::delay)},
      {"delete-after", 0, takes::nothing, VOLSYNC_SET(deletion, delete_mode::after)},
      {"delete-excluded", 0, takes::nothing,
       VOLSYNC_DO(r.what_.delete_excluded = true;
                  if (r.what_.deletion == delete_mode::none) r.what_.deletion = delete_mode::automatic)},
      {"force", 0, takes::nothing, VOLSYNC_SET(force, true)},
      {"size-only", 0, takes::nothing, VOLSYNC_SET(size_only, true)},
      {"stats", 0, takes::nothing, VOLSYNC_SET(stats, true)},
      {"modify-window", '@', takes::value, VOLSYNC_NUMBER(integer, r.what_.modify_window = *n)},
      {"checksum-seed", 0, takes::value,
       VOLSYNC_NUMBER(integer, r.what_.checksum_seed = static_cast<std::int32_t>(*n))},
      {"partial-dir", 0, takes::value, VOLSYNC_TAKE(partial_dir)},
      {"delay-updates", 0, takes::nothing, VOLSYNC_SET(delay_updates, true)},
      {"partial", 0, takes::nothing, VOLSYNC_SET(partial, true)},
      {"ignore-errors", 0, takes::nothing, VOLSYNC_SET(ignore_errors, true)},
      {"copy-unsafe-links", 0, takes::nothing, VOLSYNC_SET(copy_unsafe_links, true)},
      {"safe-links", 0, takes::nothing, VOLSYNC_SET(safe_links, true)},
      {"numeric-ids", 0, takes::nothing, VOLSYNC_SET(numeric_ids, true)},
      {"ignore-existing", 0, takes::nothing, VOLSYNC_SET(ignore_existing, true)},
      {"existing", 0, takes::nothing, VOLSYNC_SET(existing, true)},
      {"ignore-non-existing", 0, takes::nothing, VOLSYNC_SET(existing, true)},
      {"temp-dir", 'T', takes::value, VOLSYNC_TAKE(temp_dir)},
      {"fsync", 0, takes::nothing, VOLSYNC_SET(fsync, true)},
      {"info", 0, takes::value, VOLSYNC_DO(r.what_.info.emplace_back(v))},
      {"inplace", 0, takes::nothing, VOLSYNC_SET(inplace, true)},
      {"files-from", 0, takes::value, VOLSYNC_TAKE(files_from)},
      {"from0", 0, takes::nothing, VOLSYNC_SET(from0, true)},
      {"no-implied-dirs", 0, takes::nothing, VOLSYNC_SET(implied_dirs, false)},
      {"preallocate", 0, takes::nothing, VOLSYNC_SET(preallocate, true)},
      {"mkpath", 0, takes::nothing, VOLSYNC_SET(mkpath, true)},
      // Known, not supported here yet.
      {"backup", 'b', takes::nothing, nullptr},
      {"backup-dir", 0, takes::value, nullptr},
      {"suffix", 0, takes::value, nullptr},
      {"prune-empty-dirs", 'm', takes::nothing, nullptr},
      {"fuzzy", 'y', takes::nothing, nullptr},
      {"atimes", 'U', takes::nothing, nullptr},
      {"crtimes", 'N', takes::nothing, nullptr},
      {"acls", 'A', takes::nothing, nullptr},
      {"xattrs", 'X', takes::nothing, nullptr},
      {"compress", 'z', takes::nothing, nullptr},
      {"iconv", 0, takes::value, nullptr},
      {"compress-level", 0, takes::value, nullptr},
      {"new-compress", 0, takes::nothing, nullptr},
      {"old-compress", 0, takes::nothing, nullptr},
      {"compress-choice", 0, takes::value, nullptr},
      {"only-write-batch", 0, takes::value, nullptr},
      {"super", 0, takes::nothing, nullptr},
      {"skip-compress", 0, takes::value, nullptr},
      {"max-alloc", 0, takes::value, nullptr},
      {"delete-missing-args", 0, takes::nothing, nullptr},
      {"ignore-missing-args", 0, takes::nothing, nullptr},
      {"usermap", 0, takes::value, nullptr},
      {"groupmap", 0, takes::value, nullptr},
      {"compare-dest", 0, takes::value, nullptr},
      {"copy-dest", 0, takes::value, nullptr},
      {"link-dest", 0, takes::value, nullptr},
      {"append", 0, takes::nothing, nullptr},
      {"write-devices", 0, takes::nothing, nullptr},
      {"remove-source-files", 0, takes::nothing, nullptr},
      {"remove-sent-files", 0, takes::nothing, nullptr},
      {"copy-devices", 0, takes::nothing, nullptr},
      {"open-noatime", 0, takes::nothing, nullptr},
      {"debug", 0, takes::value, nullptr},
      {"daemon", 0, takes::nothing, nullptr},
  };
};

#undef VOLSYNC_SET
#undef VOLSYNC_TAKE
#undef VOLSYNC_DO
#undef VOLSYNC_NUMBER

bool server_request::refuse(exit_code code, std::string text) {
  refused_ = {code, "on remote machine: " + std::move(text)};
  return false;
}

bool server_request::read(std::vector<std::string> const& words) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    std::string const& word = words[at];
    if (paths_begun_) {
      paths_.push_back(word);
    } else if (word.starts_with("--") && word.size() > 2) {
      if (!read_long(words, at)) return false;
    } else if (word.starts_with('-') && word.size() > 1) {
      if (!read_cluster(words, at)) return false;
    } else if (word == ".") {
      paths_begun_ = true;
    } else {
      return refuse(exit_code::syntax, word + ": a path without \".\" before it");
    }
  }
  if (!server_) return refuse(exit_code::syntax, "--server is missing");
  if (!paths_begun_ && !secluded_) return refuse(exit_code::syntax, "no paths were given");
  if (paths_begun_) settle();
  return refused_.text.empty();
}

bool server_request::read_long(std::vector<std::string> const& words, std::size_t& at) {
  std::string_view const word = std::string_view{words[at]}.substr(2);
  auto const equals = word.find('=');
  std::string_view const name = word.substr(0, equals);
  auto const* const found = std::find_if(std::begin(option_rows::all), std::end(option_rows::all),
                                         [name](row const& r) { return r.name != nullptr && name == r.name; });
  std::string const shown = "--" + std::string{name};
  if (found == std::end(option_rows::all)) return refuse(exit_code::syntax, shown + ": unknown option");
  std::optional<std::string_view> value;
  if (equals != std::string_view::npos) value = word.substr(equals + 1);
  if (found->what == takes::nothing && value)
    return refuse(exit_code::syntax, shown + ": option does not take an argument");
  if (found->what == takes::value && !value) {
    if (at + 1 == words.size()) return refuse(exit_code::syntax, shown + ": missing argument");
    value = words[++at];
  }
  return apply(*found, shown, value);
}

bool server_request::read_cluster(std::vector<std::string> const& words, std::size_t& at) {
  std::string_view letters = std::string_view{words[at]}.substr(1);
  while (!letters.empty()) {
    char const letter = letters.front();
    letters.remove_prefix(1);
    auto const* const found = std::find_if(std::begin(option_rows::all), std::end(option_rows::all),
                                           [letter](row const& r) { return r.letter == letter; });
    std::string const shown = std::string{"-"} + letter;
    if (found == std::end(option_rows::all)) return refuse(exit_code::syntax, shown + ": unknown option");
    std::optional<std::string_view> value;
    if (found->what == takes::value) {
      if (letters.empty() && at + 1 == words.size()) return refuse(exit_code::syntax, shown + ": missing argument");
      value = letters.empty() ? std::string_view{words[++at]} : letters;
      letters = {};
      if (value->starts_with('=')) value->remove_prefix(1);
    }
    if (!apply(*found, shown, value)) return false;
  }
  return true;
}

bool server_request::apply(row const& which, std::string_view shown, std::optional<std::string_view> value) {
  if (which.apply == nullptr) {
    std::string const name = which.name != nullptr ? "--" + std::string{which.name} : std::string{shown};
    return refuse(exit_code::unsupported, name + " is not supported in this version");
  }
  if (which.apply(*this, value.value_or(std::string_view{}))) return true;
  return refuse(exit_code::syntax, std::string{shown} + "=" + std::string{value.value_or("")} + ": invalid value");
}

// What depends on all words.
void server_request::settle() {
  what_.relative = relative_.value_or(what_.files_from.has_value());
  if (!checksum::parse_choice(what_.checksum_choice.empty() ? "auto" : what_.checksum_choice)) {
    refuse(exit_code::unsupported, "unknown checksum name: " + what_.checksum_choice);
  }
  // What the client prints for an entry decides what it has to be told.
  bool const all = what_.out_format.ends_with("%I");
  if (all || what_.out_format.find("%i") != std::string::npos) what_.itemize = all ? 2 : 1;
}

result<std::optional<secluded_words>> read_secluded_words(byte_view input) {
  secluded_words made;
  auto const text = as_text(input);
  for (std::size_t at = 0; at < text.size();) {
    auto const end = text.find('\0', at);
    if (end == std::string_view::npos || end > longest_arguments) break;
    if (end == at) {
      made.used = end + 1;
      if (!made.words.empty()) made.words.erase(made.words.begin());
      return std::optional{std::move(made)};
    }
    made.words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (text.size() > longest_arguments) return protocol_errc::arguments_too_long;
  return std::optional<secluded_words>{};
}

}  // namespace volsync::protocol
