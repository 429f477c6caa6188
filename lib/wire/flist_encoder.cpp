// Entries of file lists as bytes: which fields an entry can leave out because the one before had the same.
#include "wire/flist_encoder.hpp"

#include <sys/sysmacros.h>

#include <algorithm>

#include "wire/entry_flags.hpp"
#include "wire/integers.hpp"

namespace volsync::wire {

namespace {

constexpr std::size_t max_shared = 255;  // bytes: what one byte counts
constexpr std::size_t max_short_rest = 255;
constexpr unsigned size_min_bytes = 3, time_min_bytes = 4;

using flist::entry_flags;

// Appends the full name, "a/b/name".
void set_path(std::string& to, flist::list const& list, flist::entry const& e) {
  to = list.parent(e).path;
  if (!to.empty() && to.back() != '/') to += '/';
  to += list.name(e);
}

std::size_t shared_length(std::string_view a, std::string_view b) {
  a = a.substr(0, std::min(b.size(), max_shared));
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
}

// A directory that is named and not entered is a plain one without content; both bits together mean a parent.
std::uint32_t directory_flags(flist::entry const& e) {
  if (has(e.flags, entry_flags::implied)) return xflag::top_dir | xflag::no_content_dir;
  if (has(e.flags, entry_flags::no_content)) return xflag::no_content_dir;
  return has(e.flags, entry_flags::top) ? xflag::top_dir : 0;
}

bool sends_name(std::string_view name) { return !name.empty() && name.size() <= max_short_string; }

}  // namespace

void flist_encoder::entry(writer& out, flist::list const& list, flist::slot where, std::int32_t list_ndx_start,
                          std::string_view user_name, std::string_view group_name) {
  flist::entry const& e = list.at(where);
  bool const names_inline = options_.incremental && !options_.numeric_ids;
  names const ids{names_inline ? user_name : std::string_view{}, names_inline ? group_name : std::string_view{}};
  set_path(name_, list, e);
  std::size_t const shared = shared_length(previous_.name, name_);
  std::uint32_t flags = flags_of(e, ids);
  if (shared != 0) flags |= xflag::same_name;
  if (name_.size() - shared > max_short_rest) flags |= xflag::long_name;
  put_flags(out, flags, e.is_directory());
  put_name(out, flags, shared);
  std::swap(previous_.name, name_);

  if ((flags & xflag::hard_linked) != 0 && (flags & xflag::first_link) == 0) {
    write_varint(out, static_cast<std::int32_t>(e.group));
    if (e.group >= static_cast<std::uint32_t>(list_ndx_start)) {
      // The peer takes all the rest from the group's first member, so what it compares with next is that member too.
      remember(list.at(static_cast<flist::slot>(e.group - static_cast<std::uint32_t>(list_ndx_start))));
      return;
    }
  }
  put_fields(out, list, e, flags, ids);
  remember(e);
}

void flist_encoder::end(writer& out, std::int32_t io_error) {
  if (has_varint_flist_flags(features_)) {
    write_varint(out, 0);
    write_varint(out, io_error);
  } else if (io_error != 0 && has_safe_list_end(features_)) {
    write_shortint(out, static_cast<std::uint16_t>(xflag::extended | xflag::error_end));
    write_varint(out, io_error);
  } else {
    write_byte(out, 0);
  }
}

std::uint32_t flist_encoder::flags_of(flist::entry const& e, names const& ids) const {
  std::uint32_t flags = e.is_directory() ? directory_flags(e) : link_flags(e);
  if (e.is_device() && options_.devices && major(e.device()) == previous_.rdev_major) flags |= xflag::same_rdev_major;
  if (e.is_special() && options_.specials && specials_have_rdev(features_)) flags |= xflag::same_rdev_major;
  if (e.mode == previous_.mode) flags |= xflag::same_mode;
  if (e.mtime == previous_.mtime) flags |= xflag::same_time;
  if (e.mtime_ns != 0 && has_nsec(features_)) flags |= xflag::mod_nsec;
  if (!options_.owner || (previous_.any && e.uid == previous_.uid)) {
    flags |= xflag::same_uid;
  } else if (sends_name(ids.user)) {
    flags |= xflag::user_name;
  }
  if (!options_.group || (previous_.any && e.gid == previous_.gid)) {
    flags |= xflag::same_gid;
  } else if (sends_name(ids.group)) {
    flags |= xflag::group_name;
  }
  return flags;
}

std::uint32_t flist_encoder::link_flags(flist::entry const& e) const {
  if (!options_.hard_links || !has(e.flags, entry_flags::hard_linked)) return 0;
  return xflag::hard_linked | (has(e.flags, entry_flags::first_link) ? xflag::first_link : 0);
}

void flist_encoder::put_flags(writer& out, std::uint32_t flags, bool directory) const {
  if (has_varint_flist_flags(features_)) {
    // 0 would be the end of the list.
    return write_varint(out, static_cast<std::int32_t>(flags != 0 ? flags : xflag::extended));
  }
  if (flags == 0 && !directory) flags = xflag::top_dir;  // means nothing there, and saves a byte
  if (flags != 0 && flags <= 0xff) return write_byte(out, static_cast<std::uint8_t>(flags));
  write_shortint(out, static_cast<std::uint16_t>(flags | xflag::extended));
}

// The name under way, name_, as what differs from the one before.
void flist_encoder::put_name(writer& out, std::uint32_t flags, std::size_t shared) const {
  auto const rest = std::string_view{name_}.substr(shared);
  if ((flags & xflag::same_name) != 0) write_byte(out, static_cast<std::uint8_t>(shared));
  if ((flags & xflag::long_name) != 0) {
    write_varint(out, static_cast<std::int32_t>(rest.size()));
  } else {
    write_byte(out, static_cast<std::uint8_t>(rest.size()));
  }
  out.put(as_bytes(rest));
}

void flist_encoder::put_fields(writer& out, flist::list const& list, flist::entry const& e, std::uint32_t flags,
                               names const& ids) const {
  write_varlong(out, e.length(), size_min_bytes);
  if ((flags & xflag::same_time) == 0) write_varlong(out, e.mtime, time_min_bytes);
  if ((flags & xflag::mod_nsec) != 0) write_varint(out, static_cast<std::int32_t>(e.mtime_ns));
  if ((flags & xflag::same_mode) == 0) write_int32(out, static_cast<std::int32_t>(e.mode));
  if ((flags & xflag::same_uid) == 0) write_varint(out, static_cast<std::int32_t>(e.uid));
  if ((flags & xflag::user_name) != 0) write_short_string(out, ids.user);
  if ((flags & xflag::same_gid) == 0) write_varint(out, static_cast<std::int32_t>(e.gid));
  if ((flags & xflag::group_name) != 0) write_short_string(out, ids.group);
  put_device(out, e, flags);
  auto const extra = list.extra(e);
  if (options_.links && e.is_symlink()) {
    write_varint(out, static_cast<std::int32_t>(extra.size()));
    out.put(as_bytes(extra));
  }
  if (options_.checksum && e.is_regular()) {
    // A file that could not be read has no digest: all zeros.
    auto const known = extra.size() == options_.checksum_length ? extra : std::string_view{};
    out.put(as_bytes(known));
    for (std::size_t i = known.size(); i < options_.checksum_length; ++i) out.u8(0);
  }
}

void flist_encoder::put_device(writer& out, flist::entry const& e, std::uint32_t flags) const {
  bool const device = e.is_device() && options_.devices;
  bool const special = e.is_special() && options_.specials && specials_have_rdev(features_);
  if (!device && !special) return;
  if ((flags & xflag::same_rdev_major) == 0) write_varint(out, static_cast<std::int32_t>(major(e.device())));
  write_varint(out, static_cast<std::int32_t>(minor(e.device())));
}

void flist_encoder::remember(flist::entry const& e) {
  previous_.mtime = e.mtime;
  previous_.mode = e.mode;
  previous_.uid = e.uid;
  previous_.gid = e.gid;
  if (e.is_device() && options_.devices) previous_.rdev_major = major(e.device());
  previous_.any = true;
}

}  // namespace volsync::wire
