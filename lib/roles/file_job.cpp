// The sender's work on content. Rule: what is digested is exactly what is sent, so a file that changes while it is read
// arrives as something that was read, and the listed time makes the next run look at it again.
#include "roles/file_job.hpp"

#include <algorithm>
#include <utility>

namespace volsync::roles {
namespace {

constexpr std::size_t file_overhead = 128;  // bytes: a file costs something even when it is empty

}  // namespace

// A file too large for one read, or one that has a basis.
struct file_job::open_file {
  open_file(std::unique_ptr<file> f, std::int64_t expected, delta::matcher m, checksum::algorithm a)
      : source{std::move(f)}, left{expected}, search{std::move(m)}, whole{a} {}
  std::unique_ptr<file> source;
  std::int64_t left;  // bytes still to read: a file that grows meanwhile is cut at its size when opened
  delta::matcher search;
  checksum::file_digest whole;
  bool begun = false;
};

file_job::file_job(file_opener open, file_job_options const& how, std::shared_ptr<std::vector<request> const> requests,
                   std::vector<source_file> files)
    : open_{std::move(open)}, how_{how}, requests_{std::move(requests)}, files_{std::move(files)} {}

file_job::~file_job() = default;

void file_job::step() {
  made_ = 0;
  std::uint32_t const first = at_;
  while (!done_ && made_ < step_bytes && at_ - first < step_files) {
    if (current_) {
      continue_file();
    } else {
      begin_file();
    }
  }
}

bool file_job::has_basis() const {
  auto const& wanted = (*requests_)[at_];
  return wanted.sums != nullptr && wanted.sums->head.count > 0;
}

void file_job::next_file() {
  current_.reset();
  if (++at_ == requests_->size()) done_ = true;
}

void file_job::begin_file() {
  auto opened = open_(files_[at_]);
  if (opened && send_as_listed(**opened)) return;
  auto status = opened ? (*opened)->status() : result<file_status>{opened.error()};
  if (!status) {
    refuse(at_, status.error());
    next_file();
    return;
  }
  std::int64_t const size = status->size;
  if (!has_basis() && size <= static_cast<std::int64_t>(step_bytes)) {
    send_small(std::move(*opened), static_cast<std::size_t>(size));
    return;
  }
  std::shared_ptr<delta::match_index const> index;
  if (has_basis()) {
    // A signature that does not fit its head never gets here (the decoder made it); without an index all is literal.
    if (auto built = delta::match_index::build((*requests_)[at_].sums)) {
      index = std::make_shared<delta::match_index const>(std::move(*built));
    }
  }
  current_ = std::make_unique<open_file>(
      std::move(*opened), size,
      delta::matcher{std::move(index), checksum::block_digest{how_.algorithm, how_.seed, how_.seed_place},
                     how_.in_place ? delta::basis_use::in_place : delta::basis_use::separate},
      how_.algorithm);
}

// The common case: a small file as long as the list says, in one read. False: it is not that, and must be looked at.
bool file_job::send_as_listed(file& from) {
  std::int64_t const size = files_[at_].size;
  if (has_basis() || size < 0 || size >= static_cast<std::int64_t>(step_bytes)) return false;
  file_part part;
  bytes& into = part.tokens.literals;
  into.resize(static_cast<std::size_t>(size) + 1);  // one more shows that it did not grow
  auto const got = from.read_at(0, into);
  if (!got || *got != static_cast<std::size_t>(size)) return false;
  into.resize(*got);
  part.index = at_;
  part.begins = part.ends = true;
  part.digest = checksum::file_digest::of(how_.algorithm, into);
  made_ += *got + file_overhead;
  parts_.push_back(std::move(part));
  next_file();
  return true;
}

// The whole file in one read, straight into the batch.
void file_job::send_small(std::unique_ptr<file> from, std::size_t size) {
  file_part part;
  part.index = at_;
  part.begins = part.ends = true;
  bytes& into = part.tokens.literals;
  into.resize(size);
  std::size_t filled = 0;
  error_code failure;
  while (filled < size) {
    auto const got = from->read(std::span{into}.subspan(filled));
    if (!got) failure = got.error();
    if (!got || *got == 0) break;  // 0: cut short meanwhile; what was read is what is sent
    filled += *got;
  }
  into.resize(filled);
  part.digest = checksum::file_digest::of(how_.algorithm, into);
  if (failure) {
    failures_.push_back({at_, failure, true});
    bytes spoiled(part.digest.view().begin(), part.digest.view().end());
    spoiled.back() ^= std::byte{1};
    part.digest = checksum::digest{spoiled};
  }
  made_ += filled + file_overhead;
  parts_.push_back(std::move(part));
  next_file();
}

void file_job::continue_file() {
  if (parts_.empty() || parts_.back().index != at_ || parts_.back().ends) {
    file_part part;
    part.index = at_;
    part.begins = !std::exchange(current_->begun, true);
    parts_.push_back(std::move(part));
  }
  delta::token_batch& tokens = parts_.back().tokens;
  std::size_t const before = tokens.size();
  std::int64_t read_now = 0;
  // A file that matches makes no output, but a step must still end.
  while (current_->left > 0 && tokens.size() - before < step_bytes &&
         read_now < 16 * static_cast<std::int64_t>(step_bytes)) {
    auto const wanted = static_cast<std::size_t>(std::min<std::int64_t>(current_->left, std::int64_t{step_bytes}));
    auto const room = current_->search.space(wanted);
    auto const got = current_->source->read(room.first(std::min(room.size(), wanted)));
    if (!got) return end_file(got.error());
    if (*got == 0) break;
    current_->whole.update(room.first(*got));
    current_->search.commit(*got, tokens);
    current_->left -= static_cast<std::int64_t>(*got);
    read_now += static_cast<std::int64_t>(*got);
    if (current_->left > 0 && made_ + tokens.size() - before >= step_bytes) break;
  }
  bool const at_end = current_->left == 0 || read_now == 0;
  made_ += std::max(tokens.size() - before, static_cast<std::size_t>(read_now) / 16) + 1;
  if (at_end) end_file(std::nullopt);
}

void file_job::end_file(std::optional<error_code> failure) {
  file_part& part = parts_.back();
  current_->search.finish(part.tokens);
  part.ends = true;
  part.digest = current_->whole.finish();
  if (failure) {
    failures_.push_back({at_, *failure, true});
    bytes spoiled(part.digest.view().begin(), part.digest.view().end());
    spoiled.back() ^= std::byte{1};
    part.digest = checksum::digest{spoiled};
  }
  next_file();
}

}  // namespace volsync::roles
