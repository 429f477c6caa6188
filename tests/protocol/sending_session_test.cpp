// The session by hand: bytes in any split, damaged and early ends; the peer is a stock server, or a script of bytes.
#include "protocol/sending_session.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/unique_fd.hpp"
#include "fs/memory_tree.hpp"
#include "protocol/errc.hpp"
#include "protocol/server_args.hpp"
#include "support/catch.hpp"
#include "wire/errc.hpp"

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
  o.recurse = o.links = o.perms = o.times = o.group = o.owner = o.devices = o.specials = o.hard_links = o.numeric_ids = true;
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
      {"57656c636f6d65", make_error_code(protocol_errc::not_rsync), exit_code::protocol},          // "Welcome"
      {"1d000000", make_error_code(protocol_errc::peer_too_old), exit_code::protocol},             // 29
      {"20000000ff", make_error_code(wire::wire_errc::overlong_varint), exit_code::stream},        // compat flags
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
      {"00000050", exit_code::stream},                                       // no such tag
      {"0300001d010203", exit_code::stream},                                 // IO_ERROR of three bytes
      {"0400001d01000000", exit_code::stream},                               // IO_ERROR from a receiver
      {"0400006d01000000", exit_code::stream},                               // NO_SEND from a receiver
      {"0700000763000063000000", exit_code::protocol},                       // an index nobody has
      {"05000007fe00fe0000", exit_code::protocol},                           // far beyond the list
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
  REQUIRE(session.take_input(from_hex("0300000968690a")));                   // INFO "hi\n"
  REQUIRE(session.take_input(from_hex("0400006c6f6c6400")));                 // DELETED "old", a directory
  REQUIRE(session.take_input(from_hex("03000008626164")));                   // ERROR_XFER "bad"
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
    REQUIRE(session.take_input(from_hex("0400005d0b000000")));               // ERROR_EXIT 11
    CHECK(session.peer_exit() == 11);
    CHECK(session.take_output() == from_hex("0000005d"));
  }
}
