// The cache of open source directories, roots among them.
#include "fs/source_roots.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace volsync::fs {
namespace {

constexpr std::size_t kept_open = 24;  // directories; with workers and pipes this stays below 64 descriptors
constexpr int most_links = 40;         // on the way to one directory, as the system has it for a path

std::string key_of(std::uint16_t root, std::string_view path) {
  std::string key{static_cast<char>(root & 0xff), static_cast<char>(root >> 8)};
  return key.append(path);
}

// A path on the wire may start with a slash (-R with an absolute argument); its root is "/" then.
std::string_view without_leading_slashes(std::string_view path) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  return path;
}

}  // namespace

result<std::uint16_t> source_roots::add(std::string const& path) {
  {
    std::lock_guard const hold{lock_};
    if (auto const known = known_roots_.find(path); known != known_roots_.end()) return known->second;
    if (roots_.size() > 65534) return std::make_error_code(std::errc::too_many_files_open);
  }
  auto handle = files_->open_root(path);
  if (!handle) return handle.error();
  auto const status = (*handle)->status();
  if (!status) return status.error();
  std::uint16_t number = 0;
  {
    std::lock_guard const hold{lock_};
    number = static_cast<std::uint16_t>(roots_.size());
    roots_.push_back({path, status->device, status->inode});
    known_roots_.emplace(path, number);
  }
  keep(key_of(number, ""), {std::move(*handle), 0});
  return number;
}

source_roots::place source_roots::look_up(key const& name) {
  std::lock_guard const hold{lock_};
  auto const found = index_.find(name);
  if (found == index_.end()) return {};
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->where;
}

void source_roots::keep(key name, place where) {
  std::lock_guard const hold{lock_};
  if (index_.contains(name)) return;
  recent_.push_front({name, std::move(where)});
  index_.emplace(std::move(name), recent_.begin());
  if (recent_.size() > kept_open) {
    index_.erase(recent_.back().name);
    recent_.pop_back();
  }
}

result<source_roots::place> source_roots::open_base(std::uint16_t root) {
  if (auto known = look_up(key_of(root, "")); known.handle) return known;
  base expected;
  {
    std::lock_guard const hold{lock_};
    expected = roots_[root];
  }
  auto handle = files_->open_root(expected.path);
  if (!handle) return handle.error();
  auto const status = (*handle)->status();
  if (!status) return status.error();
  if (status->device != expected.device || status->inode != expected.inode)
    return error_code{ESTALE, std::system_category()};
  place const opened{std::move(*handle), 0};
  keep(key_of(root, ""), opened);
  return opened;
}

result<std::shared_ptr<directory const>> source_roots::open(std::uint16_t root, std::string_view path) {
  path = without_leading_slashes(path);
  // The longest part that is open already; then one component at a time.
  place from;
  std::size_t length = path.size();
  while (length != 0 && length != std::string_view::npos) {
    from = look_up(key_of(root, path.substr(0, length)));
    if (from.handle) break;
    length = path.substr(0, length).rfind('/');
  }
  if (!from.handle) {
    auto opened = open_base(root);
    if (!opened) return opened.error();
    from = std::move(*opened);
    length = 0;
  }
  auto found = descend(std::move(from), root, path, length);
  if (!found) return found.error();
  return std::move(found->handle);
}

result<source_roots::place> source_roots::descend(place from, std::uint16_t root, std::string_view path,
                                                  std::size_t done) {
  while (done < path.size()) {
    std::size_t const start = done == 0 ? 0 : done + 1;
    std::size_t const end = std::min<std::size_t>(path.find('/', start), path.size());
    auto const name = leaf_name::make(path.substr(start, end - start));
    if (!name) return name.error();
    auto child = step_into(from, *name);
    if (!child) return child.error();
    from = std::move(*child);
    done = end;
    keep(key_of(root, path.substr(0, done)), from);
  }
  return from;
}

// Links are counted because a path of single steps, each below an open directory, never meets the system's own limit: a
// link to a directory above it would be walked round for ever.
result<source_roots::place> source_roots::step_into(place const& from, leaf_name const& name) const {
  auto child = from.handle->open_directory(name, false);
  if (child) return place{std::move(*child), from.links};
  bool const may_be_link =
      child.error() == std::errc::not_a_directory || child.error() == std::errc::too_many_symbolic_link_levels;
  if (!follow_ || !may_be_link) return child.error();
  if (from.links >= most_links) return std::make_error_code(std::errc::too_many_symbolic_link_levels);
  auto followed = from.handle->open_directory(name, true);
  if (!followed) return followed.error();
  return place{std::move(*followed), from.links + 1};
}

result<std::unique_ptr<file>> source_roots::open_file(std::uint16_t root, std::string_view parent,
                                                      std::string_view name) {
  auto const leaf = leaf_name::make(name);
  if (!leaf) return leaf.error();
  auto const where = open(root, parent);
  if (!where) return where.error();
  return (*where)->open_file(*leaf, follow_);
}

result<std::unique_ptr<file>> source_roots::open_outside(std::string const& path) const {
  auto const slash = path.rfind('/');
  auto const leaf = leaf_name::make(path.substr(slash + 1));
  if (!leaf) return leaf.error();
  auto const where = files_->open_root(slash == 0 ? "/" : path.substr(0, slash));
  if (!where) return where.error();
  return (*where)->open_file(*leaf, true);
}

std::string source_roots::full_path(std::uint16_t root, std::string_view path) const {
  std::string start;
  {
    std::lock_guard const hold{lock_};
    start = roots_[root].path;
  }
  path = without_leading_slashes(path);
  if (!path.empty() && path != ".") start.append("/").append(path);
  return full_path_of(start);
}

std::string source_roots::full_path_of(std::string const& path) {
  std::error_code ignored;
  std::string text = std::filesystem::absolute(path, ignored).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

}  // namespace volsync::fs
