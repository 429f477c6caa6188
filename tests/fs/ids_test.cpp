// Names of ids are those of this host.
#include "fs/ids.hpp"

#include <fstream>
#include <map>
#include <sstream>

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

}  // namespace volsync::fs
