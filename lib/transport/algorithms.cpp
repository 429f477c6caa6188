#include "transport/algorithms.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace volsync::transport {
namespace {

using name = std::string_view;

constexpr std::array ciphers{name{"chacha20-poly1305@openssh.com"},
                             name{"aes256-gcm@openssh.com"},
                             name{"aes128-gcm@openssh.com"},
                             name{"aes256-ctr"},
                             name{"aes192-ctr"},
                             name{"aes128-ctr"},
                             name{"aes256-cbc"},
                             name{"aes192-cbc"},
                             name{"aes128-cbc"}};
constexpr std::array macs{name{"hmac-sha2-256-etm@openssh.com"},
                          name{"hmac-sha2-512-etm@openssh.com"},
                          name{"hmac-sha1-etm@openssh.com"},
                          name{"hmac-sha2-256"},
                          name{"hmac-sha2-512"},
                          name{"hmac-sha1"}};
constexpr std::array kex{name{"curve25519-sha256"},
                         name{"curve25519-sha256@libssh.org"},
                         name{"ecdh-sha2-nistp256"},
                         name{"ecdh-sha2-nistp384"},
                         name{"ecdh-sha2-nistp521"},
                         name{"diffie-hellman-group18-sha512"},
                         name{"diffie-hellman-group16-sha512"},
                         name{"diffie-hellman-group-exchange-sha256"},
                         name{"diffie-hellman-group14-sha256"},
                         name{"diffie-hellman-group14-sha1"}};
constexpr std::array host_keys{name{"ssh-ed25519"},
                               name{"ecdsa-sha2-nistp256"},
                               name{"ecdsa-sha2-nistp384"},
                               name{"ecdsa-sha2-nistp521"},
                               name{"rsa-sha2-512"},
                               name{"rsa-sha2-256"},
                               name{"ssh-rsa"}};
constexpr std::array key_types{name{"ssh-ed25519"},
                               name{"ecdsa-sha2-nistp256"},
                               name{"ecdsa-sha2-nistp384"},
                               name{"ecdsa-sha2-nistp521"},
                               name{"sk-ssh-ed25519@openssh.com"},
                               name{"sk-ecdsa-sha2-nistp256@openssh.com"},
                               name{"rsa-sha2-512"},
                               name{"rsa-sha2-256"},
                               name{"ssh-rsa"}};

std::span<name const> table(algorithm_kind kind) {
  switch (kind) {
    case algorithm_kind::cipher:
      return ciphers;
    case algorithm_kind::mac:
      return macs;
    case algorithm_kind::kex:
      return kex;
    case algorithm_kind::host_key:
      return host_keys;
    case algorithm_kind::key_type:
      return key_types;
  }
  return {};
}

}  // namespace

std::string spoken_algorithms(algorithm_kind kind, std::string_view list) {
  auto const spoken = table(kind);
  std::string kept;
  while (!list.empty()) {
    auto const one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(one.size() + 1, list.size()));
    if (std::find(spoken.begin(), spoken.end(), one) == spoken.end()) continue;
    if (!kept.empty()) kept += ',';
    kept += one;
  }
  return kept;
}

}  // namespace volsync::transport
