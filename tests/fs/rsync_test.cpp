// What a real rsync lists and judges is what we list and judge.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <random>
#include <set>
#include <sstream>

#include "fs/scans.hpp"

namespace volsync::fs {

using namespace test;

namespace {

std::string quoted(std::string const& text) {
  std::string all = "'";
  for (char const c : text) all += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return all + "'";
}

// What rsync says with these arguments, and its exit code.
struct outcome {
  std::vector<std::string> lines;
  int code = 0;
};
outcome run_rsync(std::vector<std::string> const& arguments) {
  std::string command = "env -i PATH=\"$PATH\" HOME=/nonexistent rsync";
  for (auto const& each : arguments) command += " " + quoted(each);
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string all;
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    all.append(buffer.data(), got);
  int const status = ::pclose(pipe);
  INFO(command << "\n" << all);
  REQUIRE(WIFEXITED(status));
  outcome said{{}, WEXITSTATUS(status)};
  REQUIRE(said.code < 2);  // 127: there is no rsync, and without one nothing is shown here
  std::istringstream in{all};
  for (std::string line; std::getline(in, line);) said.lines.push_back(line);
  return said;
}

// Without the place: which of several bad files comes first depends on the order of the walk.
std::string sentence_of(std::string const& error) { return error.substr(0, error.find("<rule from ")); }

struct dice {
  std::mt19937 source;
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(source); }
  template <std::size_t N>
  std::string one_of(std::array<char const*, N> const& all) {
    return all[below(N)];
  }
};

constexpr std::array<char const*, 9> names{"a", "b", "ab", "a.o", "foo", "bar", "f", "x-y", "foo.d"};
constexpr std::array<char const*, 12> pieces{"a",  "b",     "*",   "?",  "foo",   "bar",
                                             "**", "[a-f]", "*.o", "f*", "[!a]*", "***"};

std::string random_pattern(dice& d) {
  std::string text = d.below(3) == 0 ? "/" : "";
  for (std::size_t i = 0, n = 1 + d.below(3); i < n; ++i) text += (i == 0 ? "" : "/") + d.one_of(pieces);
  return text + (d.below(4) == 0 ? "/" : "");
}

std::string random_rule(dice& d) {
  constexpr std::array<char const*, 12> starts{"- ", "- ", "- ", "+ ",  "+ ",  "-! ",
                                               "H ", "S ", "P ", "-p ", "-r ", "-s "};
  return d.one_of(starts) + random_pattern(d);
}

// Directories first, then what is in them.
void grow(dice& d, disk_world& w, std::string const& at, int depth) {
  std::set<std::string> taken;
  for (std::size_t i = 0, n = 2 + d.below(5); i < n; ++i) {
    auto const name = d.one_of(names);
    if (!taken.insert(name).second) continue;
    std::string const path = at.empty() ? name : at + "/" + name;
    if (depth < 3 && d.below(2) == 0) {
      w.directory_at(path);
      grow(d, w, path, depth + 1);
    } else {
      w.file_at(path, "");
    }
  }
  if (d.below(3) == 0) {
    std::string text = d.below(2) == 0 ? "# comment\n\n" : "";
    for (std::size_t i = 0, n = d.below(3); i < n; ++i) text += random_rule(d) + "\n";
    w.file_at((at.empty() ? "" : at + "/") + ".rules", text);
  }
}

}  // namespace

TEST_CASE("random trees under random rules are listed as rsync lists them") {
  dice d{std::mt19937{20261123}};
  std::size_t hidden = 0, shown = 0, refused = 0;
  for (int round = 0; round < 40; ++round) {
    disk_world w;
    grow(d, w, "", 0);
    for (int again = 0; again < 2; ++again) {
      std::vector<std::string> rules;
      for (std::size_t i = 0, n = 1 + d.below(4); i < n; ++i) rules.push_back(random_rule(d));
      if (d.below(2) == 0) {
        constexpr std::array<char const*, 6> merges{": .rules",  ":n .rules", ":e .rules",
                                                    ": /.rules", ":s .rules", ":p .rules"};
        rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(d.below(rules.size() + 1)), d.one_of(merges));
      }
      std::vector<std::string> arguments{"-r", "-n", "--out-format=%n"};
      for (auto const& each : rules) arguments.push_back("--filter=" + each);
      arguments.push_back(w.top() + "/");
      arguments.push_back(w.top() + ".absent/");
      auto const theirs = run_rsync(arguments);
      std::vector<std::string> expected;
      for (auto const& line : theirs.lines) {
        if (line != "./" && line.rfind("created directory", 0) != 0) expected.push_back(line);
      }
      std::sort(expected.begin(), expected.end());
      findings found;
      auto const listed = walk(w.files(), w.top(), rules_of(rules), found);
      std::string said;
      for (auto const& each : rules) said += each + "\n";
      INFO(said);
      CHECK(found.troubles().empty());
      if (theirs.code != 0) {
        CHECK(sentence_of(found.rule_error) == sentence_of(theirs.lines.at(0)));
        ++refused;
        continue;
      }
      CHECK(found.rule_error.empty());
      CHECK(listed == expected);
      findings ignored;
      shown += listed.size();
      hidden += walk(w.files(), w.top(), nullptr, ignored).size() - listed.size();
    }
  }
  // The rules must have had something to do, or nothing was compared.
  CHECK(hidden > 300);
  CHECK(shown > 300);
  CHECK(refused > 0);
}

TEST_CASE("links are unsafe where rsync finds them so") {
  dice d{std::mt19937{7}};
  constexpr std::array<char const*, 6> parts{"..", ".", "", "a", "..a", "..."};
  std::set<std::string> targets{"..", "../..", "/abs", "./..", "../../..", "../x", "a/..", "..//x"};
  while (targets.size() < 250) {
    std::string text;
    for (std::size_t i = 0, n = 1 + d.below(5); i < n; ++i) text += (i == 0 ? "" : "/") + d.one_of(parts);
    if (!text.empty()) targets.insert(text);
  }
  disk_world w;
  std::vector<std::string> places{"", "a/", "a/b/", "a/b/c/"};
  for (std::size_t i = 1; i < places.size(); ++i) w.directory_at(places[i].substr(0, places[i].size() - 1));
  std::set<std::string> ours;
  int number = 0;
  for (auto const& target : targets) {
    for (auto const& place : places) {
      std::string const path = place + "k" + std::to_string(number++);
      w.link_at(path, target);
      if (is_unsafe_link(target, path)) ours.insert(path);
    }
  }
  std::set<std::string> theirs;
  scratch to;
  for (auto const& line : run_rsync({"-rlv", "--safe-links", w.top() + "/", to.path() + "/"}).lines) {
    if (line.rfind("ignoring unsafe symlink \"", 0) == 0) theirs.insert(line.substr(25, line.find('"', 25) - 25));
  }
  CHECK(ours == theirs);
  CHECK(theirs.size() > 100);
  CHECK(is_unsafe_link("", "k"));
}

}  // namespace volsync::fs
