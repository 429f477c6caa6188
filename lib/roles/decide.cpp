// The rules of the generator, one kind of entry after the other.
#include "roles/decide.hpp"

#include <algorithm>

#include "fs/scan.hpp"

namespace volsync::roles {
namespace {

using namespace flist::item;
using level = decision::remark_level;

constexpr std::uint32_t permission_bits = 07777;
constexpr std::uint32_t any_execute = 0111;

bool same_type(std::uint32_t a, std::uint32_t b) noexcept { return (a & S_IFMT) == (b & S_IFMT); }

bool is_device(std::uint32_t mode) noexcept { return S_ISCHR(mode) || S_ISBLK(mode); }
bool is_special(std::uint32_t mode) noexcept { return S_ISFIFO(mode) || S_ISSOCK(mode); }

bool keeps_time(flist::entry const& e, receive_options const& how) noexcept {
  return how.times && !(e.is_directory() && how.omit_dir_times) && !(e.is_symlink() && how.omit_link_times);
}

bool may_give_group(std::uint32_t group, receive_options const& how) {
  return how.group && (how.as_root || (how.in_group && how.in_group(group)));
}

decision remark(level at, std::string_view words) {
  decision d;
  d.level = at;
  d.remark = words;
  return d;
}

decision made(flist::item_flags flags, bool clear_way) {
  decision d;
  d.what = step_kind::create;
  d.flags = flags;
  d.clear_way = clear_way;
  return d;
}

decision kept(flist::entry const& e, present const& there, receive_options const& how) {
  decision d;
  d.what = step_kind::keep;
  d.flags = attribute_flags(e, there.status, false, how);
  return d;
}

decision decide_directory(flist::entry const& e, present const* there, receive_options const& how) {
  if (there == nullptr) return made(is_new | local_change, false);
  if (!S_ISDIR(there->status.mode)) return made(is_new | local_change, true);
  bool const untouched = !how.implied_dirs && flist::has(e.flags, flist::entry_flags::implied);
  decision d = kept(e, *there, how);
  if (untouched) d.flags = 0;
  return d;
}

decision decide_link(flist::entry const& e, std::string_view path, std::string_view target, present const* there,
                     receive_options const& how) {
  if (how.safe_links && fs::is_unsafe_link(target, path)) return remark(level::safe_links, target);
  bool const replaces = there != nullptr && S_ISLNK(there->status.mode);
  if (replaces && there->link == target) return kept(e, *there, how);
  flist::item_flags flags = local_change | report_change;
  if (replaces) {
    flags |= attribute_flags(e, there->status, true, how);
  } else {
    flags |= is_new;
  }
  return made(flags, there != nullptr && !replaces);
}

decision decide_node(flist::entry const& e, present const* there, receive_options const& how) {
  // One special file, or one device, may take the place of another.
  bool const replaces =
      there != nullptr && (e.is_special() ? is_special(there->status.mode) : is_device(there->status.mode));
  bool const same = replaces && same_type(there->status.mode, e.mode);
  if (same && (e.is_special() || there->status.rdev == e.device())) return kept(e, *there, how);
  flist::item_flags flags = local_change | report_change;
  if (replaces) {
    flags |= attribute_flags(e, there->status, true, how);
  } else {
    flags |= is_new;
  }
  return made(flags, there != nullptr && !replaces);
}

decision decide_regular(flist::entry const& e, present const* there, receive_options const& how) {
  if (how.max_size && e.size > *how.max_size) return remark(level::skip, "is over max-size");
  if (how.min_size && e.size < *how.min_size) return remark(level::skip, "is under min-size");
  bool const has_old = there != nullptr && S_ISREG(there->status.mode);
  // With a window, what is about as old counts as newer, too.
  if (how.update && has_old && e.mtime - there->status.mtime < std::max<std::int64_t>(how.modify_window, 0)) {
    return remark(level::skip, "is newer");
  }
  decision d;
  if (!has_old) {
    d.what = step_kind::transfer;
    d.flags = transfer | is_new;
    d.clear_way = there != nullptr;
  } else if (passes_quick_check(e, *there, how)) {
    d = kept(e, *there, how);
  } else {
    d.what = step_kind::transfer;
    d.flags = static_cast<flist::item_flags>(transfer | attribute_flags(e, there->status, true, how));
  }
  if (how.checksum && d.what == step_kind::transfer) d.flags |= report_change;
  return d;
}

bool can_make(flist::entry const& e, receive_options const& how) noexcept {
  if (e.is_device()) return how.devices && how.as_root;
  return e.is_special() && how.specials;
}

}  // namespace

bool same_time(flist::entry const& e, file_status const& there, std::int64_t modify_window) noexcept {
  if (modify_window < 0) return e.mtime == there.mtime && e.mtime_ns == there.mtime_ns;
  std::int64_t const apart = e.mtime > there.mtime ? e.mtime - there.mtime : there.mtime - e.mtime;
  return apart <= modify_window;
}

bool passes_quick_check(flist::entry const& e, present const& there, receive_options const& how) noexcept {
  if (there.status.size != e.size) return false;
  if (how.checksum) return there.same_content;
  if (how.size_only) return true;
  return !how.ignore_times && same_time(e, there.status, how.modify_window);
}

bool wants_digest(flist::entry const& e, file_status const& there, receive_options const& how) noexcept {
  return how.checksum && e.is_regular() && S_ISREG(there.mode) && there.size == e.size;
}

std::uint32_t final_mode(flist::entry const& e, file_status const* was, receive_options const& how) noexcept {
  std::uint32_t const listed = e.mode & permission_bits;
  if (how.perms) return listed;
  // What is no file keeps the permissions of whatever it takes the place of; a link has none.
  bool const is_node = e.is_device() || e.is_special();
  bool const kept =
      was != nullptr && (same_type(was->mode, e.mode) || (is_node && !S_ISDIR(was->mode) && !S_ISLNK(was->mode)));
  if (kept) {
    std::uint32_t mode = was->mode & permission_bits;
    if (how.executability && e.is_regular()) {
      if ((e.mode & any_execute) == 0) {
        mode &= ~any_execute;
      } else if ((mode & any_execute) == 0) {
        mode |= (mode & 0444U) >> 2U;  // executable by those who may read
      }
    }
    return mode;
  }
  return listed & 0777U & ~how.umask;
}

flist::item_flags attribute_flags(flist::entry const& e, file_status const& there, bool changes,
                                  receive_options const& how) {
  flist::item_flags flags = 0;
  if (e.is_regular() && e.size != there.size) flags |= report_size;
  if (keeps_time(e, how)) {
    if (!same_time(e, there, how.modify_window)) flags |= report_time;
  } else if (changes && !e.is_directory()) {
    flags |= report_time;
  }
  if (!e.is_symlink()) {
    if (how.perms) {
      if (((e.mode ^ there.mode) & permission_bits) != 0) flags |= report_perms;
    } else if (how.executability && e.is_regular()) {
      bool const executable = (final_mode(e, &there, how) & any_execute) != 0;  // never where nobody may read
      if (executable != ((there.mode & any_execute) != 0)) flags |= report_perms;
    }
  }
  if (how.owner && how.as_root && e.uid != there.uid) flags |= report_owner;
  if (e.gid != there.gid && may_give_group(e.gid, how)) flags |= report_group;
  return flags;
}

wanted_attributes attributes_for(flist::entry const& e, file_status const& there, file_status const* was,
                                 receive_options const& how) {
  wanted_attributes wanted;
  if (how.owner && how.as_root && e.uid != there.uid) wanted.uid = e.uid;
  if (e.gid != there.gid && may_give_group(e.gid, how)) wanted.gid = e.gid;
  if (!e.is_symlink()) {
    std::uint32_t const mode = final_mode(e, was, how);
    if (((mode ^ there.mode) & permission_bits) != 0) wanted.mode = mode;
  }
  if (keeps_time(e, how)) {
    time_point const when{e.mtime, e.mtime_ns};
    if (when != time_point{there.mtime, there.mtime_ns}) wanted.mtime = when;
  }
  return wanted;
}

decision decide(flist::entry const& e, std::string_view path, std::string_view target, present const* there,
                receive_options const& how) {
  if (there == nullptr && how.existing) return remark(level::absent, e.is_directory() ? "directory" : "file");
  bool const both_directories = there != nullptr && e.is_directory() && S_ISDIR(there->status.mode);
  if (there != nullptr && how.ignore_existing && !both_directories) return remark(level::skip, "exists");
  if (e.is_directory()) return decide_directory(e, there, how);
  if (e.is_symlink() && how.links) return decide_link(e, path, target, there, how);
  if (can_make(e, how)) return decide_node(e, there, how);
  if (!e.is_regular()) return remark(level::nonreg, "skipping non-regular file");
  return decide_regular(e, there, how);
}

}  // namespace volsync::roles
