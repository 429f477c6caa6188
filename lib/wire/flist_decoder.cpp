// Entries of a peer's file lists. Each field is bounded where it is read; a draft becomes an entry only as a whole.
#include "wire/flist_decoder.hpp"

#include <sys/sysmacros.h>

#include <algorithm>
#include <limits>

#include "wire/entry_flags.hpp"
#include "wire/errc.hpp"
#include "wire/integers.hpp"

namespace volsync::wire {

namespace {

constexpr std::size_t max_name = 4095;      // bytes
constexpr std::int32_t max_symlink = 4095;  // bytes
constexpr std::int32_t max_nanoseconds = 999'999'999;
constexpr std::int32_t io_error_mask = 7;
constexpr unsigned size_min_bytes = 3, time_min_bytes = 4;

using flist::entry_flags;

bool is_file_type(std::uint32_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
    case S_IFLNK:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
      return true;
    default:
      return false;
  }
}

// One component that lies between slashes.
result<void> check_component(std::string_view part) {
  if (part == "..") return wire_errc::unsafe_name;
  if (part.empty() || part == ".") return wire_errc::bad_name;
  return {};
}

result<void> check_name(std::string_view name, bool relative) {
  if (name.empty() || name.find('\0') != name.npos) return wire_errc::bad_name;
  if (name == ".") return {};
  if (name.front() == '/') {
    if (!relative) return wire_errc::unsafe_name;
    name.remove_prefix(1);
    if (name == ".") return {};  // the root of the file system
  }
  while (true) {
    auto const slash = name.find('/');
    if (auto const fine = check_component(name.substr(0, slash)); !fine) return fine;
    if (slash == name.npos) return {};
    name.remove_prefix(slash + 1);
  }
}

struct split_name {
  std::string_view directory, leaf;
};
// A name at the top, "a" or "/a", lies in no directory and keeps its slash.
split_name split(std::string_view name) {
  auto const slash = name.rfind('/');
  if (slash == name.npos || slash == 0) return {{}, name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

}  // namespace

void flist_decoder::begin(flist::list& into, std::int32_t ndx_start, std::string const* directory) {
  into_ = &into;
  ndx_start_ = ndx_start;
  directory_ = directory;
}

result<decoded> flist_decoder::next(cursor& in) {
  attempt whole{in};
  auto const flags = read_flags(in);
  if (!flags) return flags.error();
  if (is_end(*flags)) {
    auto end = read_end(in, *flags);
    if (end) whole.succeed();
    return end;
  }
  draft d;
  d.flags = *flags;
  if (auto const read = read_name(in, d); !read) return read.error();
  if (auto const read = read_link_index(in, d); !read) return read.error();
  if (!d.abbreviated) {
    if (auto const read = read_fields(in, d); !read) return read.error();
  }
  if (auto const valid = check(d); !valid) return valid.error();
  whole.succeed();
  listed made = std::move(d.ids);
  made.where = keep(d);
  return decoded{std::move(made)};
}

result<std::uint32_t> flist_decoder::read_flags(cursor& in) const {
  if (has_varint_flist_flags(features_)) {
    auto const flags = read_varint(in);
    if (!flags) return flags.error();
    return static_cast<std::uint32_t>(*flags);
  }
  auto const low = read_byte(in);
  if (!low) return low.error();
  if ((*low & xflag::extended) == 0) return std::uint32_t{*low};
  auto const high = read_byte(in);
  if (!high) return high.error();
  return std::uint32_t{*low} | std::uint32_t{*high} << 8;
}

bool flist_decoder::is_end(std::uint32_t flags) const noexcept {
  if (flags == 0) return true;
  return !has_varint_flist_flags(features_) && flags == (xflag::extended | xflag::error_end) &&
         has_safe_list_end(features_);
}

result<decoded> flist_decoder::read_end(cursor& in, std::uint32_t flags) const {
  list_end end;
  if (has_varint_flist_flags(features_) || flags != 0) {
    auto const io_error = read_varint(in);
    if (!io_error) return io_error.error();
    end.io_error = *io_error & io_error_mask;
  }
  return decoded{end};
}

result<void> flist_decoder::read_name(cursor& in, draft& d) const {
  std::size_t shared = 0;
  if ((d.flags & xflag::same_name) != 0) {
    auto const read = read_byte(in);
    if (!read) return read.error();
    shared = *read;
  }
  std::uint32_t length = 0;
  if ((d.flags & xflag::long_name) != 0) {
    auto const read = read_varint(in);
    if (!read) return read.error();
    length = static_cast<std::uint32_t>(*read);  // a negative length is a very long one
  } else {
    auto const read = read_byte(in);
    if (!read) return read.error();
    length = *read;
  }
  if (length > max_name || shared + length > max_name) return wire_errc::name_too_long;
  if (shared > name_.size()) return wire_errc::bad_name;
  if (in.remaining() < length) return wire_errc::truncated;
  d.name.assign(name_, 0, shared);
  d.name += as_text(in.take(length));
  return check_name(d.name, options_.relative);
}

std::int32_t flist_decoder::next_index() const noexcept {
  return ndx_start_ + static_cast<std::int32_t>(into_->size());
}

result<void> flist_decoder::read_link_index(cursor& in, draft& d) const {
  if ((d.flags & xflag::hard_linked) == 0) return {};
  if (!options_.hard_links) return wire_errc::bad_link_index;
  d.entry.flags |= entry_flags::hard_linked;
  d.entry.group = static_cast<std::uint32_t>(next_index());
  if ((d.flags & xflag::first_link) != 0) {
    d.entry.flags |= entry_flags::first_link;
    return {};
  }
  auto const read = read_varint(in);
  if (!read) return read.error();
  d.entry.group = static_cast<std::uint32_t>(*read);
  bool const known = *read >= 0 && std::binary_search(first_links_.begin(), first_links_.end(), d.entry.group);
  if (!known) return wire_errc::bad_link_index;
  if (*read < ndx_start_) return {};
  // All the rest is that of the group's first member.
  flist::entry const& first = into_->at(static_cast<flist::slot>(*read - ndx_start_));
  auto const group = d.entry.group;
  d.entry = first;
  d.entry.group = group;
  d.entry.flags = entry_flags::hard_linked;
  d.extra = into_->extra(first);
  d.rdev_major = previous_.rdev_major;
  if (first.is_device() && options_.devices) d.rdev_major = major(first.device());
  d.abbreviated = true;
  return {};
}

result<void> flist_decoder::read_fields(cursor& in, draft& d) const {
  auto const size = read_varlong(in, size_min_bytes);
  if (!size) return size.error();
  if (*size < 0) return wire_errc::negative_size;
  d.entry.size = *size;
  for (auto const step : {&flist_decoder::read_times, &flist_decoder::read_mode, &flist_decoder::read_ids,
                          &flist_decoder::read_device, &flist_decoder::read_extra}) {
    if (auto const read = (this->*step)(in, d); !read) return read;
  }
  return {};
}

result<void> flist_decoder::read_times(cursor& in, draft& d) const {
  d.entry.mtime = previous_.mtime;
  if ((d.flags & xflag::same_time) == 0) {
    auto const seconds = read_varlong(in, time_min_bytes);
    if (!seconds) return seconds.error();
    d.entry.mtime = *seconds;
  }
  if ((d.flags & xflag::mod_nsec) != 0 && has_nsec(features_)) {
    auto const nanoseconds = read_varint(in);
    if (!nanoseconds) return nanoseconds.error();
    if (*nanoseconds < 0 || *nanoseconds > max_nanoseconds) return wire_errc::bad_nanoseconds;
    d.entry.mtime_ns = static_cast<std::uint32_t>(*nanoseconds);
  }
  return {};
}

result<void> flist_decoder::read_mode(cursor& in, draft& d) const {
  d.entry.mode = previous_.mode;
  if ((d.flags & xflag::same_mode) == 0) {
    auto const mode = read_int32(in);
    if (!mode) return mode.error();
    d.entry.mode = static_cast<std::uint32_t>(*mode);
  }
  bool const missing = d.entry.mode == 0 && options_.missing_args;
  if (!missing && (!is_file_type(d.entry.mode) || d.entry.mode > 0177777)) return wire_errc::bad_mode;
  return {};
}

result<void> flist_decoder::read_ids(cursor& in, draft& d) const {
  struct field {
    bool sent;
    std::uint32_t same, name, before;
    std::uint32_t& id;
    bool& has_name;
    std::string& text;
  };
  for (field const& f : {field{options_.owner, xflag::same_uid, xflag::user_name, previous_.uid, d.entry.uid,
                               d.ids.has_user, d.ids.user},
                         field{options_.group, xflag::same_gid, xflag::group_name, previous_.gid, d.entry.gid,
                               d.ids.has_group, d.ids.group}}) {
    f.id = f.before;
    if (!f.sent || (d.flags & f.same) != 0) continue;
    auto const id = read_varint(in);
    if (!id) return id.error();
    f.id = static_cast<std::uint32_t>(*id);
    if ((d.flags & f.name) == 0) continue;
    auto const text = read_short_string(in);
    if (!text) return text.error();
    f.has_name = true;
    f.text = *text;
  }
  return {};
}

result<void> flist_decoder::read_device(cursor& in, draft& d) const {
  d.rdev_major = previous_.rdev_major;
  if (d.entry.is_device() || d.entry.is_special()) d.entry.size = 0;
  bool const device = d.entry.is_device() && options_.devices;
  bool const special = d.entry.is_special() && options_.specials && specials_have_rdev(features_);
  if (!device && !special) return {};
  if ((d.flags & xflag::same_rdev_major) == 0) {
    auto const read = read_varint(in);
    if (!read) return read.error();
    d.rdev_major = static_cast<std::uint32_t>(*read);
  }
  auto const low = read_varint(in);
  if (!low) return low.error();
  if (device) d.entry.size = static_cast<std::int64_t>(makedev(d.rdev_major, static_cast<std::uint32_t>(*low)));
  return {};
}

result<void> flist_decoder::read_extra(cursor& in, draft& d) const {
  std::size_t length = 0;
  if (options_.links && d.entry.is_symlink()) {
    auto const read = read_varint(in);
    if (!read) return read.error();
    if (*read < 1 || *read > max_symlink) return wire_errc::bad_symlink_length;
    length = static_cast<std::size_t>(*read);
  } else if (options_.checksum && d.entry.is_regular()) {
    length = options_.checksum_length;
  }
  if (in.remaining() < length) return wire_errc::truncated;
  d.extra = as_text(in.take(length));
  return {};
}

// What can be judged only when all fields are known.
result<void> flist_decoder::check(draft const& d) const {
  if (into_->size() >= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max() - ndx_start_)) {
    return wire_errc::bad_index;
  }
  bool const root = d.name == "." || d.name == "/.";
  if (root && !d.entry.is_directory() && d.entry.mode != 0) return wire_errc::dot_not_directory;
  if (d.entry.is_directory() && has(d.entry.flags, entry_flags::hard_linked)) return wire_errc::bad_link_index;
  if (d.entry.is_symlink() && d.extra.find('\0') != d.extra.npos) return wire_errc::bad_name;
  if (directory_ != nullptr && split(d.name).directory != *directory_) return wire_errc::wrong_directory;
  return {};
}

void flist_decoder::set_directory_flags(draft& d) const {
  if (!d.entry.is_directory()) return;
  bool const top = (d.flags & xflag::top_dir) != 0, no_content = (d.flags & xflag::no_content_dir) != 0;
  if (top) d.entry.flags |= entry_flags::top;
  if (no_content) d.entry.flags |= entry_flags::no_content;
  if (top && no_content) d.entry.flags |= entry_flags::implied;
}

flist::slot flist_decoder::keep(draft& d) {
  set_directory_flags(d);
  previous_ = {d.entry.mtime, d.entry.mode, d.entry.uid, d.entry.gid, d.rdev_major};
  if (has(d.entry.flags, entry_flags::first_link)) first_links_.push_back(d.entry.group);
  auto const name = split(d.name);
  d.entry.parent = into_->add_parent(name.directory);
  auto const where = into_->append(d.entry, name.leaf, d.extra);
  name_ = std::move(d.name);
  return where;
}

}  // namespace volsync::wire
