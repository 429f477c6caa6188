// Questions on a terminal, with a pseudo terminal in front of a child that asks.
#include "volsync/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::cli;

namespace {

// A child whose controlling terminal is the other end of `master`.
class asking_child {
 public:
  explicit asking_child(std::function<int()> const& body) : master_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)} {
    REQUIRE(master_ >= 0);
    REQUIRE(::grantpt(master_) == 0);
    REQUIRE(::unlockpt(master_) == 0);
    std::string const name = ::ptsname(master_);
    slave_ = ::open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(slave_ >= 0);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      ::setsid();
      ::ioctl(slave_, TIOCSCTTY, 0);
      ::_exit(body());
    }
  }
  ~asking_child() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    ::close(slave_);
    ::close(master_);
  }
  asking_child(asking_child const&) = delete;
  asking_child& operator=(asking_child const&) = delete;

  // Reads until `text` was seen; false after 5 s.
  bool shows(std::string const& text) {
    while (seen_.find(text) == std::string::npos) {
      pollfd wait{master_, POLLIN, 0};
      if (::poll(&wait, 1, 5000) <= 0) return false;
      std::array<char, 256> room{};
      ssize_t const count = ::read(master_, room.data(), room.size());
      if (count <= 0) return false;
      seen_.append(room.data(), static_cast<std::size_t>(count));
    }
    return true;
  }
  void type(std::string const& text) {
    REQUIRE(::write(master_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void signal(int number) { ::kill(child_, number); }
  int exit_code() {
    int status = 0;
    for (int i = 0; i < 500; ++i) {
      if (::waitpid(child_, &status, WNOHANG) == child_) {
        child_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      }
      ::usleep(10000);
    }
    return -2;
  }
  bool echoes() const {
    termios modes{};
    REQUIRE(::tcgetattr(slave_, &modes) == 0);
    return (modes.c_lflag & ECHO) != 0;
  }
  std::string const& seen() const { return seen_; }

 private:
  int master_ = -1, slave_ = -1;
  pid_t child_ = -1;
  std::string seen_;
};

cancellation* asked_to_end = nullptr;

}  // namespace

TEST_CASE("a secret is typed without echo") {
  asking_child child{[] {
    cancellation cancel;
    std::string answer;
    return make_terminal_prompter(cancel)->secret("Password\x1b: ", answer) && answer == "geheim" ? 7 : 8;
  }};
  REQUIRE(child.shows("Password\\#033: "));
  CHECK_FALSE(child.echoes());
  child.type("geheim\n");
  CHECK(child.exit_code() == 7);
  CHECK(child.echoes());
  CHECK(child.seen().find("geheim") == std::string::npos);
}

TEST_CASE("a question is answered with yes or with anything else") {
  for (auto const& [typed, expected] : {std::pair{"yes\n", 1}, {"Y\n", 1}, {"no\n", 0}, {"\n", 0}, {"\x04", 0}}) {
    asking_child child{[] {
      cancellation cancel;
      return make_terminal_prompter(cancel)->confirm("Sure? ") ? 1 : 0;
    }};
    REQUIRE(child.shows("Sure? "));
    CHECK(child.echoes());
    child.type(typed);
    CHECK(child.exit_code() == expected);
  }
}

TEST_CASE("a signal ends a question and gives the echo back") {
  asking_child child{[] {
    static cancellation cancel;
    asked_to_end = &cancel;
    std::signal(SIGTERM, [](int) { asked_to_end->request(); });
    std::string answer;
    return make_terminal_prompter(cancel)->secret("Password: ", answer) ? 1 : 9;
  }};
  REQUIRE(child.shows("Password: "));
  CHECK_FALSE(child.echoes());
  child.signal(SIGTERM);
  CHECK(child.exit_code() == 9);
  CHECK(child.echoes());
}

TEST_CASE("without a terminal every answer is no") {
  pid_t const child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::setsid();  // leaves the terminal
    cancellation cancel;
    std::string answer;
    auto const ask = make_terminal_prompter(cancel);
    ::_exit(ask->confirm("?") || ask->secret("?", answer) ? 1 : 0);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
