// Removal, depth first and in steps, with the filter's word on each name.
#include "roles/removal_job.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "flist/list.hpp"

#include "roles/describe.hpp"

namespace volsync::roles {
namespace {

// Errors of opening a file of rules that mean: there is none.
bool means_none(error_code why) {
  return why == std::errc::no_such_file_or_directory || why == std::errc::not_a_directory ||
         why == std::errc::invalid_argument || why == std::errc::too_many_symbolic_link_levels ||
         why == std::errc::no_such_device_or_address;
}

std::string joined(std::string const& directory, std::string const& name) {
  return directory.empty() ? name : directory + "/" + name;
}

}  // namespace

removal_job::removal_job(std::shared_ptr<removal_context> context, removal_task task)
    : context_{std::move(context)}, task_{std::move(task)}, wanted_{task_.found.begin(), task_.found.end()} {}

removal_job::~removal_job() = default;

namespace {

// The rules for the content of a directory, read from the merge files on the way from the destination's root. A link is
// followed to rules only if root or the user himself made it.
result<std::shared_ptr<filter::rule_set const>> rules_in(fs::destination& where,
                                                         std::shared_ptr<filter::rule_set const> rules,
                                                         std::string const& path,
                                                         std::function<bool(std::uint32_t)> const& trusts,
                                                         std::vector<std::string>& refused, std::string& error_text) {
  if (!rules || !rules->has_directory_rules()) return rules;
  std::size_t at = 0;
  for (;;) {
    std::string const here = path.substr(0, at);
    auto const handle = where.open(here);
    filter::file_loader const load = [&](std::string const& name) -> result<std::optional<std::string>> {
      auto const leaf = leaf_name::make(name);
      if (!handle && !means_none(handle.error())) return handle.error();
      if (!handle || !leaf) return std::optional<std::string>{};
      auto const status = (*handle)->status_of(*leaf);
      bool const is_link = status && S_ISLNK(status->mode);
      if (is_link && !trusts(status->uid)) {
        refused.push_back(where.full_path(joined(here, name)));
        return std::optional<std::string>{};
      }
      auto opened = (*handle)->open_file(*leaf, is_link);
      if (!opened && !means_none(opened.error())) return opened.error();
      if (!opened) return std::optional<std::string>{};
      std::string text;
      std::array<std::byte, 4096> piece{};
      for (;;) {
        auto const got = (*opened)->read(piece);
        if (!got) return got.error();
        if (*got == 0) return std::optional<std::string>{std::move(text)};
        text.append(reinterpret_cast<char const*>(piece.data()), *got);
        if (text.size() > (std::size_t{16} << 20)) return std::make_error_code(std::errc::file_too_large);
      }
    };
    auto inner = filter::enter(rules, here, load, error_text);
    if (!inner) return inner.error();
    rules = std::move(*inner);
    if (at == path.size()) return rules;
    at = path.find('/', at == 0 ? 0 : at + 1);
    if (at == std::string::npos) at = path.size();
  }
}

}  // namespace

void removal_job::problem(std::string const& path, std::string step, error_code why) {
  had_errors_ = true;
  volsync::problem said;
  said.path = context_->where->full_path(path);
  said.step = std::move(step);
  said.error = why.value();
  said.role = "generator";
  events_.emplace_back(std::move(said));
}

result<std::shared_ptr<filter::rule_set const>> removal_job::rules_of(std::string const& path) {
  std::vector<std::string> refused;
  auto const trusts = [&](std::uint32_t uid) { return uid == 0 || uid == context_->user; };
  auto rules = rules_in(*context_->where, context_->rules, path, trusts, refused, fatal_);
  for (auto const& each : refused) {
    events_.emplace_back(
        message{message::level::error, "refusing to follow a symlink owned by an untrusted user: " + each, false});
  }
  return rules;
}

// Whether a name is to go, as far as names and rules say. Below the top everything goes that no rule keeps.
bool removal_job::goes(std::string const& name, bool top) const {
  if (!top) return true;
  return task_.found.empty() ? !task_.names->contains(name) : wanted_.contains(name);
}

void removal_job::step() {
  if (!begun_) {
    begun_ = true;
    if (!begin()) {
      done_ = true;
      return;
    }
  }
  for (std::size_t n = 0; n < step_files && !stack_.empty(); ++n) advance();
  done_ = stack_.empty();
  if (done_ && own_mode_) (void)top_->set_mode(*own_mode_);
}

bool removal_job::begin() {
  auto handle = context_->where->open(task_.directory);
  if (!handle) {
    // Something else is in its place, and was left there: nothing is in it.
    bool const absent =
        handle.error() == std::errc::no_such_file_or_directory || handle.error() == std::errc::not_a_directory;
    if (!absent) problem(task_.directory, "opendir", handle.error());
    return false;
  }
  auto rules = rules_of(task_.directory);
  if (!rules) {
    unreadable_rules(task_.directory, rules.error());
    return false;
  }
  top_ = *handle;
  at_.emplace(std::move(*handle));
  path_ = task_.directory;
  level top;
  top.rules = std::move(*rules);
  if (!fill(top, true)) return false;
  if (task_.collect) {
    for (auto it = top.left.rbegin(); it != top.left.rend(); ++it) found_.push_back(it->name);
    return false;
  }
  if (!top.left.empty()) open_for_work();
  stack_.push_back(std::move(top));
  return true;
}

// Whoever is not root takes names only from a directory that he may change. Where that cannot be, the removals say so.
void removal_job::open_for_work() {
  if (context_->user == 0 || context_->dry_run) return;
  auto const status = top_->status();
  if (!status || (status->mode & 0700U) == 0700U) return;
  if (top_->set_mode((status->mode & 07777U) | 0700U)) own_mode_ = status->mode & 07777U;
}

// What they protect is not known, so nothing is judged here. Rules that were read and mean nothing end the run.
void removal_job::unreadable_rules(std::string const& path, error_code why) {
  if (fatal_.empty()) problem(path, "failed to open exclude file in", why);
}

bool removal_job::fill(level& into, bool top) {
  std::vector<directory_entry> names;
  auto const here = at_->here();
  auto const read = here ? (*here)->read(names) : result<void>{here.error()};
  if (!read) {
    problem(path_, "opendir", read.error());
    return false;
  }
  std::optional<file_status> own;
  if (context_->one_file_system) {
    auto const status = (*here)->status();
    if (!status) {
      problem(path_, "failed to stat", status.error());
      return false;
    }
    own = *status;
  }
  for (auto const& each : names) {
    auto const leaf = leaf_name::make(each.name);
    if (!leaf || !goes(each.name, top)) continue;
    auto const status = (*here)->status_of(*leaf);
    if (!status && status.error() == std::errc::no_such_file_or_directory) continue;
    if (!status) problem(path_to(each.name), "failed to stat", status.error());
    bool const is_directory = status && S_ISDIR(status->mode);
    bool const is_protected =
        status && into.rules && into.rules->excludes(path_to(each.name), is_directory, filter::side::receiver, !top);
    bool const other_system = status && is_directory && own && status->device != own->device;
    if (!status || is_protected || other_system) {
      into.keeps = true;
    } else {
      into.left.push_back({each.name, *status});
    }
  }
  // Reverse order of a file list: directories come first, the last first. The next one stands at the end.
  std::sort(into.left.begin(), into.left.end(), [](candidate const& a, candidate const& b) {
    return flist::compare_names(a.name, S_ISDIR(a.status.mode), b.name, S_ISDIR(b.status.mode)) < 0;
  });
  return true;
}

// One name, or the directory whose names are done.
void removal_job::advance() {
  std::size_t const depth = stack_.size() - 1;
  if (stack_[depth].left.empty()) return leave();
  candidate const next = std::move(stack_[depth].left.back());
  stack_[depth].left.pop_back();
  bool const goes_on = S_ISDIR(next.status.mode) ? descend(next) : remove(next);
  if (!goes_on) stack_[depth].keeps = true;
}

void removal_job::leave() {
  level const done = std::move(stack_.back());
  stack_.pop_back();
  if (stack_.empty()) {
    left_something_ = done.keeps;
    return;
  }
  at_->leave();
  if (done.keeps) {
    events_.emplace_back(message{message::level::info, "cannot delete non-empty directory: " + path_, false});
  }
  path_.resize(path_.size() - std::min(path_.size(), done.self.name.size() + 1));
  if (done.keeps || !remove(done.self)) stack_.back().keeps = true;
}

bool removal_job::descend(candidate const& next) {
  auto const leaf = leaf_name::make(next.name);
  if (context_->user != 0 && !context_->dry_run && (next.status.mode & 0700U) != 0700U) {
    if (auto const here = at_->here()) (void)(*here)->set_mode(*leaf, (next.status.mode & 07777U) | 0700U);
  }
  auto const entered = at_->enter(*leaf);
  if (!entered) {
    if (entered.error() == std::errc::no_such_file_or_directory) return true;
    problem(path_to(next.name), "opendir", entered.error());
    return false;
  }
  std::size_t const before = path_.size();
  path_ = path_to(next.name);
  level inner;
  inner.self = next;
  inner.rules = stack_.back().rules;
  bool good = true;
  if (inner.rules && inner.rules->has_directory_rules()) {
    auto rules = rules_of(path_);
    good = rules.has_value();
    if (good) inner.rules = std::move(*rules);
    if (!good) unreadable_rules(path_, rules.error());
  }
  if (!good || !fill(inner, false)) {
    path_.resize(before);
    at_->leave();
    return false;
  }
  stack_.push_back(std::move(inner));
  return true;
}

std::string removal_job::path_to(std::string const& name) const { return joined(path_, name); }

// True: it is gone (or would be, in a dry run).
bool removal_job::remove(candidate const& what) {
  if (context_->limit) {
    if (context_->limit->removed.fetch_add(1) >= context_->limit->at_most) {
      context_->limit->removed.fetch_sub(1);
      ++context_->limit->refused;
      return false;
    }
  }
  bool const is_directory = S_ISDIR(what.status.mode);
  std::string const path = path_to(what.name);
  if (!context_->dry_run) {
    auto const here = at_->here();
    auto const leaf = leaf_name::make(what.name);
    auto const gone = !here          ? result<void>{here.error()}
                      : is_directory ? (*here)->remove_directory(*leaf)
                                     : (*here)->remove_file(*leaf);
    if (is_directory) context_->where->forget(path);
    if (!gone && gone.error() != std::errc::no_such_file_or_directory) {
      problem(path, is_directory ? "delete_file: rmdir" : "delete_file: unlink", gone.error());
      return false;
    }
    if (stack_.size() == 1) changed_ = true;
  }
  count(counts_, what.status.mode);
  item said;
  said.what = item::action::remove;
  said.mode = what.status.mode;
  said.name = path;
  said.sending = false;
  events_.emplace_back(std::move(said));
  return true;
}

}  // namespace volsync::roles
