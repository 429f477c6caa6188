// Copies files within this host: source and destination are both here, so the system can copy for us, or share blocks.
//
// The content is what is read between opening and the end: a file that grows meanwhile is cut at the size it had then,
// and the listed time makes the next run look at it again.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "fs/destination.hpp"

#include "roles/new_file.hpp"
#include "roles/reply_job.hpp"

namespace volsync::roles {

class copy_job final : public reply_job {
 public:
  // targets: one for each request. where: shared by all jobs of the run.
  copy_job(file_opener open, std::shared_ptr<fs::destination> where, placing_options const& how,
           std::vector<source_file> sources, std::vector<incoming_file> targets);
  // A file that is not complete leaves what --partial asks for, else nothing.
  ~copy_job() override;
  void step() override;

 private:
  struct open_copy;

  void begin();
  void go_on();
  void end();
  [[nodiscard]] bool clone();
  [[nodiscard]] std::int64_t copy(std::int64_t at_most);

  file_opener open_;
  std::shared_ptr<fs::destination> where_;
  placing_options how_;
  std::vector<source_file> sources_;
  std::vector<incoming_file> targets_;
  std::uint32_t at_ = 0;  // file in work
  std::unique_ptr<open_copy> current_;
  bytes buffer_;
  bool may_clone_ = true, may_copy_ = true;  // the system's ways work here, as far as is known
};

}  // namespace volsync::roles
