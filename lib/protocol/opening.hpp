// What a client says to its server before the transfer: filter rules, and perhaps names (--files-from).
//
// Both are bounded as they come: a rule by its length, the rules by their number, a name and all names by their bytes.
// Source: lib/wire/FORMAT.md, filter list and server arguments.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "volsync/result.hpp"

#include "base/bytes.hpp"

#include "filter/wire_rule.hpp"

#include "wire/cursor.hpp"

namespace volsync::protocol {

class opening {
 public:
  // names: a list of names follows the rules.
  explicit opening(bool names) : wants_names_{names} {}

  // Reads as many rules as are there. Errors: those of wire, too_many_rules.
  [[nodiscard]] result<void> read_rules(wire::cursor& in);
  // Reads names, each ended by NUL, up to the empty one that ends them; returns how many bytes were theirs. Call after
  // the rules. Errors: names_too_long.
  [[nodiscard]] result<std::size_t> take_names(byte_view input);

  [[nodiscard]] bool rules_done() const noexcept { return rules_done_; }
  [[nodiscard]] bool complete() const noexcept { return rules_done_ && (names_done_ || !wants_names_); }
  [[nodiscard]] std::vector<filter::wire_rule> const& rules() const noexcept { return rules_; }
  // Cleaned, in order.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  bool wants_names_;
  bool rules_done_ = false, names_done_ = false;
  std::vector<filter::wire_rule> rules_;
  std::string names_;            // as they came
  std::size_t name_begins_ = 0;  // of the one under way
};

}  // namespace volsync::protocol
