// Reading one directory of the source: its names, filtered, with their status, in the order of the file system.
//
// Names are looked up in the order of their inodes within a window (a cold disk is read forwards) and given out in the
// order in which the directory has them. What cannot be read becomes a problem and never a silently shorter list.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "volsync/exit_code.hpp"
#include "volsync/tree.hpp"

#include "filter/rules.hpp"

#include "fs/source_roots.hpp"

namespace volsync::fs {

struct scan_options {
  bool copy_links = false;  // -L
  bool copy_unsafe_links = false;
  bool tell_unsafe_links = false;  // those that are copied
  bool copy_dirlinks = false;      // -k
  bool links = false;              // -l: targets are wanted
  int one_file_system = 0;         // -x: mount points are listed without content; twice: not listed
};

// A child as it will be listed: links that are copied have the status of what they point to.
struct scanned_entry {
  std::string name;
  std::string link;  // target of a symbolic link
  file_status status;
  bool mount_point = false;  // another file system begins here
};

struct scan_problem {
  std::string path;       // wire path of the entry
  char const* step = "";  // rsync's word for what failed
  error_code why;
  bool vanished = false;
  bool directory = false;
  bool counts = true;  // sets the I/O error word, so that nothing is deleted at the destination
  std::string
      target;  // no problem at all, but a link that leads out of the transfer and is copied as what it points to
};

// A merge file that could not be understood, or one that it names and that could not be had: the run must end.
struct rule_failure {
  std::string text;  // for the user; empty: there is none
  exit_code code = exit_code::syntax;
  [[nodiscard]] bool empty() const noexcept { return text.empty(); }
};

// One directory. One thread at a time.
class directory_scan {
 public:
  // path: on the wire ("" for the root). root_device: file system of the argument, for -x.
  directory_scan(source_roots& roots, scan_options const& how, std::uint16_t root, std::string path,
                 std::shared_ptr<filter::rule_set const> rules, std::uint64_t root_device);

  // Opens the directory and reads its merge files, not its names; false: it cannot be opened, which is a problem now.
  bool enter();
  // Appends up to about `at_most` entries; true if there is more to come.
  bool step(std::vector<scanned_entry>& into, std::size_t at_most);

  [[nodiscard]] std::vector<scan_problem>& problems() noexcept { return problems_; }
  [[nodiscard]] rule_failure const& failure() const noexcept { return failure_; }
  // The rules in force for the content (and for sub-directories to begin with). Valid after the first step.
  [[nodiscard]] std::shared_ptr<filter::rule_set const> const& rules() const noexcept { return rules_; }
  // The file system of this directory.
  [[nodiscard]] std::uint64_t device() const noexcept { return device_; }

 private:
  void open();
  void read_rules();
  [[nodiscard]] std::optional<scanned_entry> look_at(directory_entry const& child);
  [[nodiscard]] bool resolve_link(leaf_name const& name, std::string const& path, scanned_entry& e);
  [[nodiscard]] bool hidden(std::string const& path, bool is_directory) const;
  void unread(std::string const& path, error_code why);
  void problem(std::string_view name, char const* step, error_code why, bool is_directory = false);
  [[nodiscard]] std::string child_path(std::string_view name) const;

  source_roots& roots_;
  scan_options how_;
  std::uint16_t root_;
  std::string path_;
  std::shared_ptr<filter::rule_set const> rules_;
  std::uint64_t root_device_;
  std::uint64_t device_ = 0;
  std::shared_ptr<directory const> handle_;
  std::vector<directory_entry> names_;
  std::size_t at_ = 0;
  bool entered_ = false;
  bool opened_ = false;
  std::vector<scan_problem> problems_;
  rule_failure failure_;
};

// What is told of an unsafe link that is copied.
[[nodiscard]] scan_problem copied_link(std::string const& path, std::string const& target);

// Whether a link leads, or may lead, out of the transfer. link_path: its name on the wire; how many directories lie
// above it decides how far it may climb.
[[nodiscard]] bool is_unsafe_link(std::string_view target, std::string_view link_path) noexcept;

}  // namespace volsync::fs
