// Text from a peer or a file made safe to show: control bytes, bytes above 126 and backslashes followed by '#' as
// \#ooo.
#pragma once

#include <string>
#include <string_view>

namespace volsync::transport {

// At most `limit` bytes of the text are used; what is cut shows as "...". Line ends inside become "; ", trailing ones
// go.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 1024);

}  // namespace volsync::transport
