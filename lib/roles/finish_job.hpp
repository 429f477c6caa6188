// Sets directories right when their content is done: the time that work in them has moved, and the mode they were
// worked in with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "volsync/events.hpp"

#include "fs/destination.hpp"

#include "roles/job.hpp"

namespace volsync::roles {

struct directory_finish {
  std::string path;                   // below the destination, "" for its root
  std::optional<std::uint32_t> mode;  // 07777 bits
  std::optional<time_point> mtime;
};

// Goes through its directories in the order given. One that has gone meanwhile is passed over.
class finish_job final : public job {
 public:
  finish_job(std::shared_ptr<fs::destination> where, std::vector<directory_finish> directories)
      : where_{std::move(where)}, directories_{std::move(directories)} {}
  void step() override;

  // Between steps: problems, as the generator's.
  [[nodiscard]] std::vector<event> take_events() { return std::exchange(events_, {}); }

 private:
  std::shared_ptr<fs::destination> where_;
  std::vector<directory_finish> directories_;
  std::size_t at_ = 0;
  std::vector<event> events_;
};

}  // namespace volsync::roles
