// The generator's work on entries, one after the other.
#include "roles/examine_job.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/bytes.hpp"

#include "roles/clear_way.hpp"

namespace volsync::roles {
namespace {

using namespace flist::item;

// Errors of opening a directory that mean: it is not there (yet).
bool means_absent(error_code why) {
  return why == std::errc::no_such_file_or_directory || why == std::errc::not_a_directory ||
         why == std::errc::too_many_symbolic_link_levels;
}

constexpr std::uint32_t set_id_bits = 06000;

// Of something just made: its mode is known, and nothing else is what any entry could want.
file_status unknown_status(std::uint32_t mode) {
  file_status made;
  made.mode = mode;
  made.uid = made.gid = keep_id;
  made.mtime = std::numeric_limits<std::int64_t>::min();
  return made;
}

// Of a file that is written in place: it has a mode and an owner. Writing changes its time, and may change set-id bits.
wanted_attributes attributes_in_place(flist::entry const& e, file_status const& was, std::uint32_t mode,
                                      receive_options const& how) {
  file_status written = was;
  written.mtime = std::numeric_limits<std::int64_t>::min();
  wanted_attributes wanted = attributes_for(e, written, &was, how);
  if (((was.mode | mode) & set_id_bits) != 0) wanted.mode = mode;
  return wanted;
}

}  // namespace

// The entry in work.
struct examine_job::subject {
  flist::entry const* e = nullptr;
  std::uint32_t position = 0;
  bool self = false;
  std::string path;  // below the destination
  std::string parent;
  std::optional<leaf_name> name;        // nothing: the destination's root
  std::shared_ptr<directory const> in;  // null: nothing is there (a dry run), or the root is meant
  std::optional<present> there;
  std::string_view target;  // of a symbolic link in the list
};

// A file that is read in steps: to compare it (-c) or to sign it.
struct examine_job::reading {
  subject of;
  std::unique_ptr<file> from;
  std::optional<checksum::file_digest> digest;
  std::optional<delta::signer> signer;
  std::optional<examined> asked;  // signing: the request that waits for it
  bytes buffer;
};

examine_job::examine_job(std::shared_ptr<examine_context const> context, examine_task task)
    : context_{std::move(context)}, task_{std::move(task)}, at_{task_.from} {}

examine_job::~examine_job() = default;

void examine_job::step() {
  if (reading_ && !read_on()) return;
  if (task_.self && !self_done_) {
    if (!examine(0, true)) return;
    self_done_ = true;
    if (reading_) return;
  }
  while (at_ < task_.to) {
    if (!examine(at_, false)) return;
    ++at_;
    if (reading_ && !read_on()) return;
  }
  done_ = true;
}

void examine_job::touched(std::string const& directory) {
  if (touched_.empty() || touched_.back() != directory) touched_.push_back(directory);
}

void examine_job::problem(subject const& s, std::string step, error_code why) {
  had_errors_ = true;
  volsync::problem said;
  said.path = context_->full_root + (s.path.empty() ? "" : "/" + s.path);
  said.step = std::move(step);
  said.error = why.value();
  said.directory = s.e->is_directory();
  said.role = "generator";
  events_.emplace_back(std::move(said));
}

examine_job::parent_state examine_job::open_parent(std::string const& path) {
  if (parent_known_ && path == parent_path_) return parent_missing_ ? parent_state::missing : parent_state::open;
  parent_known_ = false;
  parent_missing_ = false;
  parent_.reset();
  if (context_->where) {
    auto opened = context_->where->open(path);
    if (opened) {
      parent_ = std::move(*opened);
    } else if (!task_.settled) {
      return parent_state::blocked;
    } else if (!means_absent(opened.error())) {
      had_errors_ = true;
      volsync::problem said;
      said.path = context_->where->full_path(path);
      said.step = "change_dir";
      said.error = opened.error().value();
      said.directory = true;
      said.role = "generator";
      events_.emplace_back(std::move(said));
    }
  }
  parent_missing_ = parent_ == nullptr;
  parent_is_new_ = parent_ && context_->where->was_made(path);
  parent_path_ = path;
  parent_known_ = true;
  return parent_missing_ ? parent_state::missing : parent_state::open;
}

// False: blocked.
bool examine_job::examine(std::uint32_t position, bool self) {
  subject s;
  received_list const& list = *task_.list;
  s.e = self ? &*list.self : &list.at(position);
  if (flist::has(s.e->flags, flist::entry_flags::duplicate)) return true;
  s.position = position;
  s.self = self;
  s.path = self ? list.path : list.path_of(*s.e);
  if (!self && task_.incremental && s.path.empty()) return true;  // "." is itemized as the list's own directory
  bool const leaves = flist::has(s.e->flags, flist::entry_flags::hard_linked) && context_->how.hard_links &&
                      !task_.member && !s.e->is_directory();
  if (leaves && !s.e->is_regular()) {
    hand_over_member(s);
    return true;
  }
  if (!s.path.empty()) {
    auto const slash = s.path.rfind('/');
    s.parent = slash == std::string::npos ? std::string{} : s.path.substr(0, slash);
    auto const name = leaf_name::make(std::string_view{s.path}.substr(slash == std::string::npos ? 0 : slash + 1));
    if (!name) {
      problem(s, "recv_generator: failed to stat", name.error());
      if (task_.member) leave_member(s);
      if (leaves) hand_over_member(s);  // the others of its group wait to hear of it
      return true;
    }
    s.name = *name;
    auto const state = open_parent(s.parent);
    if (state == parent_state::blocked) return wait_for_turn();
    if (state == parent_state::missing && (!context_->how.dry_run || (context_->how.existing && !s.parent.empty()))) {
      // It was skipped, or its making failed, and that was said.
      if (task_.member) leave_member(s);
      if (leaves) hand_over_member(s);
      return true;
    }
    s.in = parent_;
  }
  if (leaves) {
    hand_over_member(s);
    return true;
  }
  if (s.e->is_symlink()) s.target = list.list->extra(*s.e);
  if (!look(s)) return true;
  // A list's own directory is made, or freed of what is in its place, with the list that names it.
  if (self && !task_.settled && !context_->how.dry_run && (!s.there || !S_ISDIR(s.there->status.mode)))
    return wait_for_turn();
  bool const shared = !task_.settled && s.there && !s.e->is_directory() && s.there->status.link_count > 1;
  if (s.there && wants_digest(*s.e, s.there->status, context_->how)) {
    if (shared) return wait_for_turn();
    auto opened = s.in->open_file(*s.name);
    if (opened) {
      reading_ = std::make_unique<reading>();
      reading_->of = std::move(s);
      reading_->from = std::move(*opened);
      reading_->digest.emplace(context_->how.digest);
      return true;
    }
  }
  decision const d = decide(*s.e, s.path, s.target, s.there ? &*s.there : nullptr, context_->how);
  if (shared && (context_->how.hard_links || d.flags != 0)) return wait_for_turn();
  if ((d.what == step_kind::create || d.clear_way) && !may_change_parent(s)) return wait_for_turn();
  if (s.e->is_directory()) passed_.insert(s.path);
  act(s, d);
  return true;
}

// Names that come and go change a directory's time: where it was there before, it is looked at first.
bool examine_job::may_change_parent(subject const& s) const {
  return task_.settled || task_.member || context_->how.dry_run || !s.name || parent_is_new_ ||
         passed_.contains(s.parent);
}

// False, for examine() to return. Of names of one file here that are files of their own in the list, each may change
// what another one sees: they do so in the order of the list.
bool examine_job::wait_for_turn() {
  blocked_ = true;
  return false;
}

// Its turn is the generator's to find. That nothing is there is all that can be said before: it saves most members a
// job.
void examine_job::hand_over_member(subject const& s) {
  examined one;
  one.what = examined::kind::member;
  one.position = s.position;
  if (s.e->is_regular() && s.name && (s.in || context_->how.dry_run)) {
    bool const empty = !s.in || parent_is_new_;
    auto const status = empty ? result<file_status>{std::make_error_code(std::errc::no_such_file_or_directory)}
                              : s.in->status_of(*s.name, false);
    one.absent = !status && status.error() == std::errc::no_such_file_or_directory &&
                 decide(*s.e, s.path, {}, nullptr, context_->how).what == step_kind::transfer;
  }
  outcomes_.push_back(std::move(one));
}

void examine_job::leave_member(subject const& s) {
  examined one;
  one.what = examined::kind::skipped_member;
  one.position = s.position;
  outcomes_.push_back(std::move(one));
}

// What is at the place. False: that cannot be found out.
bool examine_job::look(subject& s) {
  if (!s.name) {
    if (!context_->where) return true;
    auto const root = context_->where->open("");
    auto const status = root ? (*root)->status() : result<file_status>{root.error()};
    if (!status) {
      problem(s, "recv_generator: failed to stat", status.error());
      return false;
    }
    s.there = present{*status, {}, false};
    return true;
  }
  if (!s.in || (parent_is_new_ && !task_.redo)) return true;  // a first attempt may have left something
  bool const follow = s.e->is_directory() && context_->where->keeps_links();
  auto status = s.in->status_of(*s.name, false);
  if (status && follow && S_ISLNK(status->mode)) {
    if (auto const behind = s.in->status_of(*s.name, true); behind && S_ISDIR(behind->mode)) status = behind;
  }
  if (!status) {
    if (status.error() == std::errc::no_such_file_or_directory) return true;
    problem(s, "recv_generator: failed to stat", status.error());
    return false;
  }
  s.there = present{*status, {}, false};
  if (S_ISLNK(status->mode) && s.e->is_symlink()) {
    if (auto link = s.in->read_link(*s.name)) s.there->link = std::move(*link);
  }
  return true;
}

void examine_job::remark(subject const& s, decision const& d) {
  using level = decision::remark_level;
  receive_options const& how = context_->how;
  if (s.self && !s.path.empty()) return;  // said with the list that names it
  auto const& list = *task_.list;
  std::string shown = s.self ? list.listed_path : list.listed_path_of(*s.e);
  if (shown.empty()) shown = ".";
  std::string text;
  if (d.level == level::skip && how.tell_skipped) {
    text = shown + " " + std::string{d.remark};
  } else if (d.level == level::absent && how.tell_skipped) {
    text = "not creating new " + std::string{d.remark} + " \"" + shown + "\"";
  } else if (d.level == level::nonreg && how.tell_nonreg) {
    text = std::string{d.remark} + " \"" + shown + "\"";
  } else if (d.level == level::safe_links && how.tell_unsafe_links) {
    text = "ignoring unsafe symlink \"" + shown + "\" -> \"" + std::string{d.remark} + "\"";
  }
  if (!text.empty()) events_.emplace_back(message{message::level::info, std::move(text), false});
}

void examine_job::act(subject& s, decision d) {
  examine_task const& t = task_;
  if (t.redo) {
    d = decision{};
    d.what = step_kind::transfer;
    d.flags = transfer | (s.there ? attribute_flags(*s.e, s.there->status, true, context_->how) : is_new);
  }
  examined one;
  one.position = s.position;
  one.self = s.self;
  switch (d.what) {
    case step_kind::leave:
      remark(s, d);
      if (s.e->is_directory() && !s.there) {
        one.what = examined::kind::no_directory;
        outcomes_.push_back(std::move(one));
      } else if (t.member) {
        leave_member(s);
      }
      return;
    case step_kind::keep:
      keep(s, d);
      return;
    case step_kind::create:
      create(s, d);
      return;
    case step_kind::transfer:
      if (t.defer_missing && (!s.there || d.clear_way)) {
        // What is of another type goes now; the link that takes its place replaces anything but a directory.
        if (d.clear_way && S_ISDIR(s.there->status.mode) && !make_way(s)) return;
        one.what = examined::kind::missing;
        one.in_the_way = d.clear_way && !context_->how.dry_run;
        outcomes_.push_back(std::move(one));
        return;
      }
      request(s, d);
      return;
  }
}

// Sets the attributes that differ. Says which flags are told: after a change of the owner that took set-id bits away,
// rsync compares with what is left, and so do we.
flist::item_flags examine_job::mend(subject& s, flist::item_flags flags, flist::item_flags told) {
  bool const new_root = !s.name && context_->root_is_new;
  wanted_attributes wanted =
      attributes_for(*s.e, s.there->status, new_root ? nullptr : &s.there->status, context_->how);
  // A directory's time is set when its content is done; a file's only if it differs by more than may be, but with -c to
  // the nanosecond.
  bool const exactly = context_->how.checksum && s.e->is_regular();
  if (s.e->is_directory() || (!exactly && (flags & report_time) == 0)) wanted.mtime.reset();
  if (s.e->is_directory() && worked_in()) {
    if (wanted.mode) *wanted.mode |= 0700U;
    if (wanted.mode && *wanted.mode == (s.there->status.mode & 07777U)) wanted.mode.reset();
  }
  if (!s.name) {
    if (auto const root = context_->where->open("")) set_attributes(s, **root, nullptr, wanted);
    return told;
  }
  bool const owned = wanted.uid != keep_id || wanted.gid != keep_id;
  if (owned && (s.there->status.mode & set_id_bits) != 0 && !s.e->is_symlink() && !s.e->is_directory()) {
    if (auto const set = s.in->set_owner(*s.name, wanted.uid, wanted.gid); !set) {
      problem(s, "chown", set.error());
      return told;
    }
    if (auto const now = s.in->status_of(*s.name)) s.there->status = *now;
    told = attribute_flags(*s.e, s.there->status, false, context_->how);
    auto const when = wanted.mtime;
    wanted = attributes_for(*s.e, s.there->status, &s.there->status, context_->how);
    wanted.mtime = when;
  }
  set_attributes(s, *s.in, &*s.name, wanted);
  return told;
}

// Whoever is not root must be able to work in directories until they are finished.
bool examine_job::worked_in() const { return !context_->how.as_root && !context_->how.dry_run; }

void examine_job::open_for_work(subject& s) {
  touched(s.path);  // its own mode comes back with its time
  std::uint32_t const mode = s.there->status.mode & 07777U;
  if ((mode & 0700U) == 0700U) return;
  reopened_.emplace_back(s.path, mode);
  // Somebody else's directory stays as it is; what cannot be done in it is told then.
  if (s.name) {
    (void)s.in->set_mode(*s.name, mode | 0700U);
  } else if (auto const root = context_->where->open("")) {
    (void)(*root)->set_mode(mode | 0700U);
  }
}

void examine_job::keep(subject& s, decision const& d) {
  examined one;
  one.what = task_.member ? examined::kind::settled_member : examined::kind::record;
  one.position = s.position;
  one.self = s.self;
  one.flags = d.flags;
  one.device = s.there->status.device;
  one.inode = s.there->status.inode;
  if (s.e->is_directory()) {
    if (task_.incremental && !s.self) return;  // with its own list
    if (s.self && task_.self_is_new) one.flags = is_new | local_change;
  }
  bool const new_root = !s.name && context_->root_is_new;
  bool const exactly = context_->how.checksum && s.e->is_regular();
  if (!context_->how.dry_run && (d.flags != 0 || new_root || exactly)) one.flags = mend(s, d.flags, one.flags);
  std::uint32_t const narrow = s.there->status.mode & (context_->how.perms ? s.e->mode : ~0U);
  if (s.e->is_directory() && worked_in() && (narrow & 0700U) != 0700U) open_for_work(s);
  if (s.e->is_directory() && (d.flags & report_time) != 0) touched(s.path);
  outcomes_.push_back(std::move(one));
}

// Of a group of links to something that has no content, the first member is made and the others follow it.
void examine_job::create(subject& s, decision const& d) {
  if (d.clear_way && !make_way(s)) {
    if (s.e->is_directory()) {
      examined one;
      one.what = examined::kind::no_directory;
      one.position = s.position;
      one.self = s.self;
      outcomes_.push_back(std::move(one));
    }
    return;
  }
  if (s.e->is_directory()) {
    make_directory(s, d);
  } else {
    make_other(s, d);
  }
}

void examine_job::make_directory(subject& s, decision const& d) {
  bool const ahead = task_.incremental && !s.self;
  examined one;
  one.position = s.position;
  one.self = s.self;
  one.flags = d.flags;
  one.what = ahead ? examined::kind::made_directory : examined::kind::record;
  if (context_->how.dry_run || !s.in) {
    outcomes_.push_back(std::move(one));
    return;
  }
  std::uint32_t const mode = final_mode(*s.e, nullptr, context_->how);
  // Whoever is not root must be able to work in it until it is finished.
  std::uint32_t const working = context_->how.as_root ? mode : mode | 0700U;
  auto const made = s.in->make_directory(*s.name, working);
  auto const now = s.in->status_of(*s.name);
  // Somebody may have been faster, with a directory or with something else.
  if (!made && (made.error() != std::errc::file_exists || !now || !S_ISDIR(now->mode))) {
    problem(s, "recv_generator: mkdir", made.error());
    events_.emplace_back(
        message{message::level::error, "*** Skipping any contents from this failed directory ***", false});
    one.what = examined::kind::no_directory;
    outcomes_.push_back(std::move(one));
    return;
  }
  touched(s.parent);
  touched(s.path);
  if (made && working != mode) reopened_.emplace_back(s.path, mode);
  if (made) context_->where->note_made(s.path);  // who else has made it may have put something into it
  file_status made_now = unknown_status(S_IFDIR | working);
  // A directory may inherit a set-group-id bit, which stays unless permissions are kept.
  if (now) made_now.mode = now->mode;
  wanted_attributes wanted = attributes_for(*s.e, made_now, nullptr, context_->how);
  if (!context_->how.as_root || !context_->how.perms) wanted.mode.reset();
  wanted.mtime.reset();
  set_attributes(s, *s.in, &*s.name, wanted);
  outcomes_.push_back(std::move(one));
}

// A symbolic link, device, fifo or socket: made aside and renamed where something is there.
void examine_job::make_other(subject& s, decision const& d) {
  examined one;
  one.what = task_.member ? examined::kind::settled_member : examined::kind::record;
  one.position = s.position;
  one.flags = d.flags;
  if (context_->how.dry_run || !s.in) {
    outcomes_.push_back(std::move(one));
    return;
  }
  bool const replaces = s.there && !d.clear_way;
  leaf_name const name = replaces ? s.in->temporary_name(*s.name) : *s.name;
  file_status const* const was = s.there ? &s.there->status : nullptr;
  std::uint32_t const mode = final_mode(*s.e, was, context_->how);
  auto const made = s.e->is_symlink() ? s.in->make_link(name, std::string{s.target})
                                      : s.in->make_node(name, (s.e->mode & S_IFMT) | mode, s.e->device());
  if (!made) {
    problem(s, s.e->is_symlink() ? "symlink" : "mknod", made.error());
    return;
  }
  touched(s.parent);
  file_status const fresh = unknown_status((s.e->mode & S_IFMT) | (s.e->is_symlink() ? 0777U : mode));
  set_attributes(s, *s.in, &name, attributes_for(*s.e, fresh, was, context_->how));
  if (replaces) {
    if (auto const moved = s.in->rename(name, *s.in, *s.name); !moved) {
      problem(s, "rename", moved.error());
      (void)s.in->remove_file(name);
      return;
    }
  }
  if (task_.member) {
    if (auto const now = s.in->status_of(*s.name)) {
      one.device = now->device;
      one.inode = now->inode;
    }
  }
  outcomes_.push_back(std::move(one));
}

// name: null for the directory itself.
void examine_job::set_attributes(subject& s, directory const& in, leaf_name const* name,
                                 wanted_attributes const& wanted) {
  if (wanted.uid != keep_id || wanted.gid != keep_id) {
    auto const set = name ? in.set_owner(*name, wanted.uid, wanted.gid) : in.set_owner(wanted.uid, wanted.gid);
    if (!set) return problem(s, "chown", set.error());
  }
  if (wanted.mtime) {
    auto const set = name ? in.set_mtime(*name, *wanted.mtime) : in.set_mtime(*wanted.mtime);
    if (!set) problem(s, "failed to set times on", set.error());
  }
  // A change of the owner may have taken setuid and setgid away.
  bool const again =
      (wanted.uid != keep_id || wanted.gid != keep_id) && context_->how.perms && (s.e->mode & set_id_bits) != 0;
  if (!s.e->is_symlink() && (wanted.mode || again)) {
    std::uint32_t const mode = wanted.mode ? *wanted.mode : s.e->mode & 07777U;
    auto const set = name ? in.set_mode(*name, mode) : in.set_mode(mode);
    if (!set) problem(s, "failed to set permissions on", set.error());
  }
}

// Removes what is of another type. False: it stays, and that was said.
bool examine_job::make_way(subject& s) {
  cleared const done = clear_way(*context_, *s.in, *s.name, s.path, s.there->status.mode, *s.e, events_);
  add(removed_, done.removed);
  had_errors_ = had_errors_ || done.had_errors;
  if (done.gone) touched(s.parent);
  return done.gone;
}

void examine_job::choose_basis(subject& s, examined& asked) {
  auto const& how = context_->how;
  if (!how.partial_dir.empty() && s.in) {
    auto const parent =
        how.partial_dir.front() == '/'
            ? result<std::shared_ptr<directory const>>{std::make_error_code(std::errc::not_supported)}
            : context_->where->open(s.parent.empty() ? how.partial_dir : s.parent + "/" + how.partial_dir);
    if (parent) {
      if (auto const status = (*parent)->status_of(*s.name); status && S_ISREG(status->mode)) {
        asked.target->basis = basis_place::partial_dir;
        asked.target->has_partial = true;
        asked.basis = 0x81;
        asked.flags |= basis_type_follows;
        s.in = *parent;
        s.there = present{*status, {}, false};
        return;
      }
    }
  }
  if (s.there && S_ISREG(s.there->status.mode)) asked.target->basis = basis_place::destination;
}

void examine_job::request(subject& s, decision const& d) {
  auto const& how = context_->how;
  bool const in_the_way = d.clear_way && (S_ISDIR(s.there->status.mode) || how.inplace);
  if (in_the_way && !make_way(s)) return;
  examined asked;
  asked.what = examined::kind::request;
  asked.position = s.position;
  asked.flags = d.flags;
  asked.target = std::make_unique<incoming_file>();
  incoming_file& to = *asked.target;
  to.parent = s.parent;
  to.name = s.name->view();
  file_status const* const was = s.there && S_ISREG(s.there->status.mode) ? &s.there->status : nullptr;
  std::uint32_t const mode = final_mode(*s.e, was, how);
  to.create_mode = (mode | 0200U) & 0700U;
  file_status const fresh = unknown_status(S_IFREG | to.create_mode);
  to.attributes = attributes_for(*s.e, fresh, was, how);
  // A file with other names is not written in place: they may stand for other files of the source by now.
  to.in_place = how.inplace && (was == nullptr || was->link_count <= 1);
  to.nothing_to_lose = !s.there || (was != nullptr && is_partial(*was));
  if (how.dry_run || !s.in) {
    outcomes_.push_back(std::move(asked));
    return;
  }
  auto const kept =
      to.in_place && was != nullptr ? std::optional{attributes_in_place(*s.e, *was, mode, how)} : std::nullopt;
  choose_basis(s, asked);
  if (kept && to.basis != basis_place::partial_dir) to.attributes = *kept;
  if (how.whole_file && !task_.redo) to.basis = basis_place::none;
  if (to.basis == basis_place::none || s.there->status.size == 0) {
    to.basis = basis_place::none;
    asked.flags &= static_cast<flist::item_flags>(~basis_type_follows);
    asked.basis.reset();
    outcomes_.push_back(std::move(asked));
    return;
  }
  auto opened = s.in->open_file(*s.name);
  auto const effort = task_.redo ? delta::effort::redo : delta::effort::first;
  auto const head = delta::head_for(s.there->status.size, context_->blocks.length(), effort, how.block_size);
  if (!opened || !head) {
    if (!opened && opened.error() != std::errc::no_such_file_or_directory) {
      events_.emplace_back(message{message::level::info,
                                   "failed to open \"" + context_->full_root + "/" + s.path + "\", continuing", false});
    }
    to.basis = basis_place::none;
    asked.flags &= static_cast<flist::item_flags>(~basis_type_follows);
    asked.basis.reset();
    outcomes_.push_back(std::move(asked));
    return;
  }
  asked.head = *head;
  reading_ = std::make_unique<reading>();
  reading_->of = std::move(s);
  reading_->from = std::move(*opened);
  reading_->signer.emplace(*head, context_->blocks);
  reading_->asked = std::move(asked);
}

// Reads up to a step's worth. False: there is more.
bool examine_job::read_on() {
  reading& r = *reading_;
  r.buffer.resize(step_bytes);
  result<std::size_t> got{std::size_t{0}};
  for (std::size_t seen = 0; seen < step_bytes; seen += *got) {
    got = r.from->read(r.buffer);
    if (!got || *got == 0) break;
    byte_view const data{r.buffer.data(), *got};
    if (r.digest) r.digest->update(data);
    if (r.signer) r.signer->feed(data);
  }
  if (got && *got != 0) return false;
  auto const ended = std::move(reading_);
  if (ended->signer) {
    auto sums = ended->signer->finish();
    examined asked = std::move(*ended->asked);
    if (got && sums) {
      asked.sums = std::make_shared<delta::signature const>(std::move(*sums));
    } else {
      // It cannot be read to the length it had: the file is asked for as a whole.
      asked.head = {};
      asked.target->basis = basis_place::none;
      asked.flags &= static_cast<flist::item_flags>(~basis_type_follows);
      asked.basis.reset();
    }
    outcomes_.push_back(std::move(asked));
    return true;
  }
  subject& s = ended->of;
  auto const listed = task_.list->list->extra(*s.e);
  s.there->same_content = got && as_text(ended->digest->finish().view()) == listed;
  act(s, decide(*s.e, s.path, s.target, &*s.there, context_->how));
  return !reading_ || read_on();
}

}  // namespace volsync::roles
