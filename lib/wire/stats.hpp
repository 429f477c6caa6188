// The figures that a sending server tells its client at the end. Source: lib/wire/FORMAT.md, statistics.
#pragma once

#include <chrono>
#include <cstdint>

#include "volsync/result.hpp"

#include "wire/cursor.hpp"

namespace volsync::wire {

// From the server's point of view.
struct statistics {
  std::int64_t bytes_read = 0;
  std::int64_t bytes_written = 0;
  std::int64_t total_size = 0;  // bytes of all listed files
  std::chrono::milliseconds list_generation{0};
  std::chrono::milliseconds list_transfer{0};
  friend bool operator==(statistics const&, statistics const&) = default;
};

void write_statistics(writer& out, statistics const& figures);
// Errors: truncated, overlong_varlong, bad_statistics.
[[nodiscard]] result<statistics> read_statistics(cursor& in);

}  // namespace volsync::wire
