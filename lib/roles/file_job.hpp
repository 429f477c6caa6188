// Sends files: opens, reads, searches the receiver's blocks and digests, for a batch of small files or a part of a large one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checksum/strong.hpp"
#include "delta/matcher.hpp"
#include "roles/job.hpp"
#include "roles/values.hpp"
#include "volsync/tree.hpp"

namespace volsync::roles {

// Where a requested file lives.
struct source_file {
  std::uint16_t root = 0;        // which source root
  std::string parent;            // directory below the root, "" for the root
  std::string name;              // leaf
  std::int64_t size = 0;         // bytes, as listed
};
// Opens a listed file. Called on workers, any number at a time.
using file_opener = std::function<result<std::unique_ptr<file>>(source_file const&)>;

struct file_job_options {
  checksum::algorithm algorithm = checksum::algorithm::md5;
  std::int32_t seed = 0;
  checksum::md5_seed seed_place = checksum::md5_seed::before;
  bool in_place = false;         // the receiver updates its basis in place
};

// What went wrong with one file; the machine turns it into a problem.
struct file_failure {
  std::uint32_t index = 0;       // which request
  error_code why;
  bool reading = false;          // in the middle: the digest was spoiled, the receiver will ask again
};

class file_job final : public job {
 public:
  file_job(file_opener open, file_job_options const& how, std::shared_ptr<std::vector<request> const> requests,
           std::vector<source_file> files);
  ~file_job() override;
  void step() override;

  // Between steps: what was made since the last call.
  [[nodiscard]] std::vector<file_part> take_parts() { return std::exchange(parts_, {}); }
  [[nodiscard]] std::vector<file_failure> take_failures() { return std::exchange(failures_, {}); }
  [[nodiscard]] std::shared_ptr<std::vector<request> const> const& requests() const noexcept { return requests_; }
  [[nodiscard]] std::vector<source_file> const& files() const noexcept { return files_; }

 private:
  struct open_file;

  void begin_file();
  void send_small(std::unique_ptr<file> from, std::size_t size);
  void continue_file();
  void end_file(std::optional<error_code> failure);
  void next_file();
  [[nodiscard]] bool has_basis() const;

  file_opener open_;
  file_job_options how_;
  std::shared_ptr<std::vector<request> const> requests_;
  std::vector<source_file> files_;
  std::uint32_t at_ = 0;                  // request in work
  std::unique_ptr<open_file> current_;    // a file that takes several reads
  std::size_t made_ = 0;                  // bytes made in this step
  std::vector<file_part> parts_;
  std::vector<file_failure> failures_;
};

}  // namespace volsync::roles
