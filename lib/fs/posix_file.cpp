// Reading and writing by descriptor. A temporary has no other way to its name than place().
#include "fs/posix_file.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "fs/posix_calls.hpp"

namespace volsync::fs {
namespace {

class posix_file final : public file {
 public:
  explicit posix_file(unique_fd fd) : fd_{std::move(fd)} {}
  result<std::size_t> read(std::span<std::byte> into) override {
    auto const got = retried([&] { return ::read(fd_.get(), into.data(), into.size()); });
    if (got < 0) return last_error();
    return static_cast<std::size_t>(got);
  }
  result<std::size_t> read_at(std::int64_t offset, std::span<std::byte> into) override {
    auto const got = retried([&] { return ::pread(fd_.get(), into.data(), into.size(), offset); });
    if (got < 0) return last_error();
    return static_cast<std::size_t>(got);
  }
  result<file_status> status() override {
    if (known_) return *known_;
    auto const now = status_at(fd_.get(), "", AT_EMPTY_PATH);
    if (!now) return now.error();
    if (!S_ISREG(now->mode)) return std::make_error_code(std::errc::invalid_argument);
    known_ = *now;
    return *known_;
  }
  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }

 private:
  unique_fd fd_;
  std::optional<file_status> known_;
};

class posix_output final : public output_file {
 public:
  posix_output(unique_fd fd, std::shared_ptr<posix_directory const> where, std::optional<leaf_name> temporary)
      : fd_{std::move(fd)}, where_{std::move(where)}, temporary_{std::move(temporary)} {}
  ~posix_output() override {
    if (temporary_) ::unlinkat(where_->descriptor(), temporary_->c_str(), 0);
  }

  result<void> write_at(std::int64_t offset, std::span<std::byte const> data) override {
    while (!data.empty()) {
      auto const put = retried([&] { return ::pwrite(fd_.get(), data.data(), data.size(), offset); });
      if (put < 0) return last_error();
      if (put == 0) return std::make_error_code(std::errc::io_error);
      data = data.subspan(static_cast<std::size_t>(put));
      offset += put;
    }
    return {};
  }
  result<std::int64_t> copy_from(file& from, std::int64_t offset, std::int64_t size) override {
    auto const* const source = dynamic_cast<posix_file const*>(&from);
    if (source == nullptr) return std::make_error_code(std::errc::operation_not_supported);
    off64_t in = offset, out = offset;
    auto const copied = retried([&] {
      return ::copy_file_range(source->descriptor(), &in, fd_.get(), &out, static_cast<std::size_t>(size), 0);
    });
    if (copied < 0) return last_error();
    return static_cast<std::int64_t>(copied);
  }
  result<void> clone_from(file& from) override {
    auto const* const source = dynamic_cast<posix_file const*>(&from);
    if (source == nullptr) return std::make_error_code(std::errc::operation_not_supported);
    return checked([&] { return ::ioctl(fd_.get(), FICLONE, source->descriptor()); });
  }
  result<void> resize(std::int64_t size) override {
    return checked([&] { return ::ftruncate(fd_.get(), size); });
  }
  result<file_status> status() override { return status_at(fd_.get(), "", AT_EMPTY_PATH); }
  result<void> set_owner(std::uint32_t uid, std::uint32_t gid) override {
    return checked([&] { return ::fchown(fd_.get(), uid, gid); });
  }
  result<void> set_mode(std::uint32_t mode) override {
    return checked([&] { return ::fchmod(fd_.get(), mode & 07777); });
  }
  result<void> set_mtime(time_point when) override {
    std::array<timespec, 2> times{};
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = when.seconds;
    times[1].tv_nsec = static_cast<long>(when.nanoseconds);
    return checked([&] { return ::futimens(fd_.get(), times.data()); });
  }
  result<void> sync() override {
    return checked([&] { return ::fsync(fd_.get()); });
  }
  // After EINTR the descriptor is closed all the same.
  result<void> close() override {
    if (fd_ && ::close(fd_.release()) != 0 && errno != EINTR) return last_error();
    return {};
  }
  result<void> place(leaf_name const& as) override { return place(*where_, as); }
  result<void> place(directory const& where, leaf_name const& as) override {
    if (!temporary_) return std::make_error_code(std::errc::invalid_argument);
    auto const* const to = dynamic_cast<posix_directory const*>(&where);
    if (to == nullptr) return std::make_error_code(std::errc::cross_device_link);
    if (auto const closed = close(); !closed) return closed;
    auto const renamed =
        checked([&] { return ::renameat(where_->descriptor(), temporary_->c_str(), to->descriptor(), as.c_str()); });
    if (renamed) temporary_.reset();
    return renamed;
  }

 private:
  unique_fd fd_;
  std::shared_ptr<posix_directory const> where_;
  std::optional<leaf_name> temporary_;
};

}  // namespace

std::unique_ptr<file> make_posix_file(unique_fd fd) { return std::make_unique<posix_file>(std::move(fd)); }

std::unique_ptr<output_file> make_posix_output(unique_fd fd, std::shared_ptr<posix_directory const> where,
                                               std::optional<leaf_name> temporary) {
  return std::make_unique<posix_output>(std::move(fd), std::move(where), std::move(temporary));
}

}  // namespace volsync::fs
