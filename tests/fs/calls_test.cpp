// How many system calls writing costs, and that each names one component only: counted by strace.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "fs/kit.hpp"

namespace volsync::fs {

using namespace test;

namespace {

constexpr char const* told_where = "VOLSYNC_TEST_CALLS";

// A call that strace shows and that does nothing: what comes after it belongs to `name`.
void mark(char const* name) { (void)::open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW); }

uid_t const user = ::geteuid();
gid_t const group = ::getegid();

void write_file(directory const& in, std::string_view name, bool all) {
  auto out = in.create_temporary(leaf(name), 0600);
  REQUIRE(out);
  std::string_view const text = "content";
  REQUIRE((*out)->write_at(0, std::as_bytes(std::span{text})));
  if (all) {
    REQUIRE((*out)->set_owner(user, group));
    REQUIRE((*out)->set_mode(0644));
  }
  REQUIRE((*out)->set_mtime({1, 2}));
  REQUIRE((*out)->place(leaf(name)));
}

// Words of each line of strace's output between the mark of that name and the next one: the calls' names.
std::string calls_after(std::string const& trace, std::string const& name) {
  std::istringstream lines{trace};
  std::string found;
  bool ours = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"mark-") != std::string::npos) {
      ours = line.find("\"" + name + "\"") != std::string::npos;
      continue;
    }
    if (!ours || line.find('(') == std::string::npos) continue;
    // One component, below a descriptor.
    for (std::size_t at = line.find('"'); at != std::string::npos;) {
      auto const end = line.find('"', at + 1);
      CHECK(line.substr(at, end - at).find('/') == std::string::npos);
      at = end == std::string::npos ? end : line.find('"', end + 1);
    }
    std::string const call = line.substr(0, line.find('('));
    for (auto const* memory : {"brk", "mmap", "munmap", "madvise", "mprotect", "mremap"}) {
      if (call == memory) line.clear();
    }
    if (!line.empty()) found += (found.empty() ? "" : " ") + call;
  }
  return found;
}

// This program's hidden test below, under strace.
std::string traced(std::string const& directory, std::string const& into) {
  std::string const program = std::filesystem::read_symlink("/proc/self/exe").string();
  pid_t const child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::setenv(told_where, directory.c_str(), 1);
    ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // the leak checker wants to trace, too
    ::execlp("strace", "strace", "-o", into.c_str(), program.c_str(), "writes what is counted", "-o",
             (into + ".report").c_str(), nullptr);
    ::_exit(127);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  INFO("strace is needed; tools/install-deps --dev installs it");
  REQUIRE(status == 0);
  std::ostringstream text;
  text << std::ifstream{into}.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("writes what is counted", "[.]") {
  char const* const where = std::getenv(told_where);
  REQUIRE(where != nullptr);
  auto const top = make_posix_tree()->open_root(where);
  REQUIRE(top);
  directory const& in = **top;
  write_file(in, "warm", true);
  REQUIRE(in.set_mode(leaf("warm"), 0600));  // finds out which call the system has
  mark("mark-plain");
  write_file(in, "plain", false);
  mark("mark-all");
  write_file(in, "all", true);
  mark("mark-in-place");
  {
    auto out = in.open_in_place(leaf("all"), 0600);
    REQUIRE(out);
    REQUIRE((*out)->resize(3));
  }
  mark("mark-directory");
  REQUIRE(in.make_directory(leaf("d"), 0700));
  mark("mark-link");
  REQUIRE(in.make_link(leaf("l"), "x"));
  REQUIRE(in.make_hard_link(leaf("h"), in, leaf("all")));
  REQUIRE(in.make_node(leaf("n"), S_IFIFO | 0600, 0));
  mark("mark-attributes");
  REQUIRE(in.set_owner(leaf("l"), user, group));
  REQUIRE(in.set_mtime(leaf("l"), {1, 2}));
  REQUIRE(in.remove_file(leaf("l")));
  REQUIRE(in.remove_directory(leaf("d")));
  mark("mark-end");
}

TEST_CASE("writing costs no call too many, and each names one component") {
  scratch const here, out;
  std::string const trace = traced(here.path(), out.path() + "/trace");
  CHECK(calls_after(trace, "mark-plain") == "openat pwrite64 utimensat close renameat");
  CHECK(calls_after(trace, "mark-all") == "openat pwrite64 fchown fchmod utimensat close renameat");
  CHECK(calls_after(trace, "mark-in-place") == "openat newfstatat ftruncate close");
  CHECK(calls_after(trace, "mark-directory") == "mkdirat");
  CHECK(calls_after(trace, "mark-link") == "symlinkat linkat mknodat");
  CHECK(calls_after(trace, "mark-attributes") == "fchownat utimensat unlinkat unlinkat");
}

}  // namespace volsync::fs
