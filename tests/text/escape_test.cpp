#include <array>
#include <cctype>
#include <random>

#include <volsync/format.hpp>

#include "support/catch.hpp"

using namespace volsync;

TEST_CASE("names as stock rsync shows them in a UTF-8 locale") {
  struct row {
    std::string_view name, shown;
  };
  std::array<row, 17> const rows{{
      {"plain", "plain"},
      {"n\nl", "n\\#012l"},
      {"e\x1bx", "e\\#033x"},
      {"ta\tb", "ta\tb"},
      {"del\x7f", "del\x7f"},
      {"back\\slash", "back\\slash"},
      {"back\\#123", "back\\#134#123"},
      {"a\\#12", "a\\#12"},
      {"a\\#12x", "a\\#12x"},
      {"a\\#888", "a\\#134#888"},
      {"\xff", "\\#377"},
      {"a\xc2", "a\\#302"},
      {"a\xed\xa0\x80", "a\\#355\\#240\\#200"},
      {"\xe2\x82", "\\#342\\#202"},
      {"\xc3\xa9", "\xc3\xa9"},
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {"nb\xc2\xa0sp", "nb\xc2\xa0sp"},
  }};
  for (row const& each : rows) CHECK(escaped(each.name, charset::utf8) == each.shown);
}

TEST_CASE("what a terminal could take for a control sequence is escaped although rsync does not") {
  CHECK(escaped("a\xc2\x9bm", charset::utf8) == "a\\#302\\#233m");
  CHECK(escaped("\xf4\x90\x80\x80", charset::utf8) == "\\#364\\#220\\#200\\#200");
  CHECK(escaped("\xe0\x9f\xbf", charset::utf8) == "\\#340\\#237\\#277");
  CHECK(escaped("\xc0\xaf", charset::utf8) == "\\#300\\#257");
  CHECK(escaped("\xf0\x8f\xbf\xbf", charset::utf8) == "\\#360\\#217\\#277\\#277");
}

TEST_CASE("the other character sets") {
  CHECK(escaped("\xc3\xa9", charset::ascii) == "\\#303\\#251");
  CHECK(escaped("\xe9\x9b", charset::single_byte) == "\xe9\\#233");
  CHECK(escaped("\xe9\x9b\n", charset::raw) == "\xe9\x9b\\#012");
}

TEST_CASE("no text leaves a control byte behind, and what was escaped can be read back") {
  std::mt19937 random{1};
  std::uniform_int_distribution<int> byte{0, 255};
  std::uniform_int_distribution<std::size_t> length{0, 40};
  for (int round = 0; round < 10000; ++round) {
    std::string name(length(random), '\0');
    for (char& c : name)
      c = static_cast<char>(round % 3 == 0 ? "\\#0123456789\n\xc2\x9b"[byte(random) % 15] : byte(random));
    for (charset const names : {charset::ascii, charset::utf8, charset::single_byte, charset::raw}) {
      std::string const shown = escaped(name, names);
      std::string back;
      for (std::size_t i = 0; i < shown.size(); ++i) {
        unsigned char const c = static_cast<unsigned char>(shown[i]);
        REQUIRE((c >= 0x20 || c == '\t'));
        bool const octal = shown.compare(i, 2, "\\#") == 0 && shown.size() - i >= 5 &&
                           std::isdigit(static_cast<unsigned char>(shown[i + 2])) != 0 &&
                           std::isdigit(static_cast<unsigned char>(shown[i + 3])) != 0 &&
                           std::isdigit(static_cast<unsigned char>(shown[i + 4])) != 0;
        if (octal) {
          back += static_cast<char>(std::stoi(shown.substr(i + 2, 3), nullptr, 8));
          i += 4;
        } else {
          back += shown[i];
        }
      }
      REQUIRE(back == name);
    }
  }
}
