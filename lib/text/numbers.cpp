// Numbers as rsync prints them: plain, with separators, or in units with two decimals.
#include "text/numbers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace volsync::text {
namespace {

[[nodiscard]] std::string with_separators(std::string_view digits, char separator) {
  std::string made;
  bool const negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) made += separator;
    made += digits[i];
  }
  return negative ? "-" + made : made;
}

// "%.*f" with the decimal point of the style and no separators. The "C" locale's point is the only one printf makes
// here as long as nobody sets LC_NUMERIC; a ',' is accepted as well so that an embedder's locale does no harm.
[[nodiscard]] std::string fixed(double value, int decimals, number_style style) {
  std::array<char, 400> room{};  // a double has up to 309 digits before the point
  int const length = std::snprintf(room.data(), room.size(), "%.*f", decimals, value);
  std::string made{room.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
  if (auto const point = made.find_first_of(".,"); point != std::string::npos)
    made[point] = style.decimal_comma ? ',' : '.';
  return made;
}

// The value in the largest unit it reaches, or an empty text below the first.
[[nodiscard]] std::string in_units(double value, number_style style) {
  double const unit = style.human == 2 ? 1000 : 1024;
  std::string_view const letters = "KMGTP";
  double scaled = std::fabs(value);
  if (style.human < 2 || scaled < unit) return {};
  std::size_t letter = 0;
  for (scaled /= unit; scaled >= unit && letter + 1 < letters.size(); ++letter) scaled /= unit;
  return fixed(value < 0 ? -scaled : scaled, 2, style) + letters[letter];
}

[[nodiscard]] char separator(number_style style) noexcept { return style.decimal_comma ? '.' : ','; }

}  // namespace

std::string count_number(std::int64_t value, number_style style) {
  std::string digits = std::to_string(value);
  return style.human == 0 ? digits : with_separators(digits, separator(style));
}

std::string big_number(std::int64_t value, number_style style) {
  std::string made = in_units(static_cast<double>(value), style);
  return made.empty() ? count_number(value, style) : made;
}

std::string separated_decimal(double value, int decimals, number_style style) {
  std::string const made = fixed(value, decimals, style);
  if (style.human == 0) return made;
  std::size_t const point = std::min(made.find_first_of(".,"), made.size());
  return with_separators(std::string_view{made}.substr(0, point), separator(style)) + made.substr(point);
}

std::string decimal_number(double value, int decimals, number_style style) {
  std::string made = in_units(value, style);
  return made.empty() ? separated_decimal(value, decimals, style) : made;
}

}  // namespace volsync::text
