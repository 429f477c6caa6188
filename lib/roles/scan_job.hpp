// Lists directories: what one scan finds becomes a list of its own, sorted and ready to be numbered.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "volsync/events.hpp"

#include "checksum/algorithm.hpp"

#include "filter/rules.hpp"

#include "flist/list.hpp"

#include "fs/scan.hpp"

#include "roles/job.hpp"
#include "roles/values.hpp"

namespace volsync::roles {

// Where a directory's content lies: under duplicate arguments one name can have several places.
struct scan_place {
  std::uint16_t root = 0;                         // which source root
  std::shared_ptr<filter::rule_set const> rules;  // in force in this directory, its own merge files not yet read
  std::uint64_t device = 0;                       // file system of the argument, for -x
  bool recurse = true;                            // false: directories inside are listed without their content
};
// An entry known before any scan (an argument, or a parent of one under -R) which must be listed in this directory.
struct planned_entry {
  flist::entry what;
  std::string name;                     // leaf
  std::string link;                     // symlink target
  std::uint64_t device = 0, inode = 0;  // if it may be hard-linked
  std::uint16_t root = 0;
  std::optional<scan_place> content;  // directories: the content is wanted
};
struct scan_target {
  std::string path;                // wire name of the directory, "" for the top of the transfer
  std::vector<scan_place> places;  // empty: only what is planned
  std::vector<planned_entry> planned;
};

struct link_reference {
  flist::slot where{};
  std::uint64_t device = 0, inode = 0;
};
struct child_directory {
  flist::slot where{};
  scan_place place;
  bool scan = true;  // false: listed, but its content is not sent
};
// What a directory holds. The list is finished (sorted) with numbers from 0.
struct scanned {
  std::shared_ptr<flist::list> list;
  std::vector<link_reference> links;      // members of hard-link groups, by rising slot
  std::vector<child_directory> children;  // by rising slot
  std::vector<event> events;              // problems and messages, in order
  std::int32_t io_error = 0;
  fs::rule_failure fatal;  // why the run must end
};

// Lists one directory in bounded steps, calling nobody. Implemented over `fs`.
class directory_lister {
 public:
  virtual ~directory_lister() = default;
  // Works at most about one step; true: call again. `into` grows and is complete when false is returned.
  virtual bool step(scanned& into) = 0;
};
// Where listers come from. Called on workers, any number at a time.
class lister_source {
 public:
  virtual ~lister_source() = default;
  [[nodiscard]] virtual std::unique_ptr<directory_lister> list(scan_target const& what) const = 0;
};

// Lists several directories, one after the other.
class scan_job final : public job {
 public:
  struct task {
    std::int32_t directory;
    scan_target target;
  };
  scan_job(std::shared_ptr<lister_source const> source, std::vector<task> tasks)
      : source_{std::move(source)}, tasks_{std::move(tasks)} {}
  void step() override;

  // Between steps: directories completed since the last call, with their index.
  [[nodiscard]] std::vector<std::pair<std::int32_t, scanned>> take_completed() { return std::exchange(completed_, {}); }

 private:
  std::shared_ptr<lister_source const> source_;
  std::vector<task> tasks_;
  std::size_t at_ = 0;
  std::unique_ptr<directory_lister> current_;
  scanned made_;
  std::vector<std::pair<std::int32_t, scanned>> completed_;
};

}  // namespace volsync::roles
