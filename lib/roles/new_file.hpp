// A file on its way to its name: a temporary beside the destination or in --temp-dir (or the destination itself, in
// place), then owner, mode and time on the open descriptor, then the name. What is left of a file that is not complete
// is decided here, too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "volsync/tree.hpp"

#include "delta/signature.hpp"

#include "fs/destination.hpp"

#include "roles/job.hpp"

namespace volsync::roles {

// What an entry is to be given; the rest stays as it is.
struct wanted_attributes {
  std::uint32_t uid = keep_id, gid = keep_id;
  std::optional<std::uint32_t> mode;  // 07777 bits
  std::optional<time_point> mtime;
};

// The time of a file that was kept when its transfer broke off: that of rsync's, and a nanosecond that no file has by
// chance, since what has this time may be replaced by the beginning of a new version.
inline constexpr time_point partial_mark{0, 1};
[[nodiscard]] inline bool is_partial(file_status const& there) noexcept {
  return time_point{there.mtime, there.mtime_ns} == partial_mark;
}

// Where the blocks that tokens refer to lie.
enum class basis_place : std::uint8_t { none, destination, partial_dir };

// A requested file: where it goes and what was decided about it.
struct incoming_file {
  std::string parent;                // directory below the destination's root, "" for the root
  std::string name;                  // leaf
  std::uint32_t create_mode = 0600;  // permissions of the temporary, or of a new file in place
  wanted_attributes attributes;
  basis_place basis = basis_place::none;
  delta::sum_head head;          // as the sender echoed it, checked
  bool has_partial = false;      // one lies in the partial directory: it goes when the file has its name
  bool in_place = false;         // the basis itself is written
  bool discard = false;          // what arrives is read and thrown away
  bool nothing_to_lose = false;  // no complete file has this name: a partial one may take it
};

struct placing_options {
  bool partial = false;     // --partial: what was begun is kept under the file's own name
  std::string partial_dir;  // --partial-dir: kept there (relative: below the file's directory); empty: none
  bool sync = false;        // --fsync: content is on the disk before the file gets its name
  std::shared_ptr<directory const> temp_dir = nullptr;  // --temp-dir: temporaries lie there if a rename leads out of it
};

struct apply_outcome {
  enum class how : std::uint8_t {
    placed,      // the file has its name
    unverified,  // the content is not what it should be: ask again
    failed,      // see why; the old file is as it was (in place: what was written stays)
    discarded,
  };
  std::uint32_t file = 0;  // which of the job's files
  how what = how::placed;
  error_code why;  // failed; or placed, but an attribute could not be set
  char const* step =
      "";             // rsync's word: "mkstemp", "write failed on", "rename", "chown", "failed to set times on", ...
  bool kept = false;  // unverified or failed: the partial file was kept
  std::int64_t literal = 0, matched = 0;  // bytes
};

class new_file {
 public:
  // what: must outlive this. index: its number in the job.
  new_file(fs::destination& where, placing_options const& how, incoming_file const& what, std::uint32_t index);
  // A file that is not complete leaves what --partial asks for, else nothing.
  ~new_file();
  new_file(new_file const&) = delete;
  new_file& operator=(new_file const&) = delete;

  // Finds its directory. False: it has failed, or shall be discarded.
  [[nodiscard]] bool enter();
  // Begins the file itself. False: it has failed.
  [[nodiscard]] bool begin();
  // The file that its blocks are taken from, where a basis was decided on. Errors: errno.
  [[nodiscard]] result<std::unique_ptr<file>> open_basis() const;
  // Appends; a failure is noted. anew: it is not taken from the basis.
  void append(byte_view data, bool anew = true);
  // So many bytes were put at the end by other means, or are there already.
  void grown(std::int64_t bytes, bool anew) noexcept;
  void fail(char const* step, error_code why);
  // What was written is not what was meant. keeps: it is good enough to be kept as a partial file.
  void spoil(bool keeps);
  // All content is written: attributes and name, or what is left of it.
  void settle();

  [[nodiscard]] bool broken() const noexcept { return broken_; }  // what still comes is thrown away
  [[nodiscard]] bool written_in_place() const noexcept;
  [[nodiscard]] std::int64_t size() const noexcept { return at_; }  // bytes so far
  [[nodiscard]] output_file& output() { return *out_; }             // after begin()
  apply_outcome outcome;

 private:
  [[nodiscard]] directory const& place_of_temporary() const;
  [[nodiscard]] result<void> name_it();
  void set_attributes();
  void keep_partial();
  void forget_partial();
  [[nodiscard]] std::string partial_path() const;

  fs::destination& where_;
  placing_options const& how_;
  incoming_file const& what_;
  std::shared_ptr<directory const> in_;  // its directory
  std::optional<leaf_name> name_;
  std::unique_ptr<output_file> out_;  // null until something is to be written
  std::int64_t at_ = 0;
  bool anew_ = false;  // something new was written
  bool broken_ = false;
  bool worthless_ = false;  // nothing of it is to be kept
};

}  // namespace volsync::roles
