// A server whose client is a script: what it says when it ends by itself.
#include "volsync/serve.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <new>
#include <thread>

#include "base/bytes.hpp"
#include "base/unique_fd.hpp"

#include "fs/memory_tree.hpp"

#include "support/catch.hpp"

using namespace volsync;

namespace {

struct outcome {
  finished end;
  std::string said;  // to the client, all of it
};

// script: the client's bytes in hexadecimal. The client hangs up when it hears `last` at the end of what it has heard.
outcome serve_script(std::vector<std::string> const& words, std::string_view script, std::string const& last,
                     std::shared_ptr<tree> files, observer& events) {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  unique_fd ours{ends[0]}, theirs{ends[1]};
  std::string sent;
  for (std::size_t i = 0; i + 1 < script.size(); i += 2)
    sent += static_cast<char>(std::stoi(std::string{script.substr(i, 2)}, nullptr, 16));
  REQUIRE(::write(theirs.get(), sent.data(), sent.size()) == static_cast<ssize_t>(sent.size()));
  outcome made;
  std::thread client{[&] {
    std::array<char, 4096> buffer{};
    for (;;) {
      auto const got = ::read(theirs.get(), buffer.data(), buffer.size());
      if (got <= 0) break;
      made.said.append(buffer.data(), static_cast<std::size_t>(got));
      if (!last.empty() && made.said.ends_with(last)) break;
    }
    ::shutdown(theirs.get(), SHUT_RDWR);
  }};
  std::vector<std::string> all{"volsync", "--server"};
  all.insert(all.end(), words.begin(), words.end());
  cancellation cancel;
  made.end = serve(all, ours.get(), ours.get(), events, cancel, std::move(files));
  ours.reset();
  client.join();
  return made;
}

struct listener : observer {
  void on_event(event const& what) override {
    if (auto const* e = std::get_if<finished>(&what)) ends.push_back(e->code);
  }
  std::vector<exit_code> ends;
};

std::string exit_word(int code) {
  return std::string{"\x04\0\0\x5d", 4} + static_cast<char>(code) + std::string(3, '\0');
}

// A list of one directory, "."; no ids follow, as none are kept.
std::string const one_directory =
    "0f000007"
    "19012e"
    "000010"
    "66758138"
    "ed410000"
    "00";

}  // namespace

TEST_CASE("a server that cannot go on tells its client the code, from protocol 31 on") {
  auto const files = std::make_shared<fs::memory_tree>();
  REQUIRE(files->add_file("/file", "f"));
  listener events;
  auto const [version, told] =
      GENERATE(table<std::string, bool>({{"20000000", true}, {"1f000000", true}, {"1e000000", false}}));
  CAPTURE(version);
  auto const done = serve_script({"-re.LsfxCI", ".", "/none/none/"}, version + one_directory,
                                 told ? exit_word(11) : std::string{}, files, events);
  CHECK(done.end.code == exit_code::file_io);
  CHECK(done.said.ends_with(exit_word(11)) == told);
  CHECK(events.ends == std::vector{exit_code::file_io});
}

TEST_CASE("a client that breaks the grammar is told so") {
  listener events;
  auto const done = serve_script({"-re.LsfxCI", ".", "/to"},
                                 "20000000"
                                 "00000050",
                                 exit_word(12), std::make_shared<fs::memory_tree>(), events);
  CHECK(done.end.code == exit_code::stream);
  CHECK(done.said.ends_with(exit_word(12)));
}

TEST_CASE("a server without memory ends with code 22") {
  auto const files = std::make_shared<fs::memory_tree>();
  REQUIRE(files->add_directory("/to"));
  SECTION("in a step, and its client hears of it") {
    files->set_hook([](fs::operation, std::string const&) -> int { throw std::bad_alloc{}; });
    listener events;
    auto const done =
        serve_script({"-re.LsfxCI", ".", "/to"}, "20000000" + one_directory, exit_word(22), files, events);
    CHECK(done.end.code == exit_code::memory);
    CHECK(done.said.ends_with(exit_word(22)));
    CHECK(events.ends == std::vector{exit_code::memory});
  }
  SECTION("on the protocol thread") {
    struct greedy final : listener {
      void on_event(event const& what) override {
        if (std::holds_alternative<problem>(what)) throw std::bad_alloc{};
        listener::on_event(what);
      }
    } events;
    auto const done = serve_script({"--sender", "-re.LsfxCI", ".", "/nowhere"},
                                   "20000000"
                                   "04000007"
                                   "00000000",
                                   {}, files, events);
    CHECK(done.end.code == exit_code::memory);
    CHECK(done.end.text == "out of memory");
    CHECK(events.ends == std::vector{exit_code::memory});
  }
}
