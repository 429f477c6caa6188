#include "migrate/record.hpp"

#include "support/catch.hpp"

using namespace volsync::migrate;

TEST_CASE("a record's line is one line of JSON whatever its texts hold") {
  record what;
  what["event"] = "failed";
  what["path"] = record_text("a\xff\nb\x1b[1m");
  what["raw"] = std::string{"\xff"};
  std::string const line = record_line(what);
  CHECK(line.find('\n') == line.npos);
  record back;
  REQUIRE(parse_record(line, back));
  CHECK(text_of(back, "path") == "a\\#377\nb\\#033[1m");
  CHECK(text_of(back, "event") == "failed");
}

TEST_CASE("what is no object is no record, and a missing member has its fallback") {
  record into;
  CHECK_FALSE(parse_record("[1]", into));
  CHECK_FALSE(parse_record("{\"event\": \"st", into));
  REQUIRE(parse_record("{\"code\": 3, \"ok\": true, \"text\": 5}", into));
  CHECK(number_of(into, "code") == 3);
  CHECK(number_of(into, "seconds", -1) == -1);
  CHECK(flag_of(into, "ok"));
  CHECK_FALSE(flag_of(into, "code"));
  CHECK(text_of(into, "text").empty());
  CHECK(member_of(into, "volumes") == nullptr);
}
