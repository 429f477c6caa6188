// The keys by which hosts are known: looking them up in known_hosts files and adding one. No network, no libssh.
//
// A host on another port than 22 stands there as `[host]:port`; names may be hashed (|1|salt|HMAC-SHA1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "volsync/result.hpp"

namespace volsync::transport {

struct host_key {
  std::string type;  // "ssh-ed25519"; as in the first string of the blob
  std::string blob;  // base64
  friend bool operator==(host_key const&, host_key const&) = default;
};

// The key with this base64 blob; an empty type if the blob is none.
[[nodiscard]] host_key make_host_key(std::string blob);

enum class host_key_state : std::uint8_t {
  known,       // this very key stands there
  unknown,     // nothing is known of the host
  changed,     // another key of the same type stands there
  other_type,  // only keys of other types stand there
  revoked,     // the key stands there as @revoked
};

struct host_key_verdict {
  host_key_state state = host_key_state::unknown;
  std::string where;  // "FILE:LINE" of the line that decided; empty if unknown
};

struct host_name {
  std::string host;
  std::uint16_t port = 22;
  [[nodiscard]] std::string text() const;  // lower case; [host]:port if the port is not 22
};

// Files that cannot be read hold nothing. A key known for the host without its port counts as known, nothing else there
// does.
[[nodiscard]] host_key_verdict look_up(std::vector<std::string> const& files, host_name const& name,
                                       host_key const& key);
// Types of the keys known for the host, each once.
[[nodiscard]] std::vector<std::string> known_types(std::vector<std::string> const& files, host_name const& name);
// The first file with a @cert-authority line that matches the host, or nothing.
[[nodiscard]] std::string find_authority(std::vector<std::string> const& files, host_name const& name);

// Adds a line; makes the file (0600) and its directory (0700) if missing. `salt`: 20 random bytes to hash the name
// with, or empty. Errors: errno.
[[nodiscard]] result<void> append_host_key(std::string const& file, host_name const& name, host_key const& key,
                                           std::string_view salt);

// Shell-like patterns with * and ?, comma separated, one with a leading ! excludes. Case matters.
[[nodiscard]] bool matches_patterns(std::string_view name, std::string_view patterns, char separator = ',');

}  // namespace volsync::transport
