// Directories in memory: the engine's view of the inodes, with the errno that the system would give.
#include <dirent.h>
#include <sys/stat.h>

#include <utility>

#include "fs/memory_state.hpp"

namespace volsync::fs {
namespace {

error_code because(std::errc why) { return std::make_error_code(why); }

auto owner_setter(std::uint32_t uid, std::uint32_t gid) {
  return [uid, gid](memory_node& what) -> result<void> {
    set_node_owner(what, uid, gid);
    return {};
  };
}

auto time_setter(time_point when) {
  return [when](memory_node& what) -> result<void> {
    what.status.mtime = when.seconds;
    what.status.mtime_ns = when.nanoseconds;
    return {};
  };
}

class memory_directory final : public directory {
 public:
  memory_directory(std::shared_ptr<memory_state> state, node_ptr what, std::string path)
      : state_{std::move(state)}, node_{std::move(what)}, path_{std::move(path)} {}

  result<void> read(std::vector<directory_entry>& into) const override {
    if (auto const denied = state_->ask(operation::read_directory, path_)) return denied;
    std::lock_guard const hold{state_->lock};
    for (auto const& name : node_->order) {
      memory_node const& child = *node_->children.find(name)->second;
      auto const type = state_->types_hidden ? DT_UNKNOWN : static_cast<int>(IFTODT(child.status.mode));
      into.push_back({name, child.status.inode, static_cast<std::uint8_t>(type)});
    }
    return {};
  }

  result<file_status> status() const override {
    if (auto const denied = state_->ask(operation::directory_status, path_)) return denied;
    std::lock_guard const hold{state_->lock};
    return status_of_node(*node_);
  }
  result<file_status> status_of(leaf_name const& name, bool follow) const override {
    auto const found = child(operation::status, name, follow);
    if (!found) return found.error();
    std::lock_guard const hold{state_->lock};
    return status_of_node(**found);
  }

  result<std::shared_ptr<directory const>> open_directory(leaf_name const& name, bool follow) const override {
    auto const found = child(operation::open_directory, name, follow);
    if (!found) return found.error();
    if (!is_directory(**found)) return because(std::errc::not_a_directory);
    return make_memory_directory(state_, *found, path_of(name));
  }

  result<std::unique_ptr<file>> open_file(leaf_name const& name, bool follow) const override {
    auto const found = child(operation::open_file, name, follow);
    if (!found) return found.error();
    auto const mode = (*found)->status.mode;
    if (S_ISLNK(mode)) return because(std::errc::too_many_symbolic_link_levels);
    if (S_ISSOCK(mode)) return because(std::errc::no_such_device_or_address);
    if (!S_ISREG(mode)) return because(std::errc::invalid_argument);
    return make_memory_file(state_, *found, path_of(name));
  }

  result<std::string> read_link(leaf_name const& name) const override {
    auto const found = child(operation::read_link, name, false);
    if (!found) return found.error();
    if (!S_ISLNK((*found)->status.mode)) return because(std::errc::invalid_argument);
    return (*found)->data;
  }

  result<std::unique_ptr<output_file>> create_temporary(leaf_name const& for_name, std::uint32_t mode) const override {
    if (auto const denied = state_->ask(operation::create_temporary, path_of(for_name))) return denied;
    std::lock_guard const hold{state_->lock};
    auto const name = temporary_name(for_name);
    auto const made = fresh(S_IFREG | (mode & 07777));
    if (auto const named = memory_state::add_name(node_, name.view(), made); !named) return named.error();
    return make_memory_output(state_, made, path_of(for_name), node_, std::string{name.view()});
  }
  result<std::unique_ptr<output_file>> open_in_place(leaf_name const& name, std::uint32_t mode) const override {
    if (auto const denied = state_->ask(operation::open_in_place, path_of(name))) return denied;
    std::lock_guard const hold{state_->lock};
    auto const found = node_->children.find(name.view());
    if (found != node_->children.end()) {
      auto const type = found->second->status.mode;
      if (S_ISLNK(type)) return because(std::errc::too_many_symbolic_link_levels);
      if (S_ISDIR(type)) return because(std::errc::is_a_directory);
      if (S_ISSOCK(type) || S_ISFIFO(type)) return because(std::errc::no_such_device_or_address);
      if (!S_ISREG(type)) return because(std::errc::invalid_argument);
      return make_memory_output(state_, found->second, path_of(name), node_, {});
    }
    auto const made = fresh(S_IFREG | (mode & 07777));
    if (auto const named = memory_state::add_name(node_, name.view(), made); !named) return named.error();
    return make_memory_output(state_, made, path_of(name), node_, {});
  }

