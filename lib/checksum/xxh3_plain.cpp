// XXH3 for every processor.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "checksum/xxh3.hpp"
#include "checksum/xxh3.inc"

namespace volsync::checksum {

xxh3_functions const& xxh3_plain() noexcept { return functions; }

}  // namespace volsync::checksum
