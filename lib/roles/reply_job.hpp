// What answers the generator's requests, a batch of them at a time: by reading files for a peer, or by making them
// here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "volsync/tree.hpp"

#include "roles/job.hpp"
#include "roles/values.hpp"

namespace volsync::roles {

// Where a requested file lives.
struct source_file {
  std::uint16_t root = 0;  // which source root
  std::string parent;      // directory below the root, "" for the root
  std::string name;        // leaf
  std::int64_t size = 0;   // bytes, as listed
};
// Opens a listed file. Called on workers, any number at a time.
using file_opener = std::function<result<std::unique_ptr<file>>(source_file const&)>;

// What went wrong with one file; the machine turns it into a problem.
struct file_failure {
  std::uint32_t index = 0;  // which request
  error_code why;
  bool reading = false;  // in the middle: the receiver will ask again
};

class reply_job : public job {
 public:
  // Between steps: what was made since the last call, in the order of the requests.
  [[nodiscard]] std::vector<file_part> take_parts() { return std::exchange(parts_, {}); }
  [[nodiscard]] std::vector<file_failure> take_failures() { return std::exchange(failures_, {}); }

 protected:
  // The file cannot be sent at all.
  void refuse(std::uint32_t index, error_code why) {
    failures_.push_back({index, why, false});
    file_part part;
    part.index = index;
    part.refused = true;
    parts_.push_back(std::move(part));
  }

  std::vector<file_part> parts_;
  std::vector<file_failure> failures_;
};

// Makes the job for a batch of requests. Called on the machine's thread.
using reply_maker =
    std::function<std::unique_ptr<reply_job>(std::shared_ptr<std::vector<request> const>, std::vector<source_file>)>;

}  // namespace volsync::roles
