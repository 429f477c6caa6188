// The sender's file list as it grows: which directory is scanned next, which list is sent next, and how entries are
// numbered. A machine: no tree, no thread, no clock.
//
// With incremental recursion each directory's content is a list of its own, sent depth first; otherwise everything is
// gathered into one list. Either way directories are scanned ahead of their turn, several at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "roles/scan_job.hpp"
#include "roles/values.hpp"

namespace volsync::roles {

struct list_options {
  bool incremental = false;
  bool hard_links = false;
  bool names_inline = false;  // ids are mentioned with their names (incremental, not numeric)
  bool owner = false, group = false;
  bool report_io_errors = true;  // false with --ignore-errors: lists carry 0
};

// Looks up the name of a user (or group); empty if it has none.
using id_lookup = std::function<std::string(bool user, std::uint32_t id)>;

// A list that was sent and is not finished yet at the peer.
struct live_list {
  std::shared_ptr<flist::list const> list;
  std::int32_t ndx_start = 0;
  std::int32_t directory = -1;  // in the table; -1: the first list
  std::string path;             // wire name of that directory ("." for the first list)
  flist::entry entry;           // its entry (numbers only; texts are gone with the parent's list)
  std::uint16_t root = 0;       // the source root that it lies below
  std::int64_t before = 0;      // entries in all lists before this one
};

class list_builder {
 public:
  // scanners: threads that may scan at the same time.
  list_builder(list_options const& how, std::shared_ptr<lister_source const> source, id_lookup names,
               std::size_t scanners);

  // The first list as the arguments made it. Directories in `first` that are to be scanned are its children.
  // planned: entries that belong into the lists of directories named here by their wire path.
  void begin(scanned first, std::unordered_map<std::string, std::vector<planned_entry>> planned);
  // A job's step ended; the job is started again by next_job() if it is not done.
  void take(std::unique_ptr<scan_job> job);
  // Something to run, or null.
  [[nodiscard]] std::unique_ptr<scan_job> next_job();
  // The next list to send, if it is ready and at most `ahead` entries are open beyond the oldest list.
  [[nodiscard]] std::optional<segment> next_segment(std::int64_t ahead);
  // Events collected since the last call.
  [[nodiscard]] std::vector<event> take_events() { return std::exchange(events_, {}); }

  // All lists were given out; no further list will come.
  [[nodiscard]] bool complete() const noexcept { return complete_; }
  [[nodiscard]] bool begun() const noexcept { return begun_; }
  [[nodiscard]] std::int32_t io_error() const noexcept { return io_error_; }
  // Of what was scanned, in a list or not yet; 0 where it shall not be told.
  [[nodiscard]] std::int32_t discovered() const noexcept { return how_.report_io_errors ? discovered_ : 0; }
  // Why the run cannot go on; empty: it can.
  [[nodiscard]] fs::rule_failure const& fatal() const noexcept { return fatal_; }
  void add_io_error(std::int32_t bits) noexcept { io_error_ |= bits; }

  // The open lists, oldest first.
  [[nodiscard]] std::size_t open_lists() const noexcept { return live_.size(); }
  void retire_oldest();
  // The list that holds index n, or whose directory n stands for (then position is empty). Null: none.
  struct found {
    live_list const* where = nullptr;
    std::optional<flist::position> position;
  };
  [[nodiscard]] found find(std::int32_t n) const;
  // Entries known so far that come after index n; 0 if n is not in an open list.
  [[nodiscard]] std::int64_t after(std::int32_t n) const;

  [[nodiscard]] entry_counts const& counts() const noexcept { return counts_; }
  [[nodiscard]] std::int64_t total_size() const noexcept { return total_size_; }
  [[nodiscard]] std::int64_t entries() const noexcept { return entries_; }
  // Ids that occurred, for the lists of names after a single list; in order of first occurrence.
  [[nodiscard]] std::vector<std::uint32_t> const& users() const noexcept { return users_; }
  [[nodiscard]] std::vector<std::uint32_t> const& groups() const noexcept { return groups_; }

 private:
  enum class state : std::uint8_t { waiting, scanning, ready };
  struct pending_directory {  // known, its list not yet sent
    std::int32_t index = 0;   // directory table
    std::string path;
    flist::entry entry;
    std::uint16_t root = 0;
    std::vector<scan_place> places;
    std::vector<planned_entry> planned;
    state at = state::waiting;
    scanned content;
  };

  void push_children(scanned& from);
  void add_to_single_list(scanned& from);
  segment make_segment(scanned& from, live_list described);
  void number_links(scanned& from, flist::list& list, std::int32_t ndx_start, std::uint32_t slot_offset);
  void mention_ids(segment& into);
  void note_id(std::vector<std::uint32_t>& order, std::set<std::uint32_t>& seen, std::uint32_t id);
  void count(flist::list const& list);

  list_options how_;
  std::shared_ptr<lister_source const> source_;
  id_lookup names_;
  std::size_t scanners_;
  std::size_t scanning_ = 0;                               // jobs out
  std::int64_t scanned_ahead_ = 0;                         // entries scanned and not yet sent
  std::vector<std::unique_ptr<scan_job>> again_;           // jobs with steps left
  std::vector<std::unique_ptr<pending_directory>> stack_;  // top: next in depth-first order
  std::unordered_map<std::int32_t, pending_directory*> by_index_;
  std::unordered_map<std::string, std::vector<planned_entry>> planned_;
  std::optional<scanned> first_;         // until it is sent
  std::shared_ptr<flist::list> single_;  // without incremental recursion
  std::int32_t next_directory_ = 0;      // size of the directory table
  std::int32_t next_ndx_ = 0;
  std::deque<live_list> live_;
  std::int64_t open_entries_ = 0;  // in live_ but the oldest
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> links_;
  std::set<std::uint32_t> seen_users_, seen_groups_;
  std::vector<std::uint32_t> users_, groups_;
  entry_counts counts_;
  std::int64_t total_size_ = 0;
  std::int64_t entries_ = 0;
  std::int32_t io_error_ = 0;
  std::int32_t discovered_ = 0;  // by scans
  std::vector<event> events_;
  fs::rule_failure fatal_;
  bool begun_ = false;
  bool complete_ = false;
};

}  // namespace volsync::roles
