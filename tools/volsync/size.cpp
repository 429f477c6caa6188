// Sizes and numbers.
#include "volsync/size.hpp"

#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string>

namespace volsync::cli {
namespace {

[[nodiscard]] bool take(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(text[i])) != prefix[i]) return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

// Digits with at most one point. False: there is no digit.
[[nodiscard]] bool take_decimal(std::string_view& text, double& value) {
  bool any = false;
  double place = 0;  // 0: before the point
  for (; !text.empty(); text.remove_prefix(1)) {
    if (text[0] == '.' && place == 0) {
      place = 1;
    } else if (std::isdigit(static_cast<unsigned char>(text[0])) != 0) {
      any = true;
      int const digit = text[0] - '0';
      if (place == 0) {
        value = value * 10 + digit;
      } else {
        value += digit * (place /= 10);
      }
    } else {
      break;
    }
  }
  return any;
}

// How many bytes a unit has; the unit is taken off the text.
[[nodiscard]] double take_unit(std::string_view& text, char default_unit) {
  constexpr std::string_view letters = "kmgtp";
  char letter = default_unit;
  bool given = false;
  if (!text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0) {
    letter = text[0];
    given = true;
  }
  letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  std::size_t const power = letters.find(letter);
  if (power == std::string_view::npos) {
    if (given && letter == 'b') text.remove_prefix(1);
    return 1;
  }
  if (given) text.remove_prefix(1);
  double base = 1024;
  if (given && !take(text, "ib") && take(text, "b")) base = 1000;
  return std::pow(base, static_cast<double>(power + 1));
}

}  // namespace

parsed_number parse_size(std::string_view text, char default_unit) {
  if (text.empty()) return {};
  bool const negative = text[0] == '-';
  if (negative) text.remove_prefix(1);
  double value = 0;
  if (!take_decimal(text, value)) return {0, number_problem::invalid};
  value *= take_unit(text, default_unit);
  std::int64_t const more = take(text, "+1") ? 1 : take(text, "-1") ? -1 : 0;
  if (!text.empty()) return {0, number_problem::invalid};
  if (!(value < 9223372036854775808.0)) return {0, number_problem::too_large};  // 2^63
  std::int64_t const whole = static_cast<std::int64_t>(value);
  if ((negative && whole != 0) || (more < 0 && whole == 0)) return {0, number_problem::too_large};
  return {whole + more, number_problem::none};
}

parsed_number parse_integer(std::string_view text, std::int64_t lowest, std::int64_t highest) {
  if (text.empty()) return {};
  std::string const copy{text};
  char* end = nullptr;
  errno = 0;
  long long const value = std::strtoll(copy.c_str(), &end, 0);
  if (end == copy.c_str() || *end != '\0') return {0, number_problem::invalid};
  if (errno == ERANGE || value > highest) return {0, number_problem::too_large};
  if (value < lowest) return {0, number_problem::too_small};
  return {value, number_problem::none};
}

}  // namespace volsync::cli
