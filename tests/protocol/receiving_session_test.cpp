// The receiving half against recorded and hostile senders: any split, every early end, and what may not come.
#include "protocol/receiving_session.hpp"

#include <cstdlib>
#include <fstream>
#include <random>

#include "wire/errc.hpp"

#include "roles/errc.hpp"
#include "roles/values.hpp"

#include "protocol/errc.hpp"
#include "protocol/receiving_play.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::protocol;
using roles::role_errc;
using wire::wire_errc;

namespace {

bytes from_hex(std::string_view hex) {
  bytes made;
  std::string digits;
  for (char const c : hex) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    made.push_back(static_cast<std::byte>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  return made;
}

// What the sender of a golden session said: "p32/pull-delta" as a server, "p32/push-delta" as a client.
bytes recorded(std::string const& name) {
  bool const pull = name.find("pull") != name.npos;
  std::ifstream in{std::string{VOLSYNC_TEST_DIR} + "/golden/" + name + (pull ? ".s2c.hex" : ".c2s.hex")};
  bytes all;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with('#')) append(all, from_hex(line));
  }
  INFO(name);
  REQUIRE_FALSE(all.empty());
  return all;
}

receiving_play play_of(std::string const& name) {
  return {golden_options(name), name.find("push") != name.npos, golden_destination(name)};
}

// Where frames end. A recorded peer does not wait for us, so that more than a frame at once would answer what we have
// not asked yet.
std::vector<std::size_t> frame_ends(byte_view all, bool from_server) {
  auto const at = [&](std::size_t i) { return std::to_integer<std::size_t>(all[i]); };
  std::size_t end = from_server ? 6 : 4;  // version, compat flags (two bytes in all captures)
  end += 1 + at(end);                     // names of checksums
  if (from_server) end += 4;              // seed
  std::vector<std::size_t> ends{end};
  while (end < all.size()) ends.push_back(end += 4 + at(end) + (at(end + 1) << 8) + (at(end + 2) << 16));
  REQUIRE(end == all.size());
  return ends;
}

std::vector<std::size_t> cuts(std::string const& how, byte_view all, bool from_server) {
  std::mt19937 random{static_cast<unsigned>(all.size())};
  std::vector<std::size_t> made;
  std::size_t at = 0;
  for (std::size_t const end : frame_ends(all, from_server)) {
    while (at < end) {
      std::size_t const left = end - at;
      made.push_back(how == "bytes" ? 1 : how == "frames" ? left : 1 + random() % std::min<std::size_t>(left, 40));
      at += made.back();
    }
  }
  return made;
}

// The golden session, heard in pieces, to its end.
void hear_all(receiving_play& play, std::string const& name, std::string const& how) {
  bytes const all = recorded(name);
  std::size_t at = 0;
  REQUIRE(play.settle());
  for (std::size_t const piece : cuts(how, all, name.find("pull") != name.npos)) {
    auto const heard = play.hear(byte_view{all}.subspan(at, piece));
    INFO(name << ", " << how << ", byte " << at << ": " << heard.error().message());
    REQUIRE(heard);
    REQUIRE_FALSE(play.session->fatal());
    at += piece;
  }
  INFO(name << ", " << how);
  REQUIRE(play.session->finished());
  CHECK(play.session->take_end());
}

bool has_line(std::string const& tree, std::string const& line) {
  return ("\n" + tree).find("\n" + line) != std::string::npos;
}

}  // namespace

TEST_CASE("what a stock server sends arrives, in any pieces") {
  std::string const how = GENERATE("frames", "random", "bytes");
  for (std::string const version : {"p30/", "p31/", "p32/"}) {
    SECTION(version + "hard links, " + how) {
      std::string const name = version + GENERATE("pull-links", "pull-links-incremental");
      auto play = play_of(name);
      hear_all(play, name, how);
      std::string const tree = play.tree();
      CAPTURE(tree);
      for (char const* line :
           {"/to/a 33188 1714979289 3 hello\n", "/to/b 33188 1714979289 3 hello\n",
            "/to/d/c 33188 1714979289 3 hello\n", "/to/d/e/three 33188 1714979289 3 one\n",
            "/to/s 41471 1714979289 2 a\n", "/to/plain 33188 1714979289 1 p\n", "/to/d 16877 1714979189 "}) {
        CAPTURE(line);
        CHECK(has_line(tree, line));
      }
      CHECK(play.session->io_error() == 0);
      CHECK(play.session->figures().total_size > 0);
    }
    SECTION(version + "changes, " + how) {
      std::string const name = version + "pull-delta";
      auto play = play_of(name);
      hear_all(play, name, how);
      CHECK(has_line(play.tree(), "/to/grown 33188 1714979349 1 " + counted_lines(200, 70)));
      CHECK(has_line(play.tree(), "/to/now-empty 33188 1714979349 1 \n"));
      CHECK(has_line(play.tree(), "/to/new 33188 1714979289 1 new\n"));
      CHECK(play.session->figures().matched_data == 1300);
    }
    SECTION(version + "what its user may not read, " + how) {
      std::string const name = version + "pull-unreadable";
      auto play = play_of(name);
      hear_all(play, name, how);
      CHECK(play.tree().find(" open\n") != std::string::npos);
      CHECK(play.tree().find("/to/locked ") == std::string::npos);
      CHECK((play.session->io_error() & roles::io_error_general) != 0);
    }
  }
}

