// Entries of file lists as bytes. One object for the whole session: entries are sent as differences from the one
// before, across the lists of incremental recursion too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "flist/list.hpp"

#include "wire/cursor.hpp"
#include "wire/features.hpp"
#include "wire/flist_options.hpp"

namespace volsync::wire {

// Encodes as a common sender does, byte for byte. One thread at a time. Source: lib/wire/FORMAT.md, file list.
class flist_encoder {
 public:
  flist_encoder(features const& agreed, flist_options const& options) : features_{agreed}, options_{options} {}

  // An entry of `list`, in the order of transmission. list_ndx_start: wire index of the list's position 0. user_name,
  // group_name: of the entry's ids, given where an id is mentioned for the first time in the session and has a name,
  // else empty; they are sent only with incremental recursion and without numeric ids. A first member of a hard-link
  // group must stand in its list or in an earlier one.
  void entry(writer& out, flist::list const& list, flist::slot where, std::int32_t list_ndx_start,
             std::string_view user_name = {}, std::string_view group_name = {});
  // End of the list. io_error: bits for the peer. Where the end cannot carry them a message has to (has_safe_list_end).
  void end(writer& out, std::int32_t io_error);

 private:
  // What the next entry is compared with.
  struct previous {
    std::string name;
    std::int64_t mtime = 0;
    std::uint32_t mode = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t rdev_major = 0;
    bool any = false;  // an entry was sent: its ids may be referred to
  };
  struct names {
    std::string_view user, group;
  };

  [[nodiscard]] std::uint32_t flags_of(flist::entry const& e, names const& ids) const;
  [[nodiscard]] std::uint32_t link_flags(flist::entry const& e) const;
  void put_flags(writer& out, std::uint32_t flags, bool directory) const;
  void put_name(writer& out, std::uint32_t flags, std::size_t shared) const;
  void put_fields(writer& out, flist::list const& list, flist::entry const& e, std::uint32_t flags,
                  names const& ids) const;
  void put_device(writer& out, flist::entry const& e, std::uint32_t flags) const;
  void remember(flist::entry const& e);

  features features_;
  flist_options options_;
  previous previous_;
  std::string name_;  // of the entry under way
};

}  // namespace volsync::wire
