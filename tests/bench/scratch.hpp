// A directory of its own for one test, removed at its end, and small helpers to fill it.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/snapshot.hpp"
#include "support/catch.hpp"

namespace volsync::bench {

class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "volsync-bench-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(std::string const& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline void write(std::string const& path, std::string const& content) {
  std::ofstream out{path, std::ios::binary};
  out << content;
  REQUIRE(out.flush().good());
}

inline void set_mtime(std::string const& path, std::int64_t seconds, long ns) {
  timespec times[2] = {};
  times[0].tv_sec = times[1].tv_sec = seconds;
  times[0].tv_nsec = times[1].tv_nsec = ns;
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
}

inline snapshot look(std::string const& root, std::vector<std::string> const& excluded = {}) {
  std::string failed_path;
  auto tree = take_snapshot(root, excluded, failed_path);
  INFO(failed_path << ": " << tree.error().message());
  REQUIRE(tree);
  return *std::move(tree);
}

inline std::string digest_of(std::string const& root) {
  std::string failed_path;
  auto const value = digest(look(root), failed_path);
  REQUIRE(value);
  return *value;
}

}  // namespace volsync::bench
