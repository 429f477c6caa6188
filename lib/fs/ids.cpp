// Lookups in the user and group databases.
#include "fs/ids.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace volsync::fs {
namespace {

// Calls a getXXid_r or getXXnam_r function with a buffer that grows as it asks for. value: of a record that is found.
template <class Record, class Lookup, class Value>
auto look_up(Lookup lookup, Value value) -> std::optional<decltype(value(std::declval<Record const&>()))> {
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
    if (error != 0 || found == nullptr) return std::nullopt;
    return value(*found);
  }
}

// Names that do not fit a byte's count cannot travel.
std::string fitting(std::optional<std::string> name) { return name && name->size() <= 255 ? std::move(*name) : std::string{}; }

}  // namespace

std::string id_names::user(std::uint32_t id) {
  std::lock_guard const hold{lock_};
  auto const [known, is_new] = users_.try_emplace(id);
  if (is_new) {
    known->second = fitting(
        look_up<passwd>([id](passwd* r, char* b, std::size_t n, passwd** f) { return ::getpwuid_r(id, r, b, n, f); },
                        [](passwd const& r) { return std::string{r.pw_name}; }));
  }
  return known->second;
}

std::string id_names::group(std::uint32_t id) {
  std::lock_guard const hold{lock_};
  auto const [known, is_new] = groups_.try_emplace(id);
  if (is_new) {
    known->second = fitting(
        look_up<::group>([id](::group* r, char* b, std::size_t n, ::group** f) { return ::getgrgid_r(id, r, b, n, f); },
                         [](::group const& r) { return std::string{r.gr_name}; }));
  }
  return known->second;
}

std::optional<std::uint32_t> id_names::user_id(std::string const& name) {
  std::lock_guard const hold{lock_};
  auto const [known, is_new] = user_ids_.try_emplace(name);
  if (is_new) {
    known->second = look_up<passwd>(
        [&name](passwd* r, char* b, std::size_t n, passwd** f) { return ::getpwnam_r(name.c_str(), r, b, n, f); },
        [](passwd const& r) { return std::uint32_t{r.pw_uid}; });
  }
  return known->second;
}

std::optional<std::uint32_t> id_names::group_id(std::string const& name) {
  std::lock_guard const hold{lock_};
  auto const [known, is_new] = group_ids_.try_emplace(name);
  if (is_new) {
    known->second = look_up<::group>(
        [&name](::group* r, char* b, std::size_t n, ::group** f) { return ::getgrnam_r(name.c_str(), r, b, n, f); },
        [](::group const& r) { return std::uint32_t{r.gr_gid}; });
  }
  return known->second;
}

bool is_root() noexcept { return ::geteuid() == 0; }

bool is_member(std::uint32_t group) {
  if (group == ::getegid()) return true;
  int const count = ::getgroups(0, nullptr);
  if (count <= 0) return false;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgroups(count, groups.data()) < 0) return false;
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

}  // namespace volsync::fs
