// A tree that fails on demand: wraps another and lets a plan decide about each call.
//
// Nothing is invented: a call that the plan lets through is the wrapped tree's own.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "volsync/tree.hpp"

#include "fs/operation.hpp"

namespace volsync::fs {

// What happens to one call.
struct fault {
  int error = 0;  // errno to fail with; 0: none
  // Reads of a file: at most so many bytes (0: the end of the file, though there is more).
  // Reads of a directory: so many entries are given before `error`.
  // Writes: so many bytes are written before `error`.
  std::size_t at_most = std::numeric_limits<std::size_t>::max();
};

struct call {
  operation what = operation::open_root;
  std::string path;           // as the caller reached it: "OPERAND/a/b"
  std::uint64_t number = 0;   // 1 for the first call of all on this tree
  std::uint64_t of_kind = 0;  // the same, counted for this operation alone
  std::size_t bytes = 0;      // asked for, in reads and writes of a file
};

// Called before each operation, one call at a time; may change the wrapped tree.
using fault_plan = std::function<fault(call const&)>;

// Any thread. files: never null.
[[nodiscard]] std::shared_ptr<tree> make_fault_tree(std::shared_ptr<tree> files, fault_plan plan);

// Every nth call of one kind fails with the errno (n >= 1).
[[nodiscard]] fault_plan every(std::uint64_t n, operation what, int error);
// The nth call of all fails with the errno, and no other (n >= 1).
[[nodiscard]] fault_plan only(std::uint64_t n, int error);
// Each read gives at most so many bytes.
[[nodiscard]] fault_plan short_reads(std::size_t bytes);
// A disk with room for so many bytes: the write that goes beyond it is cut there, it and all later ones fail with
// ENOSPC.
[[nodiscard]] fault_plan room_for(std::size_t bytes);

}  // namespace volsync::fs
