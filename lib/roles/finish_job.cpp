// Directories, set right one after the other.
#include "roles/finish_job.hpp"

#include <algorithm>

namespace volsync::roles {

void finish_job::step() {
  auto const end = std::min(directories_.size(), at_ + step_files);
  auto const problem = [&](directory_finish const& of, char const* step, error_code why) {
    if (why == std::errc::no_such_file_or_directory) return;
    volsync::problem said;
    said.path = where_->full_path(of.path);
    said.step = step;
    said.error = why.value();
    said.directory = true;
    said.role = "generator";
    events_.emplace_back(std::move(said));
  };
  for (; at_ < end; ++at_) {
    directory_finish const& each = directories_[at_];
    auto const handle = where_->open(each.path);
    if (!handle) {
      if (handle.error() != std::errc::not_a_directory) problem(each, "failed to set times on", handle.error());
      continue;
    }
    if (each.mtime) {
      if (auto const set = (*handle)->set_mtime(*each.mtime); !set)
        problem(each, "failed to set times on", set.error());
    }
    if (each.mode) {
      if (auto const set = (*handle)->set_mode(*each.mode); !set)
        problem(each, "failed to set permissions on", set.error());
    }
  }
  done_ = at_ == directories_.size();
}

}  // namespace volsync::roles
