// The first words of a session, for either side: version, compat flags, names of checksums, seed.
//
// Source: lib/wire/FORMAT.md, handshake.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "volsync/result.hpp"

#include "base/bytes.hpp"

#include "checksum/negotiate.hpp"
#include "checksum/strong.hpp"

#include "wire/cursor.hpp"
#include "wire/features.hpp"

namespace volsync::protocol {

struct handshake_setup {
  bool server = false;
  std::int32_t protocol = wire::highest_protocol;  // highest version offered
  std::optional<std::int32_t> agreed_version;      // daemon: it was agreed before, no version is exchanged
  bool may_recurse_incrementally = true;           // our options allow it (server: and the client's letters)
  std::string client_letters;                      // server: value of -e, ".iLsfxCIvu"
  std::optional<checksum::choice> checksums;       // --checksum-choice; none: negotiated
  std::string checksum_restriction;                // RSYNC_CHECKSUM_LIST
  std::int32_t seed = 0;                           // server: --checksum-seed, or a number of its own choice
  bytes first_input;                               // client, -s: the arguments, before everything else
};

struct agreement {
  wire::features features;
  checksum::choice checksums;
  std::int32_t seed = 0;
  checksum::md5_seed seed_place = checksum::md5_seed::before;
};

class handshake {
 public:
  explicit handshake(handshake_setup setup);

  // Takes what belongs to the handshake and says how many bytes of this input that were; what follows is the session's.
  // Errors: wire_errc, protocol_errc (not_rsync, peer_too_old, unwanted_recursion), checksum errors.
  [[nodiscard]] result<std::size_t> take(byte_view input);
  [[nodiscard]] bytes take_output() { return std::exchange(out_, {}); }
  // Set when it is complete.
  [[nodiscard]] std::optional<agreement> const& agreed() const noexcept { return agreed_; }

 private:
  enum class state : std::uint8_t { version, compat, names, seed, complete };
  [[nodiscard]] result<bool> step(wire::cursor& in);
  void after_version();
  void after_compat();
  void say_seed();
  void complete(std::int32_t seed);

  handshake_setup setup_;
  state at_ = state::version;
  wire::features features_;
  checksum::choice checksums_;
  bool negotiated_ = false;
  std::string offered_;
  bytes in_;  // begun value
  bytes out_;
  std::optional<agreement> agreed_;
};

}  // namespace volsync::protocol