TEST_CASE("what a stock client pushes arrives at a server, in any pieces") {
  std::string const how = GENERATE("frames", "random", "bytes");
  std::string const version = GENERATE("p30/", "p31/", "p32/");
  std::string const name = version + GENERATE("push-links", "push-links-incremental", "push-types",
                                              "push-types-incremental", "push-delta", "push-delete");
  auto play = play_of(name);
  hear_all(play, name, how);
  std::string const tree = play.tree();
  CAPTURE(name, tree);
  CHECK(has_line(tree, "/beside "));
  if (name.find("links") != name.npos) CHECK(has_line(tree, "/to/d/c 33188 1714979289 3 hello\n"));
  if (name.find("types") != name.npos) CHECK(has_line(tree, "/to/three-and-more 35309 1714979289 1 abcd"));
  if (name.find("types") != name.npos) CHECK(has_line(tree, "/to/fifo 4512 "));
  if (name.find("delta") != name.npos) CHECK(has_line(tree, "/to/grown 33188 1714979349 1 " + counted_lines(200, 70)));
  if (name.find("delete") != name.npos) {
    CHECK(has_line(tree, "/to/kept.o "));
    CHECK_FALSE(has_line(tree, "/to/gone "));
    CHECK_FALSE(has_line(tree, "/to/gone-dir"));
    CHECK(play.session->figures().deleted.regular == 2);
  }
}

TEST_CASE("a stream that ends early is an error, and leaves each file old or new and no temporary") {
  std::string const name =
      GENERATE("p30/pull-links", "p31/pull-links-incremental", "p32/pull-delta", "p32/push-delete");
  bytes const all = recorded(name);
  auto const ends = frame_ends(all, name.find("pull") != name.npos);
  auto const old_lines = play_of(name).tree();
  std::string new_lines;
  {
    auto play = play_of(name);
    hear_all(play, name, "frames");
    new_lines = play.tree();
  }
  for (std::size_t cut = 0; cut < all.size(); ++cut) {
    CAPTURE(name, cut);
    auto play = play_of(name);
    REQUIRE(play.settle());
    for (std::size_t at = 0; at < cut;) {
      std::size_t const end = std::min(cut, *std::upper_bound(ends.begin(), ends.end(), at));
      REQUIRE(play.hear(byte_view{all}.subspan(at, end - at)));
      at = end;
    }
    if (play.session->finished()) continue;
    REQUIRE(play.session->take_end().error() == protocol_errc::closed_early);
    play.session.reset();
    std::string const tree = play.tree();
    REQUIRE(tree.find("/.") == std::string::npos);
    if (tree.find("/to/grown") == std::string::npos) continue;
    REQUIRE((has_line(tree, "/to/grown 33188 1714979289 1 " + counted_lines(200)) ||
             has_line(tree, "/to/grown 33188 1714979349 1 " + counted_lines(200, 70))));
  }
  CHECK(old_lines != new_lines);
}

// --- hostile senders -------------------------------------------------------------------------------------------------

