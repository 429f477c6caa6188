// The bounded pool of threads that runs job steps.
#pragma once

#include <cstddef>
#include <memory>

#include "roles/job.hpp"

#include "engine/mailbox.hpp"

namespace volsync::engine {

// post(): the protocol thread. The destructor drops what has not begun, waits for steps under way, and joins.
class workers {
 public:
  workers(std::size_t threads, mailbox& results);
  workers(workers const&) = delete;
  workers& operator=(workers const&) = delete;
  ~workers();

  // Runs one step of the job on a worker; the job then arrives in the mailbox.
  void post(roles::job_ptr what);
  [[nodiscard]] std::size_t threads() const noexcept;

 private:
  struct pool;
  std::unique_ptr<pool> pool_;
};

}  // namespace volsync::engine
