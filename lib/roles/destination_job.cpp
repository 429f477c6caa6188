// The table of what a destination argument can mean, in code.
#include "roles/destination_job.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace volsync::roles {
namespace {

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string strerror_text(error_code why) { return why.message() + " (" + std::to_string(why.value()) + ")"; }

bool is_missing(error_code why) { return why == std::errc::no_such_file_or_directory; }

}  // namespace

void destination_job::fail(exit_code code, std::string text) {
  answer_.code = code;
  answer_.text = std::move(text);
}

void destination_job::step() {
  done_ = true;
  std::string const typed = what_.path.empty() ? "." : what_.path;
  bool const slash = typed.back() == '/';
  std::string const path = without_trailing_slashes(typed);
  auto const status = files_->status_of(path, true);
  if (status && S_ISDIR(status->mode)) return enter(path);
  bool const single = what_.one_entry && !what_.entry_is_root && !slash;
  if (status) {
    if (slash)
      return fail(exit_code::file_selection,
                  "cannot stat destination \"" + path + "/\": " + strerror_text({ENOTDIR, std::generic_category()}));
    if (!what_.one_entry)
      return fail(exit_code::file_selection, "destination must be a directory when copying more than 1 file");
    if (what_.entry_is_directory)
      return fail(exit_code::file_selection, "cannot overwrite non-directory with a directory");
    return enter_parent_for_single(path);
  }
  if (!is_missing(status.error())) {
    return fail(exit_code::file_selection,
                "cannot stat destination \"" + path + "\": " + strerror_text(status.error()));
  }
  if (single) return enter_parent_for_single(path);
  if (!make(path)) return;
  if (what_.dry_run) {
    answer_.full_root = path;
    return;
  }
  enter(path);
}

bool destination_job::make(std::string const& path) {
  answer_.made = true;
  std::vector<std::string> missing{path};
  if (what_.make_parents) {
    for (std::string up = path; up.find('/') != std::string::npos;) {
      up = without_trailing_slashes(up.substr(0, up.rfind('/') + 1));
      if (up == "/" || files_->status_of(up, true)) break;
      missing.push_back(up);
    }
  }
  answer_.notice = missing.size() == 1 ? "created directory " + path
                                       : "created " + std::to_string(missing.size()) + " directories for " + path;
  if (what_.dry_run) return true;
  for (auto each = missing.rbegin(); each != missing.rend(); ++each) {
    auto const made = files_->make_directory(*each, 0777);
    if (made) continue;
    auto const now =
        files_->status_of(*each, true);  // somebody may have been faster; a link that leads nowhere is in the way
    if (made.error() != std::errc::file_exists || !now || !S_ISDIR(now->mode)) {
      fail(exit_code::file_io, "mkdir \"" + *each + "\" failed: " + strerror_text(made.error()));
      return false;
    }
  }
  return true;
}

void destination_job::enter(std::string const& path) {
  auto root = files_->open_root(path);
  if (!root) {
    fail(exit_code::file_selection, "change_dir#3 \"" + path + "\" failed: " + strerror_text(root.error()));
    return;
  }
  answer_.full_root = path;
  answer_.where = std::make_shared<fs::destination>(std::move(*root), path, what_.keep_links);
  if (!what_.temp_dir.empty()) open_temp_dir();
}

void destination_job::open_temp_dir() {
  std::string const path = what_.temp_dir.starts_with('/') ? what_.temp_dir : answer_.full_root + "/" + what_.temp_dir;
  auto opened = files_->open_root(path);
  if (opened) {
    answer_.temp_dir = std::move(*opened);
  } else if (is_missing(opened.error())) {
    fail(exit_code::syntax, "The temp-dir does not exist: " + what_.temp_dir);
  } else {
    fail(exit_code::syntax, "The temp-dir cannot be used: " + what_.temp_dir + ": " + strerror_text(opened.error()));
  }
}

// The last component is the name of the only entry; what is there (a file, a link, nothing) is replaced by rename.
void destination_job::enter_parent_for_single(std::string const& path) {
  auto const slash = path.rfind('/');
  std::string const parent = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  answer_.single_name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  if (answer_.single_name == "." || answer_.single_name == "..") {
    return fail(exit_code::file_selection,
                "change_dir#3 \"" + path + "\" failed: " + strerror_text({ENOENT, std::generic_category()}));
  }
  auto const status = files_->status_of(parent, true);
  if (!status && what_.make_parents && is_missing(status.error())) {
    if (!make(parent)) return;
  }
  if (what_.dry_run && !status) {
    answer_.full_root = parent;
    return;
  }
  enter(parent);
}

}  // namespace volsync::roles
