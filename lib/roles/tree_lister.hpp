// Turns what `fs` finds in a directory into a list: entries, digests of -c, members of hard-link groups, sub-directories.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "checksum/algorithm.hpp"
#include "fs/scan.hpp"
#include "fs/source_roots.hpp"
#include "roles/scan_job.hpp"

namespace volsync::roles {

struct lister_options {
  fs::scan_options scan;
  bool hard_links = false;
  bool devices = true;
  std::optional<checksum::algorithm> digest;   // -c
};

// Any thread.
class tree_lister final : public lister_source {
 public:
  tree_lister(std::shared_ptr<fs::source_roots> roots, lister_options const& how) : roots_{std::move(roots)}, how_{how} {}
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
// Digest of a file's content under -c; zeros if it cannot be read.
[[nodiscard]] std::string digest_of(fs::source_roots& roots, std::uint16_t root, std::string const& parent,
                                    std::string const& name, checksum::algorithm which);
// A problem as an event, and the bits it sets in the I/O error word.
void note_problem(scanned& into, fs::scan_problem const& what, std::uint16_t root, fs::source_roots const& roots);

}  // namespace volsync::roles
