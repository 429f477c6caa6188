// Letting go and finding again: what was let go is known by device and inode.
#include "fs/descent.hpp"

#include <cerrno>
#include <utility>

namespace volsync::fs {

result<void> descent::enter(leaf_name const& name) {
  auto const in = here();
  if (!in) return in.error();
  auto child = (*in)->open_directory(name);
  if (!child) return child.error();
  if (way_.size() >= kept_open) {
    if (auto const gone = let_go(way_.size() - kept_open); !gone) return gone;
  }
  way_.push_back({name, std::move(*child)});
  return {};
}

result<void> descent::let_go(std::size_t which) {
  level& it = way_[which];
  if (!it.handle) return {};
  auto const status = it.handle->status();
  if (!status) return status.error();
  it.device = status->device;
  it.inode = status->inode;
  it.handle.reset();
  return {};
}

result<std::shared_ptr<directory const>> descent::here() {
  if (way_.empty()) return top_;
  std::size_t from = way_.size();
  while (from != 0 && !way_[from - 1].handle) --from;
  auto at = from == 0 ? top_ : way_[from - 1].handle;
  for (; from < way_.size(); ++from) {
    auto child = at->open_directory(way_[from].name);
    if (!child) return child.error();
    auto const status = (*child)->status();
    if (!status) return status.error();
    if (status->device != way_[from].device || status->inode != way_[from].inode)
      return error_code{ESTALE, std::system_category()};
    at = std::move(*child);
    // The ones near the end will be asked for next.
    if (way_.size() - from <= kept_open) way_[from].handle = at;
  }
  return at;
}

}  // namespace volsync::fs
