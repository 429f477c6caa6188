// Verdicts, and the growth of a set on the way down.
#include "filter/rules.hpp"

#include <algorithm>
#include <utility>

#include "filter/errc.hpp"
#include "filter/parse.hpp"

namespace volsync::filter {
namespace {

bool merges(std::vector<element> const& in) {
  return std::any_of(in.begin(), in.end(), [](element const& e) { return e.what.what == rule::kind::directory_merge; });
}

// The first matching rule's word; nothing: none matches.
std::optional<bool> verdict(std::vector<element> const& in, std::string_view path, bool is_directory, side where,
                            std::string_view root, bool emptying) {
  for (element const& e : in) {
    if (!e.what.acts_at(where) || (emptying && e.what.perishable)) continue;
    if (e.what.what == rule::kind::directory_merge) {
      if (auto const inner = verdict(e.active, path, is_directory, where, root, emptying)) return inner;
    } else if (e.what.matches(path, is_directory, root)) {
      return !e.what.include;
    }
  }
  return std::nullopt;
}

// The names of all merge files in force. Each counts once, wherever it was named first.
void collect_names(std::vector<element> const& in, std::vector<std::string>& names) {
  for (element const& e : in) {
    if (e.what.what != rule::kind::directory_merge) continue;
    names.push_back(e.what.pattern);
    if (!e.what.merge.no_inherit) collect_names(e.active, names);
  }
}

bool contains(std::vector<std::string> const& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct entering {
  std::string_view path;
  std::string_view root;  // absolute, without its leading slash
  ignore_words const& cvs;
  file_loader const& load;
  std::string& error_text;
  std::vector<std::string> names;
  bool is_rooted;        // the absolute path of the root is known
  bool outside = false;  // the loader's directory is another one
  std::string above;     // absolute: not the directory that is entered is read, but this one above it

  // The absolute path of something in the transfer root, as far as that is known.
  [[nodiscard]] std::string absolute(std::string_view inside) const {
    std::string full = is_rooted ? "/" + std::string{root} : "";
    if (!root.empty() && !inside.empty()) full += '/';
    return full.append(inside);
  }
  [[nodiscard]] std::string directory() const { return above.empty() ? absolute(path) : above; }
};

// A path with "." and ".." worked out, without slashes at its ends.
std::string plain_path(std::string_view path) {
  std::string plain;
  for (std::size_t at = 0; at < path.size();) {
    std::size_t const end = std::min(path.find('/', at), path.size());
    auto const part = path.substr(at, end - at);
    at = end + 1;
    if (part == "..") {
      auto const slash = plain.rfind('/');
      plain.erase(slash == std::string::npos ? 0 : slash);
    } else if (!part.empty() && part != ".") {
      plain.append(plain.empty() ? "" : "/").append(part);
    }
  }
  return plain;
}

// A merge file to be read.
struct merge_file {
  std::string name;   // for the loader
  std::string shown;  // for the user
  std::string base;   // see rule_context
};

// The elements as they are one directory further down.
result<std::vector<element>> descend(std::vector<element> const& in, entering& into, int depth);

// What the directories above `below` add to merge rules that name a path above.
result<void> read_parents(std::vector<element>& elements, std::string const& below, entering& into, int depth);

// Whether a merge rule reads in `directory`, which is above the one that is entered.
bool reads_above(element const& e, std::string const& directory) {
  std::string const first = plain_path(e.what.merge.above);
  return !e.what.merge.no_inherit && (first.empty() || (directory + "/").starts_with(first + "/"));
}

merge_file file_of(element const& e, entering const& into) {
  merge_file file{e.what.pattern, into.directory(), into.above.empty() ? std::string{into.path} : into.above};
  if (!file.shown.empty() && !file.shown.ends_with('/')) file.shown += '/';
  file.shown += file.name;
  if (into.outside || !into.above.empty()) file.name = file.shown;
  return file;
}

// A `.` rule in a merge file names a file of the transfer root, as rsync does; a missing one is an error.
file_reader reader_for(entering const& into) {
  return [&into](std::string const& name) -> result<std::string> {
    auto inner = into.load(name.starts_with('/') || !into.is_rooted ? name : into.absolute(name));
    if (!inner) return inner.error();
    if (!*inner) return std::make_error_code(std::errc::no_such_file_or_directory);
    return std::move(**inner);
  };
}

// Puts the rules of one file in front of `active`, or in its place if the file says "!".
result<void> read_merge(element const& from, merge_file const& file, entering& into, int depth,
                        std::vector<element>& active) {
  auto const text = into.load(file.name);
  if (!text) return text.error();
  if (!*text) return {};
  bool cleared = false;
  std::vector<std::string> inherited;
  collect_names(active, inherited);
  rule_context where;
  where.style = from.what.merge;
  where.defaults = from.what;
  where.base = file.base;
  where.origin = file.shown;
  where.nul = from.what.merge.nul;
  where.read = reader_for(into);
  where.home_cvsignore = into.cvs.home;
  where.cvsignore_variable = into.cvs.variable;
  where.cleared = &cleared;
  where.merged = [&](std::string_view name) {
    return contains(into.names, name) && !(cleared && contains(inherited, name));
  };
  std::vector<element> own;
  if (auto const parsed = parse_file(**text, where.nul, where, own, into.error_text); !parsed) return parsed.error();
  if (cleared) active.clear();
  collect_names(own, into.names);
  if (into.is_rooted) {
    for (element& e : own) {
      if (auto& above = e.what.merge.above; !above.empty() && !above.starts_with('/'))
        above.insert(0, into.directory() + "/");
    }
    if (auto const read = read_parents(own, plain_path(into.directory()), into, depth + 1); !read) return read.error();
  }
  auto below = descend(own, into, depth + 1);
  if (!below) return below.error();
  active.insert(active.begin(), std::make_move_iterator(below->begin()), std::make_move_iterator(below->end()));
  return {};
}

result<std::vector<element>> descend(std::vector<element> const& in, entering& into, int depth) {
  if (depth > max_merge_depth) {
    into.error_text = "merge-file include depth limit (32) exceeded below " + into.absolute(into.path);
    return filter_errc::too_deep;
  }
  std::vector<element> out;
  out.reserve(in.size());
  for (element const& e : in) {
    if (e.what.what != rule::kind::directory_merge) {
      out.push_back(e);
      continue;
    }
    element next;
    next.what = e.what;
    if (!e.what.merge.no_inherit) {
      auto inherited = descend(e.active, into, depth + 1);
      if (!inherited) return inherited.error();
      next.active = std::move(*inherited);
    }
    if (into.above.empty() || reads_above(e, plain_path(into.above))) {
      if (auto const read = read_merge(e, file_of(e, into), into, depth, next.active); !read) return read.error();
    }
    out.push_back(std::move(next));
  }
  return out;
}

// `: /.rsync-filter`: the directories above the one that the rule comes into force in, outermost first, from the one
// that it names. What their merge files name is read on the way down likewise, whether it names a path or not.
result<void> read_parents(std::vector<element>& elements, std::string const& below, entering& into, int depth) {
  for (element& e : elements) {
    if (e.what.what != rule::kind::directory_merge || !e.what.merge.above.starts_with('/') || !reads_above(e, below))
      continue;
    std::string const first = plain_path(e.what.merge.above);
    std::string const here = std::exchange(into.above, {});
    for (std::size_t end = first.size(); end < below.size(); end = std::min(below.find('/', end + 1), below.size())) {
      into.above = "/" + below.substr(0, end);
      auto inherited = descend(e.active, into, depth + 1);
      if (!inherited) return inherited.error();
      e.active = std::move(*inherited);
      if (auto const read = read_merge(e, file_of(e, into), into, depth, e.active); !read) return read.error();
    }
    into.above = here;
  }
  return {};
}

// The first directory that is entered may lie deeper than one step below the root (-R): those on the way count as
// entered.
result<void> read_implied(std::vector<element>& elements, entering into) {
  auto const path = into.path;
  into.outside = true;
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    into.path = path.substr(0, slash);
    auto made = descend(elements, into, 0);
    if (!made) return made.error();
    elements = std::move(*made);
  }
  return {};
}

}  // namespace

rule_set::rule_set(std::vector<element> elements, std::string root_path, ignore_words cvs)
    : elements_{std::move(elements)},
      root_path_{std::move(root_path)},
      rooted_{!root_path_.empty()},
      cvs_{std::make_shared<ignore_words const>(std::move(cvs))},
      merges_{filter::merges(elements_)} {
  while (!root_path_.empty() && root_path_.front() == '/') root_path_.erase(0, 1);
  while (!root_path_.empty() && root_path_.back() == '/') root_path_.pop_back();
}

rule_set::rule_set(std::vector<element> elements, rule_set const& outer)
    : elements_{std::move(elements)},
      root_path_{outer.root_path_},
      rooted_{outer.rooted_},
      cvs_{outer.cvs_},
      merges_{filter::merges(elements_)},
      entered_{true} {}

bool rule_set::needs_root() const noexcept {
  return merges_ || std::any_of(elements_.begin(), elements_.end(), [](element const& e) { return e.what.absolute; });
}

std::shared_ptr<rule_set const> at_root(std::shared_ptr<rule_set const> const& rules, std::string const& root_path) {
  if (!rules || !rules->needs_root()) return rules;
  return std::make_shared<rule_set const>(rules->elements(), root_path, rules->cvs());
}

bool rule_set::excludes(std::string_view path, bool is_directory, side where, bool emptying) const {
  return verdict(elements_, path, is_directory, where, root_path_, emptying).value_or(false);
}

result<std::shared_ptr<rule_set const>> enter(std::shared_ptr<rule_set const> const& outer, std::string_view path,
                                              file_loader const& load, std::string& error_text) {
  if (!outer || !outer->has_directory_rules()) return outer;
  while (path.starts_with('/')) path.remove_prefix(1);
  entering into{path, outer->root_path(), outer->cvs(), load, error_text, {}, outer->is_rooted(), false, {}};
  std::vector<element> start = outer->elements();
  collect_names(start, into.names);
  if (!outer->entered() && outer->is_rooted()) {
    // A source argument without a slash at its end is entered below the root, whose own file counts as one above then.
    std::string const below = plain_path(into.absolute(path.substr(0, path.find('/'))));
    if (auto const read = read_parents(start, below, into, 0); !read) return read.error();
    if (auto const read = read_implied(start, into); !read) return read.error();
    into.names.clear();
    collect_names(start, into.names);
  }
  auto made = descend(start, into, 0);
  if (!made) return made.error();
  return std::shared_ptr<rule_set const>{std::make_shared<rule_set>(std::move(*made), *outer)};
}

}  // namespace volsync::filter