  result<void> make_directory(leaf_name const& name, std::uint32_t mode) const override {
    return add(operation::make_directory, name, S_IFDIR | (mode & 07777), {}, 0);
  }
  result<void> make_link(leaf_name const& name, std::string const& target) const override {
    if (target.empty()) return because(std::errc::no_such_file_or_directory);
    if (target.find('\0') != std::string::npos) return because(std::errc::invalid_argument);
    if (target.size() > 4095) return because(std::errc::filename_too_long);
    return add(operation::make_link, name, S_IFLNK | 0777, target, 0);
  }
  result<void> make_node(leaf_name const& name, std::uint32_t mode, std::uint64_t rdev) const override {
    bool const device = S_ISCHR(mode) || S_ISBLK(mode);
    if (!device && !S_ISFIFO(mode) && !S_ISSOCK(mode)) return because(std::errc::invalid_argument);
    return add(operation::make_node, name, mode, {}, device ? rdev : 0);
  }
  result<void> make_hard_link(leaf_name const& name, directory const& from, leaf_name const& existing) const override {
    if (auto const denied = state_->ask(operation::make_hard_link, path_of(name))) return denied;
    std::lock_guard const hold{state_->lock};
    auto const source = node_of(from, *state_);
    if (!source) return because(std::errc::cross_device_link);
    auto const found = source->children.find(existing.view());
    if (found == source->children.end()) return because(std::errc::no_such_file_or_directory);
    if (node_->children.contains(name.view())) return because(std::errc::file_exists);
    if (source->status.device != node_->status.device) return because(std::errc::cross_device_link);
    if (is_directory(*found->second)) return because(std::errc::operation_not_permitted);
    auto const named = memory_state::add_name(node_, name.view(), found->second);
    if (named) ++found->second->status.link_count;
    return named;
  }

  result<void> rename(leaf_name const& name, directory const& to, leaf_name const& as) const override {
    if (auto const denied = state_->ask(operation::rename, path_of(name))) return denied;
    std::lock_guard const hold{state_->lock};
    auto const target = node_of(to, *state_);
    if (!target) return because(std::errc::cross_device_link);
    return memory_state::move(node_, name.view(), target, as.view());
  }
  result<void> remove_file(leaf_name const& name) const override {
    return change(operation::remove_file, name, [&](memory_node& what) -> result<void> {
      if (is_directory(what)) return because(std::errc::is_a_directory);
      memory_state::detach(*node_, name.view());
      memory_state::touch(*node_);
      return {};
    });
  }
  result<void> remove_directory(leaf_name const& name) const override {
    return change(operation::remove_directory, name, [&](memory_node& what) -> result<void> {
      if (!is_directory(what)) return because(std::errc::not_a_directory);
      if (!what.children.empty()) return because(std::errc::directory_not_empty);
      memory_state::detach(*node_, name.view());
      memory_state::touch(*node_);
      return {};
    });
  }

  result<void> set_owner(leaf_name const& name, std::uint32_t uid, std::uint32_t gid) const override {
    return change(operation::set_owner, name, owner_setter(uid, gid));
  }
  result<void> set_mode(leaf_name const& name, std::uint32_t mode) const override {
    return change(operation::set_mode, name, [mode](memory_node& what) { return set_node_mode(what, mode); });
  }
  result<void> set_mtime(leaf_name const& name, time_point when) const override {
    return change(operation::set_mtime, name, time_setter(when));
  }
  result<void> set_owner(std::uint32_t uid, std::uint32_t gid) const override {
    return change_self(operation::set_owner, owner_setter(uid, gid));
  }
  result<void> set_mode(std::uint32_t mode) const override {
    return change_self(operation::set_mode, [mode](memory_node& what) { return set_node_mode(what, mode); });
  }
  result<void> set_mtime(time_point when) const override {
    return change_self(operation::set_mtime, time_setter(when));
  }
  result<void> sync() const override {
    return change_self(operation::sync, [](memory_node&) -> result<void> { return {}; });
  }

