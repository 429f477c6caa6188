// Holds output back to a rate (--bwlimit).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace volsync::engine {

// One thread at a time. A rate of 0 lets everything pass.
class pacer {
 public:
  using clock = std::chrono::steady_clock;
  explicit pacer(std::int64_t bytes_per_second, clock::time_point now = {}) : rate_{bytes_per_second}, last_{now} {}

  // Bytes that may be sent now: none, or at least a fiftieth of a second's worth, so that a caller who asks again and
  // again is sent away and does not spend the time on single bytes. At most a tenth of a second's worth is saved up.
  [[nodiscard]] std::size_t allowed(clock::time_point now) {
    if (rate_ == 0) return static_cast<std::size_t>(-1);
    double const earned = std::chrono::duration<double>(now - last_).count() * static_cast<double>(rate_);
    last_ = now;
    credit_ = std::min(credit_ + earned, std::max(static_cast<double>(rate_) / 10.0, 1024.0));
    return credit_ < std::max(static_cast<double>(rate_) / 50.0, 1.0) ? 0 : static_cast<std::size_t>(credit_);
  }
  void spent(std::size_t count) noexcept {
    if (rate_ != 0) credit_ -= static_cast<double>(count);
  }

 private:
  std::int64_t rate_;
  double credit_ = 0;
  clock::time_point last_;
};

}  // namespace volsync::engine
