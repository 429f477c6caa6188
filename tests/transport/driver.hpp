// A user of a connection for tests: sleeps on the wake function, with a bound on every wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "transport/connection.hpp"

namespace volsync::transport::test {

using namespace std::chrono_literals;

// Owns what it collects; call from one thread.
class driver {
 public:
  explicit driver(std::unique_ptr<connection> pipe) : pipe_{std::move(pipe)} {}
  ~driver() { pipe_.reset(); }  // before the condition that its wake function uses
  driver(driver const&) = delete;
  driver& operator=(driver const&) = delete;

  void start() {
    pipe_->start([this] {
      std::lock_guard const guard{lock_};
      woken_ = true;
      condition_.notify_one();
    });
  }

  // Takes what comes until `done` holds; false after `limit`. `keep`: input is stored in `input`, else only counted.
  bool run_until(std::function<bool()> const& done, std::chrono::milliseconds limit = 20s, bool keep = true) {
    auto const deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
      pipe_->take_errors(errors);
      taken_.clear();
      received += pipe_->take_input(taken_);
      if (keep) append(input, taken_);
      if (on_input) on_input(taken_);
      if (done()) return true;
      std::unique_lock guard{lock_};
      if (!condition_.wait_until(guard, deadline, [this] { return woken_; })) return false;
      woken_ = false;
    }
  }
  // Until the peer's output and the peer itself have ended, or the pipe failed.
  bool run_to_end(std::chrono::milliseconds limit = 20s) {
    return run_until(
               [this] {
                 auto const now = state();
                 return now.failure || (now.input_ended && now.exit);
               },
               limit) &&
           (pipe_->take_input(input), pipe_->take_errors(errors), true);
  }

  [[nodiscard]] connection_state state() const { return pipe_->state(); }
  [[nodiscard]] std::string input_text() const { return std::string{as_text(input)}; }
  [[nodiscard]] std::string error_text() const { return std::string{as_text(errors)}; }
  connection& pipe() { return *pipe_; }
  void drop() { pipe_.reset(); }

  bytes input, errors;
  std::size_t received = 0;
  std::function<void(bytes const&)> on_input;

 private:
  std::mutex lock_;
  std::condition_variable condition_;
  bool woken_ = false;
  bytes taken_;
  std::unique_ptr<connection> pipe_;
};

inline bytes to_bytes(std::string_view text) {
  auto const view = as_bytes(text);
  return {view.begin(), view.end()};
}

// `count` bytes that depend on their offset in the stream, so that loss and doubling show.
inline bytes pattern(std::uint64_t offset, std::size_t count) {
  bytes made(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t const at = offset + i;
    made[i] = static_cast<std::byte>((at ^ (at >> 8) * 31U ^ (at >> 16) * 17U) & 0xFFU);
  }
  return made;
}

// Sends `total` pattern bytes to a peer that echoes, and checks what comes back. `high` is the most that was ever
// queued for us at one moment.
struct echo_outcome {
  bool complete = false, same = true;
  std::size_t high = 0;
};
inline echo_outcome echo(driver& user, std::uint64_t total, std::chrono::milliseconds limit = 60s) {
  echo_outcome seen;
  std::uint64_t sent = 0, back = 0;
  auto const feed = [&] {
    while (sent < total && user.pipe().output_backlog() < output_high) {
      std::size_t const count = static_cast<std::size_t>(std::min<std::uint64_t>(128U << 10, total - sent));
      user.pipe().put_output(pattern(sent, count));
      sent += count;
      if (sent == total) user.pipe().end_output();
    }
  };
  user.on_input = [&](bytes const& got) {
    seen.high = std::max(seen.high, got.size());
    if (got != pattern(back, got.size())) seen.same = false;
    back += got.size();
    feed();
  };
  seen.complete = user.run_until(
      [&] {
        auto const now = user.state();
        return now.failure || (now.input_ended && now.exit && back >= total);
      },
      limit, false);
  user.on_input = nullptr;
  seen.complete = seen.complete && back == total && !user.state().failure;
  return seen;
}

}  // namespace volsync::transport::test
