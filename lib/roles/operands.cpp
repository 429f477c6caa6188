// Arguments become roots, entries and implied parents. Source: lib/wire/FORMAT.md, file list (arguments).
#include "roles/operands.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace volsync::roles {
namespace {

std::pair<std::string, std::string> split_last(std::string const& path) {
  auto const slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

// A link that has to be copied as what it points to points to nothing.
error_code no_referent() { return std::make_error_code(std::errc::no_link); }

void normalise(operand& made, std::string_view kept) {
  for (std::size_t at = 0; at <= kept.size();) {
    std::size_t const end = std::min(kept.find('/', at), kept.size());
    auto const part = kept.substr(at, end - at);
    bool const last = end == kept.size();
    if (part == "..") made.climbs = true;
    if (part.empty() || part == ".") {
      if (last) made.content = true;
    } else {
      if (!made.path.empty()) made.path += '/';
      made.path += part;
    }
    at = end + 1;
  }
}

}  // namespace

operand cut_operand(std::string_view typed, bool relative) {
  operand made;
  if (typed.empty()) typed = ".";
  if (relative) {
    std::string_view kept = typed;
    if (auto const cut = typed.find("/./"); cut != std::string_view::npos) {
      made.root = cut == 0 ? "/." : std::string{typed.substr(0, cut)};
      kept = typed.substr(cut + 3);
    } else if (typed.front() == '/') {
      made.root = "/";
    } else {
      made.root = ".";
      made.leading_dot = typed.starts_with("./");
    }
    normalise(made, kept);
    if (made.path.empty()) {
      made.content = true;
      if (made.root == "/") made.root = "/.";
    }
    return made;
  }
  std::string path{typed};
  while (path.size() > 1 && path.back() == '/') {
    path.pop_back();
    made.content = true;
  }
  auto const slash = path.rfind('/');
  std::string const leaf = slash == std::string::npos ? path : path.substr(slash + 1);
  if (made.content || leaf == "." || leaf == ".." || leaf.empty()) {
    made.content = true;
    if (path.ends_with("/.")) path.erase(std::max<std::size_t>(path.size() - 2, 1));
    made.root = path == "/" ? "/." : path;
    return made;
  }
  made.root = slash == std::string::npos ? "." : slash == 0 ? "/." : path.substr(0, slash);
  made.path = leaf;
  return made;
}

struct operand_job::root_content {
  std::uint16_t root = 0;
  std::unique_ptr<directory_lister> lister;
  scanned inside;
};

struct operand_job::file_content {
  planned_entry entry;
  std::string parent;
  content_digest digest;
};

operand_job::operand_job(std::shared_ptr<tree_lister const> lister, operand_options how,
                         std::shared_ptr<filter::rule_set const> rules)
    : lister_{std::move(lister)}, how_{std::move(how)}, rules_{std::move(rules)} {}
operand_job::~operand_job() = default;

void operand_job::step() {
  if (!first_.list) first_.list = std::make_shared<flist::list>();
  std::int64_t budget = digested_a_step;
  for (std::size_t handled = 0; handled < step_files && budget > 0; ++handled) {
    if (content_) {
      if (content_->lister->step(content_->inside)) return;
      append_content();
    } else if (file_) {
      if (!file_->digest.step(budget)) return;
      place_file();
    } else if (!all_added()) {
      add(next_operand(), how_.names.has_value());
    } else {
      first_.list->finish(flist::ndx{0});
      done_ = true;
      return;
    }
  }
}

bool operand_job::all_added() const noexcept { return at_ == (how_.names ? how_.names->size() : how_.paths.size()); }

operand operand_job::next_operand() {
  if (!how_.names) return cut_operand(how_.paths[at_++], how_.relative);
  std::string const& name = (*how_.names)[at_++];
  operand each = cut_operand(how_.relative ? "./" + name : name, how_.relative);
  std::string const typed = how_.paths.empty() ? "." : how_.paths.front();
  std::string const base = typed == "/" ? "/." : typed;
  if (how_.relative) {
    each.typed = "";
    each.root = base;
    each.leading_dot = false;
  } else {
    each.typed = each.root;
    each.root = each.root == "." ? base : base + "/" + each.root;
  }
  return each;
}

void operand_job::failed(std::string const& full_path, char const* step, error_code why) {
  // Safety: after an argument that is not there nothing may be deleted at the destination.
  first_.io_error |= io_error_general;
  problem said;
  said.path = full_path;
  said.step = step;
  said.error = why.value();
  first_.events.push_back(std::move(said));
}

void operand_job::add(operand const& each, bool from_list) {
  if (each.climbs) {
    first_.fatal = {"found \"..\" dir in relative path: " + each.path, exit_code::syntax};
    return;
  }
  auto const root = lister_->roots().add(each.root, each.typed);
  if (!root) return failed(lister_->roots().full_path_of(each.root), "change_dir", root.error());
  if (each.path.empty()) return add_root(*root, from_list);
  if (each.leading_dot) add_dot(*root);
  add_named(each, *root, from_list);
}

result<planned_entry> operand_job::look_up(std::uint16_t root, std::string const& parent, std::string const& name,
                                           bool follow) {
  auto const where = lister_->roots().open(root, parent);
  if (!where) return where.error();
  auto const leaf = leaf_name::make(name);
  if (!leaf) return leaf.error();
  auto status = (*where)->status_of(*leaf, follow);
  if (!status) return status.error();
  planned_entry e;
  if (S_ISLNK(status->mode)) {
    auto link = (*where)->read_link(*leaf);
    if (!link) return link.error();
    e.link = std::move(*link);
    std::string const path = parent.empty() ? name : parent + "/" + name;
    bool const unsafe = lister_->options().scan.copy_unsafe_links && fs::is_unsafe_link(e.link, path);
    if (unsafe && lister_->options().scan.tell_unsafe_links) {
      note_problem(first_, fs::copied_link(path, e.link), root, lister_->roots());
    }
    auto const target = (*where)->status_of(*leaf, true);
    if (!target && unsafe)
      return target.error() == std::errc::no_such_file_or_directory ? no_referent() : target.error();
    if (target && (unsafe || (lister_->options().scan.copy_dirlinks && S_ISDIR(target->mode)))) {
      status = target;
      e.link.clear();
    }
  }
  e.what = make_entry(*status);
  e.name = name;
  e.root = root;
  if (!S_ISDIR(status->mode) && status->link_count > 1) {
    e.device = status->device;
    e.inode = status->inode;
  }
  if (S_ISDIR(status->mode)) e.content = scan_place{root, rules_of(root), status->device, how_.recurse};
  return e;
}

// The transfer root itself, and its content, since the first list has it.
void operand_job::add_root(std::uint16_t root, bool from_list) {
  auto const handle = lister_->roots().open(root, "");
  auto const status = handle ? (*handle)->status() : result<file_status>{handle.error()};
  if (!status) return failed(lister_->roots().full_path(root, ""), "link_stat", status.error());
  if (!how_.recurse && !how_.dirs && !from_list) {
    first_.events.push_back(message{message::level::info, "skipping directory .", false});
    return;
  }
  planned_entry e;
  e.what = make_entry(*status);
  e.what.flags = flist::entry_flags::top;
  e.name = ".";
  e.root = root;
  append_planned(first_, e, "", false);
  scan_place const content{root, rules_of(root), status->device, how_.recurse};
  content_ = std::make_unique<root_content>();
  content_->root = root;
  content_->lister = lister_->list({"", {content}, {}});
}

void operand_job::append_content() {
  auto const held = std::move(content_);
  scanned& inside = held->inside;
  first_.io_error |= inside.io_error;
  if (first_.fatal.empty()) first_.fatal = std::move(inside.fatal);
  std::move(inside.events.begin(), inside.events.end(), std::back_inserter(first_.events));
  auto const offset = static_cast<std::uint32_t>(first_.list->size());
  std::uint32_t const parent = first_.list->add_parent("", held->root);
  for (std::size_t i = 0; i < inside.list->size(); ++i) {
    flist::entry copy = inside.list->at(static_cast<flist::slot>(i));
    auto const name = inside.list->name(copy);
    auto const extra = inside.list->extra(copy);
    copy.parent = parent;
    first_.list->append(copy, name, extra);
  }
  auto const moved = [offset](flist::slot s) {
    return static_cast<flist::slot>(static_cast<std::uint32_t>(s) + offset);
  };
  for (auto each : inside.links) first_.links.push_back({moved(each.where), each.device, each.inode});
  for (auto& each : inside.children) first_.children.push_back({moved(each.where), std::move(each.place), each.scan});
}

// An entry goes into the first list, or with incremental recursion into the list of the directory it lies in.
void operand_job::place(planned_entry e, std::string const& parent) {
  if (how_.incremental && !parent.empty()) {
    planned_[parent].push_back(std::move(e));
  } else {
    append_planned(first_, e, parent, lister_->options().hard_links);
  }
}

// How many bytes of a path name parents that were listed last and need not be listed again. As rsync, which compares
// with the parents before only, and only components that have one below them in both.
std::size_t operand_job::parents_known(std::string const& path, std::uint16_t root) {
  auto const last = path.rfind('/');
  if (last == std::string::npos) return 0;
  std::string const parents = path.substr(0, last);
  bool const same_root = root == last_parents_.first;
  std::string const& before = last_parents_.second;
  if (same_root && (before == parents || before.starts_with(parents + "/"))) return last;
  std::size_t shared = 0;
  for (std::size_t i = 0; same_root && i < before.size() && i < parents.size() && before[i] == parents[i]; ++i) {
    if (parents[i] == '/') shared = i;
  }
  last_parents_ = {root, parents};
  return shared;
}

// The implied "." is the only parent that rules can keep out, and it is there whatever becomes of the argument.
void operand_job::add_dot(std::uint16_t root) {
  auto const& rules = rules_of(root);
  if (rules && rules->excludes(".", true, filter::side::sender)) return;
  if (!dots_.insert(root).second) return;
  auto const handle = lister_->roots().open(root, "");
  if (!handle) return;
  auto const status = (*handle)->status();
  if (!status) return;
  planned_entry e;
  e.what = make_entry(*status);
  e.what.flags = flist::entry_flags::top | flist::entry_flags::no_content | flist::entry_flags::implied;
  e.name = ".";
  e.root = root;
  append_planned(first_, e, "", false);
}

void operand_job::add_parents(operand const& each, std::uint16_t root) {
  std::size_t const known = parents_known(each.path, root);
  for (std::size_t slash = each.path.find('/'); slash != std::string::npos; slash = each.path.find('/', slash + 1)) {
    if (slash <= known) continue;
    std::string const prefix = each.path.substr(0, slash);
    // In a directory's own list a parent is there once.
    if (how_.incremental && prefix.find('/') != std::string::npos && !planned_parents_.emplace(root, prefix).second)
      continue;
    auto const [parent, name] = split_last(prefix);
    auto e = look_up(root, parent, name, true);
    if (!e || !e->what.is_directory()) return;  // the entry below it fails and says so
    e->what.flags = flist::entry_flags::top | flist::entry_flags::no_content | flist::entry_flags::implied;
    e->content.reset();
    place(std::move(*e), parent);
  }
}

// Anchored to the directory of each argument, as if it were the only one.
std::shared_ptr<filter::rule_set const> const& operand_job::rules_of(std::uint16_t root) {
  auto const [known, is_new] = rooted_rules_.try_emplace(root);
  if (is_new) known->second = filter::at_root(rules_, lister_->roots().full_path(root, ""));
  return known->second;
}

// The rules in force below the directories that lead to an argument: their merge files count as well, but not the one
// of the root, as in rsync.
std::shared_ptr<filter::rule_set const> operand_job::rules_below(operand const& each, std::uint16_t root) {
  auto rules = rules_of(root);
  if (!rules || !rules->has_directory_rules()) return rules;
  for (std::size_t slash = each.path.find('/'); slash != std::string::npos; slash = each.path.find('/', slash + 1)) {
    fs::directory_scan parent{lister_->roots(), lister_->options().scan, root, each.path.substr(0, slash), rules, 0};
    bool const entered = parent.enter();
    if (told_.emplace(root, each.path.substr(0, slash)).second) {
      for (auto const& what : parent.problems()) note_problem(first_, what, root, lister_->roots());
    }
    if (!entered) break;
    if (!parent.failure().empty()) first_.fatal = parent.failure();
    rules = parent.rules();
  }
  return rules;
}

void operand_job::add_named(operand const& each, std::uint16_t root, bool from_list) {
  auto const [parent, name] = split_last(each.path);
  for (std::size_t slash = each.path.find('/'); slash != std::string::npos; slash = each.path.find('/', slash + 1)) {
    lister_->roots().allow_link(root, each.path.substr(0, slash));
  }
  auto e = look_up(root, parent, name, lister_->options().scan.copy_links);
  if (each.content && e && e->what.is_symlink()) {
    // A slash behind a link asks for the directory that it leads to; behind any other link it means nothing.
    auto target = look_up(root, parent, name, true);
    if (target && target->what.is_directory()) {
      lister_->roots().allow_link(root, each.path);
      e = std::move(target);
    }
  }
  std::string const full = lister_->roots().full_path(root, each.path);
  if (!e && e.error() == no_referent()) {
    first_.io_error |= io_error_general;
    first_.events.push_back(message{message::level::error, "symlink has no referent: \"" + full + "\"", false});
    return;
  }
  if (!e) return failed(full, "link_stat", e.error());
  bool const is_directory = e->what.is_directory();
  auto const is_hidden = [&](std::shared_ptr<filter::rule_set const> const& rules) {
    return rules && rules->excludes(each.path, is_directory, filter::side::sender);
  };
  if (is_hidden(rules_of(root))) return;
  if (is_directory && !how_.recurse && !how_.dirs && !from_list) {
    first_.events.push_back(message{message::level::info, "skipping directory " + each.path, false});
    return;
  }
  if (how_.relative) {
    add_parents(each, root);
    auto const rules = rules_below(each, root);
    if (is_hidden(rules)) return;
    if (e->content) e->content->rules = rules;
  }
  e->what.flags |= flist::entry_flags::top;
  if (is_directory && !how_.recurse && !(each.content && (how_.dirs || from_list))) {
    e->content.reset();
    e->what.flags = flist::entry_flags::no_content;
  }
  if (lister_->options().digest && e->what.is_regular()) {
    content_digest digest{lister_->roots(), root, parent, name, *lister_->options().digest};
    file_ = std::make_unique<file_content>(file_content{std::move(*e), parent, std::move(digest)});
  } else {
    place(std::move(*e), parent);
  }
}

void operand_job::place_file() {
  auto const held = std::move(file_);
  held->entry.link = held->digest.take();
  place(std::move(held->entry), held->parent);
}

}  // namespace volsync::roles
