// Who may include what: reading the tables, and judging one text at a time.
//
// An unknown header is a finding too. So nothing becomes a dependency without a line in a table.
#include "rooms/room_table.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace volsync::rooms {

namespace {

// Rooms without threads, locks and system calls: what they decide must be testable by values alone.
constexpr std::array pure_rooms = {"lib/checksum", "lib/filter", "lib/flist", "lib/delta",
                                   "lib/text",     "lib/wire",   "lib/roles", "lib/protocol"};
// Names of modes and device numbers, and vector instructions, which these rooms may know.
constexpr std::array value_headers = {"sys/stat.h", "sys/types.h", "sys/sysmacros.h", "immintrin.h"};
constexpr std::array thread_headers = {"thread",    "mutex", "shared_mutex", "condition_variable", "future",
                                       "semaphore", "latch", "barrier",      "stop_token"};
// What the system offers beside the standard library; whole directories end in a slash.
constexpr std::array system_headers = {"sys/",       "linux/",   "net/",        "netinet/",  "arpa/",     "dirent.h",
                                       "err.h",      "fcntl.h",  "fnmatch.h",   "getopt.h",  "glob.h",    "grp.h",
                                       "langinfo.h", "netdb.h",  "poll.h",      "pthread.h", "pty.h",     "pwd.h",
                                       "sched.h",    "signal.h", "spawn.h",     "strings.h", "termios.h", "unistd.h",
                                       "utime.h",    "wait.h",   "immintrin.h", "dlfcn.h",   "malloc.h",  "sanitizer/"};

constexpr std::array c_headers = {"assert.h", "ctype.h",  "errno.h", "inttypes.h", "limits.h", "locale.h", "math.h",
                                  "stddef.h", "stdint.h", "stdio.h", "stdlib.h",   "string.h", "time.h",   "wchar.h"};

template <std::size_t n>
bool is_one_of(std::array<char const*, n> const& set, std::string_view what) {
  return std::any_of(set.begin(), set.end(), [&](std::string_view one) { return one == what; });
}

bool is_system(std::string_view header) {
  return std::any_of(system_headers.begin(), system_headers.end(), [&](std::string_view one) {
    return one.back() == '/' ? header.substr(0, one.size()) == one : header == one;
  });
}

// Standard headers of C++ have neither a directory nor a suffix; those of C are named.
bool is_standard(std::string_view header) {
  return header.find_first_of("./") == header.npos || is_one_of(c_headers, header);
}

bool matches(std::string_view pattern, std::string_view header) {
  auto const star = pattern.find('*');
  if (star == pattern.npos) return pattern == header;
  auto const head = pattern.substr(0, star), tail = pattern.substr(star + 1);
  return header.size() >= head.size() + tail.size() && header.substr(0, head.size()) == head &&
         header.substr(header.size() - tail.size()) == tail;
}

std::string trimmed(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (c != '`') out += c;
  }
  auto const blank = [](unsigned char c) { return std::isspace(c) != 0; };
  out.erase(out.begin(), std::find_if_not(out.begin(), out.end(), blank));
  out.erase(std::find_if_not(out.rbegin(), out.rend(), blank).base(), out.end());
  return out;
}

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts;
  while (true) {
    auto const end = text.find(by);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    auto const end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

// Steps over blanks, the word, and the blanks after it; false (and nothing more stepped over) if it is not there.
bool take(std::string_view& text, std::string_view word) {
  auto const blanks = [&] { text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size())); };
  blanks();
  if (text.substr(0, word.size()) != word) return false;
  text.remove_prefix(word.size());
  blanks();
  return true;
}

std::string_view top_of(std::string_view path) { return path.substr(0, path.find('/')); }

// A place with its parents: "tests/support" is also in "tests". The tests of a room see what the room sees.
bool sees(std::set<std::string> const& places, std::string_view place) {
  if (places.count(std::string{place}) != 0 || places.count(std::string{top_of(place)}) != 0) return true;
  return top_of(place) == "tests" && places.count("lib" + std::string{place.substr(5)}) != 0;
}

// Empty if the inclusion is in order, else what is wrong with it.
std::string project_fault(rules const& by, std::string const& place, std::string const& target) {
  auto const top = std::string{top_of(target)};
  auto const& allowed = by.allowed.at(place);
  bool const words = top == "volsync";
  bool const own = place == "lib/" + top || (place == "bench" && top == "bench") ||
                   ((place == "include/volsync" || place == "tools") && words);
  if (own || allowed.count(words ? "words" : top) != 0) return {};
  return place + " may not include " + target;
}

