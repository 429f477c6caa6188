// A piece of work that touches the tree or burns a processor: run by a worker one bounded step at a time, without any
// state of a machine. The machine that started it gets it back after each step and owns it meanwhile; so no job needs a
// lock.
#pragma once

#include <cstddef>
#include <memory>

namespace volsync::roles {

// A step makes about this much output or handles about this many files, then returns.
inline constexpr std::size_t step_bytes = std::size_t{256} << 10;
inline constexpr std::size_t step_files = 64;

class job {
 public:
  job() = default;
  job(job const&) = delete;
  job& operator=(job const&) = delete;
  virtual ~job() = default;

  // Works on; never waits for anything but the tree. Called by one worker at a time; must not throw but for bad_alloc.
  virtual void step() = 0;
  // No step is left. Read by the owning machine between steps.
  [[nodiscard]] bool done() const noexcept { return done_; }

 protected:
  bool done_ = false;
};

using job_ptr = std::unique_ptr<job>;

}  // namespace volsync::roles
