// What an operand names: a local path, a path on another host, or a daemon's module.
#pragma once

#include <string_view>

#include <volsync/options.hpp>

namespace volsync::cli {

struct operand {
  location where;
  // `host:` or `::` with nothing before the colon, which location cannot tell from a local path.
  bool same_host = false;
};

// [USER@]HOST:PATH, [USER@][V6]:PATH, HOST::MODULE/PATH, rsync://[USER@]HOST[:PORT]/MODULE/PATH; anything with a slash
// before its first colon, or without a colon, is local. Paths keep their bytes; `HOST:` has an empty path.
[[nodiscard]] operand parse_operand(std::string_view text);

}  // namespace volsync::cli
