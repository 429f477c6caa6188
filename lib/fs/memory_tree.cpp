// Inodes and names under one lock. What is open holds its inode, so removal never pulls it away.
#include "fs/memory_tree.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace volsync::fs {
namespace {

constexpr int most_links = 40;  // followed in one look-up, as on Linux

error_code because(std::errc why) { return std::make_error_code(why); }

struct node {
  file_status status;
  std::string data;  // content of a file, target of a link
  std::map<std::string, std::shared_ptr<node>, std::less<>> children;
  std::vector<std::string> order;  // of the children, as they came
  std::weak_ptr<node> parent;      // of a directory; the root's is itself
};
using node_ptr = std::shared_ptr<node>;

bool is_directory(node const& n) { return S_ISDIR(n.status.mode); }

file_status status_of_node(node const& n) {
  file_status status = n.status;
  if (is_directory(n)) {
    auto const inner =
        std::count_if(n.children.begin(), n.children.end(), [](auto const& c) { return is_directory(*c.second); });
    status.link_count = 2 + static_cast<std::uint32_t>(inner);
    status.size = 4096;
  } else {
    status.size = static_cast<std::int64_t>(n.data.size());
  }
  return status;
}

// The next component of a path, slashes skipped; the path loses it.
std::string_view next_component(std::string_view& path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  auto const part = path.substr(0, path.find('/'));
  path.remove_prefix(part.size());
  return part;
}

std::pair<std::string_view, std::string_view> split_last(std::string_view path) {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  auto const slash = path.rfind('/');
  if (slash == std::string_view::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

struct memory_state {
  std::mutex lock;
  node_ptr root;
  std::uint64_t next_inode = 2;
  bool types_hidden = false;
  memory_tree::hook before;

  // The hook's verdict. Called without the lock.
  error_code ask(operation what, std::string const& path) {
    memory_tree::hook ask_it;
    {
      std::lock_guard const hold{lock};
      ask_it = before;
    }
    return {ask_it ? ask_it(what, path) : 0, std::system_category()};
  }

  // The functions below are called with the lock held.

  node_ptr make(std::uint32_t mode) {
    auto made = std::make_shared<node>();
    made->status.mode = mode;
    made->status.link_count = 1;
    made->status.mtime = 1'000'000'000;
    made->status.device = 1;
    made->status.inode = next_inode++;
    return made;
  }

  static void attach(node_ptr const& parent, std::string_view name, node_ptr const& child) {
    detach(*parent, name);
    parent->children.emplace(name, child);
    parent->order.emplace_back(name);
    if (is_directory(*child)) child->parent = parent;
  }

  static bool detach(node& parent, std::string_view name) {
    auto const found = parent.children.find(name);
    if (found == parent.children.end()) return false;
    if (!is_directory(*found->second)) --found->second->status.link_count;
    parent.children.erase(found);
    parent.order.erase(std::find(parent.order.begin(), parent.order.end(), name));
    return true;
  }

  // With all that is below it.
  static bool erase(node& parent, std::string_view name) {
    auto const found = parent.children.find(name);
    if (found == parent.children.end()) return false;
    node_ptr const child = found->second;
    while (!child->order.empty()) erase(*child, std::string{child->order.back()});
    return detach(parent, name);
  }

  result<node_ptr> resolve(node_ptr from, std::string_view path, bool follow_last, int& budget) const {
    if (path.empty()) return because(std::errc::no_such_file_or_directory);
    if (path.front() == '/') from = root;
    for (;;) {
      auto const part = next_component(path);
      if (part.empty()) return from;
      if (!is_directory(*from)) return because(std::errc::not_a_directory);
      if (part == ".") continue;
      if (part == "..") {
        if (auto up = from->parent.lock()) from = std::move(up);
        continue;
      }
      auto const found = from->children.find(part);
      if (found == from->children.end()) return because(std::errc::no_such_file_or_directory);
      node_ptr child = found->second;
      // A slash after the last name asks for what the link points to.
      if (S_ISLNK(child->status.mode) && (follow_last || !path.empty())) {
        if (--budget < 0) return because(std::errc::too_many_symbolic_link_levels);
        auto target = resolve(from, child->data, true, budget);
        if (!target) return target.error();
        child = std::move(*target);
      }
      if (!path.empty() && !is_directory(*child)) return because(std::errc::not_a_directory);
      from = std::move(child);
    }
  }
  result<node_ptr> resolve(node_ptr from, std::string_view path, bool follow_last) const {
    int budget = most_links;
    return resolve(std::move(from), path, follow_last, budget);
  }

  // The directory of that path, made where it is missing; null where something else is in the way.
  node_ptr directory_at(std::string_view path) {
    node_ptr at = root;
    for (;;) {
      auto const part = next_component(path);
      if (part.empty()) return at;
      if (part == "." || part == "..") return nullptr;
      if (!at->children.contains(part)) attach(at, part, make(S_IFDIR | 0755));
      at = at->children.find(part)->second;
      if (!is_directory(*at)) return nullptr;
    }
  }

  node_ptr find(std::string_view path) const {
    auto found = resolve(root, path, false);
    return found ? *found : nullptr;
  }

  bool put(std::string_view path, std::uint32_t mode, std::string data, std::uint64_t rdev) {
    auto const [directory, name] = split_last(path);
    if (!leaf_name::make(name)) return false;
    node_ptr const parent = directory_at(directory);
    if (!parent) return false;
    node_ptr const made = make(mode);
    made->data = std::move(data);
    made->status.rdev = rdev;
    attach(parent, name, made);
    return true;
  }
};

namespace {

class memory_file final : public file {
 public:
  memory_file(std::shared_ptr<memory_state> state, node_ptr what, std::string path)
      : state_{std::move(state)}, node_{std::move(what)}, path_{std::move(path)} {}

  result<std::size_t> read(std::span<std::byte> into) override {
    if (auto const denied = state_->ask(operation::read, path_)) return denied;
    std::lock_guard const hold{state_->lock};
    std::size_t const left = node_->data.size() - std::min(offset_, node_->data.size());
    std::size_t const count = std::min(left, into.size());
    if (count != 0) std::memcpy(into.data(), node_->data.data() + offset_, count);
    offset_ += count;
    return count;
  }
  result<file_status> status() override {
    if (auto const denied = state_->ask(operation::file_status, path_)) return denied;
    std::lock_guard const hold{state_->lock};
    return status_of_node(*node_);
  }

 private:
  std::shared_ptr<memory_state> state_;
  node_ptr node_;
  std::string path_;
  std::size_t offset_ = 0;
};

class memory_directory final : public directory {
 public:
  memory_directory(std::shared_ptr<memory_state> state, node_ptr what, std::string path)
      : state_{std::move(state)}, node_{std::move(what)}, path_{std::move(path)} {}

  result<void> read(std::vector<directory_entry>& into) const override {
    if (auto const denied = state_->ask(operation::read_directory, path_)) return denied;
    std::lock_guard const hold{state_->lock};
    for (auto const& name : node_->order) {
      node const& child = *node_->children.find(name)->second;
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
    return std::shared_ptr<directory const>{std::make_shared<memory_directory>(state_, *found, path_of(name))};
  }

  result<std::unique_ptr<file>> open_file(leaf_name const& name, bool follow) const override {
    auto const found = child(operation::open_file, name, follow);
    if (!found) return found.error();
    auto const mode = (*found)->status.mode;
    if (S_ISLNK(mode)) return because(std::errc::too_many_symbolic_link_levels);
    if (S_ISSOCK(mode)) return because(std::errc::no_such_device_or_address);
    if (!S_ISREG(mode)) return because(std::errc::invalid_argument);
    return std::unique_ptr<file>{std::make_unique<memory_file>(state_, *found, path_of(name))};
  }

  result<std::string> read_link(leaf_name const& name) const override {
    auto const found = child(operation::read_link, name, false);
    if (!found) return found.error();
    if (!S_ISLNK((*found)->status.mode)) return because(std::errc::invalid_argument);
    return (*found)->data;
  }

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

  std::shared_ptr<memory_state> state_;
  node_ptr node_;
  std::string path_;
};

}  // namespace

memory_tree::memory_tree() : state_{std::make_shared<memory_state>()} {
  state_->root = state_->make(S_IFDIR | 0755);
  state_->root->parent = state_->root;
}
memory_tree::~memory_tree() = default;

bool memory_tree::add_directory(std::string_view path, std::uint32_t mode) {
  std::lock_guard const hold{state_->lock};
  auto const found = state_->find(path);
  if (!found || !is_directory(*found)) return state_->put(path, S_IFDIR | (mode & 07777), {}, 0);
  found->status.mode = S_IFDIR | (mode & 07777);
  return true;
}
bool memory_tree::add_file(std::string_view path, std::string content, std::uint32_t mode) {
  std::lock_guard const hold{state_->lock};
  return state_->put(path, S_IFREG | (mode & 07777), std::move(content), 0);
}
bool memory_tree::add_link(std::string_view path, std::string target) {
  std::lock_guard const hold{state_->lock};
  return state_->put(path, S_IFLNK | 0777, std::move(target), 0);
}
bool memory_tree::add_node(std::string_view path, std::uint32_t mode, std::uint64_t rdev) {
  std::lock_guard const hold{state_->lock};
  return state_->put(path, mode, {}, rdev);
}

bool memory_tree::add_hard_link(std::string_view path, std::string_view existing) {
  std::lock_guard const hold{state_->lock};
  auto const found = state_->find(existing);
  auto const [directory, name] = split_last(path);
  if (!found || is_directory(*found) || !leaf_name::make(name)) return false;
  node_ptr const parent = state_->directory_at(directory);
  if (!parent) return false;
  memory_state::attach(parent, name, found);
  ++found->status.link_count;
  return true;
}

bool memory_tree::remove(std::string_view path) {
  std::lock_guard const hold{state_->lock};
  auto const [directory, name] = split_last(path);
  auto const parent = state_->find(directory.empty() ? "/" : directory);
  return parent && memory_state::erase(*parent, name);
}

bool memory_tree::rename(std::string_view from, std::string_view to) {
  std::lock_guard const hold{state_->lock};
  auto const what = state_->find(from);
  auto const [old_directory, old_name] = split_last(from);
  auto const [new_directory, new_name] = split_last(to);
  auto const old_parent = state_->find(old_directory.empty() ? "/" : old_directory);
  if (!what || !old_parent || !leaf_name::make(new_name)) return false;
  auto const new_parent = state_->directory_at(new_directory);
  // A directory must not be moved into itself.
  for (node_ptr at = new_parent; at && at != state_->root; at = at->parent.lock()) {
    if (at == what) return false;
  }
  if (!new_parent) return false;
  if (!is_directory(*what)) ++what->status.link_count;  // detach takes one
  memory_state::detach(*old_parent, old_name);
  memory_state::attach(new_parent, new_name, what);
  return true;
}

bool memory_tree::set_content(std::string_view path, std::string content) {
  std::lock_guard const hold{state_->lock};
  auto const found = state_->find(path);
  if (!found || is_directory(*found)) return false;
  found->data = std::move(content);
  return true;
}

bool memory_tree::edit(std::string_view path, std::function<void(file_status&)> const& change) {
  std::lock_guard const hold{state_->lock};
  auto const found = state_->find(path);
  if (!found) return false;
  auto const links = found->status.link_count;
  change(found->status);
  found->status.link_count = links;
  return true;
}

void memory_tree::hide_types() {
  std::lock_guard const hold{state_->lock};
  state_->types_hidden = true;
}

void memory_tree::set_hook(hook before) {
  std::lock_guard const hold{state_->lock};
  state_->before = std::move(before);
}

result<std::shared_ptr<directory const>> memory_tree::open_root(std::string const& path) {
  if (auto const denied = state_->ask(operation::open_root, path)) return denied;
  std::lock_guard const hold{state_->lock};
  auto const found = state_->resolve(state_->root, path, true);
  if (!found) return found.error();
  if (!is_directory(**found)) return because(std::errc::not_a_directory);
  return std::shared_ptr<directory const>{std::make_shared<memory_directory>(state_, *found, path)};
}

result<file_status> memory_tree::status_of(std::string const& path, bool follow) {
  if (auto const denied = state_->ask(operation::operand_status, path)) return denied;
  std::lock_guard const hold{state_->lock};
  auto const found = state_->resolve(state_->root, path, follow);
  if (!found) return found.error();
  return status_of_node(**found);
}

}  // namespace volsync::fs
