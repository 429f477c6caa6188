// Whole lines: problems, errors, header, progress, summary. No final newline unless said; names are raw bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <volsync/events.hpp>

#include "text/numbers.hpp"

namespace volsync::text {

// `rsync: [sender] opendir "P" failed: Permission denied (13)`, `file has vanished: "P"`, ...
// The step gives the words: a step without "failed" gets ` failed` after the name.
[[nodiscard]] std::string problem_line(problem const& what);
// `rsync: [ROLE] WHAT: STRERROR (ERRNO)`.
[[nodiscard]] std::string error_line(std::string_view role, std::string_view what, int error);
// `total: matches=M  hash_hits=H  false_alarms=F data=D`: the last words of -vv.
[[nodiscard]] std::string match_line(std::int64_t matches, std::int64_t hash_hits, std::int64_t false_alarms,
                                     std::int64_t data);

// The figures of a progress line.
struct progress_figures {
  std::int64_t done = 0, size = 0;  // bytes
  double rate = 0;                  // bytes a second
  double seconds = 0;               // remaining, or elapsed when finished
  bool finished = false;
};
// "     32,768   1%    0.00kB/s    0:00:00": without the leading CR and what follows.
[[nodiscard]] std::string progress_line(progress_figures const& what, number_style style);
// " (xfr#1, to-chk=6/9)"
[[nodiscard]] std::string transfer_count(std::int64_t transfers, std::int64_t to_check, std::int64_t entries,
                                         bool list_complete);

// The block of --stats with the empty line before it; every line ends in a newline.
[[nodiscard]] std::string stats_block(report const& what, number_style style);
// "sent ... received ..." and "total size is ...", with the empty line before them; every line ends in a newline.
[[nodiscard]] std::string summary(report const& what, number_style style);

}  // namespace volsync::text
