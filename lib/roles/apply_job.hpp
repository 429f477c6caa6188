// Makes files of what arrives for them: a batch of small ones that came whole, or a large one piece by piece.
//
// New content goes to a temporary beside the destination; only when the digest of the whole file agrees does it get
// owner, mode and time (on the open descriptor) and then its name. In place, the destination itself is written.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checksum/strong.hpp"
#include "delta/signature.hpp"
#include "delta/tokens.hpp"
#include "fs/destination.hpp"
#include "roles/job.hpp"
#include "volsync/tree.hpp"

namespace volsync::roles {

// What an entry is to be given; the rest stays as it is.
struct wanted_attributes {
  std::uint32_t uid = keep_id, gid = keep_id;
  std::optional<std::uint32_t> mode;        // 07777 bits
  std::optional<time_point> mtime;
};

// Where the blocks that tokens refer to lie.
enum class basis_place : std::uint8_t { none, destination, partial_dir };

// A requested file: where it goes and what was decided about it.
struct incoming_file {
  std::string parent;                       // directory below the destination's root, "" for the root
  std::string name;                         // leaf
  std::uint32_t create_mode = 0600;         // permissions of the temporary, or of a new file in place
  wanted_attributes attributes;
  basis_place basis = basis_place::none;
  delta::sum_head head;                     // as the sender echoed it, checked
  bool in_place = false;                    // the basis itself is written
  bool discard = false;                     // what arrives is read and thrown away
  bool nothing_to_lose = false;             // no complete file has this name: a partial one may take it
};

struct apply_options {
  checksum::algorithm algorithm = checksum::algorithm::md5;
  bool partial = false;                     // --partial: what was begun is kept under the file's own name
  std::string partial_dir;                  // --partial-dir: kept there (relative: below the file's directory); empty: none
  bool sync = false;                        // --fsync: content is on the disk before the file gets its name
};

// What has come for one file of the job, in the order of the stream.
struct apply_part {
  std::uint32_t file = 0;                   // which of the job's files
  delta::token_batch tokens;
  std::optional<checksum::digest> ends;     // the file is complete; the sender's digest of it
};

struct apply_outcome {
  enum class how : std::uint8_t {
    placed,                                 // the file has its name
    unverified,                             // the digests differ: ask again
    failed,                                 // see why; the old file is as it was (in place: what was written stays)
    discarded,
  };
  std::uint32_t file = 0;
  how what = how::placed;
  error_code why;                           // failed; or placed, but an attribute could not be set
  char const* step = "";                    // rsync's word: "mkstemp", "write failed on", "rename", "chown", "failed to set times on", ...
  bool kept = false;                        // unverified or failed: the partial file was kept
  std::int64_t literal = 0, matched = 0;    // bytes
};

class apply_job final : public job {
 public:
  // where: shared by all jobs of the run.
  apply_job(std::shared_ptr<fs::destination> where, apply_options const& how, std::vector<incoming_file> files);
  // A file that is not complete leaves what --partial asks for, else nothing.
  ~apply_job() override;
  // Works off the parts it has, at most about step_bytes of them. done() once every file has its outcome.
  void step() override;

  // Between steps.
  void feed(apply_part part);
  [[nodiscard]] bool wants_parts() const noexcept { return parts_.empty() && !done(); }
  [[nodiscard]] std::size_t held() const noexcept { return held_; }   // bytes of parts not worked off
  [[nodiscard]] std::vector<apply_outcome> take_outcomes() { return std::exchange(outcomes_, {}); }
  [[nodiscard]] std::vector<incoming_file> const& files() const noexcept { return files_; }

 private:
  struct open_output;

  [[nodiscard]] bool open(std::uint32_t index);
  [[nodiscard]] bool whole(apply_part const& part);
  void begin(std::uint32_t index);
  void write(delta::token_batch const& tokens);
  void copy_blocks(std::int32_t block, std::int32_t run);
  void lose_basis();
  void end(checksum::digest const& theirs);
  void settle();
  void set_attributes();
  void keep_partial();
  void forget_partial();
  void finish();
  void fail(char const* step, error_code why);
  [[nodiscard]] result<std::shared_ptr<directory const>> open_partial_dir(incoming_file const& f);

  std::shared_ptr<fs::destination> where_;
  apply_options how_;
  std::vector<incoming_file> files_;
  std::deque<apply_part> parts_;
  std::size_t held_ = 0;
  std::unique_ptr<open_output> current_;    // the file under way
  std::uint32_t ended_ = 0;                 // files that have their outcome
  std::vector<apply_outcome> outcomes_;
};

}  // namespace volsync::roles
