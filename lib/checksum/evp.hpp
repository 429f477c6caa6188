// Digests by OpenSSL, fetched once and apart from the system's configuration.
//
// A system set up for FIPS refuses MD5 to its programs; here it names file versions, or answers a daemon that knows no
// better, so it comes from a library context of its own that reads no configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.hpp"

#include "checksum/algorithm.hpp"
#include "checksum/strong.hpp"

struct evp_md_ctx_st;

namespace volsync::checksum {

// A digest in progress. which: md5 or sha1. One thread at a time; movable. Throws bad_alloc; runtime_error if this
// OpenSSL was built without the algorithm.
class evp_hash {
 public:
  explicit evp_hash(algorithm which);
  void reset(algorithm which);
  void update(byte_view data);
  [[nodiscard]] digest finish();  // reset() before the next use

 private:
  struct free_context {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, free_context> context_;
};

// One digest of several pieces in a row. The pointers are borrowed until it returns. Throws as evp_hash.
enum class evp_name : std::uint8_t { md5, sha1, sha256, sha512 };
[[nodiscard]] bytes evp_digest(evp_name which, std::span<byte_view const> pieces);

}  // namespace volsync::checksum
