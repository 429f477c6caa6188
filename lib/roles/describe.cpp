// Items as events.
#include "roles/describe.hpp"

#include <utility>

namespace volsync::roles {

item describe(request const& what, flist::list const* in, flist::entry const& e, std::string path) {
  item said;
  said.flags = what.flags;
  said.mode = e.mode;
  said.name = std::move(path);
  said.size = e.length();
  said.mtime = e.mtime;
  said.mtime_ns = e.mtime_ns;
  said.uid = e.uid;
  said.gid = e.gid;
  if (what.xname && !what.xname->empty() && (what.flags & flist::item::local_change) != 0) {
    said.hard_link = true;
    said.link = *what.xname;
  } else if (in != nullptr && e.is_symlink()) {
    said.link = in->extra(e);
  }
  return said;
}

void count(entry_counts& in, std::uint32_t mode) noexcept {
  if (S_ISREG(mode)) {
    ++in.regular;
  } else if (S_ISDIR(mode)) {
    ++in.directories;
  } else if (S_ISLNK(mode)) {
    ++in.symlinks;
  } else if (S_ISCHR(mode) || S_ISBLK(mode)) {
    ++in.devices;
  } else {
    ++in.specials;
  }
}

}  // namespace volsync::roles
