// MD4 as RFC 1320 defines it, for peers whose only common checksum it is. Not a protection against anything.
//
// Our own because OpenSSL has it only in a provider that many systems do not install.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace volsync::checksum {

// One thread at a time.
class md4 {
 public:
  void update(byte_view data) noexcept;
  // 16 bytes. The object is spent then.
  [[nodiscard]] std::array<std::byte, 16> finish() noexcept;

 private:
  void take(std::byte const* block) noexcept;  // 64 bytes

  std::array<std::uint32_t, 4> state_{0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U};
  std::uint64_t length_ = 0;             // bytes so far
  std::array<std::byte, 64> pending_{};  // length_ % 64 bytes of a begun block
};

}  // namespace volsync::checksum
