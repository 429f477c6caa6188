// Filter rules as counted texts.
#include "wire/filter_rules.hpp"

#include <algorithm>
#include <string_view>

#include "wire/errc.hpp"
#include "wire/integers.hpp"

namespace volsync::wire {

namespace {

std::size_t length_of(filter::wire_rule const& rule) {
  return rule.prefix.size() + (rule.prefix.empty() ? 0 : 1) + rule.pattern.size() + (rule.directory_only ? 1 : 0);
}

filter::wire_rule split(std::string_view text) {
  filter::wire_rule rule;
  auto const space = text.find(' ');
  if (space != text.npos && space >= 1 && space <= max_rule_prefix) {
    rule.prefix = text.substr(0, space);
    text.remove_prefix(space + 1);
  }
  if (!text.empty() && text.back() == '/') {
    rule.directory_only = true;
    text.remove_suffix(1);
  }
  rule.pattern = text;
  return rule;
}

}  // namespace

result<void> write_filter_rules(writer& out, std::span<filter::wire_rule const> rules) {
  auto const fits = [](filter::wire_rule const& rule) { return length_of(rule) <= max_rule; };
  if (!std::all_of(rules.begin(), rules.end(), fits)) return wire_errc::rule_too_long;
  for (auto const& rule : rules) {
    if (length_of(rule) == 0) continue;  // would be the terminator
    write_int32(out, static_cast<std::int32_t>(length_of(rule)));
    out.put(as_bytes(rule.prefix));
    if (!rule.prefix.empty()) out.u8(' ');
    out.put(as_bytes(rule.pattern));
    if (rule.directory_only) out.u8('/');
  }
  write_int32(out, 0);
  return {};
}

result<std::optional<filter::wire_rule>> read_filter_rule(cursor& in) {
  attempt whole{in};
  auto const length = read_int32(in);
  if (!length) return length.error();
  auto const size = static_cast<std::uint32_t>(*length);  // a negative length is a very long one
  if (size > max_rule) return wire_errc::rule_too_long;
  if (in.remaining() < size) return wire_errc::truncated;
  std::optional<filter::wire_rule> rule;
  if (size != 0) rule = split(as_text(in.take(size)));
  whole.succeed();
  return rule;
}

}  // namespace volsync::wire
