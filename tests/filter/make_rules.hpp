// What the tests of rules share: texts of rules to sets, and questions to sets.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "filter/command_line.hpp"
#include "filter/parse.hpp"

#include "support/catch.hpp"

namespace volsync::filter::test {

using files = std::map<std::string, std::string>;

inline filter_option rule_option(std::string text) { return {filter_option::kind::rule, std::move(text)}; }

inline sources from_files(files content) {
  sources made;
  made.current_directory = "/srv/top";
  made.read_file = [content = std::move(content)](std::string const& name) -> result<std::string> {
    auto const found = content.find(name);
    if (found == content.end()) return std::make_error_code(std::errc::no_such_file_or_directory);
    return found->second;
  };
  return made;
}

// The outcome of compiling options: rules, or a sentence.
struct outcome {
  compiled made;
  error_code error;
  std::string sentence;
};

inline outcome compile(options const& what, sources const& from = from_files({})) {
  outcome all;
  auto made = compile_for_push(what, from, all.sentence);
  if (made) {
    all.made = std::move(*made);
  } else {
    all.error = made.error();
  }
  return all;
}

inline options with_rules(std::vector<std::string> const& texts) {
  options what;
  for (auto const& text : texts) what.filters.push_back(rule_option(text));
  return what;
}

// The rules as they travel on a push with --delete.
inline std::vector<std::string> wire_of(options what, sources const& from = from_files({})) {
  what.deletion = delete_mode::during;
  auto const all = compile(what, from);
  if (all.error) return {"error: " + all.sentence};
  std::vector<std::string> lines;
  for (auto const& each : all.made.wire) {
    lines.push_back(each.prefix + ' ' + each.pattern + (each.directory_only ? "/" : ""));
  }
  return lines;
}

// Whether one rule of --filter hides a path; a slash at the end of the path means a directory.
inline bool hides(std::string const& rule, std::string_view path) {
  auto const all = compile(with_rules({rule}));
  REQUIRE(all.sentence == "");
  bool const directory = path.ends_with('/');
  if (directory) path.remove_suffix(1);
  return all.made.rules->excludes(path, directory, side::sender);
}

}  // namespace volsync::filter::test
