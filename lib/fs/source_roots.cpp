// The cache of open source directories, roots among them.
#include "fs/source_roots.hpp"

#include <cerrno>
#include <filesystem>

namespace volsync::fs {
namespace {

std::string prefix_of(std::uint16_t root) { return {static_cast<char>(root & 0xff), static_cast<char>(root >> 8)}; }

// A path on the wire may start with a slash (-R with an absolute argument); its root is "/" then.
std::string_view without_leading_slashes(std::string_view path) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  return path;
}

}  // namespace

result<std::uint16_t> source_roots::add(std::string const& path, std::optional<std::string> const& typed) {
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
    roots_.push_back({path, status->device, status->inode, typed.value_or(path)});
    known_roots_.emplace(path, number);
  }
  open_.keep(prefix_of(number), {std::move(*handle), 0});
  return number;
}

result<std::shared_ptr<directory const>> source_roots::open_base(std::uint16_t root) {
  if (auto known = open_.look_up(prefix_of(root)); known.handle) return std::move(known.handle);
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
  open_.keep(prefix_of(root), {*handle, 0});
  return handle;
}

void source_roots::allow_link(std::uint16_t root, std::string_view path) {
  open_.allow_link(prefix_of(root), without_leading_slashes(path));
}

result<std::shared_ptr<directory const>> source_roots::open(std::uint16_t root, std::string_view path) {
  path = without_leading_slashes(path);
  auto const prefix = prefix_of(root);
  auto from = open_.nearest(prefix, path);
  if (!from.where.handle) {
    auto opened = open_base(root);
    if (!opened) return opened.error();
    from.where.handle = std::move(*opened);
  }
  return open_.walk(std::move(from), prefix, path);
}

result<std::unique_ptr<file>> source_roots::open_file(std::uint16_t root, std::string_view parent,
                                                      std::string_view name, bool listed) {
  auto const leaf = leaf_name::make(name);
  if (!leaf) return leaf.error();
  auto const where = open(root, parent);
  if (!where) return where.error();
  return listed ? (*where)->open_listed(*leaf, follows()) : (*where)->open_file(*leaf, follows());
}

result<std::unique_ptr<file>> source_roots::open_outside(std::string const& path) const {
  auto const slash = path.rfind('/');
  auto const leaf = leaf_name::make(path.substr(slash + 1));
  if (!leaf) return leaf.error();
  auto const where = files_->open_root(slash == 0 ? "/" : path.substr(0, slash));
  if (!where) return where.error();
  return (*where)->open_file(*leaf, true);
}

bool source_roots::is_absolute_top(std::uint16_t root) const {
  std::lock_guard const hold{lock_};
  return roots_[root].path == "/";
}

std::string source_roots::typed_path(std::uint16_t root, std::string_view path) const {
  std::string typed;
  {
    std::lock_guard const hold{lock_};
    typed = roots_[root].typed;
  }
  std::string text = typed.starts_with('/') ? "/" : "";
  for (std::string_view rest = typed; !rest.empty();) {
    auto const part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (!part.empty() && part != ".") text.append(part).append("/");
  }
  return text.append(without_leading_slashes(path));
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
