// Names against operands, component by component.
#include "protocol/requested_names.hpp"

#include <algorithm>
#include <utility>

#include "filter/wildmatch.hpp"

#include "roles/operands.hpp"

namespace volsync::protocol {
namespace {

constexpr std::string_view wildcards = "*?[";

std::vector<std::string> components_of(std::string_view path) {
  std::vector<std::string> made;
  for (std::size_t at = 0; at < path.size();) {
    std::size_t const end = std::min(path.find('/', at), path.size());
    if (end != at) made.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  return made;
}

// A backslash that quotes no wildcard stands for itself, where a shell has seen it quoted.
std::string as_quoted(std::string_view pattern) {
  std::string made;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    bool const quotes = i + 1 < pattern.size() && wildcards.find(pattern[i + 1]) != std::string_view::npos;
    if (pattern[i] == '\\' && !quotes) made += '\\';
    made += pattern[i];
    if (pattern[i] == '\\' && quotes) made += pattern[++i];
  }
  return made;
}

// A wildcard that matches nothing stays as it is, so a name may also be the pattern itself. The sender's own expansion
// (secluded words, a daemon) takes every backslash for a quote.
bool matches(std::string const& pattern, bool wild, std::string_view name) {
  if (name == pattern) return true;
  return wild && (filter::wildmatch(pattern, name) || filter::wildmatch(as_quoted(pattern), name));
}

}  // namespace

requested_names::requested_names(std::vector<std::string> const& operands, options const& what,
                                 std::shared_ptr<filter::rule_set const> rules)
    : relative_{what.relative}, any_name_{what.old_args > 0}, rules_{std::move(rules)} {
  for (std::string const& typed : operands) {
    roles::operand const cut = roles::cut_operand(typed, relative_);
    pattern made;
    made.components = components_of(cut.path);
    made.wild = typed.find_first_of(wildcards) != std::string::npos;
    any_name_ = any_name_ || made.components.empty();
    patterns_.push_back(std::move(made));
  }
}

// Without -R an operand is its last component, and everything below it may come. With -R so may the directories that
// lead to it.
bool requested_names::asked_for(std::string_view path, bool is_directory) const {
  if (any_name_) return true;
  if (path == ".") return relative_ && is_directory;
  auto const parts = components_of(path);
  if (parts.empty()) return relative_ && is_directory;
  return std::any_of(patterns_.begin(), patterns_.end(), [&](pattern const& each) {
    if (parts.size() < each.components.size() && !is_directory) return false;
    std::size_t const common = std::min(parts.size(), each.components.size());
    for (std::size_t i = 0; i < common; ++i) {
      if (!matches(each.components[i], each.wild, parts[i])) return false;
    }
    return true;
  });
}

requested_names::verdict requested_names::judge(std::string_view path, bool is_directory) const {
  if (rules_ && path != "." && rules_->excludes(path, is_directory, filter::side::sender)) return verdict::excluded;
  return asked_for(path, is_directory) ? verdict::fine : verdict::unrequested;
}

std::shared_ptr<filter::rule_set const> rules_known_here(filter::rule_set const& all) {
  std::vector<filter::element> known;
  for (filter::element const& each : all.elements()) {
    if (!each.what.at_sender) continue;
    if (each.what.what == filter::rule::kind::directory_merge || each.what.absolute) break;
    known.push_back(each);
  }
  if (known.empty()) return nullptr;
  return std::make_shared<filter::rule_set const>(std::move(known), std::string{});
}

}  // namespace volsync::protocol
