// --out-format: escapes and their values.
#include "text/out_format.hpp"

#include <algorithm>

#include "text/itemize.hpp"

namespace volsync::text {
namespace {

constexpr std::string_view known = "BGLMUfilmnopt%";
constexpr std::string_view too_late = "bcC";
constexpr int widest = 255;  // more is a typing error; memory stays bounded

[[nodiscard]] bool contains(std::string_view set, char c) noexcept { return set.find(c) != std::string_view::npos; }

// The long name: the operand's path and the entry's, without a leading slash.
[[nodiscard]] std::string long_name(item const& what) {
  std::string const& path = what.path.empty() ? what.name : what.path;
  return path.starts_with('/') ? path.substr(1) : path;
}

[[nodiscard]] std::string direction(item const& what) {
  if (what.what == item::action::remove) return "del.";
  return what.sending ? "send" : "recv";
}

[[nodiscard]] std::string value_of(char letter, int human, item const& what, format_facts const& facts) {
  switch (letter) {
    case 'B':
      return permissions(what.mode);
    case 'G':
      return facts.preserve_group ? std::to_string(what.gid) : "DEFAULT";
    case 'L':
      return shown_link(what);
    case 'M':
      return local_time(what.mtime, '-');
    case 'U':
      return std::to_string(what.uid);
    case 'f':
      return long_name(what);
    case 'i':
      return itemize(what, facts.preserve_times);
    case 'l':
      return big_number(what.size, {human, facts.decimal_comma});
    case 'n':
      return shown_name(what);
    case 'o':
      return direction(what);
    case 'p':
      return std::to_string(facts.process_id);
    case 't':
      return local_time(facts.clock, ' ');
    default:
      return {};  // %m: a module's name, which only a daemon transfer has
  }
}

}  // namespace

out_format::out_format(std::string_view format) {
  part now;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      now.text += format[i];
      continue;
    }
    std::size_t at = i + 1;
    for (; at < format.size() && format[at] == '\''; ++at) now.human = std::min(now.human + 1, 3);
    if (at < format.size() && format[at] == '-') {
      now.left = true;
      ++at;
    }
    for (; at < format.size() && format[at] >= '0' && format[at] <= '9'; ++at) {
      now.width = std::min(widest, now.width * 10 + (format[at] - '0'));
    }
    for (; at < format.size() && format[at] == '\''; ++at) now.human = std::min(now.human + 1, 3);
    if (at >= format.size() || !contains(known, format[at])) {
      now = part{now.text + '%', 0, 0, false, 0};  // not ours: stands for itself
      continue;
    }
    now.letter = format[at];
    parts_.push_back(std::move(now));
    now = {};
    i = at;
  }
  parts_.push_back(std::move(now));
}

bool out_format::has(char letter) const noexcept {
  return std::any_of(parts_.begin(), parts_.end(), [letter](part const& each) { return each.letter == letter; });
}

std::string out_format::spell(item const& what, format_facts const& facts) const {
  std::string line;
  for (part const& each : parts_) {
    line += each.text;
    if (each.letter == 0) continue;
    std::string const value = each.letter == '%' ? "%" : value_of(each.letter, each.human, what, facts);
    std::string const space(static_cast<std::size_t>(each.width) -
                                std::min<std::size_t>(static_cast<std::size_t>(each.width), value.size()),
                            ' ');
    line += each.left ? value + space : space + value;
  }
  return line;
}

char unsupported_escape(std::string_view format) {
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    std::size_t at = i + 1;
    while (at < format.size() && contains("'-0123456789", format[at])) ++at;
    if (at < format.size() && contains(too_late, format[at])) return format[at];
    if (at < format.size() && format[at] == '%') i = at;
  }
  return 0;
}

}  // namespace volsync::text
