// The program's output.
#include "volsync/console.hpp"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <strings.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>

namespace volsync::cli {
namespace {

constexpr std::size_t most_held = 32768;  // bytes
constexpr std::chrono::milliseconds longest_held{200};

[[nodiscard]] charset charset_named(char const* name) {
  if (::strcasecmp(name, "UTF-8") == 0 || ::strcasecmp(name, "utf8") == 0) return charset::utf8;
  return ::strncasecmp(name, "ISO-8859", 8) == 0 ? charset::single_byte : charset::ascii;
}

// A program in the background leaves the terminal's line to the one in front.
[[nodiscard]] bool in_foreground(int descriptor) {
  pid_t const group = ::tcgetpgrp(descriptor);
  return group < 0 || group == ::getpgrp();
}

[[nodiscard]] format_settings settings_for_run(bool sending) {
  format_settings made = settings_of_locale();
  made.sending = sending;
  made.version = program_version;
  made.process_id = ::getpid();
  return made;
}

}  // namespace

format_settings settings_of_locale() {
  format_settings made;
  locale_t const locale = ::newlocale(LC_CTYPE_MASK | LC_NUMERIC_MASK, "", nullptr);
  if (locale == nullptr) return made;
  made.names = charset_named(::nl_langinfo_l(CODESET, locale));
  made.decimal_comma = ::nl_langinfo_l(RADIXCHAR, locale)[0] == ',';
  ::freelocale(locale);
  return made;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    ssize_t const count = ::write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // somebody made a shared terminal non-blocking
      pollfd wait{descriptor, POLLOUT, 0};
      if (::poll(&wait, 1, -1) < 0 && errno != EINTR) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

console::console(options const& what, console_settings where, cancellation& cancel)
    : formatter_{what, settings_for_run(where.sending)},
      where_{where},
      cancel_{cancel},
      terminal_{::isatty(where.out) == 1} {}

bool console::must_flush(formatted const& text, std::chrono::steady_clock::time_point now) const {
  if (!text.err.empty() || held_.size() >= most_held) return true;
  switch (where_.buffering) {
    case output_buffering::none:
    case output_buffering::line:
      return true;
    case output_buffering::block:
      return false;
    case output_buffering::automatic:
      break;
  }
  return terminal_ || now - flushed_ >= longest_held;
}

void console::on_event(event const& what) {
  auto const now = std::chrono::steady_clock::now();
  if (terminal_) formatter_.show_progress(in_foreground(where_.out));
  formatted const text = formatter_.format(what, now, std::time(nullptr));
  held_ += text.out;
  if (must_flush(text, now)) {
    flushed_ = now;
    (void)flush();
  }
  // Nobody is left to be told when standard error does not take a text.
  if (!text.err.empty()) (void)write_all(where_.err, text.err);
}

bool console::flush() {
  if (!broken_ && !held_.empty() && !write_all(where_.out, held_)) {
    broken_ = true;
    cancel_.request(exit_code::message_io);
  }
  held_.clear();
  return !broken_;
}

}  // namespace volsync::cli
