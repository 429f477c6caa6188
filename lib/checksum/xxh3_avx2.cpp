// XXH3 for processors with AVX2; chosen at run time, so the rest of the program is built for any processor.
//
// Every header that xxhash.h includes comes first: what is compiled between the pragmas must be private to this file.
#include "checksum/xxh3.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif
#define XXH_INLINE_ALL
#define XXH_VECTOR 2  // XXH_AVX2
#include <xxhash.h>

#include "checksum/xxh3.inc"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace volsync::checksum {

xxh3_functions const* xxh3_avx2() noexcept { return __builtin_cpu_supports("avx2") != 0 ? &functions : nullptr; }

}  // namespace volsync::checksum
#else
namespace volsync::checksum {

xxh3_functions const* xxh3_avx2() noexcept { return nullptr; }

}  // namespace volsync::checksum
#endif
