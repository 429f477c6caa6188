// The session by hand: bytes in any split, damaged and early ends; the peer is a stock server, or a script of bytes.
#include "protocol/sending_session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/unique_fd.hpp"

#include "fs/memory_tree.hpp"

#include "wire/errc.hpp"

#include "protocol/errc.hpp"
#include "protocol/server_args.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::protocol;

namespace {

struct scratch {
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "volsync-session-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;
  std::string path;
};

options archive() {
  options o;
  o.recurse = o.links = o.perms = o.times = o.group = o.owner = o.devices = o.specials = o.hard_links = o.numeric_ids =
      true;
  return o;
}

std::shared_ptr<fs::memory_tree> some_files() {
  auto const files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/one", "1");
  files->add_file("/src/d/two", std::string(100'000, '2'));
  files->add_link("/src/d/l", "two");
  return files;
}

sending_setup setup_for(options const& o, std::shared_ptr<tree> files) {
  sending_setup setup;
  setup.options = o;
  setup.handshake.protocol = o.protocol;
  setup.handshake.may_recurse_incrementally = allows_incremental_recursion(o, true);
  setup.filter = std::make_shared<filter::rule_set const>();
  setup.roots = std::make_shared<fs::source_roots>(std::move(files), false);
  setup.scan.links = true;
  setup.operands.recurse = true;
  setup.operands.paths = {"/src/"};
  setup.names = [](bool, std::uint32_t) { return std::string{}; };
  return setup;
}

void run_jobs(sending_session& s) {
  while (auto job = s.next_job()) {
    job->step();
    s.take(std::move(job));
  }
}

bytes from_hex(std::string_view hex) {
  bytes made;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    made.push_back(static_cast<std::byte>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16)));
  }
  return made;
}