std::string foreign_fault(rules const& by, std::string const& place, std::string const& target) {
  for (auto const& one : by.foreign) {
    if (!matches(one.pattern, target)) continue;
    return sees(one.seen_by, place) ? std::string{} : place + " may not see the library header " + target;
  }
  if (is_one_of(pure_rooms, place) && is_one_of(thread_headers, target)) return place + " has no threads: " + target;
  if (is_standard(target)) return {};
  if (!is_system(target)) return "unknown header, in no table: " + target;
  if (place == "include/volsync") return "installed headers use the standard library only: " + target;
  if (!is_one_of(pure_rooms, place) || is_one_of(value_headers, target)) return {};
  return place + " makes no system calls: " + target;
}

}  // namespace

std::vector<inclusion> inclusions_of(std::string_view text) {
  std::vector<inclusion> found;
  std::size_t number = 0;
  for (auto const& line : lines_of(text)) {
    ++number;
    std::string_view rest = line;
    if (!take(rest, "#") || !take(rest, "include") || rest.empty()) continue;
    char const close = rest.front() == '<' ? '>' : '"';
    auto const end = rest.find(close, 1);
    if (end != rest.npos) found.push_back({number, std::string{rest.substr(1, end - 1)}});
  }
  return found;
}

std::vector<std::vector<std::string>> table_rows(std::string_view markdown, std::string_view first_header) {
  std::vector<std::vector<std::string>> rows;
  bool inside = false;
  for (auto const& line : lines_of(markdown)) {
    bool const row = line.size() > 2 && line.front() == '|';
    if (!row) {
      inside = false;
      continue;
    }
    auto cells = split(std::string_view{line}.substr(1, line.find_last_of('|') - 1), '|');
    if (cells.front() == first_header)
      inside = true;
    else if (inside && cells.front().find_first_not_of("-:") != std::string::npos)
      rows.push_back(std::move(cells));
  }
  return rows;
}

rules read_rules(std::string_view rooms_page, std::string_view libraries_page) {
  rules by;
  for (auto const& cells : table_rows(rooms_page, "room")) {
    if (cells.size() != 3) continue;
    auto& allowed = by.allowed[cells[0]];
    for (auto const& room : split(cells[2], ',')) allowed.insert(room);
    allowed.insert("words");
  }
  for (auto const& cells : table_rows(libraries_page, "library")) {
    if (cells.size() != 7) continue;
    auto const places = split(cells[6], ',');
    for (auto const& pattern : split(cells[5], ',')) by.foreign.push_back({pattern, {places.begin(), places.end()}});
  }
  return by;
}

std::string place_of(std::string_view path) {
  auto const parts = split(path, '/');
  if (parts.size() < 2) return {};
  if (parts[0] == "tools" || parts[0] == "bench") return parts[0];
  if (parts.size() < 3) return {};
  if (parts[0] == "lib" || parts[0] == "include" || parts[0] == "tests") return parts[0] + "/" + parts[1];
  return {};
}

std::vector<std::string> findings(rules const& by, std::string_view path, std::string_view text) {
  std::vector<std::string> found;
  auto const place = place_of(path);
  auto const report = [&](std::size_t line, std::string const& what) {
    found.push_back(std::string{path} + ":" + std::to_string(line) + ": " + what);
  };
  bool const test = top_of(place) == "tests";  // tests link what CMake gives them; only libraries of others are judged
  if (!test && by.allowed.count(place) == 0) {
    report(1, "no room of the table: " + (place.empty() ? "(none)" : place));
    return found;
  }
  for (auto const& [line, target] : inclusions_of(text)) {
    auto const top = std::string{top_of(target)};
    bool const ours = target.find('/') != target.npos &&
                      (by.allowed.count("lib/" + top) != 0 || top == "volsync" || top == "bench" || top == "tools");
    if (test && (ours || by.allowed.count(top) != 0 || target.find("hpp") != target.npos) && top != "catch2") continue;
    auto const fault = ours ? project_fault(by, place, target) : foreign_fault(by, place, target);
    if (!fault.empty()) report(line, fault);
  }
  return found;
}

std::vector<std::string> link_findings(rules const& by, std::string_view cmake) {
  std::vector<std::string> found;
  std::size_t rooms = 0;
  for (auto const& line : lines_of(cmake)) {
    std::string_view rest = line;
    if (!take(rest, "volsync_room(")) continue;
    ++rooms;
    auto const words = split(rest.substr(0, rest.find(')')), ' ');
    auto const place = "lib/" + words.front();
    auto const allowed = by.allowed.find(place);
    if (allowed == by.allowed.end()) {
      found.push_back(place + " is built but is no room of the table");
      continue;
    }
    bool linking = false;
    for (auto const& word : words) {
      if (word == "ROOMS" || word == "LIBRARIES")
        linking = word == "ROOMS";
      else if (linking && allowed->second.count(word) == 0)
        found.push_back(place + " may not link " + word);
    }
  }
  if (rooms == 0) found.push_back("no volsync_room() line was found");
  return found;
}

}  // namespace volsync::rooms
