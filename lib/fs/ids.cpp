// Lookups in the user and group databases.
#include "fs/ids.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace volsync::fs {
namespace {

// Calls one of the getXXX_r functions with a buffer that grows as it asks for; gives what `pick` takes from the record,
// or a value of its own if there is no such record.
template <class Record, class Lookup, class Pick>
auto look_up(Lookup lookup, Pick pick) -> decltype(pick(std::declval<Record const&>())) {
  std::vector<char> buffer(1024);
  for (;;) {
    Record record{};
    Record* found = nullptr;
    int const error = lookup(&record, buffer.data(), buffer.size(), &found);
    if (error == ERANGE && buffer.size() < (std::size_t{1} << 20)) {
      buffer.resize(buffer.size() * 2);
      continue;
    }
    if (error == EINTR) continue;
    if (error != 0 || found == nullptr) return {};
    return pick(*found);
  }
}

std::string bounded(char const* name) {
  std::string text = name;
  return text.size() <= 255 ? text : std::string{};
}

std::vector<gid_t> groups_of_process() {
  std::vector<gid_t> all;
  for (int count = ::getgroups(0, nullptr); count > 0;) {
    all.resize(static_cast<std::size_t>(count));
    count = ::getgroups(count, all.data());
    if (count >= 0) {
      all.resize(static_cast<std::size_t>(count));
      break;
    }
    count = ::getgroups(0, nullptr);  // there are more of them now
  }
  all.push_back(::getegid());
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

std::string id_names::user(std::uint32_t id) {
  std::lock_guard const hold{lock_};
  auto const [known, is_new] = users_.try_emplace(id);
  if (is_new) {
    known->second =
        look_up<passwd>([id](passwd* r, char* b, std::size_t n, passwd** f) { return ::getpwuid_r(id, r, b, n, f); },
                        [](passwd const& r) { return bounded(r.pw_name); });
  }
  return known->second;
}

std::string id_names::group(std::uint32_t id) {
  std::lock_guard const hold{lock_};
  auto const [known, is_new] = groups_.try_emplace(id);
  if (is_new) {
    known->second =
        look_up<::group>([id](::group* r, char* b, std::size_t n, ::group** f) { return ::getgrgid_r(id, r, b, n, f); },
                         [](::group const& r) { return bounded(r.gr_name); });
  }
  return known->second;
}

std::optional<std::uint32_t> id_names::user_id(std::string const& name) {
  std::lock_guard const hold{lock_};
  auto const [known, is_new] = user_ids_.try_emplace(name);
  if (is_new) {
    char const* const text = known->first.c_str();
    known->second = look_up<passwd>(
        [text](passwd* r, char* b, std::size_t n, passwd** f) { return ::getpwnam_r(text, r, b, n, f); },
        [](passwd const& r) { return std::optional<std::uint32_t>{r.pw_uid}; });
  }
  return known->second;
}

std::optional<std::uint32_t> id_names::group_id(std::string const& name) {
  std::lock_guard const hold{lock_};
  auto const [known, is_new] = group_ids_.try_emplace(name);
  if (is_new) {
    char const* const text = known->first.c_str();
    known->second = look_up<::group>(
        [text](::group* r, char* b, std::size_t n, ::group** f) { return ::getgrnam_r(text, r, b, n, f); },
        [](::group const& r) { return std::optional<std::uint32_t>{r.gr_gid}; });
  }
  return known->second;
}

bool is_root() noexcept { return ::geteuid() == 0; }

bool is_member(std::uint32_t group) {
  static std::vector<gid_t> const ours = groups_of_process();
  return std::binary_search(ours.begin(), ours.end(), group);
}

}  // namespace volsync::fs
