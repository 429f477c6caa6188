// Making, naming and giving up of files.
#include "roles/new_file.hpp"

#include <utility>

namespace volsync::roles {

new_file::new_file(fs::destination& where, placing_options const& how, incoming_file const& what, std::uint32_t index)
    : where_{where}, how_{how}, what_{what} {
  outcome.file = index;
}

new_file::~new_file() {
  if (out_) keep_partial();
}

bool new_file::written_in_place() const noexcept { return what_.in_place && what_.basis != basis_place::partial_dir; }

std::string new_file::partial_path() const {
  return what_.parent.empty() ? how_.partial_dir : what_.parent + "/" + how_.partial_dir;
}

void new_file::fail(char const* step, error_code why) {
  if (broken_) return;
  broken_ = true;
  outcome.what = apply_outcome::how::failed;
  outcome.step = step;
  outcome.why = why;
}

void new_file::spoil(bool keeps) {
  if (broken_) return;
  broken_ = true;
  worthless_ = !keeps;
  outcome.what = apply_outcome::how::unverified;
}

bool new_file::enter() {
  if (what_.discard) {
    broken_ = true;
    outcome.what = apply_outcome::how::discarded;
    return false;
  }
  auto const name = leaf_name::make(what_.name);
  if (!name) {
    fail("mkstemp", name.error());
    return false;
  }
  name_ = *name;
  auto handle = where_.open(what_.parent);
  if (!handle) {
    fail("change_dir", handle.error());
    return false;
  }
  in_ = std::move(*handle);
  return true;
}

bool new_file::begin() {
  bool const in_place = written_in_place();
  auto made = in_place ? in_->open_in_place(*name_, what_.create_mode)
                       : place_of_temporary().create_temporary(*name_, what_.create_mode);
  if (!made) {
    fail(in_place ? "open" : "mkstemp", made.error());
    return false;
  }
  out_ = std::move(*made);
  return true;
}

// On another file system a file could only be copied to its name, and would be there in part meanwhile.
directory const& new_file::place_of_temporary() const {
  if (!how_.temp_dir) return *in_;
  auto const there = how_.temp_dir->status(), here = in_->status();
  return there && here && there->device == here->device ? *how_.temp_dir : *in_;
}

result<void> new_file::name_it() { return how_.temp_dir ? out_->place(*in_, *name_) : out_->place(*name_); }

result<std::unique_ptr<file>> new_file::open_basis() const {
  if (what_.basis != basis_place::partial_dir) return in_->open_file(*name_);
  auto const in = where_.open(partial_path());
  if (!in) return in.error();
  return (*in)->open_file(*name_);
}

void new_file::append(byte_view data, bool anew) {
  if (broken_ || data.empty()) return;
  if (auto const written = out_->write_at(at_, data); !written) return fail("write failed on", written.error());
  grown(static_cast<std::int64_t>(data.size()), anew);
}

void new_file::grown(std::int64_t bytes, bool anew) noexcept {
  at_ += bytes;
  anew_ = anew_ || anew;
}

void new_file::settle() {
  bool const in_place = written_in_place();
  if (!broken_) {
    if (how_.sync) {
      if (auto const safe = out_->sync(); !safe) fail("fsync failed on", safe.error());
    }
    if (!broken_) set_attributes();
    if (!broken_) {
      // Where the system writes late, this is where it says that it could not.
      if (auto const closed = out_->close(); !closed) fail("write failed on", closed.error());
    }
    if (!broken_ && !in_place) {
      if (auto const named = name_it(); !named) fail("rename", named.error());
    }
    if (!broken_ && what_.has_partial) forget_partial();
  }
  if (broken_) keep_partial();
  out_.reset();
}

// Trouble here leaves a complete file with wrong attributes, and is told.
void new_file::set_attributes() {
  wanted_attributes const& w = what_.attributes;
  auto const note = [&](char const* step, error_code why) {
    if (outcome.why) return;  // the first one is told
    outcome.step = step;
    outcome.why = why;
  };
  bool const owned = w.uid != keep_id || w.gid != keep_id;
  if (owned) {
    if (auto const set = out_->set_owner(w.uid, w.gid); !set) return note("chown", set.error());
  }
  if (w.mtime) {
    if (auto const set = out_->set_mtime(*w.mtime); !set) note("failed to set times on", set.error());
  }
  // After the owner: giving a file away takes its set-id bits.
  if (w.mode) {
    if (auto const set = out_->set_mode(*w.mode); !set) note("failed to set permissions on", set.error());
  }
}

// What was begun is kept if that was asked for and there is something new in it. A complete old file is never given up
// for the beginning of a new one.
void new_file::keep_partial() {
  if (!out_ || !anew_ || at_ == 0 || written_in_place() || worthless_) return;
  if (!how_.partial_dir.empty()) {
    auto const leaf = leaf_name::make(how_.partial_dir);
    if (leaf) (void)in_->make_directory(*leaf, 0700);
    if (auto const to = where_.open(partial_path())) outcome.kept = out_->place(**to, *name_).has_value();
  } else if (how_.partial && what_.nothing_to_lose) {
    (void)out_->set_mtime(partial_mark);
    outcome.kept = name_it().has_value();
  }
  out_.reset();
}

// The file is complete: its partial copy, and the directory of those if that was the last, are of no use.
void new_file::forget_partial() {
  if (auto const in = where_.open(partial_path())) (void)(*in)->remove_file(*name_);
  if (auto const leaf = leaf_name::make(how_.partial_dir)) (void)in_->remove_directory(*leaf);
  where_.forget(partial_path());
}

}  // namespace volsync::roles
