// One name at a time: into a directory, or out of it, or away with it.
#include "fs/remover.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "flist/list.hpp"

namespace volsync::fs {
namespace {

bool is_gone(error_code why) { return why == std::errc::no_such_file_or_directory; }

}  // namespace

remover::remover(std::shared_ptr<directory const> in, leaf_name const& entry, std::string path, removal_options how)
    : at_{std::move(in)}, prefix_{std::move(path)}, how_{std::move(how)} {
  prefix_.resize(prefix_.size() - std::min(prefix_.size(), entry.view().size()));
  level lowest;
  lowest.content.push_back({std::string{entry.view()}, 0});
  levels_.push_back(std::move(lowest));
}

void remover::step(std::size_t names, std::vector<removal_event>& told) {
  told_ = &told;
  for (std::size_t n = 0; n < names && !levels_.empty(); ++n) advance();
  told_ = nullptr;
}

void remover::tell(removal_event::kind what, name const& about, char const* step, error_code why) {
  told_->push_back({what, prefix_ + about.text, about.mode, step, why});
}

void remover::advance() {
  level& now = levels_.back();
  if (now.content.empty()) return leave();
  name next = std::move(now.content.back());
  now.content.pop_back();
  if (next.mode == 0) {
    auto const here = at_.here();
    auto const leaf = leaf_name::make(next.text);
    auto const status = here && leaf ? (*here)->status_of(*leaf) : here ? leaf.error() : here.error();
    if (!status) {
      if (is_gone(status.error())) return;
      tell(removal_event::kind::failed, next, "lstat", status.error());
      now.stays = true;
      return;
    }
    next.mode = status->mode & S_IFMT;
  }
  bool const is_directory = S_ISDIR(next.mode);
  if (levels_.size() > 1 && how_.may_remove && !how_.may_remove(prefix_ + next.text, is_directory)) {
    now.stays = true;
    return;
  }
  if (is_directory) return enter(std::move(next));
  remove(next);
}

void remover::enter(name next) {
  auto const leaf = leaf_name::make(next.text);
  auto const entered = leaf ? at_.enter(*leaf) : leaf.error();
  if (!entered) {
    if (is_gone(entered.error())) return;
    tell(removal_event::kind::failed, next, "opendir", entered.error());
    return remove(next);
  }
  auto const here = at_.here();
  auto const status = here && how_.one_device ? (*here)->status() : result<file_status>{file_status{}};
  if (status && how_.one_device && status->device != *how_.one_device) {
    tell(removal_event::kind::mount_point, next);
    levels_.back().stays = true;
    return at_.leave();
  }
  level inner;
  inner.self = std::move(next);
  if (status && here) {
    fill(inner, **here);
  } else {
    tell(removal_event::kind::failed, inner.self, "opendir", here ? status.error() : here.error());
  }
  prefix_.append(inner.self.text).push_back('/');
  levels_.push_back(std::move(inner));
}

// A directory that cannot be read whole is treated as if it were empty: if it is not, it stays.
void remover::fill(level& into, directory const& from) {
  std::vector<directory_entry> names;
  if (auto const read = from.read(names); !read) {
    tell(removal_event::kind::failed, into.self, "opendir", read.error());
    return;
  }
  into.content.reserve(names.size());
  for (auto& each : names) {
    std::uint32_t type = each.type == DT_UNKNOWN ? 0 : static_cast<std::uint32_t>(DTTOIF(each.type));
    // Where the file system does not tell: the order needs it now. What fails is told when its turn comes.
    if (auto const leaf = leaf_name::make(each.name); type == 0 && leaf) {
      if (auto const status = from.status_of(*leaf)) type = status->mode & S_IFMT;
    }
    into.content.push_back({std::move(each.name), type});
  }
  std::sort(into.content.begin(), into.content.end(), [](name const& a, name const& b) {
    return flist::compare_names(a.text, S_ISDIR(a.mode), b.text, S_ISDIR(b.mode)) < 0;
  });
}

void remover::leave() {
  level const done = std::move(levels_.back());
  levels_.pop_back();
  if (levels_.empty()) {
    left_ = done.stays;
    return;
  }
  at_.leave();
  prefix_.resize(prefix_.size() - done.self.text.size() - 1);
  if (done.stays) {
    tell(removal_event::kind::not_empty, done.self);
    levels_.back().stays = true;
    // The entry itself is left at that.
    if (levels_.size() == 1) return;
  }
  remove(done.self, done.stays);
}

// in_use: something in it stays. It is tried all the same, as rsync does, so that it counts against a limit and says
// what else is in the way; only a dry run knows without trying.
void remover::remove(name const& what, bool in_use) {
  level& in = levels_.back();
  bool const is_directory = S_ISDIR(what.mode);
  if (how_.grant && !how_.grant(prefix_ + what.text, is_directory)) {
    tell(removal_event::kind::refused, what);
    in.stays = true;
    return;
  }
  if (how_.dry_run) return in_use ? void() : tell(removal_event::kind::removed, what);
  auto const gone = try_remove(what);
  if (gone) return tell(removal_event::kind::removed, what);
  if (is_gone(gone.error())) return;
  in.stays = true;
  if (is_directory && (gone.error() == std::errc::directory_not_empty || gone.error() == std::errc::file_exists))
    return tell(removal_event::kind::not_empty, what);
  tell(removal_event::kind::failed, what, is_directory ? "delete_file: rmdir" : "delete_file: unlink", gone.error());
}

result<void> remover::try_remove(name const& what) {
  auto const here = at_.here();
  if (!here) return here.error();
  auto const leaf = leaf_name::make(what.text);
  if (!leaf) return leaf.error();
  auto const once = [&] { return S_ISDIR(what.mode) ? (*here)->remove_directory(*leaf) : (*here)->remove_file(*leaf); };
  auto gone = once();
  if (!gone && gone.error() == std::errc::permission_denied && mend(**here)) gone = once();
  return gone;
}

// A directory that goes may be one of ours that is not writable.
bool remover::mend(directory const& here) {
  level& in = levels_.back();
  if (levels_.size() == 1 || std::exchange(in.mended, true)) return false;
  auto const status = here.status();
  return status && (status->mode & S_IWUSR) == 0 && here.set_mode((status->mode & 07777) | S_IWUSR);
}

}  // namespace volsync::fs
