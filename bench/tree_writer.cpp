#include "bench/tree_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace volsync::bench {
namespace {

// Closes on every way out; the generators have no other use for descriptors.
class open_file {
 public:
  open_file(std::string const& path, int flags) : fd_{::open(path.c_str(), flags | O_CLOEXEC, 0600)} {}
  open_file(open_file const&) = delete;
  open_file& operator=(open_file const&) = delete;
  ~open_file() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

timespec to_timespec(std::int64_t ns) {
  std::int64_t seconds = ns / 1'000'000'000;
  std::int64_t rest = ns % 1'000'000'000;
  if (rest < 0) --seconds, rest += 1'000'000'000;  // before 1970
  timespec out{};
  out.tv_sec = seconds;
  out.tv_nsec = rest;
  return out;
}

int set_times(int fd, std::int64_t mtime_ns) {
  timespec const times[2] = {to_timespec(mtime_ns), to_timespec(mtime_ns)};
  return ::futimens(fd, times);
}

int set_path_times(std::string const& path, std::int64_t mtime_ns) {
  timespec const times[2] = {to_timespec(mtime_ns), to_timespec(mtime_ns)};
  return ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW);
}

}  // namespace

tree_writer::tree_writer() : root_{::geteuid() == 0} {}

bool tree_writer::check(bool ok, std::string const& path) {
  if (ok) return true;
  if (!error_) error_ = last_error(), failed_path_ = path;
  return false;
}

void tree_writer::own_path(std::string const& path, attributes const& a) {
  if (a.uid != ::geteuid() || a.gid != ::getegid()) wanted_owner_ = true;
  if (root_) check(::lchown(path.c_str(), a.uid, a.gid) == 0, path);
}

void tree_writer::own_fd(int fd, std::string const& path, attributes const& a) {
  if (a.uid != ::geteuid() || a.gid != ::getegid()) wanted_owner_ = true;
  if (root_ && !check(::fchown(fd, a.uid, a.gid) == 0, path)) return;
  check(::fchmod(fd, a.mode) == 0 && set_times(fd, a.mtime_ns) == 0, path);  // after chown, which drops setuid
}

void tree_writer::write_all(int fd, std::string const& path, std::string_view content, std::uint64_t offset) {
  while (!content.empty()) {
    ssize_t const done = ::pwrite(fd, content.data(), content.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (!check(done > 0, path)) return;
    content.remove_prefix(static_cast<std::size_t>(done));
    offset += static_cast<std::uint64_t>(done);
  }
}

void tree_writer::directory(std::string const& path, attributes const& a) {
  if (failed() || !check(::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST, path)) return;
  own_path(path, a);
  directories_.push_back({path, a, true});
}

void tree_writer::file(std::string const& path, attributes const& a, std::string_view content) {
  bool given = false;
  file(path, a, [&](std::string& into) {
    if (given) return false;
    into = content;
    return given = true;
  });
}

void tree_writer::file(std::string const& path, attributes const& a, content_source const& content) {
  if (failed()) return;
  open_file const out{path, O_WRONLY | O_CREAT | O_EXCL};
  if (!check(out.get() >= 0, path)) return;
  std::string piece;
  for (std::uint64_t offset = 0; !failed() && content(piece); piece.clear()) {
    write_all(out.get(), path, piece, offset);
    offset += piece.size();
  }
  own_fd(out.get(), path, a);
}

void tree_writer::sparse_file(std::string const& path, attributes const& a, std::uint64_t size,
                              std::vector<std::pair<std::uint64_t, std::string>> const& pieces) {
  if (failed()) return;
  open_file const out{path, O_WRONLY | O_CREAT | O_EXCL};
  if (!check(out.get() >= 0 && ::ftruncate(out.get(), static_cast<off_t>(size)) == 0, path)) return;
  for (auto const& [offset, content] : pieces) write_all(out.get(), path, content, offset);
  own_fd(out.get(), path, a);
}

void tree_writer::symlink(std::string const& path, attributes const& a, std::string const& target) {
  if (failed() || !check(::symlink(target.c_str(), path.c_str()) == 0, path)) return;
  own_path(path, a);
  check(set_path_times(path, a.mtime_ns) == 0, path);
}

void tree_writer::hard_link(std::string const& path, std::string const& existing) {
  if (!failed()) check(::link(existing.c_str(), path.c_str()) == 0, path);
}

void tree_writer::fifo(std::string const& path, attributes const& a) {
  if (failed() || !check(::mkfifo(path.c_str(), 0600) == 0, path)) return;
  own_path(path, a);
  check(::chmod(path.c_str(), a.mode) == 0 && set_path_times(path, a.mtime_ns) == 0, path);
}

void tree_writer::socket(std::string const& path, attributes const& a) {
  // mknod needs no privilege for a socket and no length limit of sun_path applies.
  if (failed() || !check(::mknod(path.c_str(), S_IFSOCK | 0600, 0) == 0, path)) return;
  own_path(path, a);
  check(::chmod(path.c_str(), a.mode) == 0 && set_path_times(path, a.mtime_ns) == 0, path);
}

void tree_writer::replace(std::string const& path, std::int64_t mtime_ns, std::string_view content) {
  struct stat old {};
  if (failed() || !check(::stat(path.c_str(), &old) == 0, path)) return;
  std::string const temporary = path + ".tmp";
  file(temporary, {old.st_mode & 07777u, old.st_uid, old.st_gid, mtime_ns}, content);
  rename(temporary, path);
}

void tree_writer::overwrite(std::string const& path, std::int64_t mtime_ns,
                            std::vector<std::pair<std::uint64_t, std::string>> const& pieces) {
  if (failed()) return;
  open_file const out{path, O_WRONLY};
  if (!check(out.get() >= 0, path)) return;
  for (auto const& [offset, content] : pieces) write_all(out.get(), path, content, offset);
  check(set_times(out.get(), mtime_ns) == 0, path);
}

void tree_writer::append(std::string const& path, std::int64_t mtime_ns, std::string_view content) {
  struct stat old {};
  if (failed() || !check(::stat(path.c_str(), &old) == 0, path)) return;
  overwrite(path, mtime_ns, {{static_cast<std::uint64_t>(old.st_size), std::string{content}}});
}

void tree_writer::rename(std::string const& from, std::string const& to) {
  if (!failed()) check(::rename(from.c_str(), to.c_str()) == 0, from);
}

void tree_writer::unlink(std::string const& path) {
  if (!failed()) check(::unlink(path.c_str()) == 0, path);
}

void tree_writer::touch_directory(std::string const& path, std::int64_t mtime_ns) {
  directories_.push_back({path, {0, 0, 0, mtime_ns}, false});
}

result<void> tree_writer::finish() {
  // Children come after their parents in the list; backwards, nothing changes a directory whose times are set.
  for (auto at = directories_.rbegin(); at != directories_.rend() && !failed(); ++at) {
    if (at->set_mode && !check(::chmod(at->path.c_str(), at->a.mode) == 0, at->path)) break;
    check(set_path_times(at->path, at->a.mtime_ns) == 0, at->path);
  }
  directories_.clear();
  if (error_) return error_;
  return {};
}

}  // namespace volsync::bench
