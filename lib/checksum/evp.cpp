// Digests by OpenSSL.
#include "checksum/evp.hpp"

#include <array>
#include <new>
#include <stdexcept>
#include <string>

#include <openssl/evp.h>
#include <openssl/provider.h>

namespace volsync::checksum {
namespace {

EVP_MD const* fetch(char const* name) {
  static OSSL_LIB_CTX* const library = OSSL_LIB_CTX_new();
  EVP_MD const* const found = EVP_MD_fetch(library, name, nullptr);
  if (found == nullptr) throw std::runtime_error{std::string{"this OpenSSL has no "} + name};
  return found;
}

// Fetching costs microseconds, so once for the program; never freed, since threads may digest until the very end.
EVP_MD const* fetched(evp_name which) {
  switch (which) {
    case evp_name::md5: {
      static EVP_MD const* const md5 = fetch("MD5");
      return md5;
    }
    case evp_name::sha1: {
      static EVP_MD const* const sha1 = fetch("SHA1");
      return sha1;
    }
    case evp_name::sha256: {
      static EVP_MD const* const sha256 = fetch("SHA256");
      return sha256;
    }
    case evp_name::sha512:
      break;
  }
  static EVP_MD const* const sha512 = fetch("SHA512");
  return sha512;
}

EVP_MD const* fetched(algorithm which) { return fetched(which == algorithm::md5 ? evp_name::md5 : evp_name::sha1); }

}  // namespace

void evp_hash::free_context::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

evp_hash::evp_hash(algorithm which) : context_{EVP_MD_CTX_new()} {
  if (!context_) throw std::bad_alloc{};
  reset(which);
}

void evp_hash::reset(algorithm which) {
  if (EVP_DigestInit_ex2(context_.get(), fetched(which), nullptr) != 1) throw std::bad_alloc{};
}

void evp_hash::update(byte_view data) {
  // Fails for lack of memory only.
  if (EVP_DigestUpdate(context_.get(), data.data(), data.size()) != 1) throw std::bad_alloc{};
}

digest evp_hash::finish() {
  std::array<std::byte, EVP_MAX_MD_SIZE> out;
  unsigned length = 0;
  if (EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()), &length) != 1) {
    throw std::bad_alloc{};
  }
  return digest{byte_view{out}.first(length)};
}

bytes evp_digest(evp_name which, std::span<byte_view const> pieces) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  bytes out(EVP_MAX_MD_SIZE);
  unsigned length = 0;
  bool good = context && EVP_DigestInit_ex2(context.get(), fetched(which), nullptr) == 1;
  for (byte_view const each : pieces) good = good && EVP_DigestUpdate(context.get(), each.data(), each.size()) == 1;
  good = good && EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length) == 1;
  if (!good) throw std::bad_alloc{};  // there is no other reason
  out.resize(length);
  return out;
}

}  // namespace volsync::checksum
