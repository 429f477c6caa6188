// The generator: walks the lists, decides by jobs, asks the sender for content, and says when lists and phases are
// over.
//
// A machine: values in, values and jobs out; it touches no tree, socket, clock or lock. One thread.
// Source: lib/wire/FORMAT.md, phases and goodbye.
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
#include <unordered_set>
#include <vector>

#include "roles/examine_job.hpp"
#include "roles/finish_job.hpp"
#include "roles/link_job.hpp"
#include "roles/received_lists.hpp"
#include "roles/removal_job.hpp"
#include "roles/values.hpp"

namespace volsync::roles {

enum class removal_time : std::uint8_t { never, before, during, delay, after };

struct generator_options {
  bool incremental = false;
  removal_time removal = removal_time::never;
  bool ignore_errors = false;        // remove although the source had errors
  bool sends_delete_counts = false;  // the record of deletions is part of the goodbye
  bool goodbye_answered = true;      // the sender answers our last index but one
  std::size_t workers = 1;
};

// A file that was asked for and has not come yet.
struct outstanding {
  std::shared_ptr<received_list const> list;
  std::uint32_t position = 0;
  flist::item_flags flags = 0;
  std::optional<std::uint8_t> basis;
  delta::sum_head head;  // of the request
  incoming_file target;
  bool redo = false;
  bool coming = false;  // its content has begun to arrive
};

class generator {
 public:
  generator(generator_options const& how, received_lists& lists, std::function<void(event&&)> tell);
  ~generator();

  // The destination is known: lists may be worked on. removals: null without deletion.
  // root_is_new: the destination itself was made by this run (or would be).
  void begin(std::shared_ptr<examine_context const> context, std::shared_ptr<removal_context> removals,
             bool root_is_new);
  // A list is complete (received_lists::end gave it). Lists that came before begin() are told as well.
  void list_arrived(std::shared_ptr<received_list const> list);
  // No further list will come.
  void lists_complete();
  // The sender's I/O error word grew.
  void add_io_error(std::int32_t bits);

  // What the receiver finds out about index n.
  [[nodiscard]] outstanding* find(std::int32_t n);
  void arrived(std::int32_t n);     // the file has its name
  void unverified(std::int32_t n);  // its digest was wrong: asked for again, once
  void not_coming(std::int32_t n);  // refused by the sender, or could not be written
  // The sender answered the end of a list or phase. Errors: role_errc::done_unasked.
  [[nodiscard]] result<void> answered();

  [[nodiscard]] bool owns(job const& step) const noexcept { return running_.contains(&step); }
  void take(job_ptr step);
  [[nodiscard]] job_ptr next_job();
  // The next value for the sender; nullopt: nothing is ready.
  [[nodiscard]] std::optional<to_sender> next();

  // Everything was said.
  [[nodiscard]] bool finished() const noexcept { return at_ == state::finished; }
  // Answers to ends of lists and phases that are still to come.
  [[nodiscard]] int answers_due() const noexcept { return dones_ - answers_; }
  // How many ends of phases were answered; the lists' own are not counted.
  [[nodiscard]] int phases_answered() const noexcept { return phases_answered_; }
  [[nodiscard]] bool in_goodbye() const noexcept { return at_ == state::goodbye || at_ == state::finished; }

  [[nodiscard]] entry_counts const& deleted() const noexcept { return deleted_; }
  [[nodiscard]] std::int64_t removals_refused() const noexcept {
    return context_ && context_->limit ? context_->limit->refused.load() : 0;
  }
  [[nodiscard]] bool had_errors() const noexcept { return had_errors_; }
  [[nodiscard]] std::string const& fatal() const noexcept { return fatal_; }

 private:
  enum class state : std::uint8_t {
    waiting,
    examining,
    first_answer,
    second_answer,
    removing,
    goodbye,
    finishing,
    finished
  };
  struct work;   // a list being worked on
  struct chunk;  // some of its entries, or the removals of a directory
  struct group;  // of hard links
  struct asked;  // an outstanding file, its list and its group
  struct late_removal;
  struct member {
    std::shared_ptr<work> of;
    std::uint32_t position = 0;
    bool absent = false;      // nothing is there
    bool in_the_way = false;  // deferred: something of another type is or was there
  };
  using then = std::function<void(job_ptr)>;

