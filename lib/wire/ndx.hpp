// File indexes, which are sent as differences from the one before.
//
// Each direction of a connection has one state that lives as long as the session: every index of that direction, of
// whatever use, goes through the same object. Source: lib/wire/FORMAT.md, ndx.
#pragma once

#include <cstdint>

#include "volsync/result.hpp"

#include "wire/cursor.hpp"

namespace volsync::wire {

// What negative indexes mean.
inline constexpr std::int32_t ndx_done = -1;       // end of a phase, or of the oldest list
inline constexpr std::int32_t ndx_flist_eof = -2;  // no further list will come
inline constexpr std::int32_t ndx_del_stats = -3;  // the record of deletions follows
inline constexpr std::int32_t ndx_flist_offset =
    -101;  // minus a directory's number: the list of that directory follows

// One thread at a time.
class ndx_writer {
 public:
  void write(writer& out, std::int32_t n);

 private:
  std::int32_t positive_ = -1;
  std::int32_t negative_ = 1;  // magnitude
};

// One thread at a time.
class ndx_reader {
 public:
  // Errors: truncated (nothing consumed, state as before), bad_index (below -2^31 + 1 or above 2^31 - 1).
  [[nodiscard]] result<std::int32_t> read(cursor& in);

 private:
  std::int32_t positive_ = -1;
  std::int32_t negative_ = 1;
};

}  // namespace volsync::wire
