// Open files in memory. A temporary has no other way to its name than place().
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "fs/memory_state.hpp"

namespace volsync::fs {
namespace {

constexpr std::int64_t largest_file = std::int64_t{1} << 30;  // bytes; holes cost memory here

error_code because(std::errc why) { return std::make_error_code(why); }

class memory_file final : public file {
 public:
  memory_file(std::shared_ptr<memory_state> state, node_ptr what, std::string path)
      : state_{std::move(state)}, node_{std::move(what)}, path_{std::move(path)} {}

  result<std::size_t> read(std::span<std::byte> into) override {
    if (auto const denied = state_->ask(operation::read, path_)) return denied;
    std::lock_guard const hold{state_->lock};
    std::size_t const count = copy(offset_, into);
    offset_ += count;
    return count;
  }
  result<std::size_t> read_at(std::int64_t offset, std::span<std::byte> into) override {
    if (auto const denied = state_->ask(operation::read_at, path_)) return denied;
    if (offset < 0) return because(std::errc::invalid_argument);
    std::lock_guard const hold{state_->lock};
    return copy(static_cast<std::size_t>(offset), into);
  }
  result<file_status> status() override {
    if (auto const denied = state_->ask(operation::file_status, path_)) return denied;
    std::lock_guard const hold{state_->lock};
    return status_of_node(*node_);
  }

 private:
  [[nodiscard]] std::size_t copy(std::size_t offset, std::span<std::byte> into) const {
    std::size_t const left = node_->data.size() - std::min(offset, node_->data.size());
    std::size_t const count = std::min(left, into.size());
    if (count != 0) std::memcpy(into.data(), node_->data.data() + offset, count);
    return count;
  }

  std::shared_ptr<memory_state> state_;
  node_ptr node_;
  std::string path_;
  std::size_t offset_ = 0;
};

class memory_output final : public output_file {
 public:
  memory_output(std::shared_ptr<memory_state> state, node_ptr what, std::string path, node_ptr parent,
                std::string temporary)
      : state_{std::move(state)},
        node_{std::move(what)},
        path_{std::move(path)},
        parent_{std::move(parent)},
        temporary_{std::move(temporary)} {}
  ~memory_output() override {
    std::lock_guard const hold{state_->lock};
    auto const found = parent_->children.find(temporary_);
    if (found != parent_->children.end() && found->second == node_) memory_state::detach(*parent_, temporary_);
  }

  result<void> write_at(std::int64_t offset, std::span<std::byte const> data) override {
    return change(operation::write, [&]() -> result<void> {
      if (offset < 0) return because(std::errc::invalid_argument);
      if (offset > largest_file - std::min(static_cast<std::int64_t>(data.size()), largest_file))
        return because(std::errc::file_too_large);
      auto const start = static_cast<std::size_t>(offset);
      if (data.empty()) return {};
      if (node_->data.size() < start + data.size()) node_->data.resize(start + data.size());
      std::memcpy(node_->data.data() + start, data.data(), data.size());
      memory_state::touch(*node_);
      return {};
    });
  }
  result<void> resize(std::int64_t size) override {
    return change(operation::resize, [&]() -> result<void> {
      if (size < 0) return because(std::errc::invalid_argument);
      if (size > largest_file) return because(std::errc::file_too_large);
      node_->data.resize(static_cast<std::size_t>(size));
      memory_state::touch(*node_);
      return {};
    });
  }
  result<file_status> status() override {
    if (auto const denied = state_->ask(operation::output_status, path_)) return denied;
    std::lock_guard const hold{state_->lock};
    if (closed_) return because(std::errc::bad_file_descriptor);
    return status_of_node(*node_);
  }
  result<void> set_owner(std::uint32_t uid, std::uint32_t gid) override {
    return change(operation::set_owner, [&]() -> result<void> {
      set_node_owner(*node_, uid, gid);
      return {};
    });
  }
  result<void> set_mode(std::uint32_t mode) override {
    return change(operation::set_mode, [&] { return set_node_mode(*node_, mode); });
  }
  result<void> set_mtime(time_point when) override {
    return change(operation::set_mtime, [&]() -> result<void> {
      node_->status.mtime = when.seconds;
      node_->status.mtime_ns = when.nanoseconds;
      return {};
    });
  }
  result<void> sync() override {
    return change(operation::sync, []() -> result<void> { return {}; });
  }
  result<void> close() override {
    if (auto const denied = state_->ask(operation::close, path_)) return denied;
    std::lock_guard const hold{state_->lock};
    closed_ = true;
    return {};
  }
  result<void> place(leaf_name const& as) override {
    return place_at(parent_, path_.substr(0, path_.rfind('/') + 1).append(as.view()), as);
  }
  result<void> place(directory const& where, leaf_name const& as) override {
    auto const to = node_of(where, *state_);
    if (!to && !temporary_.empty()) return because(std::errc::cross_device_link);
    return place_at(to, std::string{as.view()}, as);
  }

 private:
  // Unless the hook denies it or the file is closed.
  template <class Change>
  result<void> change(operation what, Change make) {
    if (auto const denied = state_->ask(what, path_)) return denied;
    std::lock_guard const hold{state_->lock};
    if (closed_) return because(std::errc::bad_file_descriptor);
    return make();
  }
  result<void> place_at(node_ptr const& to, std::string const& path, leaf_name const& as) {
    if (auto const denied = state_->ask(operation::place, path)) return denied;
    std::lock_guard const hold{state_->lock};
    if (temporary_.empty()) return because(std::errc::invalid_argument);
    closed_ = true;
    auto const moved = memory_state::move(parent_, temporary_, to, as.view());
    if (moved) temporary_.clear();
    return moved;
  }

  std::shared_ptr<memory_state> state_;
  node_ptr node_;
  std::string path_;
  node_ptr parent_;
  std::string temporary_;  // empty: placed, or written in place
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<file> make_memory_file(std::shared_ptr<memory_state> state, node_ptr what, std::string path) {
  return std::make_unique<memory_file>(std::move(state), std::move(what), std::move(path));
}

std::unique_ptr<output_file> make_memory_output(std::shared_ptr<memory_state> state, node_ptr what, std::string path,
                                                node_ptr parent, std::string temporary) {
  return std::make_unique<memory_output>(std::move(state), std::move(what), std::move(path), std::move(parent),
                                         std::move(temporary));
}

}  // namespace volsync::fs
