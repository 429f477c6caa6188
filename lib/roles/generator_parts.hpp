// What the generator keeps of its lists, chunks, requests and groups: inner types, shared by its source files.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "roles/generator.hpp"

namespace volsync::roles {

// Removals of one directory that have their own time.
struct generator::late_removal {
  removal_task what;
  directory_finish after;
};

// A list being worked on.
struct generator::work {
  std::shared_ptr<received_list const> list;
  std::uint32_t number = 0;          // of the list: 0, 1, ...
  std::int64_t before_previous = 0;  // entries in all lists before the one before this
  std::uint32_t next = 0;            // position of the next chunk
  bool self_started = false;
  bool started = false;                      // no chunk is left to be started
  std::size_t chunks = 0;                    // started and not settled
  std::size_t pending = 0;                   // files and links that are not settled
  std::optional<removal_task> removal_next;  // comes before the next entries
  directory_finish removal_finish;           // of that directory
  bool removals_planned = false;
  std::deque<late_removal> removals_first;  // --delete-before
  bool children_known = false;
  // Names in each directory, for removals without incremental recursion.
  std::unordered_map<std::string, std::shared_ptr<std::unordered_set<std::string>>> children;
};

// Entries examined together, or the removals of one directory. In the order of the list.
struct generator::chunk {
  std::shared_ptr<work> of;
  job_ptr parked;              // waits until everything before it is settled
  std::function<void()> next;  // starts what waits for these entries: removals in the last of them
  bool removes = false;
  bool complete = false;
  std::deque<examined> outcomes;
  std::vector<event> events;
};

struct generator::asked {
  outstanding what;
  std::shared_ptr<work> of;
  std::optional<std::uint32_t> group_id;  // it is to lead that group
};

// Names for one file. One member after the other is looked at until there is a leader: a member that is up to date or
// is transferred; the others become links to it.
struct generator::group {
  enum class state : std::uint8_t { open, leading, done };
  state at = state::open;
  bool busy = false;                          // a member is being looked at
  std::vector<std::uint32_t> lists;           // which lists the members lie in, by number, rising
  std::size_t seen = 0;                       // of these: entered
  std::deque<member> queue;                   // entered, not yet looked at
  std::vector<member> deferred;               // wait for a leader
  std::shared_ptr<std::string const> leader;  // path of it, if done
};

}  // namespace volsync::roles
