// Rules and names that a client says first.
#include "protocol/opening.hpp"

#include "wire/errc.hpp"

#include "protocol/errc.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::protocol;

namespace {

bytes raw(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }

std::string rule(std::string_view text) {
  auto const size = static_cast<char>(text.size());
  return std::string{size} + std::string(3, '\0') + std::string{text};
}

}  // namespace

TEST_CASE("rules are read as they come and end with the terminator") {
  std::string const said = rule("- *.o") + rule("-s /cache/") + std::string(4, '\0') + "next";
  bytes const all = raw(said);
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    opening heard{false};
    wire::cursor first{byte_view{all}.first(cut)};
    REQUIRE(heard.read_rules(first));
    wire::cursor rest{byte_view{all}.subspan(first.position())};
    REQUIRE(heard.read_rules(rest));
    REQUIRE(heard.complete());
    CHECK(rest.remaining() == 4);
    REQUIRE(heard.rules().size() == 2);
    CHECK(heard.rules()[0] == filter::wire_rule{"-", "*.o", false});
    CHECK(heard.rules()[1] == filter::wire_rule{"-s", "/cache", true});
  }
}

TEST_CASE("names follow, each ended by NUL, up to an empty one") {
  std::string const said{"a\0b/./c/\0../d\0\0frame", 20};
  bytes const all = raw(said);
  for (std::size_t cut = 0; cut <= 15; ++cut) {
    opening heard{true};
    bytes const none = raw(std::string(4, '\0'));
    wire::cursor in{none};
    REQUIRE(heard.read_rules(in));
    CHECK_FALSE(heard.complete());
    auto const first = heard.take_names(byte_view{all}.first(cut));
    REQUIRE(first);
    auto const second = heard.take_names(byte_view{all}.subspan(*first));
    REQUIRE(second);
    CHECK(*first + *second == 15);
    REQUIRE(heard.complete());
    CHECK(heard.names() == std::vector<std::string>{"a", "b/c/", "d"});
  }
}

TEST_CASE("a list of no names is complete") {
  opening heard{true};
  bytes const none = raw(std::string(4, '\0'));
  wire::cursor in{none};
  REQUIRE(heard.read_rules(in));
  REQUIRE(heard.take_names(raw(std::string(1, '\0'))));
  CHECK(heard.complete());
  CHECK(heard.names().empty());
}

TEST_CASE("what a client may say first has bounds") {
  SECTION("a rule's length") {
    opening heard{false};
    bytes const said = raw(std::string{"\x00\x14\x00\x00", 4});
    wire::cursor in{said};
    CHECK(heard.read_rules(in).error() == wire::wire_errc::rule_too_long);
  }
  SECTION("the number of rules") {
    std::string many;
    for (std::size_t i = 0; i <= filter_rules_at_most; ++i) many += rule("- a");
    opening heard{false};
    bytes const said = raw(many);
    wire::cursor in{said};
    CHECK(heard.read_rules(in).error() == protocol_errc::too_many_rules);
  }
  SECTION("a name's length") {
    opening heard{true};
    CHECK(heard.take_names(raw(std::string(4096, 'n'))));
    CHECK(heard.take_names(raw("n")).error() == protocol_errc::names_too_long);
  }
}
