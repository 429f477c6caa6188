// rsync's wildcards. `?` one byte but '/', `*` any run without '/', `**` any run, `[...]` one byte but '/', `\c` c
// itself.
#pragma once

#include <string_view>

namespace volsync::filter {

// Whether the pattern matches the whole text. Bytes, case-sensitive. Time: at most pattern x text.
[[nodiscard]] bool wildmatch(std::string_view pattern, std::string_view text) noexcept;

}  // namespace volsync::filter
