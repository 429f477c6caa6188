// Sizes and numbers as rsync's options take them.
#pragma once

#include <cstdint>
#include <string_view>

namespace volsync::cli {

enum class number_problem : std::uint8_t { none, invalid, too_large, too_small };

struct parsed_number {
  std::int64_t value = 0;
  number_problem problem = number_problem::none;
};

// NUMBER[.FRACTION][UNIT][+1|-1], UNIT: b, or k m g t p (x 1024), or with B (x 1000) or iB (x 1024) behind.
// default_unit counts where there is none ('b' or 'K'). Empty text: 0. A negative result is "too large", as in rsync.
[[nodiscard]] parsed_number parse_size(std::string_view text, char default_unit = 'b');

// An integer in C notation (decimal, 0x, leading 0), within the bounds. Empty text: 0.
[[nodiscard]] parsed_number parse_integer(std::string_view text, std::int64_t lowest, std::int64_t highest);

}  // namespace volsync::cli
