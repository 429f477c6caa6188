#include "text/numbers.hpp"

#include <array>
#include <limits>

#include "support/catch.hpp"

using namespace volsync::text;

TEST_CASE("sizes at every level of -h") {  // as stock rsync 3.5.0 lists files of these sizes
  struct row {
    std::int64_t value;
    std::array<char const*, 4> shown;
  };
  std::array<row, 13> const rows{{
      {0, {"0", "0", "0", "0"}},
      {999, {"999", "999", "999", "999"}},
      {1000, {"1000", "1,000", "1.00K", "1,000"}},
      {1023, {"1023", "1,023", "1.02K", "1,023"}},
      {1024, {"1024", "1,024", "1.02K", "1.00K"}},
      {99999, {"99999", "99,999", "100.00K", "97.66K"}},
      {999999, {"999999", "999,999", "1000.00K", "976.56K"}},
      {1000000, {"1000000", "1,000,000", "1.00M", "976.56K"}},
      {1023999, {"1023999", "1,023,999", "1.02M", "1000.00K"}},
      {1048575, {"1048575", "1,048,575", "1.05M", "1024.00K"}},
      {999999999, {"999999999", "999,999,999", "1000.00M", "953.67M"}},
      {1234567890123, {"1234567890123", "1,234,567,890,123", "1.23T", "1.12T"}},
      {std::numeric_limits<std::int64_t>::max(),
       {"9223372036854775807", "9,223,372,036,854,775,807", "9223.37P", "8192.00P"}},
  }};
  for (row const& each : rows) {
    for (int human = 0; human <= 3; ++human) {
      CHECK(big_number(each.value, {human, false}) == each.shown[static_cast<std::size_t>(human)]);
    }
  }
}

TEST_CASE("negative numbers keep their sign") {
  CHECK(big_number(-1234567, {1, false}) == "-1,234,567");
  CHECK(big_number(-123, {1, false}) == "-123");
  CHECK(big_number(-1234567, {2, false}) == "-1.23M");
  CHECK(big_number(std::numeric_limits<std::int64_t>::min(), {0, false}) == "-9223372036854775808");
}

TEST_CASE("counts never use units") {
  CHECK(count_number(1234567, {3, false}) == "1,234,567");
  CHECK(count_number(1234567, {2, false}) == "1,234,567");
  CHECK(count_number(1234567, {0, false}) == "1234567");
}

TEST_CASE("a locale with a decimal comma swaps both signs") {
  CHECK(big_number(1234567, {1, true}) == "1.234.567");
  CHECK(big_number(1234567, {2, true}) == "1,23M");
  CHECK(decimal_number(6002772, 2, {1, true}) == "6.002.772,00");
}

TEST_CASE("rates and ratios") {
  CHECK(decimal_number(6002772, 2, {1, false}) == "6,002,772.00");
  CHECK(decimal_number(6002772, 2, {0, false}) == "6002772.00");
  CHECK(decimal_number(6002772, 2, {2, false}) == "6.00M");
  CHECK(decimal_number(612, 2, {2, false}) == "612.00");
  CHECK(separated_decimal(9803.97, 2, {2, false}) == "9,803.97");
  CHECK(separated_decimal(9803.97, 2, {0, false}) == "9803.97");
  CHECK(separated_decimal(0, 2, {1, false}) == "0.00");
  CHECK(separated_decimal(1e300, 0, {0, false}).size() == 301);
}
