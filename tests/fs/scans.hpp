// Scans to look at: one directory, or a whole tree, as lines of text.
#pragma once

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "filter/command_line.hpp"

#include "fs/kit.hpp"
#include "fs/scan.hpp"
#include "fs/source_roots.hpp"

namespace volsync::fs::test {

using rules_ptr = std::shared_ptr<filter::rule_set const>;

// The rules of --filter options, in order.
[[nodiscard]] inline rules_ptr rules_of(std::vector<std::string> const& filters) {
  options o;
  for (auto const& text : filters) o.filters.push_back({filter_option::kind::rule, text});
  std::string why;
  auto made = filter::compile_for_push(o, {}, why);
  INFO(why);
  REQUIRE(made);
  return made->rules;
}

// What one or more scans found.
struct findings {
  std::vector<scanned_entry> entries;
  std::vector<scan_problem> problems;
  std::string rule_error;

  // "name" or "name -> target", "name/" for directories, "name/!" for mount points; in order.
  [[nodiscard]] std::string names() const {
    std::string text;
    for (auto const& each : entries) {
      text += text.empty() ? "" : " ";
      text += each.name;
      if (S_ISDIR(each.status.mode)) text += each.mount_point ? "/!" : "/";
      if (!each.link.empty()) text += "->" + each.link;
    }
    return text;
  }
  // "step path errno", "vanished path"; in order, separated by "; ".
  [[nodiscard]] std::string troubles() const {
    std::string text;
    for (auto const& each : problems) {
      text += text.empty() ? "" : "; ";
      text += each.vanished ? std::string{each.directory ? "directory vanished" : "vanished"} : each.step;
      text += " " + each.path;
      if (!each.vanished) text += " " + std::to_string(each.why.value());
      if (!each.counts) text += " (does not count)";
    }
    return text;
  }
};

struct scan_setup {
  std::shared_ptr<tree> files;
  std::string root = "/top";
  std::string path = {};
  scan_options how{.links = true};
  rules_ptr rules = nullptr;
  std::size_t at_most = 1000;
};

// Scans one directory.
[[nodiscard]] inline findings scan(scan_setup const& with) {
  source_roots roots{with.files, with.how.copy_links || with.how.copy_dirlinks || with.how.copy_unsafe_links};
  auto const root = roots.add(with.root);
  REQUIRE(root);
  auto const base = roots.open(*root, "");
  REQUIRE(base);
  auto const status = (*base)->status();
  directory_scan scanning{roots, with.how, *root, with.path, with.rules, status ? status->device : 0};
  findings found;
  while (scanning.step(found.entries, with.at_most)) {
  }
  found.problems = std::move(scanning.problems());
  found.rule_error = scanning.failure().text;
  return found;
}

// Scans a tree depth first and gives "path" (or "path/") of all that is listed, sorted; problems go to `found`.
inline std::vector<std::string> walk(std::shared_ptr<tree> const& files, std::string const& root,
                                     rules_ptr const& rules, findings& found,
                                     scan_options const& how = {.links = true}) {
  source_roots roots{files, how.copy_links || how.copy_dirlinks || how.copy_unsafe_links};
  std::vector<std::string> listed;
  auto const number = roots.add(root);
  if (!number) {
    found.problems.push_back({root, "link_stat", number.error(), false, true, true, {}});
    return listed;
  }
  std::function<void(std::string const&, rules_ptr const&)> const descend = [&](std::string const& path,
                                                                                rules_ptr const& in) {
    directory_scan scanning{roots, how, *number, path, in, 0};
    std::vector<scanned_entry> entries;
    while (scanning.step(entries, 100)) {
    }
    found.problems.insert(found.problems.end(), scanning.problems().begin(), scanning.problems().end());
    if (found.rule_error.empty()) found.rule_error = scanning.failure().text;
    for (auto const& each : entries) {
      std::string const child = path.empty() ? each.name : path + "/" + each.name;
      bool const is_directory = S_ISDIR(each.status.mode);
      listed.push_back(is_directory ? child + "/" : child);
      if (is_directory) descend(child, scanning.rules());
    }
  };
  descend("", rules);
  std::sort(listed.begin(), listed.end());
  return listed;
}

}  // namespace volsync::fs::test
