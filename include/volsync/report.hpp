/// @file
/// The figures of a run, as `--stats` prints them.
#pragma once

#include <chrono>
#include <cstdint>

namespace volsync {

/// Entries by type.
struct entry_counts {
  std::int64_t regular = 0, directories = 0, symlinks = 0, devices = 0, specials = 0;
  [[nodiscard]] std::int64_t total() const noexcept { return regular + directories + symlinks + devices + specials; }
  friend bool operator==(entry_counts const&, entry_counts const&) = default;
};

struct report {
  entry_counts files;  ///< listed
  entry_counts created;
  entry_counts deleted;
  bool deleted_known = true;           ///< false below protocol 31
  std::int64_t transferred_files = 0;  ///< regular files
  std::int64_t total_size = 0;         ///< bytes of all listed files
  std::int64_t transferred_size = 0;   ///< bytes of the transferred ones
  std::int64_t literal_data = 0;       ///< bytes
  std::int64_t matched_data = 0;       ///< bytes
  std::int64_t list_size = 0;          ///< bytes of the file list on the wire
  std::chrono::milliseconds list_generation{0}, list_transfer{0};
  std::int64_t sent = 0, received = 0;  ///< bytes, from the client's point of view, frame headers counted
  std::chrono::duration<double> elapsed{0};
  bool dry_run = false;
};

}  // namespace volsync
