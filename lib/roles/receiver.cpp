// The receiver's order of things.
#include "roles/receiver.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "roles/describe.hpp"

namespace volsync::roles {
namespace {

constexpr std::size_t most_held = 8U << 20;     // bytes that may wait to be written
constexpr std::int64_t most_matched = 4 << 20;  // bytes of the basis that one part may refer to
constexpr std::size_t file_overhead = 256;      // bytes: what a file of a batch costs beyond its content

}  // namespace

struct receiver::batch {
  std::vector<std::int32_t> indexes;
  std::vector<incoming_file> files;
  std::vector<apply_part> parts;   // not yet given to the job
  std::size_t held = 0;            // bytes of `parts`, and of what the job has
  std::unique_ptr<apply_job> job;  // here between its steps
  bool begun = false;              // the job exists
};

struct receiver::arriving {
  std::int32_t n = 0;
  delta::token_batch tokens;
  item about;                       // for progress
  std::int64_t size = 0, done = 0;  // bytes
  std::int64_t matched = 0;         // bytes that `tokens` refer to
  delta::sum_head head;
};

receiver::receiver(receiver_options const& how, received_lists& lists, generator& asks,
                   std::function<void(event&&)> tell)
    : how_{how}, lists_{lists}, asks_{asks}, tell_{std::move(tell)} {
  figures_.dry_run = how.dry_run;
}

receiver::~receiver() = default;

bool receiver::wants_input() const noexcept { return held_ < most_held; }

void receiver::tell_item(request const& what) {
  auto const at = lists_.find(flist::raw(what.n));
  if (!at.where) return;
  flist::entry const& e = at.position ? at.where->at(*at.position) : *at.where->self;
  if ((what.flags & flist::item::is_new) != 0) count(figures_.created, e.mode);
  if ((what.flags & flist::item::transfer) != 0) {
    ++figures_.transferred_files;
    figures_.transferred_size += e.length();
  }
  if (!how_.tell_items) return;
  std::string path = at.position ? at.where->listed_path_of(e) : at.where->listed_path;
  item said = describe(what, at.position ? at.where->list.get() : nullptr, e,
                       path.empty() ? std::string{"."} : std::move(path));
  said.sending = false;
  tell_(std::move(said));
}

result<void> receiver::take_echo(request what) {
  auto const at = lists_.find(flist::raw(what.n));
  if (!at.where || (!at.position && !at.where->self)) return role_errc::no_such_index;
  if ((what.flags & flist::item::transfer) != 0 && !how_.dry_run) return role_errc::bad_echo;
  tell_item(what);
  return {};
}

result<void> receiver::begin_file(request const& what) {
  std::int32_t const n = flist::raw(what.n);
  outstanding* const asked = asks_.find(n);
  if (asked == nullptr || asked->coming || how_.dry_run) return role_errc::not_requested;
  if (what.basis != asked->basis || what.head != asked->head ||
      ((what.flags ^ asked->flags) & flist::item::transfer) != 0) {
    return role_errc::bad_echo;
  }
  asked->coming = true;
  tell_item(what);
  if (!collecting_) collecting_ = std::make_shared<batch>();
  collecting_->indexes.push_back(n);
  collecting_->files.push_back(asked->target);
  collecting_->files.back().head = what.head;
  collecting_->held += file_overhead;
  held_ += file_overhead;
  arriving_ = std::make_unique<arriving>();
  arriving_->n = n;
  arriving_->head = what.head;
  arriving_->size = asked->list->at(asked->position).size;
  arriving_->about.name = asked->list->listed_path_of(asked->list->at(asked->position));
  return {};
}

void receiver::literal(byte_view data) {
  arriving_->tokens.literal(data);
  arriving_->done += static_cast<std::int64_t>(data.size());
  received_so_far_ += static_cast<std::int64_t>(data.size());
  figures_.literal_data += static_cast<std::int64_t>(data.size());
  if (arriving_->tokens.size() >= step_bytes) pass_on(std::nullopt);
}

void receiver::match(std::int32_t block, std::int32_t run) {
  std::int64_t length = std::int64_t{run} * arriving_->head.block_length;
  if (block + run == arriving_->head.count)
    length += arriving_->head.length_of(block + run - 1) - arriving_->head.block_length;
  arriving_->tokens.match(block, run);
  arriving_->done += length;
  received_so_far_ += length;
  figures_.matched_data += length;
  arriving_->matched += length;
  // A token is small, but the work it stands for is not.
  if (arriving_->tokens.size() >= step_bytes || arriving_->matched >= most_matched) pass_on(std::nullopt);
}

void receiver::end_file(checksum::digest const& digest) {
  pass_on(digest);
  arriving_.reset();
}

// Hands on what has come of the file: to the batch that is collected, or to the job that already writes it.
void receiver::pass_on(std::optional<checksum::digest> ends) {
  bool const complete = ends.has_value();
  tell_progress(complete);
  auto const to = streaming_ ? streaming_ : collecting_;
  apply_part part;
  part.file = static_cast<std::uint32_t>(to->files.size() - 1);
  part.tokens = std::exchange(arriving_->tokens, {});
  arriving_->matched = 0;
  part.ends = ends;
  std::size_t const size = part.tokens.size();
  to->held += size;
  held_ += size;
  to->parts.push_back(std::move(part));
  if (streaming_) {
    if (to->job) post(to);
    if (complete) streaming_.reset();
    return;
  }
  bool const full = to->files.size() >= step_files || to->held >= step_bytes;
  if (!complete) {
    streaming_ = std::exchange(collecting_, nullptr);
    post(streaming_);
  } else if (full) {
    post(std::exchange(collecting_, nullptr));
  }
}

void receiver::pause() {
  if (!collecting_) return;
  if (arriving_) {
    // In the middle of a file: those before it shall not wait for its rest.
    pass_on(std::nullopt);
    return;
  }
  post(std::exchange(collecting_, nullptr));
}

void receiver::post(std::shared_ptr<batch> const& each) {
  if (!each->begun) {
    each->begun = true;
    each->job = std::make_unique<apply_job>(where_, how_.files, std::move(each->files));
    each->files.resize(each->indexes.size());  // their number still counts
  }
  if (each->job == nullptr) return;  // a worker has it; it is given more when it comes back
  for (auto& part : std::exchange(each->parts, {})) each->job->feed(std::move(part));
  ready_.push_back(each);
}

job_ptr receiver::next_job() {
  if (ready_.empty() || running_.size() > how_.workers) return nullptr;
  auto each = std::move(ready_.front());
  ready_.pop_front();
  job_ptr job = std::move(each->job);
  running_.emplace(job.get(), std::move(each));
  return job;
}

bool receiver::take(job_ptr& step) {
  auto const known = running_.find(step.get());
  if (known == running_.end()) return false;
  auto const each = std::move(known->second);
  running_.erase(known);
  each->job.reset(static_cast<apply_job*>(step.release()));
  for (auto const& outcome : each->job->take_outcomes()) take_outcome(each->indexes[outcome.file], outcome);
  std::size_t now = each->job->held();
  for (auto const& part : each->parts) now += part.tokens.size();
  if (each->job->done()) now = 0;
  held_ -= std::min(held_, each->held - std::min(now, each->held));
  each->held = now;
  if (!each->job->done() && (!each->job->wants_parts() || !each->parts.empty())) post(each);
  return true;
}

result<void> receiver::made(std::int32_t n, apply_outcome const& what) {
  outstanding const* const asked = asks_.find(n);
  if (asked == nullptr || asked->coming) return role_errc::not_requested;
  take_outcome(n, what);
  return {};
}

void receiver::take_outcome(std::int32_t n, apply_outcome const& what) {
  outstanding const* const asked = asks_.find(n);
  if (asked == nullptr) return;
  std::string const name = asked->list->listed_path_of(asked->list->at(asked->position));
  bool const again = asked->redo;
  if (what.why) {
    had_errors_ = true;
    problem said;
    said.path = where_->full_path(asked->list->path_of(asked->list->at(asked->position)));
    said.step = what.step;
    said.error = what.why.value();
    said.role = "receiver";
    bool const full =
        what.why == std::errc::no_space_on_device || what.why == std::error_code{EDQUOT, std::system_category()};
    if (full && disk_full_.empty()) disk_full_ = "the destination is full: " + said.path;
    tell_(std::move(said));
  }
  switch (what.what) {
    case apply_outcome::how::placed:
      asks_.arrived(n);
      return;
    case apply_outcome::how::unverified: {
      std::string const fate =
          what.kept ? (how_.files.partial_dir.empty() ? "retained" : "put into partial-dir") : "discarded";
      if (again) had_errors_ = true;
      tell_(message{again ? message::level::error : message::level::warning,
                    (again ? "ERROR: " : "WARNING: ") + name + " failed verification -- update " + fate +
                        (again ? "." : " (will try again)."),
                    false});
      asks_.unverified(n);
      return;
    }
    case apply_outcome::how::failed:
    case apply_outcome::how::discarded:
      asks_.not_coming(n);
      return;
  }
}

result<void> receiver::refused(std::int32_t n) {
  outstanding const* const asked = asks_.find(n);
  if (asked == nullptr || asked->coming) return role_errc::not_requested;
  ++refused_;
  asks_.not_coming(n);
  return {};
}

void receiver::tell_progress(bool finished) {
  if (!how_.tell_progress || !arriving_) return;
  progress told;
  told.name = arriving_->about.name;
  told.done = arriving_->done;
  told.size = arriving_->size;
  told.finished = finished;
  told.total_done = received_so_far_;
  told.total_size = lists_.total_size();
  told.transfers = figures_.transferred_files;
  told.entries = lists_.entries();
  if (auto const at = lists_.find(arriving_->n); at.where && at.position) {
    told.to_check = lists_.entries() - at.where->before - *at.position - 1;
  }
  told.list_complete = lists_.complete();
  tell_(std::move(told));
}

}  // namespace volsync::roles
