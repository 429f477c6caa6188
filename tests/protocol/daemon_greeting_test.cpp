// Scripts of the text between us and a daemon; the daemon's lines are those of stock rsync 3.5.0.
#include "protocol/daemon_greeting.hpp"

#include "checksum/daemon_auth.hpp"

#include "protocol/errc.hpp"
#include "protocol/server_args.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::protocol;
using state = daemon_greeting::state;

namespace {

constexpr char const* our_greeting = "@RSYNCD: 32.0 sha512 sha256 sha1 md5 md4\n";
constexpr char const* their_greeting = "@RSYNCD: 32.0 sha512 sha256 sha1 md5 md4\n";

greeting_setup asking_for(std::string module) {
  greeting_setup setup;
  setup.module = std::move(module);
  setup.user = "joe";
  setup.arguments = daemon_arguments({"--server", "-logDtpre.iLsfxCIvu", ".", "rw/"}, {});
  return setup;
}

// A daemon's words to us, a byte at a time or all at once, and what came of them.
struct conversation {
  explicit conversation(greeting_setup setup, bool in_bytes = false) : machine{std::move(setup)}, splits{in_bytes} {}

  void hear(std::string_view text) {
    for (std::size_t at = 0; at < text.size() && !failure; at += splits ? 1 : text.size()) {
      auto const taken = machine.take_input(as_bytes(text.substr(at, splits ? 1 : text.size())));
      if (!taken) failure = taken.error();
    }
    said += as_text(machine.take_output());
    for (auto& each : machine.take_lines()) (each.error ? errors : shown) += each.text + "\n";
  }
  void hang_up() {
    if (auto const taken = machine.take_end(); !taken) failure = taken.error();
  }

  daemon_greeting machine;
  bool splits;
  std::string said, shown, errors;
  error_code failure;
};

}  // namespace

TEST_CASE("a module without a password: greeting, name, words; what follows OK is left for the session") {
  conversation with{asking_for("rw"), GENERATE(false, true)};
  with.hear("");
  CHECK(with.said == our_greeting);  // ours waits for nothing
  with.hear(their_greeting);
  CHECK(with.said == std::string{our_greeting} + "rw\n");
  CHECK(with.machine.protocol() == 32);
  with.hear("Hello\nmotd line\r\n\n@RSYNCD: OK\n");
  CHECK(with.machine.at() == state::accepted);
  CHECK(with.shown == "Hello\nmotd line\n\n");
  CHECK(with.said == std::string{our_greeting} + "rw\n" + std::string{"--server\0-logDtpre.iLsfxCIvu\0.\0rw/\0\0", 36});
  with.hear(std::string_view{"\x81\xff#xxh128\n\0@ERROR\n", 18});
  CHECK_FALSE(with.failure);
  CHECK(as_text(with.machine.take_rest()) == std::string_view{"\x81\xff#xxh128\n\0@ERROR\n", 18});
  with.hang_up();
  CHECK_FALSE(with.failure);  // what that means is the session's to say
}

TEST_CASE("the list of modules is lines and an end") {
  conversation with{asking_for(""), GENERATE(false, true)};
  with.hear(std::string{their_greeting} + "rw             \twritable one\nro             \tlonger\n@RSYNCD: EXIT\n");
  CHECK(with.machine.at() == state::ended);
  CHECK(with.said == std::string{our_greeting} + "\n");
  CHECK(with.shown == "rw             \twritable one\nro             \tlonger\n");
  with.hang_up();
  CHECK_FALSE(with.failure);
}

TEST_CASE("a secret is asked for once and never said") {
  conversation with{asking_for("auth"), GENERATE(false, true)};
  with.hear(std::string{their_greeting} + "@RSYNCD: AUTHREQD Y2hhbGxlbmdl\n");
  REQUIRE(with.machine.at() == state::secret);
  CHECK(with.said == std::string{our_greeting} + "auth\n");
  with.machine.give_secret("sesame");
  with.hear("@RSYNCD: OK\n");
  CHECK(with.machine.at() == state::accepted);
  std::string const answer =
      "joe " + checksum::auth_response(checksum::auth_digest::sha512, "sesame", "Y2hhbGxlbmdl") + "\n";
  CHECK(with.said.starts_with(std::string{our_greeting} + "auth\n" + answer + "--server"));
  CHECK(with.said.find("sesame") == std::string::npos);
}

