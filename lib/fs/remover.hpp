// Removes an entry with all that is in it, as rsync removes what a list does not have: contents before their directory,
// from the end of the order of a list, asking about each name.
//
// What stays is told, and keeps the directories that it lies in. Links are removed, never followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "volsync/tree.hpp"

#include "fs/descent.hpp"

namespace volsync::fs {

struct removal_options {
  // Whether a name may go at all (what filters protect stays); asked once about each but the first. Null: all may.
  std::function<bool(std::string_view path, bool is_directory)> may_remove;
  // Asked last, right before each removal (a limit). Refused: it stays. Null: always granted.
  std::function<bool(std::string_view path, bool is_directory)> grant;
  std::optional<std::uint64_t> one_device;  // directories on other file systems stay
  bool dry_run = false;                     // all is asked and told, nothing is done
};

struct removal_event {
  enum class kind : std::uint8_t {
    removed,      // or would be
    not_empty,    // a directory stays because of what is in it; told again if trying to remove it says the same
    mount_point,  // a directory of another file system stays
    refused,      // by grant
    failed,       // see step and why
  };
  kind what = kind::removed;
  std::string path;
  std::uint32_t mode = 0;  // its type, as in st_mode
  char const* step = "";   // rsync's word: "opendir", "lstat", "delete_file: unlink", "delete_file: rmdir"
  error_code why;
};

// One thread at a time. What is gone already does not matter.
class remover {
 public:
  // path: of the entry, below the destination, so it ends with its name; the events' paths begin with it.
  remover(std::shared_ptr<directory const> in, leaf_name const& entry, std::string path, removal_options how);

  // Handles at most so many names (>= 1) and appends what is to be told.
  void step(std::size_t names, std::vector<removal_event>& told);
  [[nodiscard]] bool done() const noexcept { return levels_.empty(); }
  // done: nothing of it is left, or would be.
  [[nodiscard]] bool gone() const noexcept { return done() && !left_; }

 private:
  struct name {
    std::string text;
    std::uint32_t mode = 0;  // its type; 0: unknown
  };
  // A directory under way. The lowest one is the first entry's; of it nothing else is touched.
  struct level {
    name self;
    std::vector<name> content;  // the next one is the last
    bool stays = false;         // because something in it does
    bool mended = false;        // its mode was looked at
  };

  void advance();
  void enter(name next);
  void fill(level& into, directory const& from);
  void leave();
  void remove(name const& what, bool in_use = false);
  [[nodiscard]] result<void> try_remove(name const& what);
  [[nodiscard]] bool mend(directory const& here);
  void tell(removal_event::kind what, name const& about, char const* step = "", error_code why = {});

  descent at_;
  std::string prefix_;  // of the paths of the last level's names: "" or with a slash at its end
  removal_options how_;
  std::vector<level> levels_;
  std::vector<removal_event>* told_ = nullptr;  // of the step
  bool left_ = false;
};

}  // namespace volsync::fs
