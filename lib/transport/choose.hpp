// Which transport serves an SSH destination: libssh in this process where it honours the whole configuration, else ssh.
//
// libssh passes over what it does not know without a word. So each keyword that differs from the default is looked up
// in a table; what stands in no row is taken as not honoured.
#pragma once

#include <string>

#include "transport/ssh_config.hpp"

namespace volsync::transport {

enum class transport_wish : std::uint8_t { automatic, libssh, ssh };

// What the choice needs to know of files; found by look_at_files, given by tests.
struct config_facts {
  std::string certificate_file;   // `X-cert.pub` beside an identity: ssh would use it
  std::string security_key_file;  // an identity that lives in a hardware key
  std::string authority_file;     // a known_hosts file with a @cert-authority line that may be for this host
};

struct choice {
  bool libssh = true;  // false: a spawned ssh
  std::string reason;  // one clause: "libssh would ignore HostKeyAlias"
};

// Pure. With `libssh` wished for, libssh is chosen and the reason names what it ignores; the caller refuses then.
[[nodiscard]] choice choose_transport(transport_wish wish, ssh_config const& config, ssh_config const& baseline,
                                      config_facts const& facts);

[[nodiscard]] config_facts look_at_files(ssh_settings const& settings);

}  // namespace volsync::transport
