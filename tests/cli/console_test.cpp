// Output of the program: order, buffering, and a standard output that breaks.
#include "volsync/console.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::cli;

namespace {

struct two_pipes {
  std::array<int, 2> out{}, err{};
  two_pipes() {
    REQUIRE(::pipe2(out.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    REQUIRE(::pipe2(err.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  }
  ~two_pipes() {
    for (int const each : {out[0], out[1], err[0], err[1]}) ::close(each);
  }
  static std::string content(int descriptor) {
    std::array<char, 65536> room{};
    ssize_t const count = ::read(descriptor, room.data(), room.size());
    return count > 0 ? std::string{room.data(), static_cast<std::size_t>(count)} : std::string{};
  }
};

message info(std::string text) { return {message::level::info, std::move(text), false}; }

}  // namespace

TEST_CASE("block buffering holds text back until the end or an error") {
  two_pipes pipes;
  cancellation cancel;
  console output{{}, {pipes.out[1], pipes.err[1], output_buffering::block}, cancel};
  output.on_event(info("one"));
  CHECK(two_pipes::content(pipes.out[0]).empty());
  output.on_event(message{message::level::error, "bad", false});
  CHECK(two_pipes::content(pipes.out[0]) == "one\n");
  CHECK(two_pipes::content(pipes.err[0]) == "bad\n");
  output.on_event(info("two"));
  CHECK(output.flush());
  CHECK(two_pipes::content(pipes.out[0]) == "two\n");
  for (int i = 0; i < 400; ++i) output.on_event(info(std::string(99, 'x')));
  CHECK(two_pipes::content(pipes.out[0]).size() >= 32768);  // memory does not grow with the output
}

TEST_CASE("line buffering writes each event") {
  two_pipes pipes;
  cancellation cancel;
  console output{{}, {pipes.out[1], pipes.err[1], output_buffering::line}, cancel};
  output.on_event(info("one"));
  CHECK(two_pipes::content(pipes.out[0]) == "one\n");
}

TEST_CASE("a full disk behind standard output ends the run with 13") {
  two_pipes pipes;
  int const full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  cancellation cancel;
  console output{{}, {full, pipes.err[1], output_buffering::line}, cancel};
  output.on_event(info("one"));
  CHECK(cancel.requested());
  CHECK(cancel.code() == exit_code::message_io);
  CHECK_FALSE(output.flush());
  output.on_event(message{message::level::error, "bad", false});
  CHECK(two_pipes::content(pipes.err[0]) == "bad\n");
  ::close(full);
}

TEST_CASE("a reader that has gone is noticed, an absent standard error is not an error") {
  auto const before = std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> gone{};
  REQUIRE(::pipe2(gone.data(), O_CLOEXEC) == 0);
  ::close(gone[0]);
  cancellation cancel;
  console errors{{}, {1, gone[1], output_buffering::line}, cancel};
  errors.on_event(message{message::level::error, "bad", false});
  CHECK_FALSE(cancel.requested());
  console output{{}, {gone[1], gone[1], output_buffering::line}, cancel};
  output.on_event(info("one"));
  CHECK(cancel.code() == exit_code::message_io);
  ::close(gone[1]);
  std::signal(SIGPIPE, before);
}
