// A server's two descriptors: bytes both ways, ends, and a peer that is gone.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <thread>

#include "base/unique_fd.hpp"

#include "transport/errc.hpp"
#include "transport/stdio_connection.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::transport;

namespace {

struct two_pipes {
  unique_fd their_out, our_in, our_out, their_in;
  two_pipes() {
    std::array<int, 2> to_us{}, to_them{};
    REQUIRE(::pipe2(to_us.data(), O_CLOEXEC) == 0);
    REQUIRE(::pipe2(to_them.data(), O_CLOEXEC) == 0);
    our_in.reset(to_us[0]);
    their_out.reset(to_us[1]);
    their_in.reset(to_them[0]);
    our_out.reset(to_them[1]);
  }
};

template <class Condition>
bool becomes(Condition condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

}  // namespace

TEST_CASE("bytes pass both ways, and the end of output is told once all of it is gone") {
  two_pipes p;
  auto const flags = ::fcntl(p.our_out.get(), F_GETFL);
  bytes got;
  {
    auto const here = make_stdio_connection(p.our_in.get(), p.our_out.get());
    here->start([] {});
    REQUIRE(::write(p.their_out.get(), "hello", 5) == 5);
    REQUIRE(becomes([&] { return here->take_input(got) + got.size() >= 5; }));
    CHECK(as_text(got) == "hello");
    bytes const large(300'000, std::byte{'x'});  // more than a pipe holds
    here->put_output(large);
    here->end_output();
    CHECK_FALSE(here->state().exit);
    std::size_t read = 0;
    std::array<std::byte, 65536> buffer{};
    while (read < large.size()) {
      auto const count = ::read(p.their_in.get(), buffer.data(), buffer.size());
      REQUIRE(count > 0);
      read += static_cast<std::size_t>(count);
    }
    REQUIRE(becomes([&] { return here->state().exit.has_value(); }));
    CHECK(here->state().exit->status == 0);
    CHECK_FALSE(here->state().failure);
  }
  CHECK(::fcntl(p.our_out.get(), F_GETFL) == flags);
}

TEST_CASE("the end of input is no failure, an end of the reader is") {
  two_pipes p;
  auto const here = make_stdio_connection(p.our_in.get(), p.our_out.get());
  here->start([] {});
  SECTION("input") {
    p.their_out.reset();
    REQUIRE(becomes([&] { return here->state().input_ended; }));
    CHECK_FALSE(here->state().failure);
    CHECK_FALSE(here->state().exit);
  }
  SECTION("output") {
    p.their_in.reset();
    here->put_output(bytes(10, std::byte{'x'}));
    REQUIRE(becomes([&] { return static_cast<bool>(here->state().failure); }));
    CHECK(here->state().failure == transport_errc::connection_lost);
    CHECK(here->output_backlog() == 0);
  }
}

TEST_CASE("input that nobody takes is left in the pipe") {
  std::array<int, 2> both{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()) == 0);
  unique_fd const ours{both[0]}, theirs{both[1]};
  ::fcntl(theirs.get(), F_SETFL, O_NONBLOCK);
  auto const here = make_stdio_connection(ours.get(), ours.get());
  here->start([] {});
  std::size_t written = 0;
  bytes const piece(65536, std::byte{'y'});
  auto const fill = [&] {
    for (;;) {
      auto const count = ::write(theirs.get(), piece.data(), piece.size());
      if (count > 0) {
        written += static_cast<std::size_t>(count);
        continue;
      }
      pollfd room{theirs.get(), POLLOUT, 0};
      if (::poll(&room, 1, 1500) == 0) return;
    }
  };
  fill();
  CHECK(written >= input_high);
  CHECK(written < 2 * input_high);
  std::size_t const first = written;
  bytes got;
  REQUIRE(here->take_input(got) >= input_high);
  fill();
  CHECK(written > first);
}

TEST_CASE("giving up ends the thread although nobody reads") {
  two_pipes p;
  auto here = make_stdio_connection(p.our_in.get(), p.our_out.get());
  here->start([] {});
  here->put_output(bytes(1'000'000, std::byte{'x'}));
  auto const begun = std::chrono::steady_clock::now();
  here.reset();
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds{20});
}
