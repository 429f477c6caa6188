// Removes from a directory of the destination what the list of that directory does not have.
//
// Names decide, not types. What the filter protects stays, and keeps the directories it lies in.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "volsync/events.hpp"
#include "volsync/report.hpp"

#include "filter/rules.hpp"

#include "fs/descent.hpp"
#include "fs/destination.hpp"

#include "roles/job.hpp"

namespace volsync::roles {

// --max-delete: counts what is removed, to make way for something else, too.
struct removal_limit {
  std::int64_t at_most = 0;
  std::atomic<std::int64_t> removed{0};
  std::atomic<std::int64_t> refused{0};
};

// What all removals of a run share.
struct removal_context {
  std::shared_ptr<fs::destination> where;
  std::shared_ptr<filter::rule_set const> rules;  // of the receiving side; null: none
  bool dry_run = false;
  std::uint32_t user = 0;                // who we are: whose links to merge files are followed
  std::shared_ptr<removal_limit> limit;  // null: none
  bool one_file_system = false;          // -x: what is mounted in a directory stays
};

struct removal_task {
  std::string directory;                                         // below the destination, "" for its root
  std::shared_ptr<std::unordered_set<std::string> const> names;  // what stays
  bool collect = false;                                          // only find out; `found` of the job tells
  std::vector<std::string> found;  // not empty: these leaf names are to go, `names` is not looked at
};

class removal_job final : public job {
 public:
  removal_job(std::shared_ptr<removal_context> context, removal_task task);
  ~removal_job() override;
  void step() override;

  // Between steps.
  [[nodiscard]] std::vector<event> take_events() { return std::exchange(events_, {}); }  // removals, problems
  [[nodiscard]] entry_counts take_counts() { return std::exchange(counts_, {}); }
  [[nodiscard]] bool changed() const noexcept { return changed_; }  // the directory lost a name
  [[nodiscard]] bool had_errors() const noexcept { return had_errors_; }
  [[nodiscard]] bool left_something() const noexcept { return left_something_; }  // of what was to go, or below it
  [[nodiscard]] std::string const& directory_path() const noexcept { return task_.directory; }
  // collect: leaf names that would go.
  [[nodiscard]] std::vector<std::string> take_found() { return std::exchange(found_, {}); }
  // Why the run must end: a merge file that cannot be understood.
  [[nodiscard]] std::string const& fatal() const noexcept { return fatal_; }

 private:
  struct candidate {
    std::string name;
    file_status status;
  };
  // A directory under way: few of them are open, and their paths are beginnings of path_.
  struct level {
    std::shared_ptr<filter::rule_set const> rules;
    std::vector<candidate> left;  // the next one is the last
    bool keeps = false;           // something in it stays
    candidate self;               // as a child of the level above
  };

  [[nodiscard]] result<std::shared_ptr<filter::rule_set const>> rules_of(std::string const& path);
  [[nodiscard]] bool begin();
  [[nodiscard]] bool fill(level& into, bool top);
  [[nodiscard]] bool goes(std::string const& name, bool top) const;
  void advance();
  void open_for_work();
  void unreadable_rules(std::string const& path, error_code why);
  [[nodiscard]] bool descend(candidate const& next);
  void leave();
  [[nodiscard]] bool remove(candidate const& what);
  [[nodiscard]] std::string path_to(std::string const& name) const;
  void problem(std::string const& path, std::string step, error_code why);

  std::shared_ptr<removal_context> context_;
  removal_task task_;
  std::unordered_set<std::string> wanted_;  // task_.found, if that decides
  std::shared_ptr<directory const> top_;    // the task's directory
  std::optional<std::uint32_t> own_mode_;   // of it, if it was changed for the work
  std::optional<fs::descent> at_;           // where we are
  std::string path_;                        // of that, below the destination
  std::vector<level> stack_;
  bool begun_ = false;
  std::vector<std::string> found_;
  std::vector<event> events_;
  entry_counts counts_;
  bool changed_ = false, had_errors_ = false, left_something_ = false;
  std::string fatal_;
};

}  // namespace volsync::roles
