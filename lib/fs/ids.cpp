// Lookups in the user and group databases.
#include "fs/ids.hpp"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

namespace volsync::fs {
namespace {

// Calls a getXXid_r function with a buffer that grows as it asks for.
template <class Record, class Lookup, class Name>
std::string look_up(Lookup lookup, Name name) {
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
    std::string text = name(*found);
    return text.size() <= 255 ? text : std::string{};
  }
}

}  // namespace

std::string id_names::user(std::uint32_t id) {
  std::lock_guard const hold{lock_};
  auto const [known, is_new] = users_.try_emplace(id);
  if (is_new) {
    known->second =
        look_up<passwd>([id](passwd* r, char* b, std::size_t n, passwd** f) { return ::getpwuid_r(id, r, b, n, f); },
                        [](passwd const& r) { return std::string{r.pw_name}; });
  }
  return known->second;
}

std::string id_names::group(std::uint32_t id) {
  std::lock_guard const hold{lock_};
  auto const [known, is_new] = groups_.try_emplace(id);
  if (is_new) {
    known->second =
        look_up<::group>([id](::group* r, char* b, std::size_t n, ::group** f) { return ::getgrgid_r(id, r, b, n, f); },
                         [](::group const& r) { return std::string{r.gr_name}; });
  }
  return known->second;
}

}  // namespace volsync::fs
