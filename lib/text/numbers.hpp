// Numbers as rsync prints them.
#pragma once

#include <cstdint>
#include <string>

namespace volsync::text {

// How numbers are spelled.
struct number_style {
  int human = 1;               // 0 plain digits, 1 separators, 2 units of 1000, 3 units of 1024 (from the unit on)
  bool decimal_comma = false;  // ',' is the decimal point and '.' the separator
};

// Bytes. Level 2 and 3: two decimals and K M G T P once the value reaches the unit.
[[nodiscard]] std::string big_number(std::int64_t value, number_style style);
// Counts ("Number of files"): never with units; 2 and 3 mean 1.
[[nodiscard]] std::string count_number(std::int64_t value, number_style style);
// A rate with `decimals` places; separators and units as big_number.
[[nodiscard]] std::string decimal_number(double value, int decimals, number_style style);
// A ratio with `decimals` places; never with units.
[[nodiscard]] std::string separated_decimal(double value, int decimals, number_style style);

}  // namespace volsync::text
