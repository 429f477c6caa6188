// The generator's order of things: lists, chunks of lists, requests and phases. Hard links are in generator_links.cpp.
#include "roles/generator.hpp"

#include <algorithm>
#include <utility>

#include "roles/generator_parts.hpp"

namespace volsync::roles {
namespace {

using namespace flist::item;

constexpr std::uint32_t chunk_entries = step_files;
constexpr std::size_t most_waiting_bytes = 8U << 20;  // of signatures not yet given out
constexpr std::size_t most_waiting = 2048;            // values not yet given out
constexpr std::size_t most_outstanding = 16'384;      // files asked for

std::size_t cost(request const& r) {
  return r.sums ? r.sums->weak.size() * sizeof(std::uint32_t) + r.sums->strong.size() : 0;
}

}  // namespace

generator::generator(generator_options const& how, received_lists& lists, std::function<void(event&&)> tell)
    : how_{how}, lists_{lists}, tell_{std::move(tell)} {
  // A list that knows one directory only can judge that one only, and only while it is there.
  if (how_.incremental && how_.removal == removal_time::before) how_.removal = removal_time::during;
  if (how_.incremental && how_.removal == removal_time::after) how_.removal = removal_time::delay;
}

generator::~generator() = default;

void generator::begin(std::shared_ptr<examine_context const> context, std::shared_ptr<removal_context> removals,
                      bool root_is_new) {
  context_ = std::move(context);
  removals_ = std::move(removals);
  root_is_new_ = root_is_new;
  if (context_->how.tell_delta) {
    char const* const text = context_->how.whole_file ? "delta-transmission disabled for local transfer or --whole-file"
                                                      : "delta-transmission enabled";
    tell_(message{message::level::info, text, false});
  }
  if (root_is_new) made_ahead_.insert(std::string{});
  at_ = state::examining;
  advance_lists();
  advance_phases();
}

void generator::list_arrived(std::shared_ptr<received_list const> list) {
  io_error_ |= list->io_error;
  auto made = std::make_shared<work>();
  made->list = std::move(list);
  made->number = next_list_++;
  made->before_previous = std::exchange(newest_before_, made->list->before);
  for (std::uint32_t i = 0; i < made->list->size(); ++i) {
    flist::entry const& e = made->list->at(i);
    if (!flist::has(e.flags, flist::entry_flags::hard_linked) || flist::has(e.flags, flist::entry_flags::duplicate))
      continue;
    auto& g = groups_[e.group];
    if (!g) g = std::make_unique<group>();
    g->lists.push_back(made->number);
  }
  made->started = !made->list->self && made->list->size() == 0;
  works_.push_back(std::move(made));
  settle_chunks();
  advance_lists();
  advance_phases();
}

void generator::lists_complete() {
  settle_chunks();
  advance_lists();
  advance_phases();
}

void generator::add_io_error(std::int32_t bits) { io_error_ |= bits; }

void generator::tell_all(std::vector<event> events) {
  for (auto& each : events) {
    if (std::holds_alternative<problem>(each)) had_errors_ = true;
    tell_(std::move(each));
  }
}

// --- jobs --------------------------------------------------------------------------------------------------------

job_ptr generator::run(job_ptr job, then what) {
  running_.emplace(job.get(), std::move(what));
  return job;
}

bool generator::quiet() const noexcept {
  return running_.empty() && ready_.empty() && links_.empty() && chunks_.empty();
}

void generator::take(job_ptr step) {
  auto const known = running_.find(step.get());
  if (known == running_.end()) return;
  auto const what = std::move(known->second);
  running_.erase(known);
  what(std::move(step));
  settle_chunks();
  advance_lists();
  advance_phases();
}

job_ptr generator::next_job() {
  if (at_ == state::waiting) return nullptr;
  if (!ready_.empty()) {
    auto [job, what] = std::move(ready_.front());
    ready_.pop_front();
    return run(std::move(job), std::move(what));
  }
  if (!links_.empty()) return start_linking();
  if (at_ != state::examining || running_.size() >= how_.workers * 2 || out_.size() >= most_waiting ||
      out_bytes_ >= most_waiting_bytes || outstanding_.size() >= most_outstanding) {
    return nullptr;
  }
  return start_chunk();
}

// Members of a group may lie in lists to come, which decides who is asked for. Counted from the oldest open list on,
// because the sender does so, too, and waits for us when it is far enough ahead. They may also tell of directories that
// could not be read, and then nothing is to be removed.
bool generator::may_start() const {
  bool const waits = context_->how.hard_links || how_.removal != removal_time::never;
  if (!waits || lists_.complete()) return true;
  return lists_.entries() - works_.front()->list->before >= look_ahead;
}

job_ptr generator::start_chunk() {
  for (auto const& of : works_) {
    if (of->started) continue;
    if (!may_start()) return nullptr;
    received_list const& list = *of->list;
    bool const removes = how_.removal == removal_time::during || how_.removal == removal_time::delay;
    if (how_.removal == removal_time::before && !of->removals_planned) plan_removals(*of);
    // What a limit lets go depends on the order, and examining removes, too, what is in the way.
    bool const removal_is_next = !of->removals_first.empty() || of->removal_next;
    if (context_->limit && (removal_is_next ? !chunks_.empty() : removing_ != 0)) return nullptr;
    if (!of->removals_first.empty()) {
      auto first = std::move(of->removals_first.front());
      of->removals_first.pop_front();
      return start_removing(of, std::move(first.what), std::move(first.after));
    }
    if (of->removal_next)
      return start_removing(of, std::move(*std::exchange(of->removal_next, std::nullopt)), of->removal_finish);
    examine_task task;
    task.list = of->list;
    task.incremental = how_.incremental;
    task.from = task.to = of->next;
    if (list.self && !of->self_started) {
      of->self_started = true;
      task.self = true;
      task.self_is_new = made_ahead_.contains(list.path);
      if (removes && !task.self_is_new) of->removal_next = removal_in(*of, list.path, *list.self);
    }
    while (!of->removal_next && task.to < list.size() && task.to - task.from < chunk_entries) {
      flist::entry const& e = list.at(task.to++);
      if (!removes || how_.incremental || !e.is_directory()) continue;
      of->removal_next = removal_in(*of, list.path_of(e), e);
    }
    of->next = task.to;
    of->started = of->next == list.size() && !of->removal_next;
    return start_examining(of, std::move(task));
  }
  return nullptr;
}

job_ptr generator::start_examining(std::shared_ptr<work> const& of, examine_task task) {
  task.settled = chunks_.empty();
  auto each = std::make_shared<chunk>();
  each->of = of;
  chunks_.push_back(each);
  ++of->chunks;
  return run(std::make_unique<examine_job>(context_, std::move(task)),
             [this, each](job_ptr step) { take_examined(each, std::move(step)); });
}

void generator::take_examined(std::shared_ptr<chunk> const& of, job_ptr step) {
  auto& job = static_cast<examine_job&>(*step);
  for (auto& one : job.take_outcomes()) of->outcomes.push_back(std::move(one));
  for (auto& one : job.take_events()) of->events.push_back(std::move(one));
  for (auto& path : job.take_touched()) touched_.insert(std::move(path));
  for (auto& [path, mode] : job.take_reopened()) reopened_.emplace(std::move(path), mode);
  count(job.take_removed());
  had_errors_ = had_errors_ || job.had_errors();
  if (job.done()) {
    of->complete = true;
    if (of->next) std::exchange(of->next, nullptr)();
  } else if (job.blocked()) {
    of->parked = std::move(step);
  } else {
    ready_.emplace_back(std::move(step), [this, of](job_ptr again) { take_examined(of, std::move(again)); });
  }
  settle_chunks();
}

// Gives on what the oldest chunks found; one that waited for those before it goes on when it is the oldest.
void generator::settle_chunks() {
  while (!chunks_.empty()) {
    auto const front = chunks_.front();
    tell_all(std::exchange(front->events, {}));
    // A member of a group is looked at in its turn: requests keep the order of the list.
    while (members_examined_ == 0 && !front->outcomes.empty()) {
      if (front->outcomes.front().what == examined::kind::member && !look_ahead_from(*front->of)) break;
      examined one = std::move(front->outcomes.front());
      front->outcomes.pop_front();
      deliver(front->of, std::move(one));
    }
    if (!front->outcomes.empty()) return;
    if (!front->complete) {
      if (front->parked) {
        static_cast<examine_job&>(*front->parked).set_settled();
        ready_.emplace_back(std::move(front->parked),
                            [this, front](job_ptr again) { take_examined(front, std::move(again)); });
      }
      return;
    }
    chunks_.pop_front();
    --front->of->chunks;
  }
}

void generator::deliver(std::shared_ptr<work> const& of, examined one) {
  received_list const& list = *of->list;
  switch (one.what) {
    case examined::kind::record:
      record(list, one);
      break;
    case examined::kind::request:
      if (context_->how.dry_run) {
        record(list, one);
      } else {
        ask(of, std::move(one), false, std::nullopt);
      }
      break;
    case examined::kind::member:
      enter_member(of, one.position, one.absent);
      break;
    case examined::kind::made_directory:
      made_ahead_.insert(list.path_of(list.at(one.position)));
      break;
    case examined::kind::no_directory:
    case examined::kind::missing:
    case examined::kind::settled_member:
    case examined::kind::skipped_member:
      break;
  }
}

void generator::record(received_list const& list, examined const& one, std::optional<std::string> xname) {
  request r;
  r.n = flist::ndx{one.self ? list.ndx_start - 1 : list.ndx_start + static_cast<std::int32_t>(one.position)};
  r.flags = one.flags;
  bool const is_root = !one.self && !how_.incremental && list.path_of(list.at(one.position)).empty();
  if ((one.self || is_root) && made_ahead_.erase(list.path) != 0) r.flags = is_new | local_change;
  flist::entry const& e = one.self ? *list.self : list.at(one.position);
  if (!context_->how.implied_dirs && flist::has(e.flags, flist::entry_flags::implied)) return;  // left alone
  r.basis = one.basis;
  bool const told = (r.flags & significant) != 0 || (xname && !xname->empty()) || context_->how.itemize_unchanged;
  r.xname = std::move(xname);
  if (context_->how.tell_unchanged) tell_unchanged(list, one, r);
  if (told) out_.emplace_back(std::move(r));
}

// Neither made nor sent; directories are the sender's to name.
void generator::tell_unchanged(received_list const& list, examined const& one, request const& r) {
  bool const in_place = r.xname && r.xname->empty();  // a link that is there already
  bool const made = (r.flags & local_change) != 0 && !in_place;
  if (one.self || made || (r.flags & (transfer | is_new)) != 0) return;
  flist::entry const& e = list.at(one.position);
  if (e.is_directory()) return;
  std::string said = list.listed_path_of(e);
  bool const looked_at =
      !(in_place && context_->how.dry_run);  // a dry run does not compare such a link with its leader
  if (!looked_at || (r.flags & significant) == 0) said += " is uptodate";
  tell_(message{message::level::info, std::move(said), false});
}

void generator::ask(std::shared_ptr<work> const& of, examined one, bool redo, std::optional<std::uint32_t> group_id) {
  auto made = std::make_unique<asked>();
  made->of = of;
  made->group_id = group_id;
  outstanding& o = made->what;
  o.list = of->list;
  o.position = one.position;
  o.flags = one.flags;
  o.basis = one.basis;
  o.head = one.head;
  o.target = std::move(*one.target);
  o.redo = redo;
  std::int32_t const n = of->list->ndx_start + static_cast<std::int32_t>(one.position);
  request r;
  r.n = flist::ndx{n};
  r.flags = one.flags;
  r.basis = one.basis;
  r.head = one.head;
  r.sums = std::move(one.sums);
  out_bytes_ += cost(r);
  out_.emplace_back(std::move(r));
  if (!redo) ++of->pending;
  outstanding_[n] = std::move(made);
}

std::optional<to_sender> generator::next() {
  if (out_.empty()) return std::nullopt;
  to_sender value = std::move(out_.front());
  out_.pop_front();
  if (auto const* r = std::get_if<request>(&value)) out_bytes_ -= cost(*r);
  return value;
}

// --- what comes of requests --------------------------------------------------------------------------------------

outstanding* generator::find(std::int32_t n) {
  auto const known = outstanding_.find(n);
  return known == outstanding_.end() ? nullptr : &known->second->what;
}

void generator::arrived(std::int32_t n) {
  auto const known = outstanding_.find(n);
  if (known == outstanding_.end()) return;
  auto const done = std::move(known->second);
  outstanding_.erase(known);
  touched_.insert(done->what.target.parent);
  --done->of->pending;
  if (done->group_id)
    leader_is_done(*done->group_id, done->what.list->path_of(done->what.list->at(done->what.position)));
  advance_lists();
  advance_phases();
}

void generator::unverified(std::int32_t n) {
  auto const known = outstanding_.find(n);
  if (known == outstanding_.end()) return;
  if (known->second->what.redo) return not_coming(n);
  if (!how_.incremental && at_ != state::examining && at_ != state::first_answer) {
    // There is no phase left to ask in: a link's leader that was asked for after the others.
    auto const& lost = known->second->what;
    had_errors_ = true;
    tell_(message{message::level::error,
                  "ERROR: " + lost.list->listed_path_of(lost.list->at(lost.position)) +
                      " failed verification -- update discarded.",
                  false});
    return not_coming(n);
  }
  auto again = std::move(known->second);
  outstanding_.erase(known);
  again->what.redo = true;
  // Without incremental recursion the sender expects repeated requests after the first phase only.
  if (how_.incremental) {
    ask_again(std::move(again));
  } else {
    again_.push_back(std::move(again));
  }
  advance_phases();
}

void generator::not_coming(std::int32_t n) {
  auto const known = outstanding_.find(n);
  if (known == outstanding_.end()) return;
  auto const lost = std::move(known->second);
  outstanding_.erase(known);
  --lost->of->pending;
  if (lost->group_id) leader_failed(*lost->group_id);
  advance_lists();
  advance_phases();
}

void generator::ask_again(std::unique_ptr<asked> what) {
  examine_task task;
  task.list = what->what.list;
  task.from = what->what.position;
  task.to = task.from + 1;
  task.settled = task.member = task.redo = true;
  task.incremental = how_.incremental;
  std::shared_ptr<asked> const kept = std::move(what);
  auto outcome = std::make_shared<std::vector<examined>>();
  auto take = std::make_shared<then>();
  *take = [this, kept, outcome, weak = std::weak_ptr<then>{take}](job_ptr step) {
    auto& job = static_cast<examine_job&>(*step);
    for (auto& one : job.take_outcomes()) outcome->push_back(std::move(one));
    tell_all(job.take_events());
    if (!job.done()) {
      if (auto const self = weak.lock())
        ready_.emplace_back(std::move(step), [self](job_ptr again) { (*self)(std::move(again)); });
      return;
    }
    if (!outcome->empty() && outcome->front().what == examined::kind::request) {
      ask(kept->of, std::move(outcome->front()), true, kept->group_id);
    } else {
      had_errors_ = true;
      --kept->of->pending;
      if (kept->group_id) leader_failed(*kept->group_id);
    }
  };
  ready_.emplace_back(std::make_unique<examine_job>(context_, std::move(task)),
                      [take](job_ptr step) { (*take)(std::move(step)); });
}

// --- ends of lists and phases ------------------------------------------------------------------------------------

void generator::say_done() {
  out_.emplace_back(list_done{});
  ++dones_;
}

result<void> generator::answered() {
  if (answers_ >= dones_) return role_errc::done_unasked;
  ++answers_;
  // Until now the sender could speak of that list.
  if (how_.incremental && lists_.open() > 0) lists_.retire_oldest();
  // With several lists, only the last one's end is the end of a phase.
  if (at_ != state::examining && at_ != state::waiting)
    phases_answered_ = std::max(0, answers_ - std::max(0, lists_told_ - 1));
  advance_phases();
  return {};
}

directory_finish generator::finish_of(std::string path, flist::entry const& e) const {
  receive_options const& how = context_->how;
  directory_finish f;
  f.path = std::move(path);
  if (!how.implied_dirs && flist::has(e.flags, flist::entry_flags::implied)) return f;
  if (how.times && !how.omit_dir_times) f.mtime = time_point{e.mtime, e.mtime_ns};
  if (!how.as_root && how.perms) f.mode = e.mode & 07777U;
  if (auto const was = reopened_.find(f.path); !how.perms && was != reopened_.end()) f.mode = was->second;
  return f;
}

std::vector<directory_finish> generator::touched_directories(received_list const& list) {
  std::vector<directory_finish> found;
  if (context_->how.dry_run) return found;
  if (how_.incremental) {
    if (touched_.erase(list.path) != 0 && list.self) found.push_back(finish_of(list.path, *list.self));
    return found;
  }
  if (touched_.empty()) return found;
  // Inner directories first: setting an outer one's mode may take away the right to enter.
  for (std::uint32_t i = list.size(); i-- > 0;) {
    flist::entry const& e = list.at(i);
    if (!e.is_directory() || flist::has(e.flags, flist::entry_flags::duplicate)) continue;
    std::string path = list.path_of(e);
    if (touched_.contains(path)) found.push_back(finish_of(std::move(path), e));
  }
  return found;
}

void generator::finish(std::vector<directory_finish> directories, std::function<void()> after) {
  auto take = std::make_shared<then>();
  *take = [this, after = std::move(after), weak = std::weak_ptr<then>{take}](job_ptr step) {
    auto& job = static_cast<finish_job&>(*step);
    tell_all(job.take_events());
    if (job.done()) return after();
    if (auto const self = weak.lock())
      ready_.emplace_back(std::move(step), [self](job_ptr again) { (*self)(std::move(again)); });
  };
  ready_.emplace_back(std::make_unique<finish_job>(context_->where, std::move(directories)),
                      [take](job_ptr step) { (*take)(std::move(step)); });
}

// Lists are finished in order; the newest only when another or the end of lists has come.
void generator::advance_lists() {
  if (!how_.incremental || at_ != state::examining) return;
  while (!works_.empty() && !finishing_list_) {
    auto const of = works_.front();
    if (!of->started || of->chunks != 0 || of->pending != 0) return;
    if (works_.size() == 1 && !lists_.complete()) return;
    if (auto todo = touched_directories(*of->list); !todo.empty()) {
      finishing_list_ = true;
      finish(std::move(todo), [this] { finishing_list_ = false; });
      return;
    }
    works_.pop_front();
    if (context_->where) context_->where->take_as_any_other(of->list->path);
    ++lists_told_;
    say_done();
    if (works_.empty()) at_ = state::first_answer;
  }
}

void generator::say_counts_and_goodbye() {
  if (how_.sends_delete_counts) out_.emplace_back(delete_counts{deleted_});
  if (how_.goodbye_answered) say_done();
  at_ = state::goodbye;
}

void generator::advance_phases() {
  if (at_ == state::examining && !how_.incremental && works_.size() == 1 && works_.front()->started && quiet()) {
    lists_told_ = 1;
    say_done();
    at_ = state::first_answer;
  }
  if (at_ == state::first_answer && phases_answered_ >= 1 && quiet()) {
    if (outstanding_.empty() && !again_.empty()) {
      for (auto& each : std::exchange(again_, {})) ask_again(std::move(each));
      asked_again_ = true;
      return;
    }
    if (!outstanding_.empty() && !asked_again_) return;
    say_done();
    say_done();
    at_ = state::second_answer;
    bool const late = how_.removal == removal_time::delay || how_.removal == removal_time::after;
    if (!late) say_counts_and_goodbye();
  }
  bool const settled = outstanding_.empty() && quiet();
  if (at_ == state::second_answer && phases_answered_ >= 3 && settled) {
    at_ = state::removing;
    start_late_removals();
  }
  if (at_ == state::removing && late_.empty() && quiet()) say_counts_and_goodbye();
  if (at_ == state::goodbye && phases_answered_ >= (how_.goodbye_answered ? 4 : 3) && settled) {
    at_ = state::finishing;
    if (auto const left = removals_refused(); left > 0) {
      tell_(message{message::level::warning,
                    "Deletions stopped due to --max-delete limit (" + std::to_string(left) + " skipped)", false});
    }
    std::vector<directory_finish> todo = std::exchange(late_finish_, {});
    if (!how_.incremental && !works_.empty()) {
      auto more = touched_directories(*works_.front()->list);
      todo.insert(todo.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    auto const last = [this] {
      out_.emplace_back(list_done{});
      at_ = state::finished;
    };
    if (todo.empty()) {
      last();
    } else {
      finish(std::move(todo), last);
    }
  }
}

}  // namespace volsync::roles
