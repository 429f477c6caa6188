#include "transport/known_hosts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/base64.hpp"
#include "base/unique_fd.hpp"

#include "transport/sha1.hpp"

namespace volsync::transport {
namespace {

struct known_line {
  enum class marker { none, authority, revoked } mark = marker::none;
  std::string names;
  host_key key;
};

bool parse_line(std::string const& text, known_line& line) {
  std::istringstream words{text};
  std::string first;
  if (!(words >> first) || first.front() == '#') return false;
  if (first.front() == '@') {
    if (first == "@cert-authority") {
      line.mark = known_line::marker::authority;
    } else if (first == "@revoked") {
      line.mark = known_line::marker::revoked;
    } else {
      return false;
    }
    if (!(words >> first)) return false;
  }
  line.names = first;
  return static_cast<bool>(words >> line.key.type >> line.key.blob);
}

bool matches_glob(std::string_view name, std::string_view pattern) {
  std::size_t n = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++, resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1, n = ++resume;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(p), pattern.end(), [](char c) { return c == '*'; });
}

bool names_host(std::string const& names, std::string const& name) {
  if (names.front() != '|') return matches_patterns(name, names);
  auto const second = names.find('|', 3);
  if (names.rfind("|1|", 0) != 0 || second == std::string::npos) return false;
  auto const salt = from_base64(std::string_view{names}.substr(3, second - 3));
  auto const hash = from_base64(std::string_view{names}.substr(second + 1));
  if (!salt || !hash) return false;
  auto const digest = hmac_sha1(*salt, name);
  return *hash == std::string{digest.begin(), digest.end()};
}

// Calls `each` for the lines about this host, until it says stop (false).
void for_lines(std::vector<std::string> const& files, std::string const& name,
               std::function<bool(known_line const&, std::string const& where)> const& each) {
  for (auto const& file : files) {
    std::ifstream in{file};
    std::string text;
    for (int number = 1; std::getline(in, text); ++number) {
      known_line line;
      if (!parse_line(text, line) || !names_host(line.names, name)) continue;
      if (!each(line, file + ':' + std::to_string(number))) return;
    }
  }
}

host_key_verdict look_up_name(std::vector<std::string> const& files, std::string const& name, host_key const& key) {
  // A later line may still know the key, and a revocation anywhere outweighs all.
  host_key_verdict best;
  auto const rank = [](host_key_state state) {
    switch (state) {
      case host_key_state::unknown:
        return 0;
      case host_key_state::other_type:
        return 1;
      case host_key_state::changed:
        return 2;
      case host_key_state::known:
        return 3;
      case host_key_state::revoked:
        return 4;
    }
    return 0;
  };
  for_lines(files, name, [&](known_line const& line, std::string const& where) {
    auto found = host_key_state::unknown;
    if (line.mark == known_line::marker::revoked) {
      if (line.key.blob == key.blob) found = host_key_state::revoked;
    } else if (line.mark == known_line::marker::none) {
      found = line.key == key             ? host_key_state::known
              : line.key.type == key.type ? host_key_state::changed
                                          : host_key_state::other_type;
    }
    if (rank(found) > rank(best.state)) best = {.state = found, .where = where};
    return best.state != host_key_state::revoked;
  });
  return best;
}

}  // namespace

bool matches_patterns(std::string_view name, std::string_view patterns, char separator) {
  bool matched = false;
  while (!patterns.empty()) {
    auto const end = std::min(patterns.find(separator), patterns.size());
    auto pattern = patterns.substr(0, end);
    patterns.remove_prefix(std::min(end + 1, patterns.size()));
    bool const exclude = !pattern.empty() && pattern.front() == '!';
    if (exclude) pattern.remove_prefix(1);
    if (pattern.empty() || !matches_glob(name, pattern)) continue;
    if (exclude) return false;
    matched = true;
  }
  return matched;
}

host_key make_host_key(std::string blob) {
  host_key key;
  auto const data = from_base64(blob);
  key.blob = std::move(blob);
  if (!data || data->size() < 4) return key;
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<std::uint8_t>((*data)[i]);
  if (length <= 64 && 4 + length <= data->size()) key.type = data->substr(4, length);
  return key;
}

std::string host_name::text() const {
  std::string lower = host;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return port == 22 ? lower : '[' + lower + "]:" + std::to_string(port);
}

host_key_verdict look_up(std::vector<std::string> const& files, host_name const& name, host_key const& key) {
  auto const verdict = look_up_name(files, name.text(), key);
  if (verdict.state != host_key_state::unknown || name.port == 22) return verdict;
  auto const plain = look_up_name(files, host_name{.host = name.host, .port = 22}.text(), key);
  bool const counts = plain.state == host_key_state::known || plain.state == host_key_state::revoked;
  return counts ? plain : verdict;
}

std::vector<std::string> known_types(std::vector<std::string> const& files, host_name const& name) {
  std::vector<std::string> types;
  for_lines(files, name.text(), [&](known_line const& line, std::string const&) {
    bool const fresh = std::find(types.begin(), types.end(), line.key.type) == types.end();
    if (line.mark == known_line::marker::none && fresh) types.push_back(line.key.type);
    return true;
  });
  return types;
}

std::string find_authority(std::vector<std::string> const& files, host_name const& name) {
  std::string found;
  for_lines(files, name.text(), [&](known_line const& line, std::string const& where) {
    if (line.mark == known_line::marker::authority) found = where;
    return found.empty();
  });
  return found;
}

result<void> append_host_key(std::string const& file, host_name const& name, host_key const& key,
                             std::string_view salt) {
  auto const slash = file.rfind('/');
  if (slash != std::string::npos && slash > 0) {
    if (::mkdir(file.substr(0, slash).c_str(), 0700) != 0 && errno != EEXIST) return last_error();
  }
  std::string names = name.text();
  if (!salt.empty()) {
    auto const digest = hmac_sha1(salt, names);
    names = "|1|" + to_base64(salt) + '|' + to_base64({reinterpret_cast<char const*>(digest.data()), digest.size()});
  }
  unique_fd fd{::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  if (!fd) return last_error();
  // A last line without its newline must not swallow ours.
  char last = '\n';
  auto const size = ::lseek(fd.get(), 0, SEEK_END);
  if (size > 0 && ::pread(fd.get(), &last, 1, size - 1) != 1) return last_error();
  std::string const line = (last == '\n' ? "" : "\n") + names + ' ' + key.type + ' ' + key.blob + '\n';
  auto const written = ::write(fd.get(), line.data(), line.size());
  if (written < 0) return last_error();
  if (static_cast<std::size_t>(written) != line.size()) return std::make_error_code(std::errc::no_space_on_device);
  return {};
}

}  // namespace volsync::transport
