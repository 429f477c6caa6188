// The sleeping and waking of the protocol thread. A busy thread costs its wakers no system call.
#include "engine/mailbox.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cstdint>

namespace volsync::engine {

result<std::unique_ptr<mailbox>> mailbox::make(int cancel_fd) {
  unique_fd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!event) return last_error();
  return std::unique_ptr<mailbox>{new mailbox{std::move(event), cancel_fd}};
}

void mailbox::wake() noexcept {
  news_.store(true);
  if (sleeping_.load()) {
    std::uint64_t const one = 1;
    [[maybe_unused]] auto const ignored = ::write(event_.get(), &one, sizeof one);  // full counter: already readable
  }
}

void mailbox::put(roles::job_ptr finished) {
  {
    std::lock_guard const hold{lock_};
    finished_.push_back(std::move(finished));
  }
  wake();
}

void mailbox::put_out_of_memory() noexcept {
  out_of_memory_.store(true);
  wake();
}

bool mailbox::take(std::vector<roles::job_ptr>& into) {
  std::lock_guard const hold{lock_};
  if (finished_.empty()) return false;
  for (auto& each : finished_) into.push_back(std::move(each));
  finished_.clear();
  return true;
}

void mailbox::wait(std::chrono::milliseconds at_most) noexcept {
  sleeping_.store(true);
  // Order matters: a waker that saw sleeping_ false has set news_ before, and this load sees it.
  if (!news_.exchange(false)) {
    std::array<pollfd, 2> fds{pollfd{event_.get(), POLLIN, 0}, pollfd{cancel_fd_, POLLIN, 0}};
    ::poll(fds.data(), fds.size(), static_cast<int>(at_most.count()));
    news_.store(false);
    if ((fds[0].revents & POLLIN) != 0) {
      std::uint64_t drained = 0;
      [[maybe_unused]] auto const ignored = ::read(event_.get(), &drained, sizeof drained);
    }
  }
  sleeping_.store(false);
}

}  // namespace volsync::engine