namespace {

// A server without letters but these: no varint flags, digests by md5, protocol 31.
std::string const plain = "1f000000 7e 07000000", incremental = "1f000000 7f 07000000";
std::string const dot = "19 01 2e 000010 66758138 ed410000";     // flags, ".", 4096 bytes, time, directory
std::string const file_a = "18 01 61 000300 66758138 a4810000";  // "a", 3 bytes
std::string const directory_d = "18 01 64 000010 66758138 ed410000";
std::string const no_sums = "00000000 00000000 00000000 00000000";
std::string const request_1 = "02 00a0";  // first index of a session: 1; transfer and new
std::string const abc = "03000000 616263 00000000", md5_of_abc = "900150983cd24fb0d6963f7d28e17f72";

// Values in frames of data.
bytes framed(std::string_view hex, unsigned tag = 7) {
  bytes const data = from_hex(hex);
  bytes made{static_cast<std::byte>(data.size() & 0xff), static_cast<std::byte>(data.size() >> 8), std::byte{0},
             static_cast<std::byte>(tag)};
  append(made, data);
  return made;
}

options no_ids() {
  options o;
  o.recurse = o.links = o.times = o.perms = true;
  o.protocol = 31;
  return o;
}

struct victim : receiving_play {
  explicit victim(bool lists_follow = false, std::shared_ptr<requested_names const> expected = nullptr)
      : receiving_play{no_ids(), false, golden_destination(""), std::move(expected)} {
    REQUIRE(hear(from_hex(lists_follow ? incremental : plain)));
  }
  [[nodiscard]] error_code say(std::string_view hex, unsigned tag = 7) { return hear(framed(hex, tag)).error(); }
  void list() { REQUIRE_FALSE(say(dot + file_a + "00")); }
};

}  // namespace

TEST_CASE("a file that was asked for arrives from a sender of our own making") {
  victim v;
  v.list();
  REQUIRE_FALSE(v.say(request_1 + no_sums + abc + md5_of_abc));
  CHECK(has_line(v.tree(), "/to/a 33188 "));
  REQUIRE_FALSE(v.say("00 00"));
  REQUIRE_FALSE(v.say("00 000000 000000 000000 000000 000000"));  // the third end, and the statistics
  CHECK(v.session->in_goodbye());
  REQUIRE_FALSE(v.say("00"));
  CHECK(v.session->finished());
  SECTION("and what comes after the goodbye is told or dropped, but changes nothing") {
    std::string const before = v.tree();
    REQUIRE_FALSE(v.say("68690a", 9));
    CHECK(std::get<message>(v.events.back()).text == "hi");
    static_cast<void>(v.say(request_1 + no_sums + abc + md5_of_abc));
    CHECK(v.tree() == before);
    CHECK(v.session->finished());
  }
}

TEST_CASE("answers that nobody asked for end the session") {
  auto const [name, hex, why] = GENERATE(table<char const*, std::string, std::error_code>({
      {"content of a directory", "01 00a0" + no_sums + abc + md5_of_abc, role_errc::not_requested},
      {"content behind the list", "06 00a0" + no_sums + abc + md5_of_abc, role_errc::not_requested},
      {"an item behind the list", "06 0020", role_errc::no_such_index},
      {"an item before the list", "ff 05", wire_errc::bad_index},
      {"content twice", request_1 + no_sums + abc + md5_of_abc + "fe0000 00a0" + no_sums + abc + md5_of_abc,
       role_errc::not_requested},
      {"another basis", "02 00a8 80" + no_sums, role_errc::bad_echo},
      {"sums that we did not send", request_1 + "05000000 bc020000 02000000 00000000", role_errc::bad_echo},
      {"a block without a basis", request_1 + no_sums + "ffffffff", {}},
      {"more ends of phases than we ended", "00 00 00", role_errc::done_unasked},
      {"an end of lists", "ff 01", role_errc::unexpected_list},
      {"a list without incremental recursion", "ff 64", role_errc::unexpected_list},
  }));
  CAPTURE(name);
  victim v;
  v.list();
  auto const end = v.say(hex);
  INFO(end.message());
  REQUIRE(end);
  if (why) CHECK(end == why);
  CHECK(exit_code_of(end) != exit_code::success);
  CHECK(has_line(v.tree(), "/beside 33188 1000000000 1 not yours\n"));
}

TEST_CASE("hostile lists end the session before anything is made") {
  auto const [name, hex] = GENERATE(table<char const*, std::string>({
      {"a name that climbs", "18 04 2e2e2f78 000300 66758138 a4810000"},
      {"a name that climbs from below", "18 06 642f2e2e2f78 000300 66758138 a4810000"},
      {"an absolute name", "18 02 2f78 000300 66758138 a4810000"},
      {"no name", "18 00 000300 66758138 a4810000"},
      {"a name with a NUL", "18 03 610062 000300 66758138 a4810000"},
      {"a name that continues a longer one than there is", "38 ff 01 61 000300 66758138 a4810000"},
      {"a root that is a file", "18 01 2e 000300 66758138 a4810000"},
      {"no type", "18 01 61 000300 66758138 a4010000"},
      {"a link without a target", "18 01 61 000300 66758138 ffa10000 00"},
      {"a size below zero", "18 01 61 f8ffffffffffffffff 66758138 a4810000"},
  }));
  CAPTURE(name);
  victim v;
  auto const end = v.say(dot + hex + "00");
  INFO(end.message());
  CHECK(end);
  CHECK_FALSE(has_line(v.tree(), "/to/"));
  CHECK(has_line(v.tree(), "/beside 33188 1000000000 1 not yours\n"));
}

