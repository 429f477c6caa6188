// Each object of the wrapped tree in a wrapper that asks the plan first.
#include "fs/fault_tree.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

namespace volsync::fs {
namespace {

// The plan and its counters, shared by all wrappers of one tree.
class judge {
 public:
  explicit judge(fault_plan plan) : plan_{std::move(plan)} {}
  fault about(operation what, std::string path) {
    std::lock_guard const hold{lock_};
    call const now{what, std::move(path), ++calls_, ++of_kind_[static_cast<std::size_t>(what)]};
    return plan_ ? plan_(now) : fault{};
  }

 private:
  std::mutex lock_;
  fault_plan plan_;
  std::uint64_t calls_ = 0;
  std::array<std::uint64_t, operations> of_kind_{};
};

error_code to_code(int error) { return {error, std::system_category()}; }

class fault_file final : public file {
 public:
  fault_file(std::unique_ptr<file> inner, std::shared_ptr<judge> by, std::string path)
      : inner_{std::move(inner)}, by_{std::move(by)}, path_{std::move(path)} {}
  result<std::size_t> read(std::span<std::byte> into) override {
    auto const now = by_->about(operation::read, path_);
    if (now.error != 0) return to_code(now.error);
    return inner_->read(into.first(std::min(into.size(), now.at_most)));
  }
  result<file_status> status() override {
    if (auto const now = by_->about(operation::file_status, path_); now.error != 0) return to_code(now.error);
    return inner_->status();
  }

 private:
  std::unique_ptr<file> inner_;
  std::shared_ptr<judge> by_;
  std::string path_;
};

class fault_directory final : public directory {
 public:
  fault_directory(std::shared_ptr<directory const> inner, std::shared_ptr<judge> by, std::string path)
      : inner_{std::move(inner)}, by_{std::move(by)}, path_{std::move(path)} {}

  result<void> read(std::vector<directory_entry>& into) const override {
    auto const now = by_->about(operation::read_directory, path_);
    if (now.error != 0 && now.at_most == fault{}.at_most) return to_code(now.error);
    std::size_t const had = into.size();
    auto const read = inner_->read(into);
    if (into.size() - had > now.at_most)
      into.erase(into.begin() + static_cast<std::ptrdiff_t>(had + now.at_most), into.end());
    if (now.error != 0) return to_code(now.error);
    return read;
  }
  result<file_status> status() const override {
    if (auto const now = by_->about(operation::directory_status, path_); now.error != 0) return to_code(now.error);
    return inner_->status();
  }
  result<file_status> status_of(leaf_name const& name, bool follow) const override {
    if (auto const now = by_->about(operation::status, path_of(name)); now.error != 0) return to_code(now.error);
    return inner_->status_of(name, follow);
  }
  result<std::shared_ptr<directory const>> open_directory(leaf_name const& name, bool follow) const override {
    auto const path = path_of(name);
    if (auto const now = by_->about(operation::open_directory, path); now.error != 0) return to_code(now.error);
    auto opened = inner_->open_directory(name, follow);
    if (!opened) return opened.error();
    return std::shared_ptr<directory const>{std::make_shared<fault_directory>(std::move(*opened), by_, path)};
  }
  result<std::unique_ptr<file>> open_file(leaf_name const& name, bool follow) const override {
    auto const path = path_of(name);
    if (auto const now = by_->about(operation::open_file, path); now.error != 0) return to_code(now.error);
    auto opened = inner_->open_file(name, follow);
    if (!opened) return opened.error();
    return std::unique_ptr<file>{std::make_unique<fault_file>(std::move(*opened), by_, path)};
  }
  result<std::string> read_link(leaf_name const& name) const override {
    if (auto const now = by_->about(operation::read_link, path_of(name)); now.error != 0) return to_code(now.error);
    return inner_->read_link(name);
  }

 private:
  [[nodiscard]] std::string path_of(leaf_name const& name) const { return (path_ + "/").append(name.view()); }

  std::shared_ptr<directory const> inner_;
  std::shared_ptr<judge> by_;
  std::string path_;
};

class fault_tree final : public tree {
 public:
  fault_tree(std::shared_ptr<tree> inner, fault_plan plan)
      : inner_{std::move(inner)}, by_{std::make_shared<judge>(std::move(plan))} {}
  result<std::shared_ptr<directory const>> open_root(std::string const& path) override {
    if (auto const now = by_->about(operation::open_root, path); now.error != 0) return to_code(now.error);
    auto opened = inner_->open_root(path);
    if (!opened) return opened.error();
    return std::shared_ptr<directory const>{std::make_shared<fault_directory>(std::move(*opened), by_, path)};
  }
  result<file_status> status_of(std::string const& path, bool follow) override {
    if (auto const now = by_->about(operation::operand_status, path); now.error != 0) return to_code(now.error);
    return inner_->status_of(path, follow);
  }

 private:
  std::shared_ptr<tree> inner_;
  std::shared_ptr<judge> by_;
};

}  // namespace

std::shared_ptr<tree> make_fault_tree(std::shared_ptr<tree> files, fault_plan plan) {
  return std::make_shared<fault_tree>(std::move(files), std::move(plan));
}

fault_plan every(std::uint64_t n, operation what, int error) {
  return
      [n, what, error](call const& now) { return now.what == what && now.of_kind % n == 0 ? fault{error} : fault{}; };
}
fault_plan only(std::uint64_t n, int error) {
  return [n, error](call const& now) { return now.number == n ? fault{error} : fault{}; };
}
fault_plan short_reads(std::size_t bytes) {
  return [bytes](call const& now) { return now.what == operation::read ? fault{0, bytes} : fault{}; };
}

}  // namespace volsync::fs
