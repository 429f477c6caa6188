// Rates and remaining times of progress lines: one file, or the whole run.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "text/sentences.hpp"

namespace volsync::text {

// Fed with each report, says what a line about it would show. No clock of its own. One thread at a time.
class progress_meter {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // Forgets everything; the next update is the first of a new file.
  void restart() noexcept { *this = progress_meter{}; }
  // Nothing was reported yet.
  [[nodiscard]] bool fresh() const noexcept { return count_ == 0; }
  // Whether a line is due: the first report, and then one a second; a finished file is always due.
  [[nodiscard]] bool due(time_point now, bool finished) const noexcept;
  // done, size: bytes. A finished line shows the average and the time it took, a running one the rate of the last
  // seconds and the time that remains.
  [[nodiscard]] progress_figures update(std::int64_t done, std::int64_t size, bool finished, time_point now) noexcept;

 private:
  struct sample {
    time_point when;
    std::int64_t done = 0;
  };
  std::array<sample, 5> ring_{};  // the last lines
  std::size_t count_ = 0;         // samples taken; ring_[0] of the first round is also start_
  sample start_;
};

}  // namespace volsync::text
