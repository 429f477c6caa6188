// Linking, one member after the other.
#include "roles/link_job.hpp"

#include <algorithm>

#include "roles/clear_way.hpp"

namespace volsync::roles {
namespace {

using namespace flist::item;

struct split_path {
  std::string parent;
  std::string_view leaf;
};
split_path split(std::string const& path) {
  auto const slash = path.rfind('/');
  if (slash == std::string::npos) return {{}, path};
  return {path.substr(0, slash), std::string_view{path}.substr(slash + 1)};
}

}  // namespace

void link_job::step() {
  auto const end = std::min<std::size_t>(members_.size(), at_ + step_files);
  for (; at_ < end; ++at_) {
    linked one = link(members_[at_]);
    one.member = at_;
    outcomes_.push_back(one);
  }
  done_ = at_ == members_.size();
}

void link_job::problem(std::string const& path, std::string step, error_code why) {
  volsync::problem said;
  said.path = context_->full_root + "/" + path;
  said.step = std::move(step);
  said.error = why.value();
  said.role = "generator";
  events_.emplace_back(std::move(said));
}

linked link_job::link(link_task const& member) {
  linked one;
  flist::entry const& e = member.list->at(member.position);
  std::string const path = member.list->path_of(e);
  one.flags = local_change | xname_follows;
  one.what = linked::how::failed;
  auto const here = split(path), there = split(*member.leader);
  auto const name = leaf_name::make(here.leaf), leader = leaf_name::make(there.leaf);
  if (!name || !leader) return one;
  auto const in =
      context_->where
          ? context_->where->open(here.parent)
          : result<std::shared_ptr<directory const>>{std::make_error_code(std::errc::no_such_file_or_directory)};
  auto const from = context_->where ? context_->where->open(there.parent) : in;
  if (!in || !from) {
    if (!in && in.error() == std::errc::no_such_file_or_directory && context_->how.existing) {
      one.what = linked::how::left;  // so was its directory
      return one;
    }
    if (!context_->how.dry_run) {
      problem(path, "link", in ? from.error() : in.error());
      return one;
    }
    one.flags |= is_new;
    one.what = linked::how::made;
    return one;
  }
  auto const status = (*in)->status_of(*name);
  auto const led = (*from)->status_of(*leader);
  if (status && led && status->device == led->device && status->inode == led->inode) {
    // They differ in a dry run only: the leader was not transferred.
    one.flags |= attribute_flags(e, *status, false, context_->how);
    one.what = linked::how::in_place;
    return one;
  }
  if (!status && !member.is_new && context_->how.existing) {
    if (context_->how.tell_skipped)
      events_.emplace_back(message{message::level::info, "not creating new file \"" + path + "\"", false});
    one.what = linked::how::left;
    return one;
  }
  bool const replaces = status && !member.is_new;
  one.flags |= replaces ? attribute_flags(e, *status, true, context_->how) : is_new;
  // A link has no permissions to compare, but what it takes the place of had some.
  bool const had_mode = replaces && e.is_symlink() && !S_ISLNK(status->mode) && ((status->mode ^ e.mode) & 07777U) != 0;
  if (had_mode && context_->how.perms) one.flags |= report_perms;
  if (!replace({**in, *name}, {**from, *leader}, path, e, status ? &*status : nullptr)) return one;
  touched_.push_back(here.parent);
  one.what = linked::how::made;
  return one;
}

bool link_job::replace(place const& at, place const& from, std::string const& path, flist::entry const& e,
                       file_status const* there) {
  bool const is_directory = there != nullptr && S_ISDIR(there->mode);
  if (is_directory) {
    cleared const done = clear_way(*context_, at.in, at.name, path, there->mode, e, events_);
    add(removed_, done.removed);
    if (!done.gone) return false;
  }
  if (context_->how.dry_run) return true;
  if (there == nullptr || is_directory) {
    auto const made = at.in.make_hard_link(at.name, from.in, from.name);
    if (!made) problem(path, "link", made.error());
    return made.has_value();
  }
  leaf_name const aside = at.in.temporary_name(at.name);
  if (auto const made = at.in.make_hard_link(aside, from.in, from.name); !made) {
    problem(path, "link", made.error());
    return false;
  }
  if (auto const moved = at.in.rename(aside, at.in, at.name); !moved) {
    problem(path, "rename", moved.error());
    (void)at.in.remove_file(aside);
    return false;
  }
  return true;
}

}  // namespace volsync::roles
