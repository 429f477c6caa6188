// --out-format: a text with %-escapes, parsed once and spelled for each entry.
//
// Escapes that only a daemon knows (%a %h %P %u) stand for themselves, as in a stock client; those whose value is known
// only after an entry's data has gone (%b %c %C) are refused when the options are read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <volsync/events.hpp>

#include "text/numbers.hpp"

namespace volsync::text {

// What an entry does not know of itself.
struct format_facts {
  std::int64_t clock = 0;  // seconds since 1970
  std::int64_t process_id = 0;
  bool preserve_times = false;
  bool preserve_group = false;
  bool decimal_comma = false;
};

class out_format {
 public:
  explicit out_format(std::string_view format);
  // Whether %LETTER is in it.
  [[nodiscard]] bool has(char letter) const noexcept;
  // One line without newline; raw bytes in names.
  [[nodiscard]] std::string spell(item const& what, format_facts const& facts) const;

 private:
  struct part {
    std::string text;  // before the escape
    char letter = 0;   // 0: no escape follows
    int width = 0;
    bool left = false;
    int human = 0;  // count of '
  };
  std::vector<part> parts_;
};

// The letter of an escape this version has no value for, or 0.
[[nodiscard]] char unsupported_escape(std::string_view format);

}  // namespace volsync::text
