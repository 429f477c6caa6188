#include "transport/prompter.hpp"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <array>

#include "base/unique_fd.hpp"

namespace volsync::transport {
namespace {

// Echo off while it lives.
class silent_terminal {
 public:
  explicit silent_terminal(int fd) : fd_{fd}, changed_{::tcgetattr(fd, &before_) == 0} {
    if (!changed_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL | ICANON | ISIG;
    ::tcsetattr(fd_, TCSAFLUSH, &quiet);
  }
  ~silent_terminal() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  silent_terminal(silent_terminal const&) = delete;
  silent_terminal& operator=(silent_terminal const&) = delete;

 private:
  int fd_;
  termios before_{};
  bool changed_;
};

class terminal_prompter final : public prompter {
 public:
  explicit terminal_prompter(unique_fd terminal) : terminal_{std::move(terminal)} {}

  bool confirm(std::string const& question, int cancel_fd) override {
    say(question);
    for (int tries = 0; tries < 5; ++tries) {
      auto const answer = read_line(cancel_fd);
      if (!answer || answer->view() == "no") return false;
      if (answer->view() == "yes") return true;
      say("Please type 'yes' or 'no': ");
    }
    return false;
  }

  std::optional<secret> ask(std::string const& prompt, bool echo, int cancel_fd) override {
    say(prompt);
    if (echo) return read_line(cancel_fd);
    silent_terminal const quiet{terminal_.get()};
    return read_line(cancel_fd);
  }

 private:
  void say(std::string_view text) {
    while (!text.empty()) {
      auto const count = ::write(terminal_.get(), text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  // Byte by byte: what was typed beyond the line is left to whoever reads next.
  std::optional<secret> read_line(int cancel_fd) {
    secret line;
    for (;;) {
      std::array<pollfd, 2> fds{{{terminal_.get(), POLLIN, 0}, {cancel_fd, POLLIN, 0}}};
      if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return std::nullopt;
      if (fds[1].revents != 0) return std::nullopt;
      if (fds[0].revents == 0) continue;
      char byte = 0;
      auto const count = ::read(terminal_.get(), &byte, 1);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return std::nullopt;
      if (byte == '\n') return line;
      line.push_back(byte);
    }
  }

  unique_fd terminal_;
};

}  // namespace

secret::secret(std::string_view text) : secret{} {
  for (char const c : text) push_back(c);
}

secret::secret(secret&& other) : secret{other.view()} { other.wipe(); }

secret& secret::operator=(secret&& other) {
  if (this == &other) return *this;
  wipe();
  for (char const c : other.view()) push_back(c);
  other.wipe();
  return *this;
}

void secret::wipe() noexcept {
  ::explicit_bzero(text_.data(), text_.size());
  text_.clear();
}

std::unique_ptr<prompter> open_terminal_prompter(std::string const& device) {
  unique_fd fd{::open(device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
  if (!fd || ::isatty(fd.get()) == 0) return nullptr;
  return std::make_unique<terminal_prompter>(std::move(fd));
}

}  // namespace volsync::transport
