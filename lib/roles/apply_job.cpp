// Writing and checking of files that come in pieces.
#include "roles/apply_job.hpp"

#include <algorithm>
#include <utility>

namespace volsync::roles {
namespace {

// Reads exactly `into.size()` bytes of the basis at `offset`.
result<void> read_exactly(file& from, std::int64_t offset, std::span<std::byte> into) {
  while (!into.empty()) {
    auto const got = from.read_at(offset, into);
    if (!got) return got.error();
    if (*got == 0) return std::make_error_code(std::errc::io_error);  // the basis became shorter
    offset += static_cast<std::int64_t>(*got);
    into = into.subspan(*got);
  }
  return {};
}

}  // namespace

// The file under way.
struct apply_job::open_output {
  incoming_file const& what;
  new_file to;
  std::unique_ptr<file> basis;
  checksum::file_digest digest;
  bytes block;

  open_output(apply_job& of, std::uint32_t index)
      : what{of.files_[index]}, to{*of.where_, of.how_, what, index}, digest{of.how_.algorithm} {}
};

apply_job::apply_job(std::shared_ptr<fs::destination> where, apply_options const& how, std::vector<incoming_file> files)
    : where_{std::move(where)}, how_{how}, files_{std::move(files)} {}

apply_job::~apply_job() = default;

void apply_job::feed(apply_part part) {
  held_ += part.tokens.size();
  parts_.push_back(std::move(part));
}

void apply_job::step() {
  std::size_t worked = 0;
  std::size_t ended = 0;
  while (!parts_.empty() && worked < step_bytes && ended < step_files) {
    apply_part part = std::move(parts_.front());
    parts_.pop_front();
    std::size_t const size = part.tokens.size();
    held_ -= size;
    worked += size;
    if (!current_ && part.ends && whole(part)) {
      ++ended;
      continue;
    }
    if (!current_) begin(part.file);
    write(part.tokens);
    if (part.ends) {
      end(*part.ends);
      ++ended;
    }
  }
  done_ = ended_ == files_.size();
}

void apply_job::finish() {
  current_->to.settle();
  outcomes_.push_back(current_->to.outcome);
  current_.reset();
  ++ended_;
}

// The common case: a small file that came whole, without a basis. One digest, one write. False: it is not that.
bool apply_job::whole(apply_part const& part) {
  incoming_file const& f = files_[part.file];
  if (f.in_place || f.discard || f.basis != basis_place::none || !part.tokens.tokens.empty()) return false;
  current_ = std::make_unique<open_output>(*this, part.file);
  new_file& to = current_->to;
  if (to.enter()) {
    to.outcome.literal = static_cast<std::int64_t>(part.tokens.literals.size());
    if (checksum::file_digest::of(how_.algorithm, part.tokens.literals) != *part.ends) {
      to.spoil(false);
    } else if (to.begin()) {
      to.append(part.tokens.literals);
    }
  }
  finish();
  return true;
}

void apply_job::begin(std::uint32_t index) {
  current_ = std::make_unique<open_output>(*this, index);
  open_output& o = *current_;
  if (!o.to.enter()) return;
  if (o.what.basis != basis_place::none) {
    // Without it the first reference to a block ends the attempt.
    if (auto opened = o.to.open_basis()) o.basis = std::move(*opened);
  }
  (void)o.to.begin();
}

void apply_job::write(delta::token_batch const& tokens) {
  tokens.visit(
      [&](byte_view literal) {
        open_output& o = *current_;
        o.to.outcome.literal += static_cast<std::int64_t>(literal.size());
        if (o.to.broken()) return;
        o.digest.update(literal);
        o.to.append(literal);
      },
      [&](delta::block_token const& match) { copy_blocks(match.block, match.run); });
}

// Blocks that follow each other lie together in the basis and in the new file: they are copied in large pieces.
void apply_job::copy_blocks(std::int32_t block, std::int32_t run) {
  open_output& o = *current_;
  std::int64_t from = std::int64_t{block} * o.what.head.block_length;
  std::int64_t left = std::int64_t{run - 1} * o.what.head.block_length + o.what.head.length_of(block + run - 1);
  o.to.outcome.matched += left;
  while (left > 0 && !o.to.broken()) {
    o.block.resize(static_cast<std::size_t>(std::min<std::int64_t>(left, step_bytes)));
    auto const got =
        o.basis ? read_exactly(*o.basis, from, o.block) : result<void>{std::make_error_code(std::errc::io_error)};
    // What the tokens refer to cannot be read (any more): the file is asked for again.
    if (!got) return o.to.spoil(false);
    o.digest.update(o.block);
    auto const length = static_cast<std::int64_t>(o.block.size());
    // In place, a block that stands where it belongs is there already.
    bool const there = o.what.in_place && o.what.basis == basis_place::destination && from == o.to.size();
    if (there) {
      o.to.grown(length, false);
    } else {
      o.to.append(o.block, false);
    }
    from += length;
    left -= length;
  }
}

void apply_job::end(checksum::digest const& theirs) {
  open_output& o = *current_;
  if (!o.to.broken() && o.to.written_in_place()) {
    if (auto const cut = o.to.output().resize(o.to.size()); !cut) o.to.fail("ftruncate failed on", cut.error());
  }
  if (!o.to.broken() && o.digest.finish() != theirs) o.to.spoil(true);
  finish();
}

}  // namespace volsync::roles