  [[nodiscard]] bool may_start() const;
  [[nodiscard]] job_ptr start_chunk();
  [[nodiscard]] job_ptr start_examining(std::shared_ptr<work> const& of, examine_task task);
  [[nodiscard]] job_ptr start_removing(std::shared_ptr<work> const& of, removal_task task, directory_finish after);
  [[nodiscard]] std::optional<removal_task> removal_in(work& of, std::string const& directory, flist::entry const& e);
  [[nodiscard]] job_ptr run(job_ptr job, then what);
  void take_examined(std::shared_ptr<chunk> const& of, job_ptr step);
  void take_removed(std::shared_ptr<chunk> const& of, job_ptr step, directory_finish const& after);
  void settle_chunks();
  void deliver(std::shared_ptr<work> const& of, examined one);
  void record(received_list const& list, examined const& one, std::optional<std::string> xname = std::nullopt);
  void tell_unchanged(received_list const& list, examined const& one, request const& r);
  void ask(std::shared_ptr<work> const& of, examined one, bool redo, std::optional<std::uint32_t> group_id);
  void tell_all(std::vector<event> events);
  void count(entry_counts const& gone);

  static constexpr std::int64_t look_ahead = 500;  // entries, from the oldest open list on
  [[nodiscard]] bool look_ahead_from(work const& of);
  // Whether no further member is known, as far ahead as is looked. Lists behind that may be here, but do not count.
  [[nodiscard]] bool is_last_known(group const& g) const;
  void enter_member(std::shared_ptr<work> const& of, std::uint32_t position, bool absent);
  void advance(std::uint32_t group_id);
  void member_outcome(std::uint32_t group_id, member const& m, std::vector<examined> outcomes);
  void examine_member(std::uint32_t group_id, member m, bool defer_missing);
  void link(group const& g, member m);
  [[nodiscard]] job_ptr start_linking();
  void take_linked(std::shared_ptr<std::vector<member>> const& members, job_ptr step);
  void leader_is_done(std::uint32_t group_id, std::string path);
  void leader_failed(std::uint32_t group_id);
  void give_up(member const& m);

  void advance_lists();
  void advance_phases();
  void finish(std::vector<directory_finish> directories, std::function<void()> after);
  void say_done();
  void say_counts_and_goodbye();
  void ask_again(std::unique_ptr<asked> what);
  [[nodiscard]] bool quiet() const noexcept;
  [[nodiscard]] bool removal_allowed();
  [[nodiscard]] directory_finish finish_of(std::string path, flist::entry const& e) const;
  [[nodiscard]] std::vector<directory_finish> touched_directories(received_list const& list);
  void start_late_removals();
  void start_late_removal();
  void note_children(work& of);
  void plan_removals(work& of);

  generator_options how_;
  received_lists& lists_;
  std::function<void(event&&)> tell_;
  std::shared_ptr<examine_context const> context_;
  std::shared_ptr<removal_context> removals_;
  state at_ = state::waiting;
  bool root_is_new_ = false;
  std::deque<std::shared_ptr<work>> works_;    // open lists, oldest first
  std::deque<std::shared_ptr<chunk>> chunks_;  // started and not settled, in order
  std::deque<std::pair<job_ptr, std::function<void(job_ptr)>>> ready_;
  std::unordered_map<job const*, std::function<void(job_ptr)>> running_;
  std::unordered_map<std::int32_t, std::unique_ptr<asked>> outstanding_;
  std::unordered_map<std::uint32_t, std::unique_ptr<group>> groups_;
  std::unordered_set<std::string> made_ahead_;  // directories made before their own list
  std::unordered_set<std::string> touched_;     // directories whose times must be set again
  std::unordered_map<std::string, std::uint32_t>
      reopened_;                               // directories that get this mode back when they are finished
  std::vector<std::unique_ptr<asked>> again_;  // to be asked once more
  std::vector<late_removal> late_;             // --delete-delay, --delete-after
  std::deque<to_sender> out_;
  std::size_t out_bytes_ = 0;
  std::vector<link_task> links_;  // links to be made by the next job
  std::vector<member> to_link_;   // whose they are
  std::uint32_t next_list_ = 0;
  std::int64_t newest_before_ = 0;  // entries before the newest list
  std::uint32_t horizon_ = 0,
                next_horizon_ = 0;    // the furthest list that is looked at; for which list that is to be found next
  std::size_t removing_ = 0;          // removals started and not done
  std::size_t members_examined_ = 0;  // jobs that look at a member of a group
  std::int32_t io_error_ = 0;
  bool removal_refusal_told_ = false;
  std::deque<std::function<void()>> late_starts_;  // of late removals that wait for others
  std::vector<directory_finish> late_finish_;      // after late removals
  bool finishing_list_ = false, asked_again_ = false;
  int dones_ = 0, answers_ = 0, phases_answered_ = 0;
  int lists_told_ = 0;  // all lists' ends that were said, the last one's too
  bool had_errors_ = false;
  entry_counts deleted_;
  std::string fatal_;
};

}  // namespace volsync::roles
