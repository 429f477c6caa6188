// Questions on the terminal.
//
// Invariant: while echo is off, saved_modes says how the terminal was and echo_off says so; whoever clears echo_off
// restores it. A signal handler may do so at any moment.
#include "volsync/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <string_view>

#include <volsync/format.hpp>

namespace volsync::cli {
namespace {

termios saved_modes;
std::atomic<int> echo_off{-1};  // descriptor of the terminal, or -1
static_assert(std::atomic<int>::is_always_lock_free);

class terminal_prompter final : public prompter {
 public:
  explicit terminal_prompter(cancellation const& cancel) : cancel_{cancel} {}

  bool confirm(std::string const& question) override {
    std::string answer;
    if (!ask(question, true, answer)) return false;
    for (char& c : answer) c = static_cast<char>(c | 0x20);
    return answer == "yes" || answer == "y";
  }

  bool secret(std::string const& question, std::string& answer) override { return ask(question, false, answer); }

 private:
  // False: no terminal, end of input, or the run was cancelled.
  bool ask(std::string const& question, bool echo, std::string& answer) const {
    int const terminal = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0) return false;
    if (!echo) hide_input(terminal);
    bool const answered = say(terminal, question) && read_line(terminal, answer);
    if (!echo) {
      restore_terminal();
      (void)say(terminal, "\n");
    }
    ::close(terminal);
    return answered;
  }

  static void hide_input(int terminal) {
    if (::tcgetattr(terminal, &saved_modes) != 0) return;
    termios silent = saved_modes;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    echo_off.store(terminal);
    (void)::tcsetattr(terminal, TCSAFLUSH, &silent);
  }

  // The question may quote the peer; its own line ends are kept.
  static bool say(int terminal, std::string_view text) {
    std::string shown;
    while (!text.empty()) {
      std::size_t const end = text.find('\n');
      shown += escaped(text.substr(0, end), charset::ascii);
      if (end == std::string_view::npos) break;
      shown += '\n';
      text.remove_prefix(end + 1);
    }
    for (std::string_view rest = shown; !rest.empty();) {
      ssize_t const count = ::write(terminal, rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  bool read_line(int terminal, std::string& answer) const {
    constexpr std::size_t longest = 4096;  // what a terminal takes in one line
    answer.clear();
    for (;;) {
      std::array<pollfd, 2> waits{{{terminal, POLLIN, 0}, {cancel_.wake_fd(), POLLIN, 0}}};
      if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return false;
      if (cancel_.requested()) return false;
      if (waits[0].revents == 0) continue;
      char c = 0;
      ssize_t const count = ::read(terminal, &c, 1);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      if (c == '\n') return true;
      if (answer.size() == longest) return false;
      answer += c;
    }
  }

  cancellation const& cancel_;
};

}  // namespace

std::shared_ptr<prompter> make_terminal_prompter(cancellation const& cancel) {
  return std::make_shared<terminal_prompter>(cancel);
}

void restore_terminal() noexcept {
  int const saved_errno = errno;
  if (int const terminal = echo_off.exchange(-1); terminal >= 0) (void)::tcsetattr(terminal, TCSAFLUSH, &saved_modes);
  errno = saved_errno;
}

}  // namespace volsync::cli
