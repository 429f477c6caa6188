// The SSH algorithms that libssh 0.10 can speak, so that a list from a configuration can be cut down to them.
#pragma once

#include <string>
#include <string_view>

namespace volsync::transport {

enum class algorithm_kind { cipher, mac, kex, host_key, key_type };

// The names of `list` (comma separated, in order) that libssh speaks; empty if there is none.
[[nodiscard]] std::string spoken_algorithms(algorithm_kind kind, std::string_view list);

}  // namespace volsync::transport
