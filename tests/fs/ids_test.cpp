// Names and ids are those of this host, and of this process.
#include "fs/ids.hpp"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "support/catch.hpp"

namespace volsync::fs {
namespace {

// "name id" of each line of a file like /etc/passwd.
std::map<std::uint32_t, std::string> names_in(char const* path) {
  std::ifstream in{path};
  REQUIRE(in);
  std::map<std::uint32_t, std::string> all;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields{line};
    std::string name, secret, id;
    std::getline(fields, name, ':');
    std::getline(fields, secret, ':');
    std::getline(fields, id, ':');
    if (!id.empty()) all.emplace(static_cast<std::uint32_t>(std::stoul(id)), name);
  }
  return all;
}

}  // namespace

TEST_CASE("users and groups have the names of the host's files") {
  id_names names;
  auto const users = names_in("/etc/passwd"), groups = names_in("/etc/group");
  REQUIRE(users.size() > 3);
  REQUIRE(groups.size() > 3);
  for (int round = 0; round < 2; ++round) {  // the second time from memory
    for (auto const& [id, name] : users) CHECK(names.user(id) == name);
    for (auto const& [id, name] : groups) CHECK(names.group(id) == name);
    CHECK(names.user(3'999'999'999).empty());
    CHECK(names.group(3'999'999'999).empty());
  }
}

TEST_CASE("names have the ids of the host's files") {
  id_names names;
  auto const users = names_in("/etc/passwd"), groups = names_in("/etc/group");
  for (int round = 0; round < 2; ++round) {  // the second time from memory
    for (auto const& [id, name] : users) CHECK(names.user_id(name) == id);
    for (auto const& [id, name] : groups) CHECK(names.group_id(name) == id);
    for (auto const* name : {"", "0", "no such one", "root:x:0"}) {
      CHECK_FALSE(names.user_id(name));
      CHECK_FALSE(names.group_id(name));
    }
  }
}

// In a child, since the groups of a process are asked for once.
TEST_CASE("a process knows its user and groups") {
  CHECK(is_root() == (::geteuid() == 0));
  if (::geteuid() != 0) FAIL("needs root to change its groups");
  pid_t const child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::vector<gid_t> groups;
    for (gid_t g = 5000; g < 5100; ++g) groups.push_back(g);
    bool good = ::setgroups(groups.size(), groups.data()) == 0 && ::setegid(4000) == 0 && ::seteuid(4001) == 0;
    good = good && !is_root() && is_member(4000) && is_member(5000) && is_member(5099);
    good = good && !is_member(0) && !is_member(4999) && !is_member(5100) && !is_member(4001);
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

}  // namespace volsync::fs
