// Cloning, copying by the system, and reading and writing, in this order.
#include "roles/copy_job.hpp"

#include <algorithm>
#include <utility>

namespace volsync::roles {
namespace {

constexpr std::int64_t most_a_step = 8 << 20;    // bytes: the system copies them in some milliseconds
constexpr std::int64_t file_cost = 16 << 10;     // bytes that a file is worth beyond its content
constexpr std::int64_t least_cloned = 64 << 10;  // bytes: below that a clone costs more than it saves

}  // namespace

struct copy_job::open_copy {
  std::unique_ptr<file> from;
  new_file to;
  std::int64_t left = 0;  // bytes still to copy
  bool begun = false;     // its first part was made

  open_copy(std::unique_ptr<file> source, std::int64_t size, fs::destination& where, placing_options const& how,
            incoming_file const& what, std::uint32_t index)
      : from{std::move(source)}, to{where, how, what, index}, left{size} {}
};

copy_job::copy_job(file_opener open, std::shared_ptr<fs::destination> where, placing_options const& how,
                   std::vector<source_file> sources, std::vector<incoming_file> targets)
    : open_{std::move(open)},
      where_{std::move(where)},
      how_{how},
      sources_{std::move(sources)},
      targets_{std::move(targets)} {}

copy_job::~copy_job() = default;

void copy_job::step() {
  std::int64_t worked = 0;
  while (at_ < sources_.size() && worked < most_a_step) {
    if (!current_) begin();
    if (!current_) continue;  // it cannot be read, and that was noted
    std::int64_t const before = current_->to.size();
    if (current_->left > 0 && !current_->to.broken()) go_on();
    worked += file_cost + current_->to.size() - before;
    if (current_->left == 0 || current_->to.broken()) end();
  }
  done_ = at_ == sources_.size();
}

void copy_job::begin() {
  auto opened = open_(sources_[at_]);
  auto const status = opened ? (*opened)->status() : result<file_status>{opened.error()};
  if (!status) {
    refuse(at_++, status.error());
    return;
  }
  current_ = std::make_unique<open_copy>(std::move(*opened), status->size, *where_, how_, targets_[at_], at_);
  new_file& to = current_->to;
  if (to.enter() && to.begin() && clone()) current_->left = 0;
}

bool copy_job::clone() {
  open_copy& c = *current_;
  if (!may_clone_ || c.left < least_cloned || c.to.written_in_place()) return false;
  may_clone_ = c.to.output().clone_from(*c.from).has_value();
  if (!may_clone_) return false;
  auto const now = c.to.output().status();
  c.to.grown(now ? now->size : c.left, true);
  return true;
}

// So much of the file as a step may do.
void copy_job::go_on() {
  open_copy& c = *current_;
  for (std::int64_t room = most_a_step; room > 0 && c.left > 0 && !c.to.broken();) {
    std::int64_t const copied = copy(std::min(room, c.left));
    if (copied == 0) c.left = 0;  // it became shorter: what was read is what is copied
    room -= copied;
    c.left -= std::min(c.left, copied);
  }
  if (c.left == 0 || c.to.broken()) return;
  file_part part;
  part.index = at_;
  part.begins = !std::exchange(c.begun, true);
  part.copied = c.to.size();
  parts_.push_back(std::move(part));
}

// Returns bytes; 0: the source ends here, or the file is broken.
std::int64_t copy_job::copy(std::int64_t at_most) {
  open_copy& c = *current_;
  if (may_copy_) {
    // Whatever keeps the system from it, reading and writing find out on which side the trouble lies.
    auto const copied = c.to.output().copy_from(*c.from, c.to.size(), at_most);
    may_copy_ = copied && *copied > 0;
    if (may_copy_) {
      c.to.grown(*copied, true);
      return *copied;
    }
  }
  buffer_.resize(static_cast<std::size_t>(std::min<std::int64_t>(at_most, step_bytes)));
  auto const got = c.from->read_at(c.to.size(), buffer_);
  if (!got) {
    failures_.push_back({at_, got.error(), true});
    c.to.spoil(true);
    return 0;
  }
  c.to.append(byte_view{buffer_}.first(*got));
  return c.to.broken() ? 0 : static_cast<std::int64_t>(*got);
}

void copy_job::end() {
  open_copy& c = *current_;
  if (!c.to.broken() && c.to.written_in_place()) {
    if (auto const cut = c.to.output().resize(c.to.size()); !cut) c.to.fail("ftruncate failed on", cut.error());
  }
  c.to.settle();
  file_part part;
  part.index = at_;
  part.begins = !c.begun;
  part.ends = true;
  part.copied = c.to.size();
  part.made = std::make_shared<apply_outcome const>(c.to.outcome);
  parts_.push_back(std::move(part));
  current_.reset();
  ++at_;
}

}  // namespace volsync::roles