// A stock server as a child: what it writes is handed on in pieces of `piece` bytes.
struct server {
  unique_fd in, out;
  pid_t pid = -1;
  server(options const& o, std::string const& to) {
    auto const args = make_server_args(o, true, compatibility_letters(o, true), {to});
    std::vector<char*> argv{const_cast<char*>("rsync")};
    for (auto const& a : args) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    std::array<int, 2> down{}, up{};
    if (::pipe(down.data()) != 0 || ::pipe(up.data()) != 0) std::abort();
    pid = ::fork();
    if (pid == 0) {
      ::dup2(down[0], 0);
      ::dup2(up[1], 1);
      for (int fd : {down[0], down[1], up[0], up[1]}) ::close(fd);
      ::execvp("rsync", argv.data());
      ::_exit(127);
    }
    ::close(down[0]);
    ::close(up[1]);
    in.reset(down[1]);
    out.reset(up[0]);
  }
  ~server() {
    in.reset();
    out.reset();
    if (pid > 0) ::waitpid(pid, nullptr, 0);
  }
  int end() {
    int status = 0;
    in.reset();
    ::waitpid(pid, &status, 0);
    pid = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

}  // namespace

TEST_CASE("what the peer says may come in any pieces") {
  std::size_t const piece = GENERATE(std::size_t{1}, std::size_t{3}, std::size_t{4096});
  int const version = GENERATE(30, 31, 32);
  CAPTURE(piece, version);
  scratch where;
  options o = archive();
  o.protocol = version;
  o.deletion = delete_mode::automatic;
  auto setup = setup_for(o, some_files());
  setup.sends_rules = true;
  sending_session session{std::move(setup), [](event&&) {}};
  server peer{o, where.path + "/to"};
  std::array<std::byte, 4096> buffer{};
  for (int turns = 0; !session.finished() && turns < 100'000; ++turns) {
    run_jobs(session);
    REQUIRE(session.advance(1 << 20));
    for (bytes said = session.take_output(); !said.empty(); said = session.take_output()) {
      REQUIRE(::write(peer.in.get(), said.data(), said.size()) == static_cast<ssize_t>(said.size()));
    }
    pollfd readable{peer.out.get(), POLLIN, 0};
    if (::poll(&readable, 1, 10) == 0) continue;
    auto const got = ::read(peer.out.get(), buffer.data(), piece);
    REQUIRE(got > 0);
    // Exactly as large as what came, so that a read beyond it is seen.
    bytes const exact(buffer.begin(), buffer.begin() + got);
    auto const taken = session.take_input(exact);
    INFO(taken.error().message());
    REQUIRE(taken);
  }
  REQUIRE(session.finished());
  CHECK(peer.end() == 0);
  CHECK(std::filesystem::file_size(where.path + "/to/d/two") == 100'000);
  CHECK(std::filesystem::read_symlink(where.path + "/to/d/l") == "two");
}

TEST_CASE("a beginning that is no rsync, or none that we speak, is refused by name") {
  auto const [hex, why, code] = GENERATE(table<char const*, std::error_code, exit_code>({
      {"57656c636f6d65", make_error_code(protocol_errc::not_rsync), exit_code::protocol},    // "Welcome"
      {"1d000000", make_error_code(protocol_errc::peer_too_old), exit_code::protocol},       // 29
      {"20000000ff", make_error_code(wire::wire_errc::overlong_varint), exit_code::stream},  // compat flags
      {"2000000081fe03616263", make_error_code(checksum::negotiate_errc::no_common_name), exit_code::unsupported},
  }));
  CAPTURE(hex);
  bytes const said = from_hex(hex);
  SECTION("at once") {
    sending_session session{setup_for(archive(), some_files()), [](event&&) {}};
    auto const taken = session.take_input(said);
    REQUIRE_FALSE(taken);
    CHECK(taken.error() == why);
    CHECK(exit_code_of(taken.error()) == code);
  }
  SECTION("byte by byte") {
    sending_session session{setup_for(archive(), some_files()), [](event&&) {}};
    std::error_code seen;
    for (std::byte b : said) {
      auto const taken = session.take_input(byte_view{&b, 1});
      if (!taken) {
        seen = taken.error();
        break;
      }
    }
    CHECK(seen == why);
  }
}

TEST_CASE("recursion that we forbade is an error") {
  options o = archive();
  o.inc_recursive = false;
  sending_session session{setup_for(o, some_files()), [](event&&) {}};
  auto const taken = session.take_input(from_hex("2000000081ff"));
  CHECK(taken.error() == protocol_errc::unwanted_recursion);
}

TEST_CASE("an end before the goodbye is an error wherever it comes") {
  bytes const whole = from_hex("2000000081fe0678786831323801000000");
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    sending_session session{setup_for(archive(), some_files()), [](event&&) {}};
    REQUIRE(session.take_input(byte_view{whole}.first(cut)));
    CHECK(session.take_end().error() == protocol_errc::closed_early);
  }
}

TEST_CASE("damaged frames end the session with rsync's codes") {
  auto const [hex, code] = GENERATE(table<char const*, exit_code>({
      {"00000050", exit_code::stream},                  // no such tag
      {"0300001d010203", exit_code::stream},            // IO_ERROR of three bytes
      {"0400001d01000000", exit_code::stream},          // IO_ERROR from a receiver
      {"0400006d01000000", exit_code::stream},          // NO_SEND from a receiver
      {"0700000763000063000000", exit_code::protocol},  // an index nobody has
      {"05000007fe00fe0000", exit_code::protocol},      // far beyond the list
  }));
  CAPTURE(hex);
  sending_session session{setup_for(archive(), some_files()), [](event&&) {}};
  REQUIRE(session.take_input(from_hex("2000000081ff0678786831323801000000")));
  for (int i = 0; i < 4; ++i) {
    run_jobs(session);
    REQUIRE(session.advance(1 << 20));
    static_cast<void>(session.take_output());
  }
  auto const taken = session.take_input(from_hex(hex));
  REQUIRE_FALSE(taken);
  CHECK(exit_code_of(taken.error()) == code);
}

TEST_CASE("what the peer tells becomes events") {
  std::vector<event> seen;
  sending_session session{setup_for(archive(), some_files()), [&](event&& e) { seen.push_back(std::move(e)); }};
  REQUIRE(session.take_input(from_hex("2000000081ff0678786831323801000000")));
  REQUIRE(session.take_input(from_hex("0300000968690a")));    // INFO "hi\n"
  REQUIRE(session.take_input(from_hex("0400006c6f6c6400")));  // DELETED "old", a directory
  REQUIRE(session.take_input(from_hex("03000008626164")));    // ERROR_XFER "bad"
  std::vector<message> messages;
  std::vector<item> items;
  for (auto const& e : seen) {
    if (auto const* m = std::get_if<message>(&e)) messages.push_back(*m);
    if (auto const* i = std::get_if<item>(&e)) items.push_back(*i);
  }
  REQUIRE(messages.size() == 2);
  CHECK((messages[0].text == "hi" && messages[0].what == message::level::info && messages[0].from_peer));
  CHECK((messages[1].text == "bad" && messages[1].what == message::level::error));
  CHECK(session.peer_had_errors());
  REQUIRE(items.size() == 1);
  CHECK((items[0].what == item::action::remove && items[0].name == "old" && S_ISDIR(items[0].mode)));
  SECTION("and its exit is answered") {
    static_cast<void>(session.take_output());
    REQUIRE(session.take_input(from_hex("0400005d0b000000")));  // ERROR_EXIT 11
    CHECK(session.peer_exit() == 11);
    CHECK(session.take_output() == from_hex("0000005d"));
  }
}

// --- as a server ---------------------------------------------------------------------------------------------------

namespace {

sending_setup served(options const& o, std::shared_ptr<tree> files, char const* letters) {
  auto setup = setup_for(o, std::move(files));
  setup.handshake = {};
  setup.handshake.server = true;
  setup.handshake.client_letters = letters;
  setup.handshake.may_recurse_incrementally = allows_incremental_recursion(o, true);
  setup.handshake.seed = 7;
  return setup;
}

void settle(sending_session& s) {
  for (int i = 0; i < 6; ++i) {
    run_jobs(s);
    REQUIRE(s.advance(1 << 20));
  }
}

// A stock client that pulls from what stands on the other ends of two named pipes.
struct client {
  unique_fd in, out;
  pid_t pid = -1;
  client(std::string const& where, std::vector<std::string> const& words, std::string const& to) {
    if (::mkfifo((where + "/down").c_str(), 0600) != 0 || ::mkfifo((where + "/up").c_str(), 0600) != 0) std::abort();
    // It ends with what is said to the client, as a remote shell ends with its command.
    std::ofstream{where + "/shell"} << "#!/bin/sh\nexec 3<&0\ncat <&3 >'" << where << "/up' &\nexec cat <'" << where
                                    << "/down'\n";
    std::filesystem::permissions(where + "/shell", std::filesystem::perms::owner_all);
    // Open for both, so that neither end waits for the other to open.
    in.reset(::open((where + "/down").c_str(), O_RDWR | O_CLOEXEC));
    out.reset(::open((where + "/up").c_str(), O_RDWR | O_CLOEXEC));
    std::vector<std::string> all{"rsync", "-e", where + "/shell", "--timeout=20"};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"here:src/", to});
    std::vector<char*> argv;
    for (auto& each : all) argv.push_back(each.data());
    argv.push_back(nullptr);
    pid = ::fork();
    if (pid == 0) {
      ::execvp("rsync", argv.data());
      ::_exit(127);
    }
  }
  ~client() {
    in.reset();
    out.reset();
    if (pid > 0) ::waitpid(pid, nullptr, 0);
  }
  int end() {
    int status = 0;
    in.reset();
    ::waitpid(std::exchange(pid, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

}  // namespace

TEST_CASE("a stock client pulls from a session, whatever the pieces") {
  int const version = GENERATE(30, 31, 32);
  std::size_t const piece = GENERATE(std::size_t{1}, std::size_t{4096});
  CAPTURE(version, piece);
  scratch where;
  options o = archive();
  sending_session session{served(o, some_files(), ".iLsfxCIvu"), [](event&&) {}};
  client peer{where.path,
              {"-aH", "--numeric-ids", "--delete", "--exclude=one", "--protocol=" + std::to_string(version)},
              where.path + "/to/"};
  std::array<std::byte, 4096> buffer{};
  for (int idle = 0; !session.finished() && idle < 1000;) {
    run_jobs(session);
    REQUIRE(session.advance(1 << 20));
    for (bytes said = session.take_output(); !said.empty(); said = session.take_output()) {
      REQUIRE(::write(peer.in.get(), said.data(), said.size()) == static_cast<ssize_t>(said.size()));
    }
    pollfd readable{peer.out.get(), POLLIN, 0};
    if (::poll(&readable, 1, 10) == 0) {
      ++idle;  // 10 s of silence are a failure
      continue;
    }
    auto const got = ::read(peer.out.get(), buffer.data(), piece);
    REQUIRE(got > 0);
    bytes const exact(buffer.begin(), buffer.begin() + got);
    auto const taken = session.take_input(exact);
    INFO(taken.error().message());
    REQUIRE(taken);
  }
  REQUIRE(session.finished());
  CHECK(peer.end() == 0);
  CHECK(session.protocol() == version);
  CHECK(std::filesystem::file_size(where.path + "/to/d/two") == 100'000);
  CHECK(std::filesystem::read_symlink(where.path + "/to/d/l") == "two");
  CHECK_FALSE(std::filesystem::exists(where.path + "/to/one"));
}

TEST_CASE("a server says its flags, names and seed by the letters of its client") {
  auto const [letters, said] = GENERATE(table<char const*, std::string>({
      {".iLsfxCIvu",
       "2000000081ff23"
       "787868313238207878683320787868363420"
       "6d6435206d643420736861"
       "31206e6f6e65"},
      {".LsfxCI",
       "200000007e"
       "07000000"},
      {"",
       "2000000006"
       "07000000"},
  }));
  sending_session session{served(archive(), some_files(), letters), [](event&&) {}};
  CHECK(session.take_output() == from_hex("20000000"));
  REQUIRE(session.take_input(from_hex("20000000")));
  bytes all = from_hex("20000000");
  append(all, session.take_output());
  CHECK(all == from_hex(said));
}

TEST_CASE("a server's client is told what there is to say, and hears of its counts") {
  options o = archive();
  o.inc_recursive = false;
  std::vector<event> outward;
  auto setup = served(o, some_files(), ".LsfxCI");
  auto const where = GENERATE(options::stderr_mode::errors, options::stderr_mode::client);
  setup.options.errors_to = where;
  setup.operands.paths = {"/src/", "/nowhere"};
  sending_session session{std::move(setup), [&](event&& e) { outward.push_back(std::move(e)); }};
  REQUIRE(
      session.take_input(from_hex("2000000004000007"
                                  "00000000")));
  settle(session);
  std::string const said{as_text(session.take_output())};
  bool const in_band = said.find("link_stat \"/nowhere\" failed") != std::string::npos;
  CHECK(in_band == (where == options::stderr_mode::client));
  CHECK(outward.size() == (in_band ? 0U : 1U));
  // Phase 1 to 3, five counts of deleted entries, goodbye.
  REQUIRE(session.take_input(from_hex("03000007000000")));
  settle(session);
  CHECK(session.in_goodbye());
  REQUIRE_FALSE(session.take_output().empty());
  REQUIRE(session.take_input(from_hex("08000007ff02010203040500")));
  settle(session);
  CHECK(session.take_output() == from_hex("08000007ff02010203040500"));
  REQUIRE(session.take_input(from_hex("0100000700")));
  CHECK(session.finished());
}

TEST_CASE("a server that lists nothing is done") {
  auto setup = served(archive(), some_files(), GENERATE(".iLsfxCI", ".LsfxCI"));
  setup.operands.paths = {"/nowhere"};
  sending_session session{std::move(setup), [](event&&) {}};
  REQUIRE(
      session.take_input(from_hex("2000000004000007"
                                  "00000000")));
  settle(session);
  CHECK(session.finished());
  CHECK(session.io_error() == roles::io_error_general);
}

TEST_CASE("rules of a client are obeyed, and none makes a file be read") {
  auto setup = served(archive(), some_files(), ".LsfxCI");
  bool asked = false;
  setup.rule_files.read_file = [&](std::string const&) -> result<std::string> {
    asked = true;
    return std::string{};
  };
  sending_session session{std::move(setup), [](event&&) {}};
  // ". /etc/passwd"
  REQUIRE(
      session.take_input(from_hex("2000000015000007"
                                  "0d0000002e202f6574632f706173737764"
                                  "00000000")));
  settle(session);
  CHECK_FALSE(asked);
}

TEST_CASE("names come in frames from protocol 31 on, and between two frames before") {
  int const version = GENERATE(30, 31);
  std::size_t const piece = GENERATE(std::size_t{1}, std::size_t{100});
  CAPTURE(version, piece);
  options o = archive();
  o.recurse = false;
  auto setup = served(o, some_files(), ".LsfxCI");
  setup.handshake.protocol = version;
  setup.hears_names = true;
  setup.operands.recurse = false;
  setup.operands.relative = true;
  setup.operands.paths = {"/src"};
  sending_session session{std::move(setup), [](event&&) {}};
  // Terminator of the rules; "one", the end of the names; an empty frame.
  bytes const said = from_hex(version == 30 ? "1e000000"
                                              "0400000700000000"
                                              "6f6e650000"
                                              "00000007"
                                            : "1f000000"
                                              "0900000700000000"
                                              "6f6e650000"
                                              "00000007");
  for (std::size_t at = 0; at < said.size(); at += piece) {
    REQUIRE(session.take_input(byte_view{said}.subspan(at, std::min(piece, said.size() - at))));
  }
  settle(session);
  CHECK(session.figures().files.regular == 1);
  CHECK(session.figures().files.symlinks == 0);
}

TEST_CASE("a client may not tell a server's user anything") {
  sending_session session{served(archive(), some_files(), ".LsfxCI"), [](event&&) {}};
  REQUIRE(
      session.take_input(from_hex("2000000004000007"
                                  "00000000")));
  CHECK(session.take_input(from_hex("0300000968690a")).error() == protocol_errc::unexpected_message);
}

TEST_CASE("a client that leaves with a code is answered, and that is the end") {
  sending_session session{served(archive(), some_files(), ".LsfxCI"), [](event&&) {}};
  REQUIRE(
      session.take_input(from_hex("2000000004000007"
                                  "00000000")));
  static_cast<void>(session.take_output());
  REQUIRE(session.take_input(from_hex("0400005d0b000000")));
  CHECK(session.finished());
  CHECK(session.peer_exit() == 11);
  CHECK(session.take_output() == from_hex("0000005d"));
}
