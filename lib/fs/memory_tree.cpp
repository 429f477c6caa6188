// Building and changing the tree by paths.
#include "fs/memory_tree.hpp"

#include <sys/stat.h>

#include <utility>

#include "fs/memory_state.hpp"

namespace volsync::fs {

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
  if (!is_directory(**found)) return std::make_error_code(std::errc::not_a_directory);
  return make_memory_directory(state_, *found, path);
}

result<file_status> memory_tree::status_of(std::string const& path, bool follow) {
  if (auto const denied = state_->ask(operation::operand_status, path)) return denied;
  std::lock_guard const hold{state_->lock};
  auto const found = state_->resolve(state_->root, path, follow);
  if (!found) return found.error();
  return status_of_node(**found);
}

result<void> memory_tree::make_directory(std::string const& path, std::uint32_t mode) {
  if (auto const denied = state_->ask(operation::make_operand, path)) return denied;
  std::lock_guard const hold{state_->lock};
  auto const [parent, name] = split_last(path);
  if (state_->find(path)) return std::make_error_code(std::errc::file_exists);
  if (!leaf_name::make(name)) return std::make_error_code(std::errc::no_such_file_or_directory);
  auto const where = state_->resolve(state_->root, parent.empty() ? "/" : parent, true);
  if (!where) return where.error();
  if (!is_directory(**where)) return std::make_error_code(std::errc::not_a_directory);
  auto const made = state_->make(S_IFDIR | (mode & 07777));
  made->status.device = (*where)->status.device;
  return memory_state::add_name(*where, name, made);
}

}  // namespace volsync::fs
