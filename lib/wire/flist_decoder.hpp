// Bytes of a peer as entries of file lists, with every bound. One object for the whole session, like the encoder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "volsync/result.hpp"

#include "flist/list.hpp"

#include "wire/cursor.hpp"
#include "wire/features.hpp"
#include "wire/flist_options.hpp"

namespace volsync::wire {

struct listed {
  flist::slot where{};    // in the list that was begun
  bool has_user = false;  // names of the ids follow (at their first mention)
  bool has_group = false;
  std::string user, group;
};
struct list_end {
  std::int32_t io_error = 0;
};  // bits 0..7
using decoded = std::variant<listed, list_end>;

// One thread at a time. Source: lib/wire/FORMAT.md, file list.
class flist_decoder {
 public:
  flist_decoder(features const& agreed, flist_options const& options) : features_{agreed}, options_{options} {}

  // The next entries go to `into`, which stays with the caller and must live until the list ends. ndx_start: wire index
  // of its position 0. directory: wire name of the directory whose children these are; null: entries may lie anywhere.
  void begin(flist::list& into, std::int32_t ndx_start, std::string const* directory = nullptr);

  // One entry, appended to the list, or the list's end. Errors: truncated (nothing consumed or appended, state as
  // before); overlong_*, name_too_long, bad_name, unsafe_name, dot_not_directory, bad_mode, bad_nanoseconds,
  // negative_size, bad_symlink_length, bad_link_index, wrong_directory, bad_index (too many entries). After an error
  // other than truncated the session cannot go on. Links to earlier lists may name only a first member of a group.
  [[nodiscard]] result<decoded> next(cursor& in);

 private:
  struct previous {
    std::int64_t mtime = 0;
    std::uint32_t mode = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t rdev_major = 0;
  };
  // An entry under way. Nothing of the decoder changes until it is complete.
  struct draft {
    std::uint32_t flags = 0;
    flist::entry entry;
    std::string name;
    std::string extra;
    listed ids;
    std::uint32_t rdev_major = 0;
    bool abbreviated = false;
  };

  [[nodiscard]] result<std::uint32_t> read_flags(cursor& in) const;
  [[nodiscard]] result<decoded> read_end(cursor& in, std::uint32_t flags) const;
  [[nodiscard]] bool is_end(std::uint32_t flags) const noexcept;
  [[nodiscard]] result<void> read_name(cursor& in, draft& d) const;
  [[nodiscard]] result<void> read_link_index(cursor& in, draft& d) const;
  [[nodiscard]] result<void> read_times(cursor& in, draft& d) const;
  [[nodiscard]] result<void> read_mode(cursor& in, draft& d) const;
  [[nodiscard]] result<void> read_ids(cursor& in, draft& d) const;
  [[nodiscard]] result<void> read_device(cursor& in, draft& d) const;
  [[nodiscard]] result<void> read_extra(cursor& in, draft& d) const;
  [[nodiscard]] result<void> read_fields(cursor& in, draft& d) const;
  [[nodiscard]] result<void> check(draft const& d) const;
  void set_directory_flags(draft& d) const;
  flist::slot keep(draft& d);
  [[nodiscard]] std::int32_t next_index() const noexcept;

  features features_;
  flist_options options_;
  flist::list* into_ = nullptr;
  std::int32_t ndx_start_ = 0;
  std::string const* directory_ = nullptr;
  previous previous_;
  std::string name_;                        // of the entry before
  std::vector<std::uint32_t> first_links_;  // identities of all groups of the session, ascending
};

}  // namespace volsync::wire
