// One half of a run on one side of a connection, as the driver sees it.
//
// Does no I/O: bytes in, bytes out, jobs out and back in. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "roles/job.hpp"
#include "volsync/exit_code.hpp"
#include "volsync/report.hpp"
#include "volsync/result.hpp"

namespace volsync::protocol {

// Why a run must end although the peer did nothing wrong.
struct failure {
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
  // A finished step of a job.
  virtual void take(roles::job_ptr step) = 0;
  // Something to run on a worker, or null.
  [[nodiscard]] virtual roles::job_ptr next_job() = 0;
  // Goes on as far as it can while the output backlog stays below `room` bytes. Errors as take_input.
  [[nodiscard]] virtual result<void> advance(std::size_t room) = 0;
  // Everything to be sent now; empty: nothing.
  [[nodiscard]] virtual bytes take_output() = 0;
  // False: the caller should not read from the peer for now.
  [[nodiscard]] virtual bool wants_input() const noexcept = 0;
  // An empty frame, if frames have begun and none is under way.
  virtual void keep_alive() = 0;
  // Tells the peer that we end with this code, where it can be told.
  virtual void send_error_exit(int code) = 0;

  [[nodiscard]] virtual bool finished() const noexcept = 0;
  [[nodiscard]] virtual bool in_goodbye() const noexcept = 0;
  // The peer announced that it ends with this code.
  [[nodiscard]] virtual std::optional<int> peer_exit() const noexcept = 0;
  // A message of the peer said that something was not transferred.
  [[nodiscard]] virtual bool peer_had_errors() const noexcept = 0;
  [[nodiscard]] virtual std::optional<failure> fatal() const = 0;
  // Bits of roles::io_error_*.
  [[nodiscard]] virtual std::int32_t io_error() const noexcept = 0;
  [[nodiscard]] virtual report figures() const = 0;
  [[nodiscard]] virtual std::int64_t bytes_received() const noexcept = 0;
  // Its name in messages: "sender", "receiver".
  [[nodiscard]] virtual std::string_view role() const noexcept = 0;
};

}  // namespace volsync::protocol
