// The walk, one directory at a time.
#include "fs/scan.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <numeric>

namespace volsync::fs {
namespace {

constexpr std::size_t largest_merge_file = std::size_t{1} << 20;   // bytes

result<std::string> read_whole(file& from) {
  std::string text;
  for (;;) {
    std::size_t const had = text.size();
    if (had > largest_merge_file) return std::make_error_code(std::errc::file_too_large);
    text.resize(had + 16384);
    auto const got = from.read({reinterpret_cast<std::byte*>(text.data() + had), text.size() - had});
    if (!got) return got.error();
    text.resize(had + *got);
    if (*got == 0) return text;
  }
}

}  // namespace

// Unsafe: empty, absolute, or leading out of the transfer. Leading ".." may climb at most as deep as the link lies; any
// later "..", and one at the end, is refused as it is.
bool is_unsafe_link(std::string_view target, std::string_view link_path) noexcept {
  if (target.empty() || target.front() == '/') return true;
  auto depth = std::count(link_path.begin(), link_path.end(), '/');
  bool leading = true;
  for (std::size_t at = 0; at <= target.size();) {
    std::size_t const end = std::min(target.find('/', at), target.size());
    auto const part = target.substr(at, end - at);
    if (part == "..") {
      if (!leading || end == target.size()) {
        if (!leading) return true;
        return --depth < 0;
      }
      if (--depth < 0) return true;
    } else if (!part.empty() && part != ".") {
      leading = false;
    }
    at = end + 1;
  }
  return false;
}

directory_scan::directory_scan(source_roots& roots, scan_options const& how, std::uint16_t root, std::string path,
                               std::shared_ptr<filter::rule_set const> rules, std::uint64_t root_device)
    : roots_{roots}, how_{how}, root_{root}, path_{std::move(path)}, rules_{std::move(rules)}, root_device_{root_device} {}

std::string directory_scan::child_path(std::string_view name) const {
  if (path_.empty()) return std::string{name};
  std::string path = path_;
  if (path.back() != '/') path += '/';
  return path.append(name);
}

void directory_scan::problem(std::string_view name, char const* step, error_code why, bool is_directory) {
  bool const vanished = why == std::errc::no_such_file_or_directory;
  problems_.push_back({name.empty() ? path_ : child_path(name), step, why, vanished, is_directory, true});
}

void directory_scan::open() {
  opened_ = true;
  auto handle = roots_.open(root_, path_);
  if (!handle) return problem("", "opendir", handle.error(), true);
  handle_ = std::move(*handle);
  if (auto const status = handle_->status()) device_ = status->device;
  read_rules();
  if (auto const read = handle_->read(names_); !read) problem("", "readdir", read.error(), true);
}

void directory_scan::read_rules() {
  if (!rules_ || !rules_->has_directory_rules()) return;
  auto const load = [this](std::string const& name) -> result<std::optional<std::string>> {
    bool const outside = !name.empty() && name.front() == '/';
    auto const leaf = leaf_name::make(outside ? "x" : name);
    if (!leaf) return std::optional<std::string>{};
    auto opened = outside ? roots_.open_outside(name) : handle_->open_file(*leaf, true);
    if (!opened && opened.error() == std::errc::no_such_file_or_directory) return std::optional<std::string>{};
    if (!opened) return opened.error();
    auto text = read_whole(**opened);
    if (!text) return text.error();
    return std::optional<std::string>{std::move(*text)};
  };
  auto entered = filter::enter(rules_, path_, load, rule_error_);
  if (entered) {
    rules_ = std::move(*entered);
  } else if (rule_error_.empty()) {
    rule_error_ = "a merge file in " + roots_.full_path(root_, path_) + " cannot be read: " + entered.error().message();
  }
}

// True if the link is to be listed as what it points to; then e holds that status.
bool directory_scan::resolve_link(leaf_name const& name, scanned_entry& e) {
  bool const copies_any = how_.copy_links;
  if (!copies_any && !how_.copy_dirlinks && !how_.copy_unsafe_links) return false;
  auto const target = handle_->status_of(name, true);
  if (copies_any) {
    if (target) e.status = *target;
    return static_cast<bool>(target);
  }
  if (how_.copy_unsafe_links && is_unsafe_link(e.link, child_path(e.name))) {
    if (target) e.status = *target;
    return static_cast<bool>(target);
  }
  if (how_.copy_dirlinks && target && S_ISDIR(target->mode)) {
    e.status = *target;
    return true;
  }
  return false;
}

std::optional<scanned_entry> directory_scan::look_at(directory_entry const& child) {
  std::string const path = child_path(child.name);
  bool const type_known = child.type != DT_UNKNOWN && !(child.type == DT_LNK && (how_.copy_links || how_.copy_dirlinks || how_.copy_unsafe_links));
  if (type_known && rules_ && rules_->excludes(path, child.type == DT_DIR, filter::side::sender)) return std::nullopt;
  auto const name = leaf_name::make(child.name);
  if (!name) {
    problem(child.name, "readlink_stat", name.error());
    return std::nullopt;
  }
  scanned_entry e;
  e.name = child.name;
  auto const status = handle_->status_of(*name, false);
  if (!status) {
    problem(child.name, "readlink_stat", status.error());
    return std::nullopt;
  }
  e.status = *status;
  if (S_ISLNK(e.status.mode)) {
    auto link = handle_->read_link(*name);
    if (!link) {
      problem(child.name, "readlink_stat", link.error());
      return std::nullopt;
    }
    e.link = std::move(*link);
    bool const followed = resolve_link(*name, e);
    bool const must = how_.copy_links || (how_.copy_unsafe_links && is_unsafe_link(e.link, path));
    if (must && !followed) {
      if (rules_ && rules_->excludes(path, false, filter::side::sender)) return std::nullopt;
      problems_.push_back({path, "symlink has no referent", std::make_error_code(std::errc::no_such_file_or_directory), false, false, true});
      return std::nullopt;
    }
    if (!S_ISLNK(e.status.mode)) e.link.clear();
  }
  bool const is_directory = S_ISDIR(e.status.mode);
  if (!type_known && rules_ && rules_->excludes(path, is_directory, filter::side::sender)) return std::nullopt;
  if (how_.one_file_system > 0 && is_directory && e.status.device != root_device_) {
    if (how_.one_file_system > 1) return std::nullopt;
    e.mount_point = true;
  }
  return e;
}

bool directory_scan::step(std::vector<scanned_entry>& into, std::size_t at_most) {
  if (!opened_) open();
  if (!rule_error_.empty() || at_ >= names_.size()) return false;
  std::size_t const count = std::min(at_most, names_.size() - at_);
  std::vector<std::uint32_t> by_inode(count);
  std::iota(by_inode.begin(), by_inode.end(), 0U);
  auto const* const first = names_.data() + at_;
  std::sort(by_inode.begin(), by_inode.end(), [first](std::uint32_t a, std::uint32_t b) { return first[a].inode < first[b].inode; });
  std::vector<std::optional<scanned_entry>> found(count);
  for (std::uint32_t const i : by_inode) found[i] = look_at(first[i]);
  for (auto& each : found) {
    if (each) into.push_back(std::move(*each));
  }
  at_ += count;
  return at_ < names_.size();
}

}  // namespace volsync::fs
