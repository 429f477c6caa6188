// The list of --files-from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace volsync::filter {

// Names in order: lines that end in LF, CR or CRLF, or in NUL with `nul`. Empty ones are dropped. So are, unless `nul`,
// lines that begin with '#' or ';': who ends names in NUL means each of them. ".." never climbs above the top of the
// transfer, and a leading slash is relative to it.
[[nodiscard]] std::vector<std::string> names_from(std::string_view text, bool nul);

}  // namespace volsync::filter
