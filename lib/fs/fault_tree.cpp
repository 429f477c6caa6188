// Each object of the wrapped tree in a wrapper that asks the plan first.
#include "fs/fault_tree.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <utility>

namespace volsync::fs {
namespace {

// The plan and its counters, shared by all wrappers of one tree.
class judge {
 public:
  explicit judge(fault_plan plan) : plan_{std::move(plan)} {}
  fault about(operation what, std::string path, std::size_t bytes = 0) {
    std::lock_guard const hold{lock_};
    call const now{what, std::move(path), ++calls_, ++of_kind_[static_cast<std::size_t>(what)], bytes};
    return plan_ ? plan_(now) : fault{};
  }
  // Makes the call unless the plan has it fail.
  template <class Call>
  auto ask(operation what, std::string path, Call make) -> decltype(make()) {
    if (auto const now = about(what, std::move(path)); now.error != 0)
      return error_code{now.error, std::system_category()};
    return make();
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
    auto const now = by_->about(operation::read, path_, into.size());
    if (now.error != 0) return to_code(now.error);
    return inner_->read(into.first(std::min(into.size(), now.at_most)));
  }
  result<std::size_t> read_at(std::int64_t offset, std::span<std::byte> into) override {
    auto const now = by_->about(operation::read_at, path_, into.size());
    if (now.error != 0) return to_code(now.error);
    return inner_->read_at(offset, into.first(std::min(into.size(), now.at_most)));
  }
  result<file_status> status() override {
    return by_->ask(operation::file_status, path_, [&] { return inner_->status(); });
  }

 private:
  std::unique_ptr<file> inner_;
  std::shared_ptr<judge> by_;
  std::string path_;
};

// The wrapped directory of one of ours; a stranger is handed on as it is, to be refused.
directory const& unwrapped(directory const& where);
std::string path_in(directory const& where, leaf_name const& name);

class fault_output final : public output_file {
 public:
  fault_output(std::unique_ptr<output_file> inner, std::shared_ptr<judge> by, std::string path)
      : inner_{std::move(inner)}, by_{std::move(by)}, path_{std::move(path)} {}
  result<void> write_at(std::int64_t offset, std::span<std::byte const> data) override {
    auto const now = by_->about(operation::write, path_, data.size());
    if (now.error == 0) return inner_->write_at(offset, data);
    if (now.at_most != fault{}.at_most && now.at_most != 0) {
      if (auto put = inner_->write_at(offset, data.first(std::min(data.size(), now.at_most))); !put) return put;
    }
    return to_code(now.error);
  }
  result<void> resize(std::int64_t size) override {
    return by_->ask(operation::resize, path_, [&] { return inner_->resize(size); });
  }
  result<file_status> status() override {
    return by_->ask(operation::output_status, path_, [&] { return inner_->status(); });
  }
  result<void> set_owner(std::uint32_t uid, std::uint32_t gid) override {
    return by_->ask(operation::set_owner, path_, [&] { return inner_->set_owner(uid, gid); });
  }
  result<void> set_mode(std::uint32_t mode) override {
    return by_->ask(operation::set_mode, path_, [&] { return inner_->set_mode(mode); });
  }
  result<void> set_mtime(time_point when) override {
    return by_->ask(operation::set_mtime, path_, [&] { return inner_->set_mtime(when); });
  }
  result<void> sync() override {
    return by_->ask(operation::sync, path_, [&] { return inner_->sync(); });
  }
  result<void> close() override {
    return by_->ask(operation::close, path_, [&] { return inner_->close(); });
  }
  result<void> place(leaf_name const& as) override {
    auto const end = path_.rfind('/');
    return by_->ask(operation::place, path_.substr(0, end + 1).append(as.view()), [&] { return inner_->place(as); });
  }
  result<void> place(directory const& where, leaf_name const& as) override {
    return by_->ask(operation::place, path_in(where, as), [&] { return inner_->place(unwrapped(where), as); });
  }

 private:
  std::unique_ptr<output_file> inner_;
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
    return by_->ask(operation::directory_status, path_, [&] { return inner_->status(); });
  }
  result<file_status> status_of(leaf_name const& name, bool follow) const override {
    return by_->ask(operation::status, path_of(name), [&] { return inner_->status_of(name, follow); });
  }
  result<std::shared_ptr<directory const>> open_directory(leaf_name const& name, bool follow) const override {
    auto path = path_of(name);
    auto opened = by_->ask(operation::open_directory, path, [&] { return inner_->open_directory(name, follow); });
    if (!opened) return opened.error();
    return std::shared_ptr<directory const>{
        std::make_shared<fault_directory>(std::move(*opened), by_, std::move(path))};
  }
  result<std::unique_ptr<file>> open_file(leaf_name const& name, bool follow) const override {
    auto path = path_of(name);
    auto opened = by_->ask(operation::open_file, path, [&] { return inner_->open_file(name, follow); });
    if (!opened) return opened.error();
    return std::unique_ptr<file>{std::make_unique<fault_file>(std::move(*opened), by_, std::move(path))};
  }
  result<std::string> read_link(leaf_name const& name) const override {
    return by_->ask(operation::read_link, path_of(name), [&] { return inner_->read_link(name); });
  }

