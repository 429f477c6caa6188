// Makes files of what arrives for them: a batch of small ones that came whole, or a large one piece by piece.
//
// Only when the digest of the whole file agrees does a file get its name.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "checksum/strong.hpp"

#include "delta/tokens.hpp"

#include "fs/destination.hpp"

#include "roles/job.hpp"
#include "roles/new_file.hpp"

namespace volsync::roles {

struct apply_options : placing_options {
  checksum::algorithm algorithm = checksum::algorithm::md5;
};

// What has come for one file of the job, in the order of the stream.
struct apply_part {
  std::uint32_t file = 0;  // which of the job's files
  delta::token_batch tokens;
  std::optional<checksum::digest> ends;  // the file is complete; the sender's digest of it
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
  [[nodiscard]] std::size_t held() const noexcept { return held_; }  // bytes of parts not worked off
  [[nodiscard]] std::vector<apply_outcome> take_outcomes() { return std::exchange(outcomes_, {}); }
  [[nodiscard]] std::vector<incoming_file> const& files() const noexcept { return files_; }

 private:
  struct open_output;

  [[nodiscard]] bool whole(apply_part const& part);
  void begin(std::uint32_t index);
  void write(delta::token_batch const& tokens);
  void copy_blocks(std::int32_t block, std::int32_t run);
  void end(checksum::digest const& theirs);
  void finish();

  std::shared_ptr<fs::destination> where_;
  apply_options how_;
  std::vector<incoming_file> files_;
  std::deque<apply_part> parts_;
  std::size_t held_ = 0;
  std::unique_ptr<open_output> current_;  // the file under way
  std::uint32_t ended_ = 0;               // files that have their outcome
  std::vector<apply_outcome> outcomes_;
};

}  // namespace volsync::roles
