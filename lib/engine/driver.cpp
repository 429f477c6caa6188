// The loop. It never blocks but in mailbox::wait, so neither direction can stop the other.
#include "engine/driver.hpp"

#include <algorithm>
#include <utility>

#include "roles/values.hpp"

#include "protocol/errc.hpp"

#include "transport/errc.hpp"

namespace volsync::engine {
namespace {

constexpr std::size_t output_room = std::size_t{1} << 20;     // bytes the connection may hold
constexpr std::size_t output_piece = std::size_t{256} << 10;  // bytes made before they are passed on
constexpr auto end_patience = std::chrono::seconds{30};       // for the remote program to end after the goodbye
constexpr auto exit_patience = std::chrono::seconds{5};       // for a client to hear why its server ends

}  // namespace

exit_code exit_code_of_transport(error_code failure) noexcept {
  if (failure.category() != transport::transport_category()) return exit_code::socket_io;
  switch (static_cast<transport::transport_errc>(failure.value())) {
    case transport::transport_errc::program_not_started:
      return exit_code::ipc;
    case transport::transport_errc::bad_configuration:
    case transport::transport_errc::bad_shell_words:
      return exit_code::syntax;
    case transport::transport_errc::connection_lost:
      return exit_code::stream;
    case transport::transport_errc::peer_silent:
      return exit_code::timeout;
    case transport::transport_errc::aborted:
      return exit_code::signal;
    default:
      return static_cast<exit_code>(255);
  }
}

transport::connection_state await_end(transport::connection const& peer, mailbox& box, cancellation const& cancel) {
  auto known = peer.state();
  auto const until = std::chrono::steady_clock::now() + std::chrono::seconds{2};
  while (!known.exit && !known.failure && !cancel.requested() && std::chrono::steady_clock::now() < until) {
    box.wait(std::chrono::milliseconds{50});
    known = peer.state();
  }
  return known;
}

session_driver::session_driver(protocol::session& session, transport::connection& peer, workers& pool, mailbox& box,
                               observer& events, cancellation& cancel, session_limits const& limits)
    : session_{session},
      peer_{peer},
      pool_{pool},
      box_{box},
      events_{events},
      cancel_{cancel},
      limits_{limits},
      pace_{limits.bandwidth, clock::now()} {}

void session_driver::fail(exit_code code, std::string text) {
  if (ended_) return;
  ended_ = true;
  outcome_.code = code;
  outcome_.text = std::move(text);
}

// The run fails on this side. The peer is told why if it can be, and then has a moment to hear it: what it still sends
// is dropped, so that it is not stuck with that.
void session_driver::give_up(exit_code code, std::string text) {
  if (ended_) return;
  fail(code, std::move(text));
  if (session_.say_exit(code)) {
    say_the_rest();
    for (auto const until = clock::now() + exit_patience; clock::now() < until && !cancel_.requested();) {
      bytes dropped;
      peer_.take_input(dropped);
      box_.take(done_jobs_);
      done_jobs_.clear();
      auto const state = peer_.state();
      if (state.failure || (state.input_ended && peer_.output_backlog() == 0)) break;
      box_.wait(std::chrono::milliseconds{50});
    }
  }
  peer_.abort();
}

finished session_driver::run() {
  peer_.start([this] { box_.wake(); });
  while (!ended_ && !session_.finished()) {
    if (cancel_.requested()) {
      peer_.abort();
      fail(cancel_.code(), {});
      break;
    }
    if (box_.is_out_of_memory()) {
      give_up(exit_code::memory, "out of memory");
      break;
    }
    bool moved = move_input();
    moved = move_jobs() || moved;
    if (!ended_) moved = move_output() || moved;
    if (!ended_) moved = move_jobs() || moved;  // what was said may have made work
    time_list();
    pass_errors();
    if (ended_) break;
    keep_time();
    if (!moved) box_.wait(std::chrono::milliseconds{limits_.bandwidth != 0 ? 20 : 500});
  }
  if (!ended_) {
    say_the_rest();
    peer_.end_output();
    wait_for_end();
  } else if (!cancel_.requested()) {
    pass_errors();
  }
  auto const [generation, transfer] = std::pair{outcome_.result.list_generation, outcome_.result.list_transfer};
  outcome_.result = session_.figures();
  outcome_.result.list_generation = generation;
  outcome_.result.list_transfer = transfer;
  outcome_.result.elapsed = clock::now() - begun_;
  return outcome_;
}

// What was said with the last word, but held back by the pace.
void session_driver::say_the_rest() {
  if (outgoing_used_ != outgoing_.size()) {
    peer_.put_output(bytes(outgoing_.begin() + static_cast<std::ptrdiff_t>(outgoing_used_), outgoing_.end()));
  }
  outgoing_.clear();
  outgoing_used_ = 0;
  if (bytes last = session_.take_output(); !last.empty()) peer_.put_output(std::move(last));
}

bool session_driver::move_input() {
  if (session_.wants_input()) {
    bytes arrived;
    std::size_t const count = peer_.take_input(arrived);
    if (count != 0) {
      last_input_ = clock::now();
      if (auto const taken = session_.take_input(arrived); !taken) {
        std::string text = taken.error().message();
        if (taken.error() == make_error_code(protocol::protocol_errc::not_rsync))
          text += "\n(see the rsync manpage for an explanation)";
        give_up(protocol::exit_code_of(taken.error()), std::move(text));
      }
      return true;
    }
  }
  auto const state = peer_.state();
  if (state.failure || (state.input_ended && session_.wants_input())) {
    // Nothing may be left that arrived between the two looks.
    bytes arrived;
    if (session_.wants_input() && peer_.take_input(arrived) != 0) {
      if (auto const taken = session_.take_input(arrived); !taken)
        fail(protocol::exit_code_of(taken.error()), taken.error().message());
      return true;
    }
    if (auto const advanced = session_.advance(output_piece); !advanced) {
      fail(protocol::exit_code_of(advanced.error()), advanced.error().message());
      return true;
    }
    if (!session_.finished()) connection_lost(state);
  }
  return false;
}

void session_driver::connection_lost(transport::connection_state const& state) {
  auto const known = limits_.awaits_exit && !state.failure ? await_end(peer_, box_, cancel_) : state;
  pass_errors();
  exit_code code = exit_code::stream;
  std::string text = "connection unexpectedly closed (" + std::to_string(session_.bytes_received()) +
                     " bytes received so far) [" + std::string{session_.role()} + "]";
  if (session_.peer_exit()) {
    // The peer said why it goes.
    code = peer_exit_code();
    text.clear();
    outcome_.peer_told = true;
  } else if (known.failure) {
    code = exit_code_of_transport(known.failure);
    text = known.failure_text;
  }
  if (known.exit) {
    int const status = known.exit->signal != 0 ? static_cast<int>(exit_code::remote_killed) : known.exit->status;
    if (status > static_cast<int>(code)) code = static_cast<exit_code>(status);
  }
  fail(code, std::move(text));
}

bool session_driver::move_jobs() {
  bool moved = box_.take(done_jobs_);
  for (auto& each : done_jobs_) session_.take(std::move(each));
  done_jobs_.clear();
  while (auto job = session_.next_job()) {
    pool_.post(std::move(job));
    moved = true;
  }
  return moved;
}

bool session_driver::move_output() {
  bool moved = false;
  while (!ended_) {
    if (outgoing_used_ == outgoing_.size()) {
      outgoing_.clear();
      outgoing_used_ = 0;
      if (peer_.output_backlog() >= output_room) return moved;
      if (auto const advanced = session_.advance(output_piece); !advanced) {
        give_up(protocol::exit_code_of(advanced.error()), advanced.error().message());
        return true;
      }
      if (auto why = session_.fatal()) {
        give_up(why->code, std::move(why->text));
        return true;
      }
      outgoing_ = session_.take_output();
      if (outgoing_.empty()) return moved;
    }
    std::size_t const left = outgoing_.size() - outgoing_used_;
    std::size_t const now = std::min(left, pace_.allowed(clock::now()));
    if (now == 0) return moved;
    pace_.spent(now);
    last_output_ = last_moved_ = clock::now();
    moved = true;
    if (now == outgoing_.size()) {
      peer_.put_output(std::move(outgoing_));
      outgoing_ = {};
      outgoing_used_ = 0;
    } else {
      auto const from = outgoing_.begin() + static_cast<std::ptrdiff_t>(outgoing_used_);
      peer_.put_output(bytes(from, from + static_cast<std::ptrdiff_t>(now)));
      outgoing_used_ += now;
    }
    move_jobs();  // what waited for room goes on while these bytes travel
  }
  return moved;
}

void session_driver::pass_errors() {
  bytes text;
  if (peer_.take_errors(text) == 0) return;
  events_.on_event(message{message::level::remote_error, std::string{as_text(text)}, true});
}

// The figures of --stats about the first list. A stage that was never seen took no time worth telling.
void session_driver::time_list() {
  using stage = protocol::session::list_stage;
  stage const at = session_.first_list();
  if (at == list_at_) return;
  auto const now = clock::now();
  auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(now - std::exchange(list_begun_, now));
  if (list_at_ == stage::being_made) outcome_.result.list_generation = std::max(took, std::chrono::milliseconds{1});
  if (list_at_ == stage::being_sent) outcome_.result.list_transfer = took;
  list_at_ = at;
}

void session_driver::keep_time() {
  // Whoever waits less, we or the peer, is told of our life in his time; the peer's time does not limit our own work.
  auto const theirs = session_.peer_timeout();
  auto const least =
      theirs.count() != 0 && (limits_.timeout.count() == 0 || theirs < limits_.timeout) ? theirs : limits_.timeout;
  if (least.count() == 0) return;
  auto const now = clock::now();
  // Half of it, rounded up, without a word: a sign of life.
  if (now - last_output_ >= (least + std::chrono::seconds{1}) / 2 && outgoing_.empty() && peer_.output_backlog() == 0) {
    session_.keep_alive();
    if (bytes alive = session_.take_output(); !alive.empty()) peer_.put_output(std::move(alive));
    last_output_ = now;  // but it is not what the run consists of
  }
  if (limits_.timeout.count() == 0) return;
  if (now - std::max(last_input_, last_moved_) >= limits_.timeout) {
    peer_.abort();
    fail(exit_code::timeout, "[" + std::string{session_.role()} + "] io timeout after " +
                                 std::to_string(limits_.timeout.count()) + " seconds -- exiting");
  }
}

// What the peer said it goes with; never success, nor a number that the system would cut down to that.
exit_code session_driver::peer_exit_code() const {
  int const said = session_.peer_exit().value_or(0);
  return said > 0 && said < 256 ? static_cast<exit_code>(said) : exit_code::stream;
}

exit_code session_driver::code_at_end(transport::connection_state const& state) const {
  int own = 0;
  if ((session_.io_error() & roles::io_error_delete_limit) != 0) own = static_cast<int>(exit_code::delete_limit);
  if ((session_.io_error() & roles::io_error_vanished) != 0) own = static_cast<int>(exit_code::vanished);
  if ((session_.io_error() & roles::io_error_general) != 0 || session_.peer_had_errors())
    own = static_cast<int>(exit_code::partial);
  if (session_.peer_exit() && *session_.peer_exit() != 0) own = std::max(own, static_cast<int>(peer_exit_code()));
  if (!state.exit) return own != 0 ? static_cast<exit_code>(own) : exit_code::wait;  // never success on an unknown end
  if (state.exit->signal != 0) return exit_code::remote_killed;
  return static_cast<exit_code>(state.exit->status != 0 ? state.exit->status : own);
}

// The goodbye was said; what the remote program still writes is passed on until it ends.
void session_driver::wait_for_end() {
  auto const until = clock::now() + end_patience;
  for (;;) {
    bytes arrived;
    if (peer_.take_input(arrived) != 0) {
      if (auto const taken = session_.take_input(arrived); !taken)
        return fail(protocol::exit_code_of(taken.error()), taken.error().message());
    }
    pass_errors();
    auto const state = peer_.state();
    if (state.exit || state.failure) {
      pass_errors();
      ended_ = true;
      outcome_.peer_told = session_.peer_exit().has_value();
      outcome_.code = code_at_end(state);
      if (!state.exit) {
        outcome_.code = exit_code_of_transport(state.failure);
        outcome_.text = state.failure_text;
      }
      return;
    }
    if (cancel_.requested()) {
      peer_.abort();
      return fail(cancel_.code(), {});
    }
    if (clock::now() >= until) {
      peer_.abort();
      return fail(exit_code::wait, "the remote rsync did not end within 30 s after the transfer was complete");
    }
    box_.wait(std::chrono::milliseconds{200});
  }
}

}  // namespace volsync::engine
