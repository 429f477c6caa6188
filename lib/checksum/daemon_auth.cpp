// The answer to a daemon's challenge.
#include "checksum/daemon_auth.hpp"

#include <algorithm>
#include <array>

#include "base/base64.hpp"
#include "base/bytes.hpp"

#include "checksum/evp.hpp"
#include "checksum/md4.hpp"

namespace volsync::checksum {
namespace {

constexpr std::array<auth_digest, 5> best_first{auth_digest::sha512, auth_digest::sha256, auth_digest::sha1,
                                                auth_digest::md5, auth_digest::md4};

bool has_word(std::string_view words, std::string_view wanted) noexcept {
  while (!words.empty()) {
    std::size_t const end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == wanted) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

bytes md4_of(byte_view secret, byte_view challenge) {
  md4 sum;
  sum.update(secret);
  sum.update(challenge);
  auto const value = sum.finish();
  return {value.begin(), value.end()};
}

bytes digest_of(auth_digest which, byte_view secret, byte_view challenge) {
  std::array<byte_view, 2> const pieces{secret, challenge};
  switch (which) {
    case auth_digest::sha512:
      return evp_digest(evp_name::sha512, pieces);
    case auth_digest::sha256:
      return evp_digest(evp_name::sha256, pieces);
    case auth_digest::sha1:
      return evp_digest(evp_name::sha1, pieces);
    case auth_digest::md5:
      return evp_digest(evp_name::md5, pieces);
    case auth_digest::md4:
      break;
  }
  return md4_of(secret, challenge);
}

}  // namespace

std::string_view name_of(auth_digest which) noexcept {
  switch (which) {
    case auth_digest::sha512:
      return "sha512";
    case auth_digest::sha256:
      return "sha256";
    case auth_digest::sha1:
      return "sha1";
    case auth_digest::md5:
      return "md5";
    case auth_digest::md4:
      break;
  }
  return "md4";
}

std::optional<auth_digest> choose_auth(std::string_view theirs) noexcept {
  for (auth_digest const each : best_first) {
    if (has_word(theirs, name_of(each))) return each;
  }
  return std::nullopt;
}

std::string auth_response(auth_digest which, std::string_view secret, std::string_view challenge) {
  bytes const value = digest_of(which, as_bytes(secret), as_bytes(challenge));
  return to_base64_unpadded(as_text(value));
}

}  // namespace volsync::checksum
