// The filter list that a client sends first of all. Source: lib/wire/FORMAT.md, filter list.
#pragma once

#include <optional>
#include <span>

#include "volsync/result.hpp"

#include "filter/wire_rule.hpp"

#include "wire/cursor.hpp"

namespace volsync::wire {

inline constexpr std::size_t max_rule = 5119;       // bytes of a rule, prefix and slash included
inline constexpr std::size_t max_rule_prefix = 15;  // bytes

// All rules and the terminator. Errors: rule_too_long (nothing was written).
[[nodiscard]] result<void> write_filter_rules(writer& out, std::span<filter::wire_rule const> rules);

// One rule, or nothing at the terminator. A text that does not begin with a prefix and a space comes with an empty
// prefix and is all pattern, so that every text keeps its bytes. Errors: truncated, rule_too_long.
[[nodiscard]] result<std::optional<filter::wire_rule>> read_filter_rule(cursor& in);

}  // namespace volsync::wire
