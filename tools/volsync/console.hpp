// Writes a run's text to standard output and standard error.
#pragma once

#include <chrono>
#include <string>

#include "volsync/command_line.hpp"
#include <volsync/format.hpp>
#include <volsync/run.hpp>

namespace volsync::cli {

// Where text goes, and how it is held back.
struct console_settings {
  int out = 1, err = 2;  // descriptors, not owned
  output_buffering buffering = output_buffering::automatic;
  bool sending = true;  // false: a pull
};

// The character set and decimal point of the environment's locale; the process's own locale stays "C".
[[nodiscard]] format_settings settings_of_locale();

// One thread at a time. Text for standard output is written at once on a terminal, and else gathered for up to 200 ms,
// always before standard error gets a text. When standard output cannot be written (closed pipe, full disk) the run is
// asked to end with exit_code::message_io, and nothing more is written there.
class console final : public observer {
 public:
  console(options const& what, console_settings where, cancellation& cancel);
  void on_event(event const& what) override;
  // Writes what is held back. False if standard output could not take everything.
  bool flush();

 private:
  [[nodiscard]] bool must_flush(formatted const& text, std::chrono::steady_clock::time_point now) const;

  text_formatter formatter_;
  console_settings where_;
  cancellation& cancel_;
  bool terminal_ = false;  // standard output is one
  bool broken_ = false;
  std::string held_;
  std::chrono::steady_clock::time_point flushed_{};
};

// Writes all of `text`; false when the descriptor takes no more.
bool write_all(int descriptor, std::string_view text);

}  // namespace volsync::cli