TEST_CASE("the digest is one that the daemon lists; without a list it is md5") {
  auto const [greeting, digest] = GENERATE(std::pair{"@RSYNCD: 32.0 md4 sha1\n", checksum::auth_digest::sha1},
                                           std::pair{"@RSYNCD: 31.0 md4\n", checksum::auth_digest::md4},
                                           std::pair{"@RSYNCD: 31.0\n", checksum::auth_digest::md5},
                                           std::pair{"@RSYNCD: 30.0\n", checksum::auth_digest::md5});
  CAPTURE(greeting);
  conversation with{asking_for("auth")};
  with.hear(std::string{greeting} + "@RSYNCD: AUTHREQD abc\n");
  REQUIRE(with.machine.at() == state::secret);
  with.machine.give_secret("x");
  with.hear("");
  CHECK(with.said.ends_with("\njoe " + checksum::auth_response(digest, "x", "abc") + "\n"));
}

TEST_CASE("a daemon that has no digest of ours") {
  conversation with{asking_for("auth")};
  with.hear("@RSYNCD: 32.0 foo bar\n@RSYNCD: AUTHREQD abc\n");
  CHECK(with.failure == protocol_errc::no_common_digest);
  CHECK(exit_code_of(with.failure) == exit_code::unsupported);
  CHECK(with.machine.problem() ==
        "Failed to negotiate a daemon auth checksum choice.\nServer list: foo bar\n"
        "Client list: sha512 sha256 sha1 md5 md4");
}

TEST_CASE("a refusal of the daemon is its last line") {
  conversation with{asking_for("nope"), GENERATE(false, true)};
  with.hear(std::string{their_greeting} + "Hello\n@ERROR: Unknown module 'nope'\nmore\n@RSYNCD: OK\n");
  CHECK(with.failure == protocol_errc::daemon_refused);
  CHECK(exit_code_of(with.failure) == exit_code::start_client);
  CHECK(with.machine.at() == state::failed);
  CHECK(with.shown == "Hello\n");
  CHECK(with.errors == "@ERROR: Unknown module 'nope'\n");
  CHECK(with.machine.problem().empty());
}

TEST_CASE("what is no greeting") {
  auto const [text, sentence] = GENERATE(
      std::pair{"SSH-2.0-x\n", "server sent \"SSH-2.0-x\" rather than greeting"},
      std::pair{"@RSYNCD: x\n", "server sent \"@RSYNCD: x\" rather than greeting"},
      std::pair{"@RSYNCD: -3.0 md5\n", "server sent \"@RSYNCD: -3.0 md5\" rather than greeting"},
      std::pair{"@RSYNCD: 99999999999.0 md5\n", "server sent \"@RSYNCD: 99999999999.0 md5\" rather than greeting"},
      std::pair{"@RSYNCD: 31.x md5\n", "server sent \"@RSYNCD: 31.x md5\" rather than greeting"},
      std::pair{"@RSYNCD: 32 md5\n", "the server omitted the subprotocol value: @RSYNCD: 32 md5"},
      std::pair{"@RSYNCD: 32.0\n", "the server omitted the digest name list: @RSYNCD: 32.0"});
  conversation with{asking_for("rw")};
  with.hear(text);
  CHECK(with.failure == protocol_errc::not_a_daemon);
  CHECK(exit_code_of(with.failure) == exit_code::start_client);
  CHECK(with.machine.problem() == sentence);
  CHECK(with.said == our_greeting);  // no module is named to it
}

TEST_CASE("versions: the lower one, and one less for one that is not finished") {
  CHECK(agreed_daemon_version(32, 32, 0) == 32);
  CHECK(agreed_daemon_version(32, 99, 5) == 32);
  CHECK(agreed_daemon_version(32, 32, 1) == 31);
  CHECK(agreed_daemon_version(32, 31, 1) == 30);
  CHECK(agreed_daemon_version(31, 32, 0) == 31);
  CHECK(agreed_daemon_version(31, 32, 1) == 31);
  CHECK(agreed_daemon_version(30, 31, 0) == 30);
  CHECK(agreed_daemon_version(32, 30, 1) == 0);
  CHECK(agreed_daemon_version(32, 29, 0) == 0);
  conversation with{asking_for("rw")};
  with.hear("@RSYNCD: 29.0\n");
  CHECK(with.failure == protocol_errc::peer_too_old);
  CHECK(exit_code_of(with.failure) == exit_code::protocol);
}

TEST_CASE("a version asked for is the one greeted with") {
  greeting_setup setup = asking_for("rw");
  setup.protocol = 30;
  conversation with{setup};
  with.hear(their_greeting);
  CHECK(with.said.starts_with("@RSYNCD: 30.0 sha512"));
  CHECK(with.machine.protocol() == 30);
}

