// Sizes, numbers and operands.
#include <limits>
#include <string>

#include "volsync/operand.hpp"
#include "volsync/size.hpp"

#include "support/catch.hpp"

using namespace volsync::cli;

TEST_CASE("sizes as stock rsync reads them") {
  struct row {
    char const* text;
    std::int64_t value;
  };
  for (row const& each : std::initializer_list<row>{{"", 0},
                                                    {"0", 0},
                                                    {"1", 1},
                                                    {"1b", 1},
                                                    {"1B", 1},
                                                    {"1k", 1024},
                                                    {"1K", 1024},
                                                    {"1KB", 1000},
                                                    {"1kb", 1000},
                                                    {"1KiB", 1024},
                                                    {"1kib", 1024},
                                                    {"1.5M", 1572864},
                                                    {"1m+1", 1048577},
                                                    {"1m-1", 1048575},
                                                    {"1kB-1", 999},
                                                    {"1.5", 1},
                                                    {"0.5k", 512},
                                                    {".5k", 512},
                                                    {"1.", 1},
                                                    {"1.k", 1024},
                                                    {"1.23456k", 1264},
                                                    {"1.9999999k", 2047},
                                                    {"1g", 1073741824},
                                                    {"1t", 1099511627776},
                                                    {"1p", 1125899906842624},
                                                    {"8191p", 9222246136947933184},
                                                    {"9007199254740993", 9007199254740992}}) {
    INFO(each.text);
    CHECK(parse_size(each.text).problem == number_problem::none);
    CHECK(parse_size(each.text).value == each.value);
  }
  for (char const* each :
       {"1e", "1K+2", "+1", "1ki", "1kbb", "8e6", " 1", "1 ", "0x10", "x", ".", "-", "k", "1x", "1k+", "1k+1x"}) {
    INFO(each);
    CHECK(parse_size(each).problem == number_problem::invalid);
  }
  for (char const* each : {"-1", "0-1", "8192p", "99999999999999999999", "-5k"}) {
    INFO(each);
    CHECK(parse_size(each).problem == number_problem::too_large);
  }
  CHECK(parse_size(std::string(5000, '9')).problem == number_problem::too_large);
  CHECK(parse_size("100", 'K').value == 102400);
  CHECK(parse_size("100b", 'K').value == 100);
  CHECK(parse_size("1m", 'K').value == 1048576);
}

TEST_CASE("integers") {
  CHECK(parse_integer("12", 0, 100).value == 12);
  CHECK(parse_integer("", 0, 100).value == 0);
  CHECK(parse_integer("0x10", 0, 100).value == 16);
  CHECK(parse_integer("010", 0, 100).value == 8);
  CHECK(parse_integer("-3", -5, 100).value == -3);
  for (char const* each : {"x", "1K", "1 ", "-", "0x"})
    CHECK(parse_integer(each, 0, 100).problem == number_problem::invalid);
  CHECK(parse_integer("101", 0, 100).problem == number_problem::too_large);
  CHECK(parse_integer("-1", 0, 100).problem == number_problem::too_small);
  CHECK(parse_integer("99999999999999999999", 0, std::numeric_limits<std::int64_t>::max()).problem ==
        number_problem::too_large);
}

TEST_CASE("operands") {
  struct row {
    char const* text;
    char const* user;
    char const* host;
    char const* path;
    bool daemon;
    int port;
  };
  for (row const& each : std::initializer_list<row>{{"src", "", "", "src", false, 0},
                                                    {"a/b:c", "", "", "a/b:c", false, 0},
                                                    {"./a:b", "", "", "./a:b", false, 0},
                                                    {"/a:b", "", "", "/a:b", false, 0},
                                                    {"h:p", "", "h", "p", false, 0},
                                                    {"h:", "", "h", "", false, 0},
                                                    {"h:a:b", "", "h", "a:b", false, 0},
                                                    {"u@h:/p/q", "u", "h", "/p/q", false, 0},
                                                    {"u@v@h:p", "u@v", "h", "p", false, 0},
                                                    {"[::1]:p", "", "::1", "p", false, 0},
                                                    {"u@[fe80::1%eth0]:p", "u", "fe80::1%eth0", "p", false, 0},
                                                    {"[x/y]:p", "", "", "[x/y]:p", false, 0},
                                                    {"[x", "", "", "[x", false, 0},
                                                    {"h::m/p", "", "h", "m/p", true, 0},
                                                    {"u@[::1]::m", "u", "::1", "m", true, 0},
                                                    {"rsync://h/m/p", "", "h", "m/p", true, 0},
                                                    {"rsync://u@h:99/m", "u", "h", "m", true, 99},
                                                    {"rsync://[::1]:99/m", "", "::1", "m", true, 99},
                                                    {"rsync://h", "", "h", "", true, 0},
                                                    {"RSync://h/M", "", "h", "M", true, 0},
                                                    {"rsync://h:/m", "", "h", "m", true, 0},
                                                    {"rsync://h:x/m", "", "h", "m", true, -1},
                                                    {"rsync://h:9x/m", "", "h", "m", true, -1},
                                                    {"rsync:/h/m", "", "rsync", "/h/m", false, 0},
                                                    {"h::", "", "h", "", true, 0},
                                                    {"", "", "", "", false, 0}}) {
    INFO(each.text);
    volsync::location const where = parse_operand(each.text).where;
    CHECK(where.user == each.user);
    CHECK(where.host == each.host);
    CHECK(where.path == each.path);
    CHECK(where.daemon == each.daemon);
    CHECK(where.port == each.port);
  }
  CHECK(parse_operand(":p").same_host);
  CHECK(parse_operand("::m").same_host);
  CHECK_FALSE(parse_operand("p").same_host);
}
