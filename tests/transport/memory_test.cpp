// Two connections in one process, whole, narrowed and cut.
#include <thread>

#include "transport/errc.hpp"
#include "transport/memory_pair.hpp"

#include "driver.hpp"
#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::transport;
using namespace volsync::transport::test;

namespace {

// The far end: gives back what it takes, on a thread of its own.
void echo_back(std::unique_ptr<connection> pipe) {
  driver peer{std::move(pipe)};
  peer.start();
  peer.on_input = [&](bytes const& got) { peer.pipe().put_output(got); };
  CHECK(peer.run_until([&] { return peer.state().input_ended || peer.state().failure; }, 20s, false));
  bytes rest;
  while (peer.pipe().take_input(rest) > 0) {
  }
  peer.pipe().put_output(rest);
  peer.pipe().end_output();
  peer.run_until([&] { return peer.pipe().output_backlog() == 0; }, 20s, false);
}

}  // namespace

TEST_CASE("a memory pair carries bytes both ways and ends with status 0") {
  auto const limit = GENERATE(std::size_t{1000}, std::size_t{65536}, std::numeric_limits<std::size_t>::max());
  memory_limits narrow;
  narrow.take_at_most = limit;
  auto ends = make_memory_pair(narrow, narrow);
  std::thread peer{echo_back, std::move(ends.second)};
  driver user{std::move(ends.first)};
  user.start();
  auto const seen = echo(user, 3'000'000);
  peer.join();
  CHECK(seen.complete);
  CHECK(seen.same);
  CHECK(seen.high <= limit);
  CHECK(user.state().exit->status == 0);
}

TEST_CASE("the backlog is what the peer has not taken, and its half wakes the putter") {
  auto ends = make_memory_pair();
  int wakes = 0;
  ends.first->start([&] { ++wakes; });
  ends.second->start([] {});
  ends.first->put_output(bytes(output_high));
  CHECK(ends.first->output_backlog() == output_high);
  int const before = wakes;
  bytes taken;
  CHECK(ends.second->take_input(taken) == output_high);
  CHECK(ends.first->output_backlog() == 0);
  CHECK(wakes > before);
}

TEST_CASE("a cut at byte N delivers N bytes and then fails on both ends") {
  memory_limits cut;
  cut.cut_output_at = 10;
  auto ends = make_memory_pair(cut);
  ends.first->start([] {});
  ends.second->start([] {});
  ends.first->put_output(to_bytes("012345"));
  CHECK_FALSE(ends.first->state().failure);
  ends.first->put_output(to_bytes("6789abcdef"));
  CHECK(ends.first->state().failure == transport_errc::connection_lost);
  CHECK(ends.second->state().failure == transport_errc::connection_lost);
  CHECK_FALSE(ends.second->state().input_ended);
  bytes got;
  ends.second->take_input(got);
  CHECK(as_text(got) == "0123456789");
}

TEST_CASE("an end that goes is a lost connection before its end of output, an end of input after it") {
  auto ends = make_memory_pair();
  ends.first->start([] {});
  ends.second->start([] {});
  SECTION("before") {
    ends.first.reset();
    CHECK(ends.second->state().failure == transport_errc::connection_lost);
    CHECK_FALSE(ends.second->state().exit);
  }
  SECTION("after") {
    ends.first->end_output();
    ends.second->put_output(bytes(5000));
    ends.first.reset();
    CHECK_FALSE(ends.second->state().failure);
    CHECK(ends.second->state().input_ended);
    CHECK(ends.second->output_backlog() == 0);
    CHECK(ends.second->state().exit->status == 0);
  }
  SECTION("aborted") {
    ends.first->abort();
    CHECK(ends.first->state().failure == transport_errc::aborted);
    CHECK(ends.second->state().failure == transport_errc::connection_lost);
  }
}