TEST_CASE("only the whole line means something") {
  conversation with{asking_for("rw")};
  with.hear(std::string{their_greeting} + "@RSYNCD: BLA\n@RSYNCD: OKX\n@RSYNCD: EXIT x\n@RSYNCD: AUTHREQD\n");
  CHECK(with.machine.at() == state::answers);
  CHECK(with.shown == "@RSYNCD: BLA\n@RSYNCD: OKX\n@RSYNCD: EXIT x\n@RSYNCD: AUTHREQD\n");
}

TEST_CASE("a daemon that goes away before it has answered") {
  conversation with{asking_for("rw")};
  SECTION("before its greeting") {
    with.hear("@RSYNCD: 32.0 md5");
    with.hang_up();
    CHECK(with.failure == protocol_errc::not_a_daemon);
    CHECK(with.machine.problem() == "did not see server greeting");
  }
  SECTION("after its greeting") {
    with.hear(std::string{their_greeting} + "unfinished");
    with.hang_up();
    CHECK(with.failure == protocol_errc::no_answer);
    CHECK(with.shown.empty());
  }
  SECTION("while we look for the password") {
    with.hear(std::string{their_greeting} + "@RSYNCD: AUTHREQD abc\n");
    with.hang_up();
    CHECK(with.failure == protocol_errc::no_answer);
  }
  CHECK(exit_code_of(with.failure) == exit_code::start_client);
}

TEST_CASE("lines are bounded in length and number, and hold no NUL") {
  conversation with{asking_for("rw")};
  with.hear(their_greeting);
  SECTION("the longest line") {
    with.hear(std::string(daemon_greeting::longest_line, 'x') + "\n");
    CHECK_FALSE(with.failure);
    CHECK(with.shown.size() == daemon_greeting::longest_line + 1);
  }
  SECTION("one byte more, ended") {
    with.hear(std::string(daemon_greeting::longest_line + 1, 'x') + "\n");
    CHECK(with.failure == protocol_errc::overlong_greeting);
  }
  SECTION("one byte more, not ended") {
    with.hear(std::string(daemon_greeting::longest_line + 1, 'x'));
    CHECK(with.failure == protocol_errc::overlong_greeting);
  }
  SECTION("lines without end") {
    for (std::size_t i = 1; i < daemon_greeting::most_lines; ++i) with.hear("\n");
    CHECK_FALSE(with.failure);
    with.hear("\n");
    CHECK(with.failure == protocol_errc::overlong_greeting);
  }
  SECTION("a NUL") {
    with.hear(std::string_view{"nul\0\n", 5});
    CHECK(with.failure == protocol_errc::no_answer);
  }
}

TEST_CASE("words for a daemon: module roots get their slash, paths are not quoted, values are") {
  options what;
  what.temp_dir = "a b";
  auto const sent = [&what](std::string const& path) {
    auto const made = make_server_command(what, true, ".LsfxCIvu", {path}, addressee::daemon);
    return std::string{as_text(daemon_arguments(made.words, made.first_input))};
  };
  auto const text = [](auto const& literal) { return std::string{literal, sizeof literal - 1}; };
  CHECK(sent("rw") == text("--server\0-e.LsfxCIvu\0--temp-dir\0a\\ b\0.\0rw/\0\0"));
  CHECK(sent("rw/x[y]*z -k $") == text("--server\0-e.LsfxCIvu\0--temp-dir\0a\\ b\0.\0rw/x[y]*z -k $\0\0"));
  CHECK(sent("rw/a rw/b rw/ $x*") == text("--server\0-e.LsfxCIvu\0--temp-dir\0a\\ b\0.\0rw/a[ ]rw/b[ ]rw/ $x*\0\0"));
  CHECK(sent("-rw/q") == text("--server\0-e.LsfxCIvu\0--temp-dir\0a\\ b\0.\0./-rw/q\0\0"));
  what.secluded_args = true;
  CHECK(sent("rw/a rw/b") == text("--server\0-se.LsfxCIvu\0\0rsync\0--temp-dir\0a b\0.\0rw/a[ ]rw/b\0\0"));
  what.secluded_args = false;
  what.old_args = 1;
  CHECK(sent("rw/a rw/b") == text("--server\0-e.LsfxCIvu\0--temp-dir\0a\\ b\0.\0rw/a rw/b\0\0"));
  CHECK(module_of("rw/a/b") == "rw");
  CHECK(module_of("rw") == "rw");
  CHECK(module_of("") == "");
}