  result<std::unique_ptr<output_file>> create_temporary(leaf_name const& for_name, std::uint32_t mode) const override {
    return wrapped(for_name, by_->ask(operation::create_temporary, path_of(for_name),
                                      [&] { return inner_->create_temporary(for_name, mode); }));
  }
  result<std::unique_ptr<output_file>> open_in_place(leaf_name const& name, std::uint32_t mode) const override {
    return wrapped(
        name, by_->ask(operation::open_in_place, path_of(name), [&] { return inner_->open_in_place(name, mode); }));
  }
  result<void> make_directory(leaf_name const& name, std::uint32_t mode) const override {
    return by_->ask(operation::make_directory, path_of(name), [&] { return inner_->make_directory(name, mode); });
  }
  result<void> make_link(leaf_name const& name, std::string const& target) const override {
    return by_->ask(operation::make_link, path_of(name), [&] { return inner_->make_link(name, target); });
  }
  result<void> make_node(leaf_name const& name, std::uint32_t mode, std::uint64_t rdev) const override {
    return by_->ask(operation::make_node, path_of(name), [&] { return inner_->make_node(name, mode, rdev); });
  }
  result<void> make_hard_link(leaf_name const& name, directory const& from, leaf_name const& existing) const override {
    return by_->ask(operation::make_hard_link, path_of(name),
                    [&] { return inner_->make_hard_link(name, unwrapped(from), existing); });
  }
  result<void> rename(leaf_name const& name, directory const& to, leaf_name const& as) const override {
    return by_->ask(operation::rename, path_of(name), [&] { return inner_->rename(name, unwrapped(to), as); });
  }
  result<void> remove_file(leaf_name const& name) const override {
    return by_->ask(operation::remove_file, path_of(name), [&] { return inner_->remove_file(name); });
  }
  result<void> remove_directory(leaf_name const& name) const override {
    return by_->ask(operation::remove_directory, path_of(name), [&] { return inner_->remove_directory(name); });
  }
  result<void> set_owner(leaf_name const& name, std::uint32_t uid, std::uint32_t gid) const override {
    return by_->ask(operation::set_owner, path_of(name), [&] { return inner_->set_owner(name, uid, gid); });
  }
  result<void> set_mode(leaf_name const& name, std::uint32_t mode) const override {
    return by_->ask(operation::set_mode, path_of(name), [&] { return inner_->set_mode(name, mode); });
  }
  result<void> set_mtime(leaf_name const& name, time_point when) const override {
    return by_->ask(operation::set_mtime, path_of(name), [&] { return inner_->set_mtime(name, when); });
  }
  result<void> set_owner(std::uint32_t uid, std::uint32_t gid) const override {
    return by_->ask(operation::set_owner, path_, [&] { return inner_->set_owner(uid, gid); });
  }
  result<void> set_mode(std::uint32_t mode) const override {
    return by_->ask(operation::set_mode, path_, [&] { return inner_->set_mode(mode); });
  }
  result<void> set_mtime(time_point when) const override {
    return by_->ask(operation::set_mtime, path_, [&] { return inner_->set_mtime(when); });
  }
  result<void> sync() const override {
    return by_->ask(operation::sync, path_, [&] { return inner_->sync(); });
  }

  [[nodiscard]] directory const& inner() const noexcept { return *inner_; }
  [[nodiscard]] std::string path_of(leaf_name const& name) const { return (path_ + "/").append(name.view()); }

 private:
  [[nodiscard]] result<std::unique_ptr<output_file>> wrapped(leaf_name const& name,
                                                             result<std::unique_ptr<output_file>> opened) const {
    if (!opened) return opened.error();
    return std::unique_ptr<output_file>{std::make_unique<fault_output>(std::move(*opened), by_, path_of(name))};
  }

  std::shared_ptr<directory const> inner_;
  std::shared_ptr<judge> by_;
  std::string path_;
};

directory const& unwrapped(directory const& where) {
  auto const* const ours = dynamic_cast<fault_directory const*>(&where);
  return ours != nullptr ? ours->inner() : where;
}
std::string path_in(directory const& where, leaf_name const& name) {
  auto const* const ours = dynamic_cast<fault_directory const*>(&where);
  return ours != nullptr ? ours->path_of(name) : std::string{name.view()};
}

class fault_tree final : public tree {
 public:
  fault_tree(std::shared_ptr<tree> inner, fault_plan plan)
      : inner_{std::move(inner)}, by_{std::make_shared<judge>(std::move(plan))} {}
  result<std::shared_ptr<directory const>> open_root(std::string const& path) override {
    auto opened = by_->ask(operation::open_root, path, [&] { return inner_->open_root(path); });
    if (!opened) return opened.error();
    return std::shared_ptr<directory const>{std::make_shared<fault_directory>(std::move(*opened), by_, path)};
  }
  result<file_status> status_of(std::string const& path, bool follow) override {
    return by_->ask(operation::operand_status, path, [&] { return inner_->status_of(path, follow); });
  }
  result<void> make_directory(std::string const& path, std::uint32_t mode) override {
    return by_->ask(operation::make_operand, path, [&] { return inner_->make_directory(path, mode); });
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
  return [bytes](call const& now) {
    bool const reads = now.what == operation::read || now.what == operation::read_at;
    return reads ? fault{0, bytes} : fault{};
  };
}
fault_plan room_for(std::size_t bytes) {
  return [left = bytes](call const& now) mutable {
    if (now.what != operation::write) return fault{};
    if (now.bytes <= left) {
      left -= now.bytes;
      return fault{};
    }
    return fault{ENOSPC, std::exchange(left, 0)};
  };
}

}  // namespace volsync::fs
