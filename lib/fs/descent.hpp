// A walk down and up below a held directory, however deep, with few descriptors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "volsync/tree.hpp"

namespace volsync::fs {

// One thread at a time. Links are never followed.
class descent {
 public:
  // Of all directories on the way only the last so many are held, and the top.
  static constexpr std::size_t kept_open = 8;

  // top: not null.
  explicit descent(std::shared_ptr<directory const> top) : top_{std::move(top)} {}

  // How many directories below the top this is.
  [[nodiscard]] std::size_t depth() const noexcept { return way_.size(); }
  // Goes into a directory of this one. On an error it stays where it is.
  result<void> enter(leaf_name const& name);
  // Goes back up; not above the top.
  void leave() {
    if (!way_.empty()) way_.pop_back();
  }
  // The directory it is in. One that was let go is opened again from above. Errors: errno; ESTALE if another directory
  // has taken its place.
  result<std::shared_ptr<directory const>> here();

 private:
  struct level {
    leaf_name name;
    std::shared_ptr<directory const> handle;  // null: let go
    std::uint64_t device = 0, inode = 0;      // of one that was let go
  };

  result<void> let_go(std::size_t which);

  std::shared_ptr<directory const> top_;
  std::vector<level> way_;
};

}  // namespace volsync::fs
