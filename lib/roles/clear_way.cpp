// Making room, with rsync's words where it fails.
#include "roles/clear_way.hpp"

#include <memory>
#include <unordered_set>
#include <utility>

#include "roles/removal_job.hpp"

namespace volsync::roles {
namespace {

bool may_empty(examine_context const& context) noexcept { return context.how.deletes || context.how.force; }

// The content of the directory at `path`; what the rules protect stays.
// False: something of it stays.
bool empty(examine_context const& context, std::string const& path, cleared& done, std::vector<event>& events) {
  auto how = std::make_shared<removal_context>();
  how->where = context.where;
  how->rules = context.rules;
  how->user = context.user;
  how->limit = context.limit;
  how->dry_run = context.how.dry_run;
  how->one_file_system = context.how.one_file_system;
  removal_task task;
  task.directory = path;
  task.names = std::make_shared<std::unordered_set<std::string>>();
  removal_job removal{std::move(how), std::move(task)};
  while (!removal.done()) removal.step();
  for (auto& each : removal.take_events()) events.push_back(std::move(each));
  add(done.removed, removal.take_counts());
  done.had_errors = removal.had_errors();
  return !removal.left_something() && !done.had_errors;
}

// Whether a directory would go, in a dry run.
result<void> would_go(examine_context const& context, std::string const& path, cleared& done,
                      std::vector<event>& events) {
  auto const in = context.where->open(path);
  if (!in) return in.error();
  std::vector<directory_entry> names;
  if (auto const read = (*in)->read(names); !read) return read.error();
  if (names.empty()) return {};
  if (!may_empty(context)) return std::make_error_code(std::errc::directory_not_empty);
  if (!empty(context, path, done, events)) return std::make_error_code(std::errc::directory_not_empty);
  return {};
}

char const* kind_of(flist::entry const& e) noexcept {
  if (e.is_directory()) return "directory";
  if (e.is_symlink()) return "symlink";
  if (e.is_device()) return "device file";
  return e.is_special() ? "special file" : "regular file";
}

}  // namespace

void add(entry_counts& to, entry_counts const& more) noexcept {
  to.regular += more.regular;
  to.directories += more.directories;
  to.symlinks += more.symlinks;
  to.devices += more.devices;
  to.specials += more.specials;
}

cleared clear_way(examine_context const& context, directory const& in, leaf_name const& name, std::string const& path,
                  std::uint32_t mode, flist::entry const& e, std::vector<event>& events) {
  cleared done;
  bool const is_directory = S_ISDIR(mode);
  result<void> gone;
  if (context.how.dry_run) {
    if (is_directory) gone = would_go(context, path, done, events);
  } else if (!is_directory) {
    gone = in.remove_file(name);
  } else {
    gone = in.remove_directory(name);
    if (!gone && gone.error() == std::errc::directory_not_empty && may_empty(context)) {
      (void)empty(context, path, done, events);
      gone = in.remove_directory(name);
    }
    context.where->forget(path);
  }
  done.gone = gone || gone.error() == std::errc::no_such_file_or_directory;
  if (done.gone) return done;
  done.had_errors = true;
  if (is_directory && gone.error() == std::errc::directory_not_empty) {
    events.emplace_back(message{message::level::info, "cannot delete non-empty directory: " + path, false});
  } else {
    problem said;
    said.path = context.full_root + "/" + path;
    said.step = is_directory ? "delete_file: rmdir" : "delete_file: unlink";
    said.error = gone.error().value();
    said.directory = e.is_directory();
    said.role = "generator";
    events.emplace_back(std::move(said));
  }
  events.emplace_back(
      message{message::level::error, std::string{"could not make way for new "} + kind_of(e) + ": " + path, false});
  return done;
}

}  // namespace volsync::roles
