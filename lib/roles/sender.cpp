// The sender's order of things. Source: lib/wire/FORMAT.md, phases and goodbye.
#include "roles/sender.hpp"

#include <algorithm>
#include <utility>

#include "roles/describe.hpp"

namespace volsync::roles {
namespace {

constexpr std::size_t window = 16U << 20;           // bytes all batches may hold
constexpr std::size_t oldest_may_hold = 4U << 20;   // bytes
constexpr std::size_t young_may_hold = step_bytes;  // bytes
constexpr std::size_t most_requests = 4096;         // records read ahead
constexpr std::size_t most_signatures = 64U << 20;  // bytes of block sums read ahead
constexpr std::int64_t open_ahead = 10'000;         // entries listed beyond what the peer works on
constexpr int last_phase = 2;

std::size_t cost(request const& r) {
  return r.sums ? r.sums->weak.size() * sizeof(std::uint32_t) + r.sums->strong.size() : 0;
}

}  // namespace

struct sender::batch {
  std::shared_ptr<std::vector<request> const> requests;
  std::vector<item> items;         // one for each request
  std::vector<std::int64_t> sent;  // content bytes given out for each request
  std::unique_ptr<reply_job> job;  // null while a worker has it
  std::vector<source_file> files;
  std::deque<file_part> made;  // not yet given out
  std::vector<file_failure> failures;
  std::size_t held = 0;   // bytes in `made`
  bool complete = false;  // the job has no step left
  bool in_file = false;   // the last part given out ended in the middle of a file
};

sender::sender(sender_options const& how, sender_parts parts, std::function<void(event&&)> tell)
    : how_{how},
      parts_{std::move(parts)},
      tell_{std::move(tell)},
      lists_{how.list, parts_.lister, parts_.names, how.workers} {
  figures_.dry_run = how.dry_run;
}

void sender::begin(scanned first, std::unordered_map<std::string, std::vector<planned_entry>> planned) {
  lists_.begin(std::move(first), std::move(planned));
}

bool sender::wants_input() const noexcept {
  return waiting_requests_ < most_requests && signature_bytes_ < most_signatures;
}

result<void> sender::take(to_sender value) {
  if (at_ == state::goodbye && !std::holds_alternative<list_done>(value) &&
      !std::holds_alternative<delete_counts>(value)) {
    return role_errc::not_goodbye;
  }
  if (auto* wanted = std::get_if<request>(&value)) return take_request(std::move(*wanted));
  if (auto* counts = std::get_if<delete_counts>(&value)) {
    figures_.deleted = counts->counts;
    if (how_.serves) turns_.push_back({from_sender{*counts}, false, std::nullopt});
    return {};
  }
  return take_done();
}

result<void> sender::take_done() {
  start_batch();
  if (at_ == state::finished) return role_errc::not_goodbye;
  if (at_ == state::goodbye) {
    if (how_.goodbye_answered && !std::exchange(goodbye_seen_, true)) {
      turns_.push_back({from_sender{list_done{}}, false, std::nullopt});
    } else {
      at_ = state::finished;
    }
    return {};
  }
  if (how_.list.incremental && lists_.open_lists() > 0) {
    if (lists_.open_lists() == 1 && !eof_sent_) return role_errc::done_too_early;
    lists_.retire_oldest();
    if (lists_.open_lists() > 0) {
      turns_.push_back({from_sender{list_done{}}, false, std::nullopt});
      return {};
    }
  } else if (!lists_.complete()) {
    return role_errc::done_too_early;
  }
  bool const ends = ++phase_ > last_phase;
  if (ends) at_ = state::goodbye;
  turns_.push_back(
      {from_sender{list_done{}}, ends, std::nullopt});  // next() puts the I/O error before the one that ends
  return {};
}

// e: null for the directory that the list belongs to.
item sender::describe(request const& what, live_list const& where, flist::entry const* e) const {
  auto names = parts_.names_of(e != nullptr ? where.list->parent(*e).root : where.root,
                               e != nullptr ? where.list->path(*e) : where.path);
  item said = roles::describe(what, e != nullptr ? where.list.get() : nullptr, e != nullptr ? *e : where.entry,
                              std::move(names.name));
  said.path = std::move(names.path);
  said.local = how_.local;
  if (!how_.list.owner) said.uid = 0;  // as the list has it
  return said;
}

result<void> sender::take_request(request wanted) {
  auto const where = lists_.find(flist::raw(wanted.n));
  if (where.where == nullptr) return role_errc::no_such_index;
  flist::entry const* e = where.position ? &where.where->list->at(*where.position) : nullptr;
  if (e != nullptr && flist::has(e->flags, flist::entry_flags::duplicate)) return role_errc::inactive_index;
  if ((wanted.flags & flist::item::transfer) != 0) {
    if (e == nullptr || !e->is_regular()) return role_errc::transfer_of_other;
    if (phase_ >= last_phase) return role_errc::transfer_in_last_phase;
    if (!how_.dry_run) {
      collect(std::move(wanted), *where.where, *e);
      return {};
    }
    ++figures_.transferred_files;
    figures_.transferred_size += e->size;
  }
  start_batch();
  ++waiting_requests_;
  item said = describe(wanted, *where.where, e);
  turns_.push_back({from_sender{item_echo{std::move(wanted)}}, false, std::move(said)});
  return {};
}

void sender::tell_item(item said) {
  if ((said.flags & flist::item::is_new) != 0) count(figures_.created, said.mode);
  tell_(std::move(said));
}

void sender::collect(request wanted, live_list const& where, flist::entry const& e) {
  auto const& parent = where.list->parent(e);
  bool const copy = parts_.copy && wanted.sums == nullptr;
  if (copy != collecting_copies_) start_batch();
  collecting_copies_ = copy;
  std::int64_t const size = e.size + static_cast<std::int64_t>(cost(wanted));
  // A large file is a job of its own, so that small ones behind it can be read meanwhile.
  if (!collected_.empty() && collected_bytes_ + size > static_cast<std::int64_t>(step_bytes)) start_batch();
  collected_files_.push_back({parent.root, parent.path, std::string{where.list->name(e)}, e.size});
  collected_items_.push_back(describe(wanted, where, &e));
  collected_bytes_ += size;
  signature_bytes_ += cost(wanted);
  ++waiting_requests_;
  collected_.push_back(std::move(wanted));
  if (collected_.size() >= step_files || collected_bytes_ > static_cast<std::int64_t>(step_bytes)) start_batch();
}

void sender::start_batch() {
  if (collected_.empty()) return;
  auto each = std::make_shared<batch>();
  each->requests = std::make_shared<std::vector<request> const>(std::exchange(collected_, {}));
  each->items = std::exchange(collected_items_, {});
  each->sent.resize(each->items.size());
  each->files = collected_files_;
  if (collecting_copies_) {
    each->job = parts_.copy(each->requests, std::exchange(collected_files_, {}));
  } else {
    each->job =
        std::make_unique<file_job>(parts_.open, how_.files, each->requests, std::exchange(collected_files_, {}));
  }
  collected_bytes_ = 0;
  turns_.push_back({each, false, std::nullopt});
  ready_.push_back(std::move(each));
}

job_ptr sender::next_job() {
  if (!ready_.empty() && (running_.size() < how_.workers + 1)) {
    auto each = std::move(ready_.front());
    ready_.pop_front();
    job_ptr job = std::move(each->job);
    running_.emplace(job.get(), std::move(each));
    return job;
  }
  return lists_.next_job();
}

void sender::take(job_ptr step) {
  auto const known = running_.find(step.get());
  if (known == running_.end()) {
    // Only two kinds are given out, and replies are all in running_.
    lists_.take(std::unique_ptr<scan_job>{static_cast<scan_job*>(step.release())});
    return;
  }
  auto const each = std::move(known->second);
  running_.erase(known);
  each->job.reset(static_cast<reply_job*>(step.release()));
  for (auto& part : each->job->take_parts()) {
    each->held += part.tokens.size();
    held_bytes_ += part.tokens.size();
    each->made.push_back(std::move(part));
  }
  for (auto& failure : each->job->take_failures()) each->failures.push_back(std::move(failure));
  if (each->job->done()) {
    each->complete = true;
    each->job.reset();
  } else {
    parked_.push_back(each);
    wake(each);
  }
}

// Lets a parked batch go on if the budget allows: the oldest always makes progress.
void sender::wake(std::shared_ptr<batch> const& each) {
  auto const* oldest = turns_.empty() ? nullptr : std::get_if<std::shared_ptr<batch>>(&turns_.front().what);
  bool const is_oldest = oldest != nullptr && *oldest == each;
  bool const may = is_oldest ? each->held < oldest_may_hold : each->held < young_may_hold && held_bytes_ < window;
  if (!may) return;
  auto const at = std::find(parked_.begin(), parked_.end(), each);
  if (at == parked_.end()) return;
  ready_.push_front(*at);
  parked_.erase(at);
}

std::optional<from_sender> sender::next() {
  // Ahead of the lists that tell it as well: who removes should know as early as possible that something is missing.
  if (auto const news = lists_.discovered() & ~io_error_listed_; news != 0 && lists_.begun()) {
    io_error_listed_ |= news;
    return from_sender{io_error_bits{io_error_listed_}};
  }
  // Lists go out as early as they can, but never inside a file.
  auto* const front = turns_.empty() ? nullptr : std::get_if<std::shared_ptr<batch>>(&turns_.front().what);
  bool const in_file = front != nullptr && (*front)->in_file;
  if (!in_file && !lists_.complete() && lists_.begun()) {
    auto list = lists_.next_segment(open_ahead);
    for (auto& each : lists_.take_events()) tell_(std::move(each));
    if (list) {
      io_error_listed_ |= list->io_error;
      figures_.files = lists_.counts();
      figures_.total_size = lists_.total_size();
      return from_sender{std::move(*list)};
    }
  }
  if (how_.list.incremental && lists_.complete() && !eof_sent_ && !in_file) {
    eof_sent_ = true;
    return from_sender{last_segment{}};
  }
  if (turns_.empty()) return std::nullopt;
  if (front != nullptr) return next_of(**front);
  bool const ends = turns_.front().ends;
  if (ends && lists_.io_error() != io_error_listed_) {
    io_error_listed_ = lists_.io_error();
    return from_sender{io_error_bits{lists_.io_error()}};
  }
  from_sender value = std::move(std::get<from_sender>(turns_.front().what));
  if (turns_.front().said) tell_item(std::move(*turns_.front().said));
  turns_.pop_front();
  if (std::holds_alternative<item_echo>(value)) --waiting_requests_;
  if (ends) freeze_ = true;
  return value;
}

void sender::tell_failure(batch const& of, file_failure const& why) {
  source_file const& which = of.files[why.index];
  problem said;
  said.path = parts_.full_path(which.root, which.parent.empty() ? which.name : which.parent + "/" + which.name);
  said.error = why.why.value();
  said.vanished = !why.reading && why.why == std::errc::no_such_file_or_directory;
  said.step = why.reading ? "read errors mapping" : "send_files failed to open";
  lists_.add_io_error(said.vanished ? io_error_vanished : io_error_general);
  tell_(std::move(said));
}

void sender::account(batch& of, file_part& part) {
  request const& wanted = (*of.requests)[part.index];
  if (part.refused) return;
  item const& about = of.items[part.index];
  std::int64_t literal = static_cast<std::int64_t>(part.tokens.literals.size()), matched = 0;
  for (auto const& token : part.tokens.tokens) {
    for (std::int32_t b = 0; b < token.run; ++b) matched += wanted.head.length_of(token.block + b);
  }
  figures_.literal_data += literal;
  figures_.matched_data += matched;
  std::int64_t& sent = of.sent[part.index];
  if (part.begins) {
    if ((wanted.flags & flist::item::is_new) != 0) ++figures_.created.regular;
    ++figures_.transferred_files;
    figures_.transferred_size += about.size;
    tell_(item{about});
  }
  if (part.copied != 0) {
    literal = part.copied - sent;
    figures_.literal_data += literal;
  }
  sent += literal + matched;
  sent_so_far_ += literal + matched;
  progress told;
  told.name = about.name;
  told.done = sent;
  told.size = about.size;
  told.finished = part.ends;
  told.total_done = sent_so_far_;
  told.total_size = lists_.total_size();
  told.transfers = figures_.transferred_files;
  told.entries = lists_.entries();
  told.to_check = lists_.after(flist::raw(wanted.n));
  told.list_complete = lists_.complete();
  tell_(std::move(told));
}

std::optional<from_sender> sender::next_of(batch& front) {
  if (front.made.empty()) {
    if (!front.complete) {
      wake(std::get<std::shared_ptr<batch>>(turns_.front().what));
      return std::nullopt;
    }
    turns_.pop_front();
    return next();
  }
  file_data value;
  value.requests = front.requests;
  while (!front.made.empty()) {
    file_part& part = front.made.front();
    std::size_t const bytes = part.tokens.size();
    front.held -= bytes;
    held_bytes_ -= bytes;
    while (!front.failures.empty() && front.failures.front().index <= part.index) {
      tell_failure(front, front.failures.front());
      front.failures.erase(front.failures.begin());
    }
    account(front, part);
    front.in_file = !part.ends && !part.refused;
    if (part.ends || part.refused) {
      --waiting_requests_;
      signature_bytes_ -= cost((*front.requests)[part.index]);
    }
    value.parts.push_back(std::move(part));
    front.made.pop_front();
  }
  auto const held = std::get<std::shared_ptr<batch>>(turns_.front().what);
  if (front.complete) {
    turns_.pop_front();
    // The next oldest may now hold more.
    if (!turns_.empty()) {
      if (auto* each = std::get_if<std::shared_ptr<batch>>(&turns_.front().what)) wake(*each);
    }
  } else {
    wake(held);
  }
  return from_sender{std::move(value)};
}

}  // namespace volsync::roles