  [[nodiscard]] bool is_of(memory_state const& state) const noexcept { return state_.get() == &state; }
  [[nodiscard]] node_ptr const& self() const noexcept { return node_; }

 private:
  [[nodiscard]] std::string path_of(leaf_name const& name) const {
    std::string path = path_;
    if (path.back() != '/') path += '/';
    return path.append(name.view());
  }
  result<node_ptr> child(operation what, leaf_name const& name, bool follow) const {
    if (auto const denied = state_->ask(what, path_of(name))) return denied;
    std::lock_guard const hold{state_->lock};
    return state_->resolve(node_, name.view(), follow);
  }

  // A new inode for a name in here: on the same file system, with the group that the directory hands down.
  [[nodiscard]] node_ptr fresh(std::uint32_t mode) const {
    auto made = state_->make(mode);
    memory_state::touch(*made);
    made->status.device = node_->status.device;
    if ((node_->status.mode & S_ISGID) != 0) {
      made->status.gid = node_->status.gid;
      if (S_ISDIR(mode)) made->status.mode |= S_ISGID;
    }
    return made;
  }
  result<void> add(operation what, leaf_name const& name, std::uint32_t mode, std::string data,
                   std::uint64_t rdev) const {
    if (auto const denied = state_->ask(what, path_of(name))) return denied;
    std::lock_guard const hold{state_->lock};
    auto const made = fresh(mode);
    made->data = std::move(data);
    made->status.rdev = rdev;
    return memory_state::add_name(node_, name.view(), made);
  }

  // Unless the hook denies it or there is no such name.
  template <class Change>
  result<void> change(operation what, leaf_name const& name, Change make) const {
    if (auto const denied = state_->ask(what, path_of(name))) return denied;
    std::lock_guard const hold{state_->lock};
    auto const found = node_->children.find(name.view());
    if (found == node_->children.end()) return because(std::errc::no_such_file_or_directory);
    node_ptr const keep = found->second;
    return make(*keep);
  }
  template <class Change>
  result<void> change_self(operation what, Change make) const {
    if (auto const denied = state_->ask(what, path_)) return denied;
    std::lock_guard const hold{state_->lock};
    return make(*node_);
  }

  std::shared_ptr<memory_state> state_;
  node_ptr node_;
  std::string path_;
};

}  // namespace

std::shared_ptr<directory const> make_memory_directory(std::shared_ptr<memory_state> state, node_ptr what,
                                                       std::string path) {
  return std::make_shared<memory_directory>(std::move(state), std::move(what), std::move(path));
}

node_ptr node_of(directory const& where, memory_state const& state) {
  auto const* const ours = dynamic_cast<memory_directory const*>(&where);
  return ours != nullptr && ours->is_of(state) ? ours->self() : nullptr;
}

// As Linux: a new owner takes set-id bits from what can be run, root's doing or not.
void set_node_owner(memory_node& what, std::uint32_t uid, std::uint32_t gid) {
  if (uid != keep_id) what.status.uid = uid;
  if (gid != keep_id) what.status.gid = gid;
  if (is_directory(what) || S_ISLNK(what.status.mode)) return;
  what.status.mode &= ~static_cast<std::uint32_t>(S_ISUID);
  if ((what.status.mode & S_IXGRP) != 0) what.status.mode &= ~static_cast<std::uint32_t>(S_ISGID);
}

result<void> set_node_mode(memory_node& what, std::uint32_t mode) {
  if (S_ISLNK(what.status.mode)) return because(std::errc::operation_not_supported);
  what.status.mode = (what.status.mode & S_IFMT) | (mode & 07777);
  return {};
}

}  // namespace volsync::fs
