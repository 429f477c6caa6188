// What the driver knows of a session: bytes in, bytes out, jobs out and back in, and how it went.
//
// A session is a half of a transfer (sending or receiving) on a side (client or server). It does no I/O, has no clock
// and no thread: one thread calls it, and what it does depends on the peer's bytes and on the finished steps alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "volsync/exit_code.hpp"
#include "volsync/report.hpp"
#include "volsync/result.hpp"

#include "base/bytes.hpp"

#include "roles/job.hpp"

namespace volsync::protocol {

// Why a run must end although the conversation is in order.
struct fatal_end {
  exit_code code = exit_code::syntax;
  std::string text;
};

class session {
 public:
  session() = default;
  session(session const&) = delete;
  session& operator=(session const&) = delete;
  virtual ~session() = default;

  // Bytes of the peer, in any split. Errors: those of wire, delta, checksum, roles, protocol; the session is over then.
  [[nodiscard]] virtual result<void> take_input(byte_view input) = 0;
  // The peer's stream ended. Errors: closed_early unless everything was said.
  [[nodiscard]] virtual result<void> take_end() = 0;
  // False: the caller should not read from the peer for now.
  [[nodiscard]] virtual bool wants_input() const noexcept = 0;

  // Something to run on a worker, or null.
  [[nodiscard]] virtual roles::job_ptr next_job() = 0;
  // A finished step of a job that next_job() gave out.
  virtual void take(roles::job_ptr step) = 0;

  // Goes on as far as it can while the output backlog stays below `room` bytes. Errors as take_input.
  [[nodiscard]] virtual result<void> advance(std::size_t room) = 0;
  // Everything to be sent now; empty: nothing.
  [[nodiscard]] virtual bytes take_output() = 0;
  // We end, and why: a word to the peer that the run ends with this code, to be sent with the last output. False: this
  // side does not say so, or the peer would not understand.
  virtual bool say_exit(exit_code) { return false; }
  // An empty frame, if one may stand here now.
  virtual void keep_alive() = 0;

  // How far the first list is; without incremental recursion it is the only one. For a caller who has a clock.
  enum class list_stage : std::uint8_t { none, being_made, being_sent, sent };
  [[nodiscard]] virtual list_stage first_list() const noexcept = 0;

  // Everything was said on both sides.
  [[nodiscard]] virtual bool finished() const noexcept = 0;
  // The peer's final goodbye may come now or has come: the end of its stream is no surprise.
  [[nodiscard]] virtual bool in_goodbye() const noexcept = 0;
  // The peer announced that it ends with this code.
  [[nodiscard]] virtual std::optional<int> peer_exit() const noexcept = 0;
  // The peer hangs up after so much silence, and wants us to know; 0: it said nothing of the kind.
  [[nodiscard]] virtual std::chrono::seconds peer_timeout() const noexcept = 0;
  // A message of the peer said that something was not transferred.
  [[nodiscard]] virtual bool peer_had_errors() const noexcept = 0;
  // Set: the run must end (a merge file that cannot be understood, a destination that cannot be entered).
  [[nodiscard]] virtual std::optional<fatal_end> fatal() const = 0;
  // Bits of roles/values.hpp: what went wrong with single entries on this side.
  [[nodiscard]] virtual std::int32_t io_error() const noexcept = 0;

  [[nodiscard]] virtual report figures() const = 0;
  [[nodiscard]] virtual std::int64_t bytes_received() const noexcept = 0;
  // The version agreed on; before that, the highest one offered.
  [[nodiscard]] virtual std::int32_t protocol() const noexcept = 0;
  // The word for this process in brackets behind an error: "sender", "receiver" or "generator".
  [[nodiscard]] virtual std::string_view role() const noexcept = 0;
};

}  // namespace volsync::protocol
