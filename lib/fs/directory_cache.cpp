// Walking down from the nearest open directory.
#include "fs/directory_cache.hpp"

#include <algorithm>

namespace volsync::fs {
namespace {

constexpr int most_links = 40;  // on the way to one directory, as the system has it for a path

std::string key_of(std::string_view prefix, std::string_view path) { return std::string{prefix}.append(path); }

}  // namespace

directory_cache::place directory_cache::look_up(std::string const& key) {
  std::lock_guard const hold{lock_};
  auto const found = index_.find(key);
  if (found == index_.end()) return {};
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->second;
}

directory_cache::start directory_cache::nearest(std::string_view prefix, std::string_view path) {
  start from;
  {
    std::lock_guard const hold{lock_};
    from.epoch = epoch_;
  }
  std::size_t length = path.size();
  while (length != 0 && length != std::string_view::npos) {
    from.where = look_up(key_of(prefix, path.substr(0, length)));
    if (from.where.handle) {
      from.done = length;
      return from;
    }
    length = path.substr(0, length).rfind('/');
  }
  return from;
}

result<std::shared_ptr<directory const>> directory_cache::walk(start from, std::string_view prefix,
                                                               std::string_view path) {
  while (from.done < path.size()) {
    std::size_t const begin = from.done == 0 ? 0 : from.done + 1;
    std::size_t const end = std::min<std::size_t>(path.find('/', begin), path.size());
    auto const name = leaf_name::make(path.substr(begin, end - begin));
    if (!name) return name.error();
    std::string key = key_of(prefix, path.substr(0, end));
    auto child = step_into(from.where, *name, key);
    if (!child) return child.error();
    from.where = std::move(*child);
    from.done = end;
    keep(std::move(key), from.where, from.epoch);
  }
  return std::move(from.where.handle);
}

// Links are counted because a path of single steps, each below an open directory, never meets the system's own limit: a
// link to a directory above it would be walked round for ever.
result<directory_cache::place> directory_cache::step_into(place const& from, leaf_name const& name,
                                                          std::string const& key) {
  auto child = from.handle->open_directory(name, false);
  if (child) return place{std::move(*child), from.links};
  bool const may_be_link =
      child.error() == std::errc::not_a_directory || child.error() == std::errc::too_many_symbolic_link_levels;
  if (!may_be_link) return child.error();
  if (!follow_) {
    std::lock_guard const hold{lock_};
    if (!named_links_.contains(key)) return child.error();
  }
  if (from.links >= most_links) return std::make_error_code(std::errc::too_many_symbolic_link_levels);
  auto followed = from.handle->open_directory(name, true);
  if (!followed) return followed.error();
  return place{std::move(*followed), from.links + 1};
}

void directory_cache::allow_link(std::string_view prefix, std::string_view path) {
  std::lock_guard const hold{lock_};
  named_links_.insert(key_of(prefix, path));
}

void directory_cache::keep(std::string key, place where) {
  std::uint64_t now = 0;
  {
    std::lock_guard const hold{lock_};
    now = epoch_;
  }
  keep(std::move(key), std::move(where), now);
}

void directory_cache::keep(std::string key, place where, std::uint64_t epoch) {
  std::lock_guard const hold{lock_};
  if (epoch != epoch_ || index_.contains(key)) return;
  recent_.emplace_front(key, std::move(where));
  index_.emplace(std::move(key), recent_.begin());
  if (recent_.size() > kept_open) {
    index_.erase(recent_.back().first);
    recent_.pop_back();
  }
}

void directory_cache::forget(std::string_view prefix, std::string_view path) {
  std::string const key = key_of(prefix, path);
  std::lock_guard const hold{lock_};
  ++epoch_;
  for (auto each = recent_.begin(); each != recent_.end();) {
    std::string_view const name = each->first;
    bool const below = name.starts_with(key) && (path.empty() || name.size() == key.size() || name[key.size()] == '/');
    if (below) index_.erase(each->first);
    each = below ? recent_.erase(each) : std::next(each);
  }
}

}  // namespace volsync::fs
