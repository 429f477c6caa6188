// Turns what `fs` finds in a directory into a list: entries, digests of -c, members of hard-link groups,
// sub-directories.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checksum/algorithm.hpp"
#include "checksum/strong.hpp"

#include "fs/scan.hpp"
#include "fs/source_roots.hpp"

#include "roles/scan_job.hpp"

namespace volsync::roles {

struct lister_options {
  fs::scan_options scan;
  bool hard_links = false;
  bool devices = true;
  std::optional<checksum::algorithm> digest;  // -c
};

// Any thread.
class tree_lister final : public lister_source {
 public:
  tree_lister(std::shared_ptr<fs::source_roots> roots, lister_options const& how)
      : roots_{std::move(roots)}, how_{how} {}
  [[nodiscard]] std::unique_ptr<directory_lister> list(scan_target const& what) const override;

  [[nodiscard]] fs::source_roots& roots() const noexcept { return *roots_; }
  [[nodiscard]] lister_options const& options() const noexcept { return how_; }

 private:
  std::shared_ptr<fs::source_roots> roots_;
  lister_options how_;
};

// The entry of a status; size and device as the list wants them.
[[nodiscard]] flist::entry make_entry(file_status const& status) noexcept;
// Appends an entry known beforehand, and notes its links and its content.
void append_planned(scanned& into, planned_entry const& what, std::string const& parent, bool hard_links);
// Appends an entry that a scan found. digest: of a regular file under -c, else empty.
flist::slot append_scanned(scanned& into, fs::scanned_entry const& found, std::uint32_t parent, std::string_view digest,
                           flist::entry_flags flags, bool hard_links);
// Bytes that one step of a job digests.
inline constexpr std::int64_t digested_a_step = 8 << 20;

// Digest of a file's content under -c, made in steps: a file may be larger than a cancelled run can wait for.
class content_digest {
 public:
  content_digest(fs::source_roots& roots, std::uint16_t root, std::string const& parent, std::string const& name,
                 checksum::algorithm which);
  // Reads on and takes what it read (and something for each file) from `budget`; true: there is no more to read.
  bool step(std::int64_t& budget);
  // Zeros if the file could not be read.
  [[nodiscard]] std::string take();

 private:
  checksum::algorithm which_;
  checksum::file_digest whole_;
  std::unique_ptr<file> source_;  // null: it could not be read
  std::int64_t left_ = 0;         // bytes of the size it had when it was opened
  std::vector<std::byte> buffer_;
};
// A problem as an event, and the bits it sets in the I/O error word.
void note_problem(scanned& into, fs::scan_problem const& what, std::uint16_t root, fs::source_roots const& roots);

}  // namespace volsync::roles
