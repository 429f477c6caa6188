// Sends files: opens, reads, searches the receiver's blocks and digests, for a batch of small files or a part of a
// large one.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "volsync/tree.hpp"

#include "checksum/strong.hpp"

#include "delta/matcher.hpp"

#include "roles/reply_job.hpp"
#include "roles/values.hpp"

namespace volsync::roles {

struct file_job_options {
  checksum::algorithm algorithm = checksum::algorithm::md5;
  std::int32_t seed = 0;
  checksum::md5_seed seed_place = checksum::md5_seed::before;
  bool in_place = false;  // the receiver updates its basis in place
};

class file_job final : public reply_job {
 public:
  file_job(file_opener open, file_job_options const& how, std::shared_ptr<std::vector<request> const> requests,
           std::vector<source_file> files);
  ~file_job() override;
  void step() override;

  [[nodiscard]] std::shared_ptr<std::vector<request> const> const& requests() const noexcept { return requests_; }
  [[nodiscard]] std::vector<source_file> const& files() const noexcept { return files_; }

 private:
  struct open_file;

  void begin_file();
  [[nodiscard]] bool send_as_listed(file& from);
  void send_small(std::unique_ptr<file> from, std::size_t size);
  void continue_file();
  void end_file(std::optional<error_code> failure);
  void next_file();
  [[nodiscard]] bool has_basis() const;

  file_opener open_;
  file_job_options how_;
  std::shared_ptr<std::vector<request> const> requests_;
  std::vector<source_file> files_;
  std::uint32_t at_ = 0;                // request in work
  std::unique_ptr<open_file> current_;  // a file that takes several reads
  std::size_t made_ = 0;                // bytes made in this step
};

}  // namespace volsync::roles
