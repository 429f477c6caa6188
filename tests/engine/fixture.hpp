// A push from a tree in memory to the stock rsync of this host, over a remote shell that stays here.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "volsync/run.hpp"

#include "fs/memory_tree.hpp"

namespace volsync::test {

// A directory of its own that goes with the object.
class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "volsync-engine-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
    std::ofstream{shell()} << "#!/bin/sh\nshift\nexec \"$@\"\n";
    std::filesystem::permissions(shell(), std::filesystem::perms::owner_all);
  }
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;
  [[nodiscard]] std::string shell() const { return path_ + "/shell"; }
  [[nodiscard]] std::string to() const { return path_ + "/to"; }
  [[nodiscard]] std::string path() const { return path_; }

 private:
  std::string path_;
};

struct recorder final : observer {
  std::vector<event> seen;
  void on_event(event const& what) override { seen.push_back(what); }
  template <class Event>
  [[nodiscard]] std::vector<Event> all() const {
    std::vector<Event> found;
    for (auto const& each : seen) {
      if (auto const* e = std::get_if<Event>(&each)) found.push_back(*e);
    }
    return found;
  }
};

// -aH --numeric-ids of /src/ into the scratch directory.
inline job push_job(scratch const& where) {
  job j;
  options& o = j.options;
  o.recurse = o.links = o.perms = o.times = o.group = o.owner = o.devices = o.specials = o.hard_links = o.numeric_ids =
      true;
  o.remote_shell = where.shell();
  o.remote_shell_given = true;
  o.threads = 2;
  location from, to;
  from.path = "/src/";
  to.host = "here";
  to.path = where.to();
  j.sources = {from};
  j.destination = to;
  return j;
}

inline finished push(job const& j, std::shared_ptr<tree> files, recorder& events) {
  cancellation cancel;
  return run(j, events, cancel, std::move(files));
}

inline std::string content_of(std::string const& path) {
  std::ifstream in{path, std::ios::binary};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace volsync::test
