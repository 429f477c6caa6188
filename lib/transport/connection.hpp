// A duplex byte pipe to a peer program, served by a thread of its own; it knows no rsync.
//
// The user (one protocol thread) never blocks here: it takes what has arrived, puts what it has, and sleeps elsewhere
// until `wake` tells it that something changed. Both directions are bounded: when the input queue holds
// input_high bytes the transport stops reading until it is half empty; `output_backlog` tells the user when to stop
// putting.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "volsync/result.hpp"

#include "base/bytes.hpp"

namespace volsync::transport {

// How the remote program ended.
struct remote_exit {
  int status = -1;  // exit status; -1 when unknown
  int signal = 0;   // signal number that ended it, 0 for none
};

// Everything the user can learn at one moment.
struct connection_state {
  bool connected = false;           // authentication done, the remote command was started
  bool input_ended = false;         // the peer closed its output; all bytes of it are in the queue or were taken
  error_code failure;               // the pipe broke (transport_errc or errno); empty while it works
  std::string failure_text;         // our sentence about it: what, where, what next. May hold text of the peer, escaped
  std::optional<remote_exit> exit;  // set once the remote program's end is known
};

class connection {
 public:
  // Called from the transport's thread after any change (input, output drained below half, end, failure).
  // Must not block, nor destroy the connection.
  using wake_function = std::function<void()>;

  connection() = default;
  connection(connection const&) = delete;
  connection& operator=(connection const&) = delete;
  virtual ~connection() = default;  // aborts if still open; joins its thread; ends within 2 s

  // Starts the thread. Called once, before anything else.
  virtual void start(wake_function wake) = 0;

  // Moves the bytes that have arrived from the peer to the end of `to`; returns how many. Any thread.
  virtual std::size_t take_input(bytes& to) = 0;
  // Moves what the remote program wrote to its standard error to the end of `to` (raw, untrusted). Any thread.
  virtual std::size_t take_errors(bytes& to) = 0;
  // Queues bytes for the peer, never refuses; keep output_backlog() below 1 MiB. Any thread.
  virtual void put_output(bytes data) = 0;
  [[nodiscard]] virtual std::size_t output_backlog() const = 0;
  // After what is queued, end of file is sent to the peer's standard input.
  virtual void end_output() = 0;
  [[nodiscard]] virtual connection_state state() const = 0;
  // Drops queued output, ends the remote program (signal where the transport can, then close). Returns at once.
  virtual void abort() = 0;
  // One sentence for -v: which transport, and why it was chosen.
  [[nodiscard]] virtual std::string description() const = 0;
};

inline constexpr std::size_t input_high = 4U << 20;     // bytes of input queued at which the transport stops reading
inline constexpr std::size_t errors_high = 256U << 10;  // the same for the remote program's standard error
inline constexpr std::size_t output_high = 1U << 20;    // bytes of output at which the user should stop putting

}  // namespace volsync::transport
