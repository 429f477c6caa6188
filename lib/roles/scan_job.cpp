// Scanning on a worker.
#include "roles/scan_job.hpp"

namespace volsync::roles {

void scan_job::step() {
  std::size_t entries = 0;
  while (!done_) {
    if (!current_) {
      current_ = source_->list(tasks_[at_].target);
      made_ = {};
    }
    if (current_->step(made_)) return;  // a step's worth of work was done
    entries += made_.list->size() + 16;
    completed_.emplace_back(tasks_[at_].directory, std::move(made_));
    current_.reset();
    if (++at_ == tasks_.size()) done_ = true;
    if (entries >= 1024) return;
  }
}

}  // namespace volsync::roles
