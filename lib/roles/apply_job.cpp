// Writing, checking and naming of files.
#include "roles/apply_job.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace volsync::roles {
namespace {

// Reads exactly `into.size()` bytes of the basis at `offset`.
result<void> read_exactly(file& from, std::int64_t offset, std::span<std::byte> into) {
  while (!into.empty()) {
    auto const got = from.read_at(offset, into);
    if (!got) return got.error();
    if (*got == 0) return std::make_error_code(std::errc::io_error);   // the basis became shorter
    offset += static_cast<std::int64_t>(*got);
    into = into.subspan(*got);
  }
  return {};
}

}  // namespace

// The file under way.
struct apply_job::open_output {
  std::uint32_t index = 0;
  std::shared_ptr<directory const> in;        // its directory
  std::optional<leaf_name> name;
  std::unique_ptr<output_file> out;           // null until something is to be written
  std::unique_ptr<file> basis;
  checksum::file_digest digest;
  std::int64_t at = 0;                        // bytes of the new file so far
  bool literals = false;                      // something new was written
  apply_outcome result;
  bool broken = false;                        // failed: what still comes is thrown away
  bool lost_basis = false;
  bytes block;

  explicit open_output(checksum::algorithm which) : digest{which} {}
};

apply_job::apply_job(std::shared_ptr<fs::destination> where, apply_options const& how, std::vector<incoming_file> files)
    : where_{std::move(where)}, how_{how}, files_{std::move(files)} {}

apply_job::~apply_job() {
  if (current_ && current_->out) keep_partial();
}

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

void apply_job::fail(char const* step, error_code why) {
  open_output& o = *current_;
  if (o.broken) return;
  o.broken = true;
  o.result.what = apply_outcome::how::failed;
  o.result.step = step;
  o.result.why = why;
}

void apply_job::finish() {
  outcomes_.push_back(current_->result);
  current_.reset();
  ++ended_;
}

bool apply_job::open(std::uint32_t index) {
  incoming_file const& f = files_[index];
  current_ = std::make_unique<open_output>(how_.algorithm);
  open_output& o = *current_;
  o.index = o.result.file = index;
  if (f.discard) {
    o.broken = true;
    o.result.what = apply_outcome::how::discarded;
    return false;
  }
  auto const name = leaf_name::make(f.name);
  if (!name) {
    fail("mkstemp", name.error());
    return false;
  }
  o.name = *name;
  auto handle = where_->open(f.parent);
  if (!handle) {
    fail("change_dir", handle.error());
    return false;
  }
  o.in = std::move(*handle);
  return true;
}

// The common case: a small file that came whole, without a basis. One digest, one write. False: it is not that.
bool apply_job::whole(apply_part const& part) {
  incoming_file const& f = files_[part.file];
  if (f.in_place || f.discard || f.basis != basis_place::none || !part.tokens.tokens.empty()) return false;
  if (!open(part.file)) {
    finish();
    return true;
  }
  open_output& o = *current_;
  o.result.literal = static_cast<std::int64_t>(part.tokens.literals.size());
  if (checksum::file_digest::of(how_.algorithm, part.tokens.literals) != *part.ends) {
    o.result.what = apply_outcome::how::unverified;
    finish();
    return true;
  }
  auto made = o.in->create_temporary(*o.name, f.create_mode);
  if (!made) {
    fail("mkstemp", made.error());
  } else {
    o.out = std::move(*made);
    o.literals = !part.tokens.literals.empty();
    auto const written = o.literals ? o.out->write_at(0, part.tokens.literals) : result<void>{};
    if (!written) fail("write failed on", written.error());
  }
  settle();
  return true;
}

void apply_job::begin(std::uint32_t index) {
  if (!open(index)) return;
  incoming_file const& f = files_[index];
  open_output& o = *current_;
  auto const basis_in = f.basis == basis_place::partial_dir ? open_partial_dir(f) : result<std::shared_ptr<directory const>>{o.in};
  if (f.basis != basis_place::none) {
    auto opened = basis_in ? (*basis_in)->open_file(*o.name) : result<std::unique_ptr<file>>{basis_in.error()};
    // Without it the first reference to a block ends the attempt.
    if (opened) o.basis = std::move(*opened);
  }
  bool const in_place = f.in_place && f.basis != basis_place::partial_dir;
  auto made = in_place ? o.in->open_in_place(*o.name, f.create_mode) : o.in->create_temporary(*o.name, f.create_mode);
  if (!made) return fail(in_place ? "open" : "mkstemp", made.error());
  o.out = std::move(*made);
}

result<std::shared_ptr<directory const>> apply_job::open_partial_dir(incoming_file const& f) {
  return where_->open(f.parent.empty() ? how_.partial_dir : f.parent + "/" + how_.partial_dir);
}

void apply_job::write(delta::token_batch const& tokens) {
  tokens.visit(
      [&](byte_view literal) {
        open_output& o = *current_;
        o.result.literal += static_cast<std::int64_t>(literal.size());
        if (o.broken) return;
        o.digest.update(literal);
        if (auto const written = o.out->write_at(o.at, literal); !written) return fail("write failed on", written.error());
        o.at += static_cast<std::int64_t>(literal.size());
        o.literals = true;
      },
      [&](delta::block_token const& match) { copy_blocks(match.block, match.run); });
}

