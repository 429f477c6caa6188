// Where the protocol thread sleeps and what wakes it: finished job steps, a transport with news, a cancellation.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <vector>

#include "volsync/result.hpp"

#include "base/unique_fd.hpp"

#include "roles/job.hpp"

namespace volsync::engine {

// put(), put_out_of_memory() and wake(): any thread. take() and wait(): the protocol thread only.
class mailbox {
 public:
  // Errors: errno of eventfd.
  [[nodiscard]] static result<std::unique_ptr<mailbox>> make(int cancel_fd);

  void put(roles::job_ptr finished);
  void wake() noexcept;
  // A step found no memory; its job is gone, and so the run cannot be completed.
  void put_out_of_memory() noexcept;
  [[nodiscard]] bool is_out_of_memory() const noexcept { return out_of_memory_.load(); }

  // Moves the finished jobs to the end of `into`; true if there were any.
  bool take(std::vector<roles::job_ptr>& into);
  // Sleeps until something was put or woken since the last wait() began to return, the cancellation fd is readable, or
  // time is up.
  void wait(std::chrono::milliseconds at_most) noexcept;

 private:
  mailbox(unique_fd event, int cancel_fd) : event_{std::move(event)}, cancel_fd_{cancel_fd} {}

  unique_fd event_;
  int cancel_fd_;
  std::mutex lock_;
  std::vector<roles::job_ptr> finished_;
  std::atomic<bool> out_of_memory_{false};
  std::atomic<bool> news_{false};      // something happened that wait() has not reported yet
  std::atomic<bool> sleeping_{false};  // wait() is in poll: the event must be written
};

}  // namespace volsync::engine
