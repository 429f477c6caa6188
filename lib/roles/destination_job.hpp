// Finds or makes the destination of a run, once it is known what comes: one file under a new name, or a directory.
//
// Source: lib/wire/FORMAT.md, what the destination argument means.
#pragma once

#include <memory>
#include <string>

#include "volsync/exit_code.hpp"
#include "volsync/tree.hpp"

#include "fs/destination.hpp"

#include "roles/job.hpp"

namespace volsync::roles {

struct destination_request {
  std::string path;                 // as typed; "" means "."
  bool one_entry = false;           // the list holds exactly one entry, and no other can come
  bool entry_is_directory = false;  // that one
  bool entry_is_root = false;       // it is "."
  bool make_parents = false;        // --mkpath
  bool keep_links = false;          // -K
  bool dry_run = false;
  std::string temp_dir;  // --temp-dir, as typed; relative: below the destination
};

struct destination_answer {
  std::shared_ptr<fs::destination> where;     // null: it does not exist (dry run), or see code
  std::string full_root;                      // its path, for messages
  std::string single_name;                    // the only entry gets this name; empty: its own
  std::shared_ptr<directory const> temp_dir;  // opened; null: none
  bool made = false;                          // its root was made by this run (or would be)
  std::string notice;                         // "created directory DIR"
  exit_code code = exit_code::success;        // the run cannot go on
  std::string text;                           // why
};

class destination_job final : public job {
 public:
  destination_job(std::shared_ptr<tree> files, destination_request what)
      : files_{std::move(files)}, what_{std::move(what)} {}
  void step() override;
  [[nodiscard]] destination_answer take_answer() { return std::move(answer_); }

 private:
  void enter(std::string const& path);
  void open_temp_dir();
  void enter_parent_for_single(std::string const& path);
  [[nodiscard]] bool make(std::string const& path);
  void fail(exit_code code, std::string text);

  std::shared_ptr<tree> files_;
  destination_request what_;
  destination_answer answer_;
};

}  // namespace volsync::roles
