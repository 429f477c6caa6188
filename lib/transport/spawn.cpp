#include "transport/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>

extern "C" char** environ;  // NOLINT

namespace volsync::transport {
namespace {

constexpr std::size_t capture_limit = 1U << 20;  // bytes

// A descriptor above 2, so that dup2 onto 0..2 in the child can never overwrite one that is still needed.
result<unique_fd> lifted(int fd) {
  unique_fd low{fd};
  if (fd > 2) return low;
  unique_fd high{::fcntl(fd, F_DUPFD_CLOEXEC, 3)};
  if (!high) return last_error();
  return high;
}

struct spawn_attributes {
  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_t actions{};
  spawn_attributes() {
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&actions);
  }
  spawn_attributes(spawn_attributes const&) = delete;
  spawn_attributes& operator=(spawn_attributes const&) = delete;
  ~spawn_attributes() {
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
  }
};

// Reads what is there; false at the end of file.
bool read_some(unique_fd& fd, std::string& to) {
  std::array<char, 16384> buffer;
  auto const count = ::read(fd.get(), buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (to.size() < capture_limit) to.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace

sigset_t block_signals() {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  return before;
}

result<pipe_ends> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return last_error();
  auto read_end = lifted(fds[0]);
  auto write_end = lifted(fds[1]);
  if (!read_end) return read_end.error();
  if (!write_end) return write_end.error();
  return pipe_ends{.read = std::move(*read_end), .write = std::move(*write_end)};
}

result<pid_t> spawn(std::vector<std::string> const& argv, int in, int out, int err, sigset_t const& mask) {
  if (argv.empty()) return std::make_error_code(std::errc::invalid_argument);
  std::vector<char*> words;
  for (auto const& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);

  spawn_attributes with;
  sigset_t defaults;
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setsigmask(&with.attributes, &mask);
  ::posix_spawnattr_setsigdefault(&with.attributes, &defaults);
  ::posix_spawnattr_setflags(&with.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawn_file_actions_adddup2(&with.actions, in, 0);
  ::posix_spawn_file_actions_adddup2(&with.actions, out, 1);
  ::posix_spawn_file_actions_adddup2(&with.actions, err, 2);
  pid_t pid = -1;
  int const error = ::posix_spawnp(&pid, words[0], &with.actions, &with.attributes, words.data(), environ);
  if (error != 0) return error_code{error, std::system_category()};
  return pid;
}

result<captured> run_captured(std::vector<std::string> const& argv, std::chrono::milliseconds timeout) {
  auto out = make_pipe();
  if (!out) return out.error();
  auto err = make_pipe();
  if (!err) return err.error();
  auto nothing = lifted(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing) return nothing.error();
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  auto const pid = spawn(argv, nothing->get(), out->write.get(), err->write.get(), mask);
  if (!pid) return pid.error();
  out->write.reset();
  err->write.reset();

  captured got;
  auto const deadline = std::chrono::steady_clock::now() + timeout;
  while (out->read || err->read) {
    auto const left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    std::array<pollfd, 2> fds{{{out->read.get(), POLLIN, 0}, {err->read.get(), POLLIN, 0}}};  // -1 is passed over
    if (::poll(fds.data(), fds.size(), static_cast<int>(left.count())) < 0 && errno != EINTR) break;
    if (fds[0].revents != 0 && !read_some(out->read, got.out)) out->read.reset();
    if (fds[1].revents != 0 && !read_some(err->read, got.err)) err->read.reset();
  }
  if (out->read || err->read) ::kill(*pid, SIGKILL);
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0) {
    if (errno != EINTR) return last_error();
  }
  if (WIFEXITED(status) && !out->read && !err->read) got.status = WEXITSTATUS(status);
  return got;
}

}  // namespace volsync::transport
