#include "transport/mailbox.hpp"

namespace volsync::transport {
namespace {

constexpr std::size_t join_below = 64U << 10;  // small blocks are joined up to this size: fewer, larger writes

std::size_t move_all(bytes& from, bytes& to) {
  std::size_t const count = from.size();
  if (to.empty()) {
    to.swap(from);
  } else {
    append(to, from);
  }
  from.clear();
  return count;
}

}  // namespace

void mailbox::open(function wake_user) {
  std::lock_guard const guard{wake_lock_};
  wake_ = std::move(wake_user);
}

void mailbox::close() {
  std::lock_guard const guard{wake_lock_};
  wake_ = nullptr;
}

void mailbox::wake_user() {
  std::lock_guard const guard{wake_lock_};
  if (wake_) wake_();
}

void mailbox::poke() {
  if (poke_ && !poked_.exchange(true)) poke_();
}

std::size_t mailbox::take_input(bytes& to) {
  std::unique_lock guard{lock_};
  std::size_t const count = move_all(input_, to);
  bool const was_paused = paused_;
  guard.unlock();
  if (was_paused && count > 0) poke();
  return count;
}

std::size_t mailbox::take_errors(bytes& to) {
  std::unique_lock guard{lock_};
  std::size_t const count = move_all(errors_, to);
  bool const was_paused = paused_;
  guard.unlock();
  if (was_paused && count > 0) poke();
  return count;
}

void mailbox::put_output(bytes data) {
  if (data.empty()) return;
  {
    std::lock_guard const guard{lock_};
    if (discarding_ || output_closed_) return;
    backlog_ += data.size();
    if (!output_.empty() && output_.back().size() + data.size() <= join_below) {
      append(output_.back(), data);
    } else {
      output_.push_back(std::move(data));
    }
  }
  poke();
}

std::size_t mailbox::output_backlog() const {
  std::lock_guard const guard{lock_};
  return backlog_;
}

void mailbox::end_output() {
  {
    std::lock_guard const guard{lock_};
    output_closed_ = true;
  }
  poke();
}

connection_state mailbox::state() const {
  std::lock_guard const guard{lock_};
  return state_;
}

void mailbox::request_abort() {
  {
    std::lock_guard const guard{lock_};
    aborting_ = true;
  }
  discard_output();
  poke();
}

void mailbox::add_input(byte_view data) {
  if (data.empty()) return;
  bool was_empty = false;
  {
    std::lock_guard const guard{lock_};
    was_empty = input_.empty();
    append(input_, data);
  }
  if (was_empty) wake_user();
}

void mailbox::add_errors(byte_view data) {
  if (data.empty()) return;
  bool was_empty = false;
  {
    std::lock_guard const guard{lock_};
    was_empty = errors_.empty();
    append(errors_, data);
  }
  if (was_empty) wake_user();
}

bool mailbox::wants_input() {
  std::lock_guard const guard{lock_};
  std::size_t const part = paused_ ? 2 : 1;  // once stopped, only from half on
  paused_ = input_.size() >= input_high / part || errors_.size() >= errors_high / part;
  return !paused_;
}

bytes mailbox::next_output() {
  std::lock_guard const guard{lock_};
  if (output_.empty()) return {};
  bytes block = std::move(output_.front());
  output_.pop_front();
  return block;
}

void mailbox::output_done(std::size_t count) {
  bool drained = false;
  {
    std::lock_guard const guard{lock_};
    if (discarding_) return;
    std::size_t const before = backlog_;
    backlog_ -= count;
    drained = backlog_ == 0 || (before >= output_high / 2 && backlog_ < output_high / 2);
  }
  if (drained) wake_user();
}

void mailbox::discard_output() {
  {
    std::lock_guard const guard{lock_};
    discarding_ = true;
    output_.clear();
    backlog_ = 0;
  }
  wake_user();
}

bool mailbox::output_ended() const {
  std::lock_guard const guard{lock_};
  return output_closed_ && output_.empty();
}

bool mailbox::abort_requested() const {
  std::lock_guard const guard{lock_};
  return aborting_;
}

void mailbox::set_connected() {
  {
    std::lock_guard const guard{lock_};
    state_.connected = true;
  }
  wake_user();
}

void mailbox::set_input_ended() {
  {
    std::lock_guard const guard{lock_};
    state_.input_ended = true;
  }
  wake_user();
}

void mailbox::set_exit(remote_exit how) {
  {
    std::lock_guard const guard{lock_};
    if (!state_.exit) state_.exit = how;
  }
  wake_user();
}

void mailbox::fail(error_code why, std::string text) {
  {
    std::lock_guard const guard{lock_};
    if (state_.failure) return;
    state_.failure = why;
    state_.failure_text = std::move(text);
  }
  wake_user();
}

}  // namespace volsync::transport
