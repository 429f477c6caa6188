// The few directories of a tree that are held open, found by the path that a list gives them.
//
// Paths are walked one component at a time below what is open already. Links are not followed unless the cache is made
// to, or the user named them; then at most 40 on one way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "volsync/tree.hpp"

namespace volsync::fs {

// Any thread. Paths are components between single slashes, "" for the top. One cache may serve several trees: each has
// a prefix of its own, of one length, which stands before the path and is never interpreted.
class directory_cache {
 public:
  // How many directories are held; with workers and pipes this stays below 64 descriptors.
  static constexpr std::size_t kept_open = 24;

  // links: how many were followed on the way from the top.
  struct place {
    std::shared_ptr<directory const> handle;
    int links = 0;
  };
  // Where a walk begins: a place (null: nothing of the path is open), the part of the path that leads to it, and when
  // it was looked up.
  struct start {
    place where;
    std::size_t done = 0;
    std::uint64_t epoch = 0;
  };

  explicit directory_cache(bool follow) noexcept : follow_{follow} {}

  [[nodiscard]] place look_up(std::string const& key);
  // The longest part of the path that is open.
  [[nodiscard]] start nearest(std::string_view prefix, std::string_view path);
  // From there to its end. Errors: errno; EINVAL for what is no path, ELOOP for more than 40 links.
  result<std::shared_ptr<directory const>> walk(start from, std::string_view prefix, std::string_view path);
  void keep(std::string key, place where);
  // From now on the directory of that path may be a link: the user named it, or something behind it.
  void allow_link(std::string_view prefix, std::string_view path);
  // The directory of that path and those below it are not held any more, nor will walks that began before keep them.
  void forget(std::string_view prefix, std::string_view path);
  [[nodiscard]] bool follows() const noexcept { return follow_; }

 private:
  using entries = std::list<std::pair<std::string, place>>;

  result<place> step_into(place const& from, leaf_name const& name, std::string const& key);
  void keep(std::string key, place where, std::uint64_t epoch);

  bool follow_;
  std::mutex lock_;
  entries recent_;  // most recent first
  std::unordered_map<std::string, entries::iterator> index_;
  std::unordered_set<std::string> named_links_;
  std::uint64_t epoch_ = 0;  // counts what was forgotten
};

}  // namespace volsync::fs
