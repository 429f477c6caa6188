/// @file
/// Turns the events of a run into the lines that rsync prints: what goes to standard output and what to standard error.
///
/// Pure: no clock, no locale, no descriptor; whoever writes the text says what time it is and what the terminal can
/// show. Every name, and every text of the peer but the remote program's raw standard error, leaves here escaped.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <volsync/events.hpp>
#include <volsync/options.hpp>

namespace volsync {

/// Which bytes of a name may be shown as they are. Control characters but TAB never are.
enum class charset : std::uint8_t {
  ascii,        ///< bytes above 0x7E are shown as \#ooo
  utf8,         ///< bytes that are not well-formed UTF-8 are
  single_byte,  ///< ISO 8859: 0x80 to 0x9F are
  raw,          ///< --8-bit-output: none is
};

/// What the surroundings of a run look like.
struct format_settings {
  charset names = charset::ascii;  ///< `raw` if options::eight_bit_output, whatever stands here
  bool decimal_comma = false;      ///< the locale's decimal point is ',': "1.234" and "0,5"
  bool sending = true;             ///< direction seen from this process
  bool show_progress = true;       ///< false: progress lines are left out (not in the foreground)
  std::int64_t process_id = 0;     ///< %p
  std::string version = "0.1.0";   ///< in the final error line
};

/// Text to be written, both parts in order; either may be empty. A part may end inside a line (progress).
struct formatted {
  std::string out;  ///< for standard output
  std::string err;  ///< for standard error
};

/// Spells the events of one run. One thread at a time.
class text_formatter {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `what.info` must have passed check_info; words that do not parse are ignored.
  text_formatter(options const& what, format_settings settings);
  ~text_formatter();
  text_formatter(text_formatter&&) noexcept;
  text_formatter& operator=(text_formatter&&) noexcept;

  /// @param now   when the event arrived (rates, remaining time, at most one progress line a second)
  /// @param clock seconds since 1970, local time is made of it (%t)
  [[nodiscard]] formatted format(event const& what, time_point now, std::int64_t clock);
  /// Whether progress lines are printed from now on (they are not while the program is in the background).
  void show_progress(bool show) noexcept;

 private:
  class state;
  std::unique_ptr<state> state_;
};

/// Whether an --out-format can be spelled: 0 if so, else the letter of an escape that has no value in this version.
[[nodiscard]] char unsupported_out_format(std::string_view format);
/// Whether the words of an --info option mean something.
/// Returns an empty text if so; else the sentence for the user ("Unknown --info item: ...").
[[nodiscard]] std::string check_info(std::string_view words);
/// True if `words` has HELP among them: info_help() is wanted instead of a run.
[[nodiscard]] bool asks_info_help(std::string_view words);
/// The text of --info=help, many lines.
[[nodiscard]] std::string info_help();

/// `rsync error: MEANING (code N) at volsync [ROLE=VERSION]`, or `rsync warning: ...` for code 24; with newline.
[[nodiscard]] std::string final_line(exit_code code, std::string_view role, std::string_view version);

/// Bytes fit for a terminal: see `charset`. `\#ooo` already in the text becomes `\#134#ooo`.
[[nodiscard]] std::string escaped(std::string_view text, charset names);

}  // namespace volsync
