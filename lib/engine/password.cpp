#include "engine/password.hpp"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/unique_fd.hpp"

namespace volsync::engine {
namespace {

constexpr std::size_t longest = 4096;  // bytes of a password file that are looked at

// The first line that is not empty.
std::string first_line(std::string_view text) {
  constexpr std::string_view ends{"\n\r\0", 3};
  text.remove_prefix(std::min(text.find_first_not_of(ends), text.size()));
  return std::string{text.substr(0, text.find_first_of(ends))};
}

// Why a file cannot hold a secret; empty if it can.
std::string too_open(int fd) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) return "ERROR: the password file cannot be looked at";
  if ((about.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return "ERROR: password file must not be other-accessible";
  }
  if (::geteuid() == 0 && about.st_uid != 0) return "ERROR: password file must be owned by root when running as root";
  return {};
}

std::variant<std::string, password_problem> from_file(std::string const& name, std::string const& role) {
  bool const standard = name == "-";
  unique_fd const opened{standard ? -1 : ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  if (!standard && !opened) {
    int const error = errno;
    return password_problem{exit_code::syntax,
                            "[" + role + "] could not open password file " + name + ": " +
                                std::generic_category().message(error) + " (" + std::to_string(error) + ")",
                            true};
  }
  int const fd = standard ? STDIN_FILENO : opened.get();
  if (!standard) {
    if (auto why = too_open(fd); !why.empty()) return password_problem{exit_code::syntax, std::move(why)};
  }
  std::array<char, longest> text{};
  std::size_t had = 0;
  while (had < text.size()) {
    ssize_t const got = ::read(fd, text.data() + had, text.size() - had);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    had += static_cast<std::size_t>(got);
  }
  std::string found = first_line({text.data(), had});
  ::explicit_bzero(text.data(), text.size());
  if (found.empty()) return password_problem{exit_code::syntax, "ERROR: failed to read a password from " + name};
  return found;
}

}  // namespace

std::variant<std::string, password_problem> find_password(options const& what, std::shared_ptr<prompter> const& ask,
                                                          std::string const& role) {
  if (!what.password_file.empty()) return from_file(what.password_file, role);
  if (char const* const set = std::getenv("RSYNC_PASSWORD"); set != nullptr) return std::string{set};
  std::string answer;
  if (ask && ask->secret("Password: ", answer)) return answer;
  return password_problem{exit_code::start_client,
                          "the module wants a password: use --password-file or RSYNC_PASSWORD, or a terminal", true};
}

}  // namespace volsync::engine
