// Rates and remaining times.
#include "text/progress_meter.hpp"

#include <algorithm>

namespace volsync::text {
namespace {

[[nodiscard]] double seconds_between(progress_meter::time_point from, progress_meter::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

[[nodiscard]] double rate_of(std::int64_t bytes, double seconds) {
  return seconds > 0 ? static_cast<double>(bytes) / seconds : 0.0;
}

}  // namespace

bool progress_meter::due(time_point now, bool finished) const noexcept {
  if (finished || count_ == 0) return true;
  return now - ring_[(count_ - 1) % ring_.size()].when >= std::chrono::seconds{1};
}

progress_figures progress_meter::update(std::int64_t done, std::int64_t size, bool finished, time_point now) noexcept {
  progress_figures made{done, size, 0.0, 0.0, finished};
  sample const last{now, done};
  if (count_ == 0) start_ = last;
  if (finished) {
    made.seconds = seconds_between(start_.when, now);
    made.rate = rate_of(done, made.seconds);
    return made;
  }
  sample const oldest = count_ == 0 ? last : ring_[count_ < ring_.size() ? 0 : count_ % ring_.size()];
  made.rate = rate_of(done - oldest.done, seconds_between(oldest.when, now));
  made.seconds = made.rate > 0 ? static_cast<double>(std::max<std::int64_t>(0, size - done)) / made.rate : 0.0;
  ring_[count_++ % ring_.size()] = last;
  return made;
}

}  // namespace volsync::text
