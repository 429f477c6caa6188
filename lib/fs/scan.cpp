// The walk, one directory at a time.
#include "fs/scan.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "filter/errc.hpp"

namespace volsync::fs {
namespace {

constexpr std::size_t largest_merge_file = std::size_t{1} << 20;  // bytes
constexpr std::size_t longest_path = 4095;                        // bytes of a name on the wire

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

// A directory is held without the right to read it; that is only found out when it is read.
bool opening_failed(error_code why) {
  return why == std::errc::permission_denied || why == std::errc::operation_not_permitted ||
         why == std::errc::no_such_file_or_directory || why == std::errc::too_many_files_open ||
         why == std::errc::too_many_files_open_in_system;
}

// Lasting reasons for which a link stands for nothing here.
bool leads_nowhere(error_code why) {
  return why == std::errc::no_such_file_or_directory || why == std::errc::not_a_directory ||
         why == std::errc::too_many_symbolic_link_levels || why == std::errc::permission_denied ||
         why == std::errc::filename_too_long;
}

// What rsync passes over when it is named like a merge file: not there, not a file, a link to nowhere.
bool is_no_merge_file(error_code why) {
  return why == std::errc::no_such_file_or_directory || why == std::errc::invalid_argument ||
         why == std::errc::too_many_symbolic_link_levels || why == std::errc::no_such_device_or_address;
}

// A link is followed to rules only if root or the user himself made it.
bool is_trusted(directory const& where, leaf_name const& name) {
  auto const status = where.status_of(name, false);
  return !status || !S_ISLNK(status->mode) || status->uid == 0 || status->uid == ::geteuid();
}

}  // namespace

// Unsafe: empty, absolute, or leading out of the transfer. Leading "../" may climb as deep as the link lies; a ".."
// behind anything else, a "." too, and one at the end are refused as they are, except a link that is ".." alone.
bool is_unsafe_link(std::string_view target, std::string_view link_path) noexcept {
  if (target.empty() || target.front() == '/') return true;
  auto const depth = std::count(link_path.begin(), link_path.end(), '/');
  if (target == "..") return depth == 0;
  std::ptrdiff_t climbed = 0;
  while (target.starts_with("../")) {
    ++climbed;
    target.remove_prefix(std::min(target.find_first_not_of('/', 2), target.size()));
  }
  for (std::size_t at = 0; at <= target.size();) {
    std::size_t const end = std::min(target.find('/', at), target.size());
    if (target.substr(at, end - at) == "..") return true;
    at = end + 1;
  }
  return climbed > depth;
}

scan_problem copied_link(std::string const& path, std::string const& target) {
  return {path, "copying unsafe symlink", {}, false, false, false, target};
}

directory_scan::directory_scan(source_roots& roots, scan_options const& how, std::uint16_t root, std::string path,
                               std::shared_ptr<filter::rule_set const> rules, std::uint64_t root_device)
    : roots_{roots},
      how_{how},
      root_{root},
      path_{std::move(path)},
      rules_{std::move(rules)},
      root_device_{root_device} {}

std::string directory_scan::child_path(std::string_view name) const {
  if (path_.empty()) return std::string{name};
  std::string path = path_;
  if (path.back() != '/') path += '/';
  return path.append(name);
}

void directory_scan::problem(std::string_view name, char const* step, error_code why, bool is_directory) {
  bool const vanished = why == std::errc::no_such_file_or_directory;
  problems_.push_back({name.empty() ? path_ : child_path(name), step, why, vanished, is_directory, true, {}});
}

bool directory_scan::enter() {
  if (std::exchange(entered_, true)) return handle_ != nullptr;
  auto handle = roots_.open(root_, path_);
  if (!handle) {
    problem("", "opendir", handle.error(), true);
    return false;
  }
  handle_ = std::move(*handle);
  if (auto const status = handle_->status()) device_ = status->device;
  read_rules();
  return true;
}

void directory_scan::open() {
  opened_ = true;
  if (!enter()) return;
  if (auto const read = handle_->read(names_); !read) {
    problem("", opening_failed(read.error()) ? "opendir" : "readdir", read.error(), true);
  }
}

void directory_scan::read_rules() {
  if (!rules_ || !rules_->has_directory_rules()) return;
  auto const load = [this](std::string const& name) -> result<std::optional<std::string>> {
    bool const outside = !name.empty() && name.front() == '/';
    auto const leaf = leaf_name::make(outside ? "x" : name);
    if (!leaf) return std::optional<std::string>{};
    if (!outside && !is_trusted(*handle_, *leaf)) {
      problems_.push_back(
          {child_path(name), "refusing to follow a symlink owned by an untrusted user", {}, false, false, false, {}});
      return std::optional<std::string>{};
    }
    auto opened = outside ? roots_.open_outside(name) : handle_->open_file(*leaf, true);
    auto text = opened ? read_whole(**opened) : result<std::string>{opened.error()};
    if (text) return std::optional<std::string>{std::move(*text)};
    // Rules that could not be read may have hidden something: it is said, and nothing is deleted. rsync is silent here.
    if (!is_no_merge_file(text.error())) problem(outside ? "" : name, "failed to open exclude file", text.error());
    return std::optional<std::string>{};
  };
  auto entered = filter::enter(rules_, path_, load, failure_.text);
  if (entered) {
    rules_ = std::move(*entered);
    return;
  }
  failure_.code = filter::exit_code_of(entered.error());
  if (failure_.empty()) {
    failure_.text =
        "a merge file in " + roots_.full_path(root_, path_) + " cannot be read: " + entered.error().message();
  }
}

bool directory_scan::hidden(std::string const& path, bool is_directory) const {
  return rules_ && rules_->excludes(path, is_directory, filter::side::sender);
}

// A name whose status could not be had: what a rule hides is none of our business.
void directory_scan::unread(std::string const& path, error_code why) {
  if (hidden(path, false)) return;
  problems_.push_back({path, "readlink_stat", why, why == std::errc::no_such_file_or_directory, false, true, {}});
}

// Replaces the status of a link by that of what it points to, where the run copies that. False: it has to, and there is
// nothing; that is said.
bool directory_scan::resolve_link(leaf_name const& name, std::string const& path, scanned_entry& e) {
  bool const unsafe = !how_.copy_links && how_.copy_unsafe_links && is_unsafe_link(e.link, path);
  bool const must = how_.copy_links || unsafe;
  if (unsafe && how_.tell_unsafe_links) problems_.push_back(copied_link(path, e.link));
  if (!must && !how_.copy_dirlinks) return true;
  auto const target = handle_->status_of(name, true);
  bool const nowhere = !target && target.error() == std::errc::no_such_file_or_directory;
  if (nowhere && must) {
    if (!hidden(path, false))
      problems_.push_back({path, "symlink has no referent", target.error(), false, false, true, {}});
    return false;
  }
  // A link that leads nowhere stays a link under -k. One whose end could not be looked at may be a directory, and
  // listed as a link it would take the place of that directory at the destination.
  if (!target && (must || !leads_nowhere(target.error()))) {
    unread(path, target.error());
    return false;
  }
  if (!target || (!must && !S_ISDIR(target->mode))) return true;
  e.status = *target;
  e.link.clear();
  return true;
}

std::optional<scanned_entry> directory_scan::look_at(directory_entry const& child) {
  std::string const path = child_path(child.name);
  bool const follows = how_.copy_links || how_.copy_dirlinks || how_.copy_unsafe_links;
  bool const type_known = child.type != DT_UNKNOWN && !(child.type == DT_LNK && follows);
  if (type_known && hidden(path, child.type == DT_DIR)) return std::nullopt;
  if (path.size() > longest_path) {
    auto const why = std::make_error_code(std::errc::filename_too_long);
    if (!hidden(path, false))
      problems_.push_back({path, "filename overflows max-path len", why, false, false, true, {}});
    return std::nullopt;
  }
  auto const name = leaf_name::make(child.name);
  auto const status = name ? handle_->status_of(*name, false) : result<file_status>{name.error()};
  if (!status) {
    unread(path, status.error());
    return std::nullopt;
  }
  scanned_entry e{child.name, {}, *status, false};
  if (S_ISLNK(status->mode) && (how_.links || follows)) {
    auto link = handle_->read_link(*name);
    if (!link) {
      unread(path, link.error());
      return std::nullopt;
    }
    e.link = std::move(*link);
    if (!resolve_link(*name, path, e)) return std::nullopt;
  }
  bool const is_directory = S_ISDIR(e.status.mode);
  if ((!type_known || is_directory != (child.type == DT_DIR)) && hidden(path, is_directory)) return std::nullopt;
  if (how_.one_file_system > 0 && is_directory && e.status.device != root_device_) {
    if (how_.one_file_system > 1) return std::nullopt;
    e.mount_point = true;
  }
  return e;
}

bool directory_scan::step(std::vector<scanned_entry>& into, std::size_t at_most) {
  if (!opened_) open();
  if (!failure_.empty() || at_ >= names_.size()) return false;
  std::size_t const count = std::min(at_most, names_.size() - at_);
  std::vector<std::uint32_t> by_inode(count);
  std::iota(by_inode.begin(), by_inode.end(), 0U);
  auto const* const first = names_.data() + at_;
  auto const lower_inode = [first](std::uint32_t a, std::uint32_t b) { return first[a].inode < first[b].inode; };
  std::sort(by_inode.begin(), by_inode.end(), lower_inode);
  std::vector<std::optional<scanned_entry>> found(count);
  for (std::uint32_t const i : by_inode) found[i] = look_at(first[i]);
  for (auto& each : found) {
    if (each) into.push_back(std::move(*each));
  }
  at_ += count;
  return at_ < names_.size();
}

}  // namespace volsync::fs
