// Looks at what is at the destination for up to 64 neighbours of a list, decides, does what is local, and signs bases.
//
// A directory may be missing because another job is about to make it: then the job stops there (blocked) and is run
// again when everything before it is settled. So it does where a file has other names, which may stand for other
// entries. Thus jobs can run side by side and still do things in an order that works.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "volsync/events.hpp"

#include "checksum/strong.hpp"

#include "filter/rules.hpp"

#include "delta/signature.hpp"

#include "fs/destination.hpp"

#include "roles/apply_job.hpp"
#include "roles/decide.hpp"
#include "roles/job.hpp"
#include "roles/receive_options.hpp"
#include "roles/received_lists.hpp"
#include "roles/removal_job.hpp"

namespace volsync::roles {

// What all examine jobs of a run share; immutable.
struct examine_context {
  std::shared_ptr<fs::destination> where;  // null: the destination does not exist (a dry run): everything is missing
  receive_options how;
  checksum::block_digest blocks{checksum::algorithm::md5};
  std::string full_root;                          // path of the destination, for messages
  std::shared_ptr<filter::rule_set const> rules;  // of the receiving side; null: none
  std::uint32_t user = 0;                         // who we are, see removal_context
  std::shared_ptr<removal_limit> limit;           // --max-delete; null: none
  bool root_is_new = false;                       // the destination itself was made by this run
};

// Which entries, and what is known about them.
struct examine_task {
  std::shared_ptr<received_list const> list;
  std::uint32_t from = 0, to = 0;  // positions
  bool self = false;               // first of all the list's own directory
  bool self_is_new = false;        // it was made by this run
  bool settled = false;            // everything before these entries is done
  bool incremental = false;        // directories inside are itemized with their own lists
  // One member of a hard-link group, in its turn:
  bool member = false;         // examine it although it is one
  bool defer_missing = false;  // if nothing is there, do nothing and say so
  bool redo = false;           // ask again for content: whatever is there
};

// An outcome, for entries that have one.
struct examined {
  enum class kind : std::uint8_t {
    record,          // an item for the sender, if its flags are worth it
    request,         // content is asked for
    member,          // of a hard-link group: decided in its turn
    missing,         // deferred member: nothing is there, or something of another type
    settled_member,  // member: up to date or made; `flags` are its record
    skipped_member,  // member: left alone (too new, too large, ...)
    no_directory,    // a directory that is not there and was not made: its content is skipped
    made_directory,  // incremental: made ahead of its own list
  };
  kind what = kind::record;
  std::uint32_t position = 0;
  bool self = false;
  bool absent = false;      // member: nothing is there, and its content could be asked for
  bool in_the_way = false;  // missing: something of another type is or was there
  flist::item_flags flags = 0;
  std::optional<std::uint8_t> basis;
  std::unique_ptr<incoming_file> target;         // request
  std::shared_ptr<delta::signature const> sums;  // request with a basis
  delta::sum_head head;
  std::uint64_t device = 0, inode = 0;  // settled_member that is there
};

class examine_job final : public job {
 public:
  examine_job(std::shared_ptr<examine_context const> context, examine_task task);
  ~examine_job() override;
  void step() override;

  // Between steps.
  [[nodiscard]] std::vector<examined> take_outcomes() { return std::exchange(outcomes_, {}); }
  [[nodiscard]] std::vector<event> take_events() { return std::exchange(events_, {}); }
  // Directories (paths below the destination) in which names were made, replaced or removed.
  [[nodiscard]] std::vector<std::string> take_touched() { return std::exchange(touched_, {}); }
  // Directories whose mode was widened for work in them, with the mode they had.
  using reopened = std::vector<std::pair<std::string, std::uint32_t>>;
  [[nodiscard]] reopened take_reopened() { return std::exchange(reopened_, {}); }
  // Entries removed to make way for others.
  [[nodiscard]] entry_counts take_removed() { return std::exchange(removed_, {}); }
  // It waits until everything before it is settled; then set_settled() and go on.
  [[nodiscard]] bool blocked() const noexcept { return blocked_; }
  void set_settled() noexcept { task_.settled = true, blocked_ = false; }
  [[nodiscard]] examine_task const& task() const noexcept { return task_; }
  // Something went wrong that is not in the outcomes' own words.
  [[nodiscard]] bool had_errors() const noexcept { return had_errors_; }

 private:
  struct reading;  // a basis being signed or digested
  struct subject;  // the entry in work

  enum class parent_state : std::uint8_t { open, missing, blocked };
  [[nodiscard]] parent_state open_parent(std::string const& path);
  [[nodiscard]] bool examine(std::uint32_t position, bool self);
  [[nodiscard]] bool look(subject& s);
  [[nodiscard]] bool wait_for_turn();
  [[nodiscard]] bool may_change_parent(subject const& s) const;
  void act(subject& s, decision d);
  void keep(subject& s, decision const& d);
  [[nodiscard]] bool worked_in() const;
  void open_for_work(subject& s);
  void create(subject& s, decision const& d);
  void make_directory(subject& s, decision const& d);
  void make_other(subject& s, decision const& d);
  void request(subject& s, decision const& d);
  void choose_basis(subject& s, examined& asked);
  [[nodiscard]] bool make_way(subject& s);
  void hand_over_member(subject const& s);
  void leave_member(subject const& s);
  void set_attributes(subject& s, directory const& in, leaf_name const* name, wanted_attributes const& wanted);
  [[nodiscard]] flist::item_flags mend(subject& s, flist::item_flags flags, flist::item_flags told);
  void remark(subject const& s, decision const& d);
  void problem(subject const& s, std::string step, error_code why);
  [[nodiscard]] bool read_on();
  void touched(std::string const& directory);

  std::shared_ptr<examine_context const> context_;
  examine_task task_;
  std::uint32_t at_ = 0;
  bool self_done_ = false;
  bool blocked_ = false;
  bool had_errors_ = false;
  std::string parent_path_;  // of parent_
  std::shared_ptr<directory const> parent_;
  bool parent_is_new_ = false;   // made by this run
  bool parent_missing_ = false;  // a dry run: nothing is there
  bool parent_known_ = false;
  std::unordered_set<std::string> passed_;  // directories looked at by this job
  std::unique_ptr<reading> reading_;
  std::vector<examined> outcomes_;
  std::vector<event> events_;
  std::vector<std::string> touched_;
  reopened reopened_;
  entry_counts removed_;
};

}  // namespace volsync::roles
