// Verdicts, and the growth of a set on the way down.
#include "filter/rules.hpp"

#include <algorithm>

#include "filter/errc.hpp"
#include "filter/parse.hpp"

namespace volsync::filter {
namespace {

bool merges(std::vector<element> const& in) {
  return std::any_of(in.begin(), in.end(), [](element const& e) { return e.what.what == rule::kind::directory_merge; });
}

// The first matching rule's word; nothing: none matches.
std::optional<bool> verdict(std::vector<element> const& in, std::string_view path, bool is_directory, side where, std::string_view root) {
  for (element const& e : in) {
    if (!e.what.acts_at(where)) continue;
    if (e.what.what == rule::kind::directory_merge) {
      if (auto const inner = verdict(e.active, path, is_directory, where, root)) return inner;
    } else if (e.what.matches(path, is_directory, root)) {
      return !e.what.include;
    }
  }
  return std::nullopt;
}

struct entering {
  std::string_view path;
  file_loader const& load;
  std::string& error_text;
};

// The elements as they are one directory further down.
result<std::vector<element>> descend(std::vector<element> const& in, entering const& into, int depth);

result<void> read_merge(element const& from, std::string const& file, std::string const& base, entering const& into, int depth,
                        std::vector<element>& active) {
  auto text = into.load(file);
  if (!text) return text.error();
  if (!*text) return {};
  rule_context where;
  where.style = from.what.merge;
  where.defaults = from.what;
  where.base = base;
  where.origin = file;
  where.depth = depth;
  where.read = [&into](std::string const& name) -> result<std::string> {
    auto inner = into.load(name);
    if (!inner) return inner.error();
    return std::move(*inner).value_or(std::string{});
  };
  std::vector<element> own;
  // "!" in the file also drops what was inherited: the marker is a clear of the list that is being built.
  bool clears = false;
  {
    std::vector<element> probe(1);
    if (auto const parsed = parse_file(**text, false, where, probe, into.error_text); !parsed) return parsed.error();
    clears = probe.empty() || !probe.front().what.pattern.empty();
    own = std::move(probe);
    if (!clears) own.erase(own.begin());
  }
  if (clears) active.clear();
  auto below = descend(own, into, depth + 1);
  if (!below) return below.error();
  active.insert(active.begin(), std::make_move_iterator(below->begin()), std::make_move_iterator(below->end()));
  return {};
}

result<std::vector<element>> descend(std::vector<element> const& in, entering const& into, int depth) {
  if (depth > max_merge_depth) {
    into.error_text = "merge files are nested too deep";
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
    if (auto const read = read_merge(e, e.what.pattern, std::string{into.path}, into, depth, next.active); !read) return read.error();
    out.push_back(std::move(next));
  }
  return out;
}

// `: /.rsync-filter`: the directories above the transfer root, outermost first.
result<void> read_parents(std::vector<element>& elements, std::string const& root_path, entering const& into) {
  for (element& e : elements) {
    if (e.what.what != rule::kind::directory_merge || !e.what.merge.parents || e.what.merge.no_inherit) continue;
    for (std::size_t slash = 0; slash != std::string::npos; slash = root_path.find('/', slash + 1)) {
      std::string const directory = slash == 0 ? "" : "/" + root_path.substr(0, slash);
      // Anchored patterns of these files cannot name anything in the transfer but by chance; they are kept apart by a base
      // that no path has.
      if (auto const read = read_merge(e, directory + "/" + e.what.pattern, "/", into, 0, e.active); !read) return read.error();
    }
  }
  return {};
}

}  // namespace

rule_set::rule_set(std::vector<element> elements, std::string root_path)
    : elements_{std::move(elements)}, root_path_{std::move(root_path)}, merges_{filter::merges(elements_)} {
  while (!root_path_.empty() && root_path_.front() == '/') root_path_.erase(0, 1);
  while (!root_path_.empty() && root_path_.back() == '/') root_path_.pop_back();
}

bool rule_set::excludes(std::string_view path, bool is_directory, side where) const {
  return verdict(elements_, path, is_directory, where, root_path_).value_or(false);
}

result<std::shared_ptr<rule_set const>> enter(std::shared_ptr<rule_set const> const& outer, std::string_view path, file_loader const& load,
                                              std::string& error_text) {
  if (!outer || !outer->has_directory_rules()) return outer;
  entering const into{path, load, error_text};
  std::vector<element> start = outer->elements();
  if (path.empty() && !outer->root_path().empty()) {
    if (auto const read = read_parents(start, outer->root_path(), into); !read) return read.error();
  }
  auto made = descend(start, into, 0);
  if (!made) return made.error();
  return std::shared_ptr<rule_set const>{std::make_shared<rule_set>(std::move(*made), outer->root_path())};
}

}  // namespace volsync::filter
