// Operands of the running system: paths as the user typed them.
#include "fs/posix_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "fs/posix_calls.hpp"
#include "fs/posix_directory.hpp"

namespace volsync::fs {
namespace {

class posix_tree final : public tree {
 public:
  result<std::shared_ptr<directory const>> open_root(std::string const& path) override {
    if (path.empty()) return std::make_error_code(std::errc::no_such_file_or_directory);
    // Through its ".": a directory that may not be entered is of no use, and this says so now.
    unique_fd fd{retried([&] { return ::open((path + "/.").c_str(), held_flags()); })};
    if (!fd) return last_error();
    return std::shared_ptr<directory const>{std::make_shared<posix_directory>(std::move(fd), umask_)};
  }
  result<file_status> status_of(std::string const& path, bool follow) override {
    return status_at(AT_FDCWD, path.c_str(), follow ? 0 : AT_SYMLINK_NOFOLLOW);
  }
  result<void> make_directory(std::string const& path, std::uint32_t mode) override {
    return checked([&] { return ::mkdir(path.c_str(), mode & 07777); });
  }

 private:
  std::uint32_t umask_ = current_umask();
};

}  // namespace

std::shared_ptr<tree> make_posix_tree() { return std::make_shared<posix_tree>(); }

}  // namespace volsync::fs
