// SHA-256 (FIPS 180-4), so that a digest of a tree needs nothing but the standard library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace volsync::bench {

class sha256 {
 public:
  void update(std::string_view bytes);
  // 64 hex digits. The object must not be used afterwards.
  std::string finish();

 private:
  void block(unsigned char const* bytes);
  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, 64> pending_{};
  std::size_t held_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace volsync::bench
