// The rooms of the project keep to their table, and the check that says so finds what it should.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "rooms/room_table.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace volsync::rooms;

namespace {

fs::path const root = fs::path{VOLSYNC_TEST_DIR}.parent_path();

std::string text_of(fs::path const& path) {
  std::ifstream in{path, std::ios::binary};
  REQUIRE(in);
  return {std::istreambuf_iterator<char>{in}, {}};
}

rules const& project_rules() {
  static rules const by = read_rules(text_of(root / "lib/README.md"), text_of(root / "third_party/README.md"));
  return by;
}

// Every source of the project below `top`, as a path relative to the project.
std::vector<std::string> sources_below(std::string const& top) {
  std::vector<std::string> found;
  for (auto const& one : fs::recursive_directory_iterator{root / top}) {
    auto const suffix = one.path().extension();
    if (one.is_regular_file() && (suffix == ".hpp" || suffix == ".cpp" || suffix == ".h" || suffix == ".inc")) {
      found.push_back(fs::relative(one.path(), root).string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> judge(std::string const& path, std::string const& text) {
  return findings(project_rules(), path, text);
}

}  // namespace

TEST_CASE("every #include goes down the room table") {
  for (std::string const top : {"lib", "include", "tools", "bench", "tests"}) {
    auto const sources = sources_below(top);
    for (auto const& path : sources) {
      if (path.rfind("tests/consumer/", 0) == 0) continue;  // a project of its own, which sees what is installed
      for (auto const& finding : judge(path, text_of(root / path))) FAIL_CHECK(finding);
    }
    CHECK(sources.size() > 1);
  }
}

TEST_CASE("each room is built and links only what the table allows") {
  for (auto const& finding : link_findings(project_rules(), text_of(root / "lib/CMakeLists.txt"))) FAIL_CHECK(finding);
}

TEST_CASE("each directory of lib is a room of the table and has a page") {
  for (auto const& one : fs::directory_iterator{root / "lib"}) {
    if (!one.is_directory()) continue;
    auto const place = "lib/" + one.path().filename().string();
    CHECK_THAT(place, Catch::Predicate<std::string>([](auto const& p) { return project_rules().allowed.count(p) != 0; },
                                                    "is a room of lib/README.md"));
  }
}

TEST_CASE("no source of lib suspends a coroutine") {
  for (auto const& path : sources_below("lib")) {
    auto const text = text_of(root / path);
    for (std::string const word : {"co_await", "co_yield", "co_return"}) {
      if (text.find(word) != text.npos) FAIL_CHECK(path << " mentions " << word);
    }
  }
}

TEST_CASE("both tables are read whole") {
  auto const& by = project_rules();
  CHECK(by.allowed.size() >= 15);
  CHECK(by.allowed.at("lib/wire") == std::set<std::string>{"words", "base", "checksum", "filter", "flist", "delta"});
  CHECK(by.allowed.at("include/volsync").count("base") == 0);
  CHECK(by.foreign.size() >= 7);
}

TEST_CASE("a forbidden inclusion is found with its line") {
  CHECK(judge("lib/wire/x.cpp", "// one\n#include \"fs/tree.hpp\"\n") ==
        std::vector<std::string>{"lib/wire/x.cpp:2: lib/wire may not include fs/tree.hpp"});
  CHECK(judge("lib/base/x.hpp", "#include <volsync/result.hpp>\n#include \"wire/varint.hpp\"").size() == 1);
  CHECK(judge("include/volsync/x.hpp", "#include \"base/bytes.hpp\"").size() == 1);
  CHECK(judge("include/volsync/x.hpp", "#include <unistd.h>").size() == 1);
  CHECK(judge("tools/volsync/x.cpp", "  #  include <engine/run.hpp>").size() == 1);
  CHECK(judge("bench/x.cpp", "#include \"flist/list.hpp\"").size() == 1);
  CHECK(judge("lib/nowhere/x.cpp", "").size() == 1);
}

TEST_CASE("a library of others is seen by its rooms alone") {
  CHECK(judge("lib/checksum/x.cpp", "#include <xxhash.h>\n#include <openssl/evp.h>").empty());
  CHECK(judge("lib/delta/x.cpp", "#include <xxhash.h>\n#include <openssl/evp.h>").size() == 2);
  CHECK(judge("lib/transport/x.cpp", "#include <boost/asio/post.hpp>\n#include <libssh/libssh.h>").empty());
  CHECK(judge("lib/engine/x.cpp", "#include <boost/asio/post.hpp>\n#include <libssh/libssh.h>").size() == 1);
  CHECK(judge("lib/flist/x.cpp", "#include <boost/unordered_map.hpp>").size() == 1);
  CHECK(judge("lib/text/x.cpp", "#include <fmt/core.h>\n#include <popt.h>").size() == 2);
  CHECK(judge("tools/volsync/x.cpp", "#include <fmt/core.h>\n#include <popt.h>").empty());
  CHECK(judge("tests/wire/x.cpp", "#include <catch2/catch.hpp>").size() == 1);
  CHECK(judge("tests/transport/x.cpp", "#include <libssh/server.h>").empty());
  CHECK(judge("tests/engine/x.cpp", "#include <libssh/server.h>").size() == 1);
  CHECK(judge("tests/support/catch.hpp", "#include <catch2/catch.hpp>").empty());
  CHECK(judge("lib/base/x.cpp", "#include <surprise/library.h>").size() == 1);
  CHECK(judge("lib/base/x.cpp", "#include \"surprise.h\"").size() == 1);
}

TEST_CASE("rooms that decide have no threads and make no system calls") {
  CHECK(judge("lib/roles/x.cpp", "#include <mutex>").size() == 1);
  CHECK(judge("lib/wire/x.cpp", "#include <unistd.h>").size() == 1);
  CHECK(judge("lib/flist/x.cpp", "#include <sys/stat.h>").empty());
  CHECK(judge("lib/fs/x.cpp", "#include <mutex>\n#include <fcntl.h>").empty());
}

TEST_CASE("what is allowed is not found, nor is a comment") {
  CHECK(judge("lib/wire/x.cpp",
              "#include \"wire/varint.hpp\"\n#include \"base/bytes.hpp\"\n#include <vector>\n"
              "#include <volsync/result.hpp>\n#include \"volsync/result.hpp\"")
            .empty());
  CHECK(judge("lib/base/x.hpp", "// #include \"wire/varint.hpp\"\nint include;").empty());
  CHECK(judge("bench/x.cpp",
              "#include \"bench/random.hpp\"\n#include <volsync/result.hpp>\n"
              "#include <unistd.h>")
            .empty());
}

TEST_CASE("a forbidden link is found") {
  auto const& by = project_rules();
  CHECK(link_findings(by, "volsync_room(base)\nvolsync_room(flist ROOMS base)\n").empty());
  CHECK(link_findings(by, "volsync_room(base ROOMS wire)\n").size() == 1);
  CHECK(link_findings(by, "volsync_room(checksum ROOMS base fs LIBRARIES OpenSSL::Crypto)\n").size() == 1);
  CHECK(link_findings(by, "volsync_room(attic)\n").size() == 1);
  CHECK(link_findings(by, "nothing\n").size() == 1);
}