// Blocks that follow each other lie together in the basis and in the new file: they are copied in large pieces.
void apply_job::copy_blocks(std::int32_t block, std::int32_t run) {
  open_output& o = *current_;
  incoming_file const& f = files_[o.index];
  std::int64_t from = std::int64_t{block} * f.head.block_length;
  std::int64_t left = std::int64_t{run - 1} * f.head.block_length + f.head.length_of(block + run - 1);
  o.result.matched += left;
  while (left > 0 && !o.broken) {
    o.block.resize(static_cast<std::size_t>(std::min<std::int64_t>(left, step_bytes)));
    auto const got = o.basis ? read_exactly(*o.basis, from, o.block) : result<void>{std::make_error_code(std::errc::io_error)};
    if (!got) return lose_basis();
    o.digest.update(o.block);
    // In place, a block that stands where it belongs is there already.
    if (!(f.in_place && f.basis == basis_place::destination && from == o.at)) {
      if (auto const written = o.out->write_at(o.at, o.block); !written) return fail("write failed on", written.error());
    }
    auto const length = static_cast<std::int64_t>(o.block.size());
    o.at += length;
    from += length;
    left -= length;
  }
}

// What the tokens refer to cannot be read (any more): the file is asked for again, and what still comes is thrown away.
void apply_job::lose_basis() {
  open_output& o = *current_;
  o.broken = true;
  o.lost_basis = true;
  o.result.what = apply_outcome::how::unverified;
}

void apply_job::end(checksum::digest const& theirs) {
  open_output& o = *current_;
  incoming_file const& f = files_[o.index];
  if (!o.broken) {
    if (f.in_place && f.basis != basis_place::partial_dir) {
      if (auto const cut = o.out->resize(o.at); !cut) fail("ftruncate failed on", cut.error());
    }
    if (!o.broken && o.digest.finish() != theirs) o.result.what = apply_outcome::how::unverified;
  }
  settle();
}

// The content is there or is not: attributes, name, outcome.
void apply_job::settle() {
  open_output& o = *current_;
  incoming_file const& f = files_[o.index];
  bool const in_place = f.in_place && f.basis != basis_place::partial_dir;
  if (!o.broken && o.result.what == apply_outcome::how::placed) {
    if (how_.sync) {
      if (auto const safe = o.out->sync(); !safe) fail("fsync failed on", safe.error());
    }
    if (!o.broken) set_attributes();
    if (!o.broken) {
      // Where the system writes late, this is where it says that it could not.
      if (auto const closed = o.out->close(); !closed) fail("write failed on", closed.error());
    }
    if (!o.broken && !in_place) {
      if (auto const named = o.out->place(*o.name); !named) fail("rename", named.error());
    }
    if (!o.broken && f.basis == basis_place::partial_dir) forget_partial();
  }
  if (o.result.what != apply_outcome::how::placed && o.out && !in_place) keep_partial();
  finish();
}

// Trouble here leaves a complete file with wrong attributes, and is told.
void apply_job::set_attributes() {
  open_output& o = *current_;
  wanted_attributes const& w = files_[o.index].attributes;
  auto const note = [&](char const* step, error_code why) {
    if (o.result.why) return;                          // the first one is told
    o.result.step = step;
    o.result.why = why;
  };
  bool const owned = w.uid != keep_id || w.gid != keep_id;
  if (owned) {
    if (auto const set = o.out->set_owner(w.uid, w.gid); !set) return note("chown", set.error());
  }
  if (w.mtime) {
    if (auto const set = o.out->set_mtime(*w.mtime); !set) note("failed to set times on", set.error());
  }
  // After the owner: giving a file away takes its set-id bits.
  if (w.mode) {
    if (auto const set = o.out->set_mode(*w.mode); !set) note("failed to set permissions on", set.error());
  }
}

// What was begun is kept if that was asked for and there is something new in it. A complete old file is never given up for
// the beginning of a new one.
void apply_job::keep_partial() {
  open_output& o = *current_;
  incoming_file const& f = files_[o.index];
  bool const in_place = f.in_place && f.basis != basis_place::partial_dir;
  if (!o.literals || o.at == 0 || !o.out || in_place || o.lost_basis) return;
  if (!how_.partial_dir.empty()) {
    auto const leaf = leaf_name::make(how_.partial_dir);
    if (leaf) (void)o.in->make_directory(*leaf, 0700);
    if (auto const to = open_partial_dir(f)) o.result.kept = o.out->place(**to, *o.name).has_value();
  } else if (how_.partial && f.nothing_to_lose) {
    (void)o.out->set_mtime({0, 0});
    o.result.kept = o.out->place(*o.name).has_value();
  }
  o.out.reset();
}

// The file is complete: its partial copy, and the directory of those if that was the last, are of no use.
void apply_job::forget_partial() {
  open_output& o = *current_;
  incoming_file const& f = files_[o.index];
  if (auto const in = open_partial_dir(f)) (void)(*in)->remove_file(*o.name);
  if (auto const leaf = leaf_name::make(how_.partial_dir)) (void)o.in->remove_directory(*leaf);
  where_->forget(f.parent.empty() ? how_.partial_dir : f.parent + "/" + how_.partial_dir);
}

}  // namespace volsync::roles
