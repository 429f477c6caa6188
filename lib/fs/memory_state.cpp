// Names and inodes: looking up, adding, moving and removing.
#include "fs/memory_state.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace volsync::fs {
namespace {

constexpr int most_links = 40;  // followed in one look-up, as on Linux
constexpr std::int64_t built = 1'000'000'000, changed = built + 1;

error_code because(std::errc why) { return std::make_error_code(why); }

// The next component of a path, slashes skipped; the path loses it.
std::string_view next_component(std::string_view& path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  auto const part = path.substr(0, path.find('/'));
  path.remove_prefix(part.size());
  return part;
}

}  // namespace

bool is_directory(memory_node const& n) noexcept { return S_ISDIR(n.status.mode); }

file_status status_of_node(memory_node const& n) {
  file_status status = n.status;
  if (is_directory(n)) {
    auto const inner =
        std::count_if(n.children.begin(), n.children.end(), [](auto const& c) { return is_directory(*c.second); });
    status.link_count = n.removed ? 0 : 2 + static_cast<std::uint32_t>(inner);
    status.size = 4096;
  } else {
    status.size = static_cast<std::int64_t>(n.data.size());
  }
  return status;
}

std::pair<std::string_view, std::string_view> split_last(std::string_view path) {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  auto const slash = path.rfind('/');
  if (slash == std::string_view::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

error_code memory_state::ask(operation what, std::string const& path) {
  memory_tree::hook ask_it;
  {
    std::lock_guard const hold{lock};
    ask_it = before;
  }
  return {ask_it ? ask_it(what, path) : 0, std::system_category()};
}

node_ptr memory_state::make(std::uint32_t mode) {
  auto made = std::make_shared<memory_node>();
  made->status.mode = mode;
  made->status.link_count = 1;
  made->status.mtime = built;
  made->status.device = 1;
  made->status.inode = next_inode++;
  return made;
}

void memory_state::attach(node_ptr const& parent, std::string_view name, node_ptr const& child) {
  detach(*parent, name);
  parent->children.emplace(name, child);
  parent->order.emplace_back(name);
  if (!is_directory(*child)) return;
  child->parent = parent;
  child->removed = false;
}

bool memory_state::detach(memory_node& parent, std::string_view name) {
  auto const found = parent.children.find(name);
  if (found == parent.children.end()) return false;
  if (is_directory(*found->second)) {
    found->second->removed = true;
  } else {
    --found->second->status.link_count;
  }
  parent.children.erase(found);
  parent.order.erase(std::find(parent.order.begin(), parent.order.end(), name));
  return true;
}

bool memory_state::erase(memory_node& parent, std::string_view name) {
  auto const found = parent.children.find(name);
  if (found == parent.children.end()) return false;
  node_ptr const child = found->second;
  while (!child->order.empty()) erase(*child, std::string{child->order.back()});
  return detach(parent, name);
}

result<node_ptr> memory_state::resolve(node_ptr from, std::string_view path, bool follow_last, int& budget) const {
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
result<node_ptr> memory_state::resolve(node_ptr from, std::string_view path, bool follow_last) const {
  int budget = most_links;
  return resolve(std::move(from), path, follow_last, budget);
}

node_ptr memory_state::directory_at(std::string_view path) {
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

node_ptr memory_state::find(std::string_view path) const {
  auto found = resolve(root, path, false);
  return found ? *found : nullptr;
}

bool memory_state::put(std::string_view path, std::uint32_t mode, std::string data, std::uint64_t rdev) {
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

result<void> memory_state::add_name(node_ptr const& parent, std::string_view name, node_ptr const& child) {
  if (parent->removed) return because(std::errc::no_such_file_or_directory);
  if (parent->children.contains(name)) return because(std::errc::file_exists);
  attach(parent, name, child);
  touch(*parent);
  return {};
}

result<void> memory_state::move(node_ptr const& from, std::string_view name, node_ptr const& to, std::string_view as) {
  auto const source = from->children.find(name);
  if (source == from->children.end() || to->removed) return because(std::errc::no_such_file_or_directory);
  if (from->status.device != to->status.device) return because(std::errc::cross_device_link);
  node_ptr const what = source->second;
  for (node_ptr at = to;; at = at->parent.lock()) {
    if (at == what) return because(std::errc::invalid_argument);
    if (!at || at == at->parent.lock()) break;
  }
  if (auto const there = to->children.find(as); there != to->children.end()) {
    memory_node const& old = *there->second;
    if (there->second == what) return {};
    if (is_directory(old) && !is_directory(*what)) return because(std::errc::is_a_directory);
    if (!is_directory(old) && is_directory(*what)) return because(std::errc::not_a_directory);
    if (!old.children.empty()) return because(std::errc::directory_not_empty);
  }
  if (!is_directory(*what)) ++what->status.link_count;  // detach takes one
  std::string const new_name{as};                       // may lie in what goes
  detach(*from, std::string{name});
  attach(to, new_name, what);
  touch(*from);
  touch(*to);
  return {};
}

void memory_state::touch(memory_node& what) {
  what.status.mtime = changed;
  what.status.mtime_ns = 0;
}

}  // namespace volsync::fs
