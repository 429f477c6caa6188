// Hard links: which member of a group is looked at, transferred, or made a link.
#include <algorithm>
#include <utility>

#include "roles/generator_parts.hpp"

namespace volsync::roles {

void generator::enter_member(std::shared_ptr<work> const& of, std::uint32_t position, bool absent) {
  std::uint32_t const id = of->list->at(position).group;
  auto& g = groups_[id];
  if (!g) g = std::make_unique<group>();
  ++of->pending;
  ++g->seen;
  g->queue.push_back({of, position, absent});
  advance(id);
}

// Of the lists that are here those count that rsync would have waited for when it came to `of`: until so many entries
// are known, counted from its oldest open list on. The list before `of` is still open to it. False: they are not all
// here yet.
bool generator::look_ahead_from(work const& of) {
  if (of.number < next_horizon_) return true;
  std::int64_t base = of.before_previous;
  for (auto const& each : works_) {
    if (each->list->before >= base) break;
    if (each->chunks == 0 && each->pending == 0 && each->started) continue;
    base = each->list->before;
    break;
  }
  bool enough = lists_.complete();
  std::uint32_t last = of.number;
  for (auto const& each : works_) {
    last = std::max(last, each->number);
    std::int64_t const ahead = each->list->before + static_cast<std::int64_t>(each->list->size()) - base;
    if (each->number < of.number || ahead < look_ahead) continue;
    enough = true;
    break;
  }
  if (!enough) return false;
  horizon_ = std::max(horizon_, last);
  next_horizon_ = of.number + 1;
  return true;
}

bool generator::is_last_known(group const& g) const {
  return g.queue.empty() && (g.seen >= g.lists.size() || g.lists[g.seen] > horizon_);
}

void generator::advance(std::uint32_t group_id) {
  group& g = *groups_.at(group_id);
  while (!g.busy && !g.queue.empty()) {
    if (g.at == group::state::done) {
      for (auto& each : std::exchange(g.queue, {})) link(g, std::move(each));
      return;
    }
    member m = std::move(g.queue.front());
    g.queue.pop_front();
    if (g.at == group::state::leading) {
      g.deferred.push_back(std::move(m));
      continue;
    }
    bool const last = is_last_known(g);
    if (m.absent && !last) {
      g.deferred.push_back(std::move(m));
      continue;
    }
    examine_member(group_id, std::move(m), !last);
  }
  // The last one was left alone: the one before it takes its part.
  if (!g.busy && g.at == group::state::open && !g.deferred.empty() && is_last_known(g)) {
    member m = std::move(g.deferred.back());
    g.deferred.pop_back();
    examine_member(group_id, std::move(m), false);
  }
}

void generator::examine_member(std::uint32_t group_id, member m, bool defer_missing) {
  groups_.at(group_id)->busy = true;
  ++members_examined_;
  examine_task task;
  task.list = m.of->list;
  task.from = m.position;
  task.to = m.position + 1;
  task.incremental = how_.incremental;
  task.settled = task.member = true;
  task.defer_missing = defer_missing;
  auto outcomes = std::make_shared<std::vector<examined>>();
  auto take = std::make_shared<then>();
  *take = [this, group_id, m = std::move(m), outcomes, weak = std::weak_ptr<then>{take}](job_ptr step) {
    auto& job = static_cast<examine_job&>(*step);
    for (auto& one : job.take_outcomes()) outcomes->push_back(std::move(one));
    for (auto& path : job.take_touched()) touched_.insert(std::move(path));
    count(job.take_removed());
    tell_all(job.take_events());
    had_errors_ = had_errors_ || job.had_errors();
    if (!job.done()) {
      if (auto const self = weak.lock())
        ready_.emplace_back(std::move(step), [self](job_ptr again) { (*self)(std::move(again)); });
      return;
    }
    member_outcome(group_id, m, std::move(*outcomes));
  };
  ready_.emplace_back(std::make_unique<examine_job>(context_, std::move(task)),
                      [take](job_ptr step) { (*take)(std::move(step)); });
}

void generator::member_outcome(std::uint32_t group_id, member const& m, std::vector<examined> outcomes) {
  group& g = *groups_.at(group_id);
  g.busy = false;
  --members_examined_;
  received_list const& list = *m.of->list;
  if (outcomes.empty()) {
    // It could not be looked at, and that was said.
    give_up(m);
  } else if (outcomes.front().what == examined::kind::missing) {
    g.deferred.push_back(m);
    g.deferred.back().in_the_way = outcomes.front().in_the_way;
  } else if (outcomes.front().what == examined::kind::request && !context_->how.dry_run) {
    g.at = group::state::leading;
    ask(m.of, std::move(outcomes.front()), false, group_id);
    --m.of->pending;  // counted when it was entered
  } else if (outcomes.front().what == examined::kind::skipped_member) {
    --m.of->pending;
  } else {
    record(list, outcomes.front());
    --m.of->pending;
    leader_is_done(group_id, list.path_of(list.at(m.position)));
    return;
  }
  advance(group_id);
}

void generator::give_up(member const& m) {
  had_errors_ = true;
  --m.of->pending;
}

void generator::leader_is_done(std::uint32_t group_id, std::string path) {
  group& g = *groups_.at(group_id);
  g.at = group::state::done;
  g.leader = std::make_shared<std::string const>(std::move(path));
  std::vector<member> waiting = std::exchange(g.deferred, {});
  std::reverse(waiting.begin(), waiting.end());
  for (auto& each : waiting) link(g, std::move(each));
  advance(group_id);
}

// The next best member becomes the leader; without one, or when nothing more may be asked for, the rest is lost.
void generator::leader_failed(std::uint32_t group_id) {
  group& g = *groups_.at(group_id);
  g.at = group::state::open;
  if (at_ == state::examining || at_ == state::first_answer) {
    advance(group_id);
    return;
  }
  for (auto const& each : std::exchange(g.deferred, {})) give_up(each);
  for (auto const& each : std::exchange(g.queue, {})) give_up(each);
}

// Links are made in batches, whatever groups they belong to.
void generator::link(group const& g, member m) {
  links_.push_back({m.of->list, m.position, g.leader, m.in_the_way});
  to_link_.push_back(std::move(m));
}

job_ptr generator::start_linking() {
  auto const members = std::make_shared<std::vector<member>>(std::exchange(to_link_, {}));
  return run(std::make_unique<link_job>(context_, std::exchange(links_, {})),
             [this, members](job_ptr step) { take_linked(members, std::move(step)); });
}

void generator::take_linked(std::shared_ptr<std::vector<member>> const& members, job_ptr step) {
  auto& job = static_cast<link_job&>(*step);
  tell_all(job.take_events());
  count(job.take_removed());
  for (auto& path : job.take_touched()) touched_.insert(std::move(path));
  for (auto const& one : job.take_outcomes()) {
    member const& m = (*members)[one.member];
    --m.of->pending;
    if (one.what == linked::how::left) continue;
    if (one.what == linked::how::failed) {
      had_errors_ = true;
      continue;
    }
    examined said;
    said.position = m.position;
    said.flags = one.flags;
    record(*m.of->list, said, one.what == linked::how::made ? *job.members()[one.member].leader : std::string{});
  }
  if (!job.done()) {
    ready_.emplace_back(std::move(step), [this, members](job_ptr again) { take_linked(members, std::move(again)); });
  }
}

}  // namespace volsync::roles