TEST_CASE("lists of directories come once, for directories that there are, and hold their own content") {
  auto const [name, hex, why] = GENERATE(table<char const*, std::string, std::error_code>({
      {"of no directory", "ff 66", role_errc::bad_directory},
      {"of the root, which came first", "ff 64", role_errc::bad_directory},
      {"of a directory again", "ff 65 18 03 642f78 000300 66758138 a4810000 00 ff fe0000", role_errc::bad_directory},
      {"after the last", "ff 01 ff 64", role_errc::unexpected_list},
      {"with names of elsewhere", "ff 65 18 01 78 000300 66758138 a4810000 00", wire_errc::wrong_directory},
  }));
  CAPTURE(name);
  victim v{true};
  REQUIRE_FALSE(v.say(dot + directory_d + "00"));
  auto const end = v.say(hex);
  INFO(end.message());
  REQUIRE(end);
  CHECK(end == why);
}

TEST_CASE("a wrong digest never makes a file, and the file is asked for once more only") {
  victim v;
  v.list();
  std::string const wrong(32, '0');
  REQUIRE_FALSE(v.say(request_1 + no_sums + abc + wrong));
  CHECK_FALSE(has_line(v.tree(), "/to/a "));
  CHECK(v.session->io_error() == 0);
  REQUIRE_FALSE(v.say("00"));
  SECTION("right the second time") {
    REQUIRE_FALSE(v.say("fe0000 00a0" + no_sums + abc + md5_of_abc));
    CHECK(has_line(v.tree(), "/to/a 33188 "));
    CHECK(v.session->io_error() == 0);
  }
  SECTION("wrong again") {
    REQUIRE_FALSE(v.say("fe0000 00a0" + no_sums + abc + wrong));
    CHECK_FALSE(has_line(v.tree(), "/to/a "));
    CHECK(v.session->io_error() == roles::io_error_general);
    CHECK(v.say("fe0000 00a0" + no_sums + abc + md5_of_abc) == role_errc::not_requested);
  }
}

TEST_CASE("messages of a sender are bounded by what it may say") {
  victim v;
  v.list();
  SECTION("a deletion") { CHECK(v.say("6100", 7 + 101) == protocol_errc::unexpected_message); }
  SECTION("no such tag") { CHECK(v.say("", 7 + 70) == wire_errc::unknown_tag); }
  SECTION("a refusal of what was not asked for") { CHECK(v.say("00000000", 7 + 102) == role_errc::not_requested); }
  SECTION("a refusal") {
    REQUIRE_FALSE(v.say("01000000", 7 + 102));
    CHECK(v.session->io_error() == roles::io_error_general);
    CHECK(v.say(request_1 + no_sums + abc + md5_of_abc) == role_errc::not_requested);
  }
  SECTION("its exit is answered, and nothing is done any more") {
    v.said.clear();
    REQUIRE_FALSE(v.say("0b000000", 7 + 86));
    CHECK(v.session->peer_exit() == 11);
    CHECK(v.said == from_hex("0000005d"));
    REQUIRE_FALSE(v.say(request_1 + no_sums + abc + md5_of_abc));
    CHECK_FALSE(has_line(v.tree(), "/to/a "));
    CHECK(v.session->take_end());
  }
}

TEST_CASE("a name that was not asked for ends a pull before anything of its list is made") {
  options o = no_ids();
  auto const expected = std::make_shared<requested_names const>(std::vector<std::string>{"x/a"}, o, nullptr);
  victim v{false, expected};
  REQUIRE_FALSE(v.say(file_a + directory_d + "00"));
  REQUIRE(v.session->fatal());
  CHECK(v.session->fatal()->code == exit_code::unsupported);
  CHECK_FALSE(has_line(v.tree(), "/to/"));
  REQUIRE_FALSE(v.events.empty());
  CHECK(std::get<message>(v.events.back()).text == "ERROR: rejecting unrequested file-list name: d");
}
