/// @file
/// The door to a whole run.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <volsync/events.hpp>
#include <volsync/options.hpp>
#include <volsync/tree.hpp>

namespace volsync {

/// Asks the user during connection set-up. Called on a thread of the transport or, for a daemon's password, on the one
/// that called run(); one call at a time; may block.
class prompter {
 public:
  virtual ~prompter() = default;
  /// A yes/no question. False refuses.
  virtual bool confirm(std::string const& question) = 0;
  /// A secret (password, passphrase); an empty optional-like answer (returns false) gives up.
  virtual bool secret(std::string const& question, std::string& answer) = 0;
};

/// Set from any thread or a signal handler to end a run early; the run then finishes with exit_code::signal.
/// `wake` is async-signal-safe.
class cancellation {
 public:
  cancellation();
  ~cancellation();
  cancellation(cancellation const&) = delete;
  cancellation& operator=(cancellation const&) = delete;
  void request(exit_code why = exit_code::signal) noexcept;  ///< async-signal-safe
  [[nodiscard]] bool requested() const noexcept { return code_.load() != 0; }
  [[nodiscard]] exit_code code() const noexcept { return static_cast<exit_code>(code_.load()); }
  [[nodiscard]] int wake_fd() const noexcept { return fd_; }  ///< becomes readable on request()

 private:
  std::atomic<int> code_{0};
  int fd_ = -1;
};

/// A job: sources and a destination, exactly one side of which may be remote.
struct job {
  volsync::options options;
  std::vector<location> sources;
  location destination;
};

/// Runs a job to its end. Blocking; returns the `finished` event that was also the observer's last.
/// @param files   the local tree; null: the real file system
/// @param ask     null: every question is answered with no
finished run(job const& what, observer& events, cancellation& cancel, std::shared_ptr<tree> files = nullptr,
             std::shared_ptr<prompter> ask = nullptr);

}  // namespace volsync
