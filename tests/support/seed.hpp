// The seed of random tests: the same in each run, so that what is green stays green; another one comes from the
// environment (VOLSYNC_TEST_SEED), as in the long check.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace volsync::test {

inline std::uint32_t seed() {
  char const* const given = std::getenv("VOLSYNC_TEST_SEED");
  return given ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : 20261123U;
}

}  // namespace volsync::test
