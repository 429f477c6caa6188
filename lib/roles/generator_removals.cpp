// Deletion: where, when, and whether at all.
#include <utility>

#include "roles/clear_way.hpp"
#include "roles/generator_parts.hpp"

namespace volsync::roles {

namespace {

constexpr std::int32_t io_error_blocks = io_error_general;

}  // namespace

bool generator::removal_allowed() {
  if ((io_error_ & io_error_blocks) == 0 || how_.ignore_errors) return true;
  if (!std::exchange(removal_refusal_told_, true)) {
    tell_(message{message::level::info, "IO error encountered -- skipping file deletion", false});
  }
  return false;
}

// Names by directory: a single list has them all in one.
void generator::note_children(work& of) {
  of.children_known = true;
  received_list const& list = *of.list;
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    std::string path = list.path_of(list.at(i));
    if (path.empty()) continue;
    auto const slash = path.rfind('/');
    auto& names = of.children[slash == std::string::npos ? std::string{} : path.substr(0, slash)];
    if (!names) names = std::make_shared<std::unordered_set<std::string>>();
    names->insert(slash == std::string::npos ? path : path.substr(slash + 1));
  }
}

// Only where the sender listed the whole content, and no error stands in the way.
std::optional<removal_task> generator::removal_in(work& of, std::string const& directory, flist::entry const& e) {
  using flist::entry_flags;
  if (!removals_ || flist::has(e.flags, entry_flags::no_content) || flist::has(e.flags, entry_flags::implied) ||
      flist::has(e.flags, entry_flags::duplicate) || !removal_allowed()) {
    return std::nullopt;
  }
  if (root_is_new_ && !directory.empty() && how_.removal != removal_time::after)
    return std::nullopt;  // it cannot be there yet
  // Only the directory whose names this list holds.
  if (how_.incremental && directory != of.list->path) return std::nullopt;
  removal_task task;
  task.directory = directory;
  task.collect = how_.removal == removal_time::delay;
  if (how_.incremental) {
    auto names = std::make_shared<std::unordered_set<std::string>>();
    for (std::uint32_t i = 0; i < of.list->size(); ++i) {
      std::string path = of.list->path_of(of.list->at(i));
      auto const slash = path.rfind('/');
      names->insert(slash == std::string::npos ? std::move(path) : path.substr(slash + 1));
    }
    task.names = std::move(names);
  } else {
    if (!of.children_known) note_children(of);
    auto const known = of.children.find(directory);
    task.names = known != of.children.end() ? known->second : std::make_shared<std::unordered_set<std::string>>();
  }
  of.removal_finish = finish_of(directory, e);
  return task;
}

job_ptr generator::start_removing(std::shared_ptr<work> const& of, removal_task task, directory_finish after) {
  of->started = of->next == of->list->size() && (!of->list->self || of->self_started);
  auto each = std::make_shared<chunk>();
  each->of = of;
  each->removes = true;
  auto const before = chunks_.empty() ? nullptr : chunks_.back();
  chunks_.push_back(each);
  ++of->chunks;
  ++removing_;
  auto job = std::make_unique<removal_job>(removals_, std::move(task));
  then taken = [this, each, after = std::move(after)](job_ptr step) { take_removed(each, std::move(step), after); };
  if (!before || before->complete || before->removes) return run(std::move(job), std::move(taken));
  // The directory is looked at first: what goes from it changes its time.
  auto const kept = std::make_shared<job_ptr>(std::move(job));
  before->next = [this, kept, taken = std::move(taken)] { ready_.emplace_back(std::move(*kept), taken); };
  return next_job();
}

void generator::count(entry_counts const& gone) { add(deleted_, gone); }

void generator::take_removed(std::shared_ptr<chunk> const& of, job_ptr step, directory_finish const& after) {
  auto& job = static_cast<removal_job&>(*step);
  for (auto& one : job.take_events()) of->events.push_back(std::move(one));
  count(job.take_counts());
  if (job.had_errors()) {
    // What cannot be read is not judged, and nothing more is removed.
    had_errors_ = true;
    io_error_ |= io_error_general;
  }
  if (fatal_.empty()) fatal_ = job.fatal();
  if (!job.done()) {
    ready_.emplace_back(std::move(step),
                        [this, of, after](job_ptr again) { take_removed(of, std::move(again), after); });
  } else {
    of->complete = true;
    --removing_;
    start_late_removal();
    if (job.changed()) touched_.insert(job.directory_path());
    if (auto found = job.take_found(); !found.empty()) {
      late_removal late;
      late.what.directory = job.directory_path();
      late.what.found = std::move(found);
      late.after = after;
      late_.push_back(std::move(late));
    }
  }
  settle_chunks();
}

// All directories of a list, for removals before or after everything else.
void generator::plan_removals(work& of) {
  of.removals_planned = true;
  for (std::uint32_t i = 0; i < of.list->size(); ++i) {
    flist::entry const& e = of.list->at(i);
    if (!e.is_directory()) continue;
    std::string const path = of.list->path_of(e);
    if (auto task = removal_in(of, path, e)) of.removals_first.push_back({std::move(*task), finish_of(path, e)});
  }
}

void generator::start_late_removals() {
  if (how_.removal == removal_time::after && !works_.empty()) {
    work& of = *works_.front();
    plan_removals(of);
    late_.assign(std::make_move_iterator(of.removals_first.begin()), std::make_move_iterator(of.removals_first.end()));
    of.removals_first.clear();
  } else if (!removal_allowed()) {
    late_.clear();
  }
  auto const none = std::make_shared<work>();
  for (auto& each : std::exchange(late_, {})) {
    if (how_.incremental && !context_->how.dry_run) late_finish_.push_back(each.after);
    auto of = std::make_shared<chunk>();
    of->of = none;
    ++none->chunks;
    chunks_.push_back(of);
    late_starts_.emplace_back([this, of, what = std::move(each.what), after = std::move(each.after)] {
      ++removing_;
      ready_.emplace_back(std::make_unique<removal_job>(removals_, what),
                          [this, of, after](job_ptr step) { take_removed(of, std::move(step), after); });
    });
  }
  start_late_removal();
}

// All of them; one after the other where a limit makes their order matter.
void generator::start_late_removal() {
  while (!late_starts_.empty() && (!context_->limit || removing_ == 0)) {
    auto const start = std::move(late_starts_.front());
    late_starts_.pop_front();
    start();
  }
}

}  // namespace volsync::roles
