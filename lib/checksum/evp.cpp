// MD5 and SHA-1 by OpenSSL.
#include "checksum/evp.hpp"

#include <array>
#include <new>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/provider.h>

namespace volsync::checksum {
namespace {

// Fetching costs microseconds, so once for the program; never freed, since threads may digest until the very end.
EVP_MD const* fetched(algorithm which) {
  static OSSL_LIB_CTX* const library = OSSL_LIB_CTX_new();
  static EVP_MD* const md5 = EVP_MD_fetch(library, "MD5", nullptr);
  static EVP_MD* const sha1 = EVP_MD_fetch(library, "SHA1", nullptr);
  EVP_MD const* const found = which == algorithm::md5 ? md5 : sha1;
  if (found == nullptr) throw std::runtime_error{"this OpenSSL has no MD5 or SHA-1"};
  return found;
}

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

}  // namespace volsync::checksum
