// The small doors of <volsync/format.hpp>: --info, --out-format, and the final line.
#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <volsync/format.hpp>

#include "text/info_words.hpp"
#include "text/out_format.hpp"

namespace volsync {

char unsupported_out_format(std::string_view format) { return text::unsupported_escape(format); }

std::string check_info(std::string_view words) {
  text::info_levels levels;
  std::string bad;
  if (levels.apply(words, &bad)) return {};
  return "Unknown --info item: \"" + bad + "\"";
}

bool asks_info_help(std::string_view words) {
  std::string upper{words};
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (std::size_t at = 0; at <= upper.size();) {
    std::size_t const end = std::min(upper.find(',', at), upper.size());
    if (std::string_view{upper}.substr(at, end - at).starts_with("HELP")) return true;
    at = end + 1;
  }
  return false;
}

std::string info_help() {
  using row = std::pair<std::string_view, std::string_view>;
  constexpr std::array<row, 15> rows{{
      {"BACKUP", "files that were backed up"},
      {"COPY", "files copied locally at the destination"},
      {"DEL", "deletions at the destination"},
      {"FLIST", "progress of the file list (levels 1-2)"},
      {"MISC", "other remarks (levels 1-2)"},
      {"MOUNT", "mount points found or left out"},
      {"NAME", "1) names of what is updated, 2) of what is not as well"},
      {"NONREG", "files left out because they are not regular (on by default)"},
      {"PROGRESS", "1) progress of each file, 2) of the whole transfer"},
      {"REMOVE", "files removed at the source"},
      {"SKIP", "files skipped because of an option (levels 1-2)"},
      {"STATS", "figures at the end (levels 1-2)"},
      {"SYMSAFE", "symlinks that are not safe"},
      {"ALL", "all of them (ALL2: at level 2)"},
      {"NONE", "none of them (the same as ALL0)"},
  }};
  std::string made = "--info=WORD[LEVEL],... says what is printed. No level means 1, level 0 silences.\n\n";
  for (row const& each : rows) {
    made.append(each.first).append(11 - each.first.size(), ' ').append(each.second).append("\n");
  }
  return made +
         "\nSet by the count of -v:\n"
         "0) NONREG\n"
         "1) COPY,DEL,FLIST,MISC,NAME,STATS,SYMSAFE\n"
         "2) BACKUP,MISC2,MOUNT,NAME2,REMOVE,SKIP\n";
}

std::string final_line(exit_code code, std::string_view role, std::string_view version) {
  std::string line = code == exit_code::vanished ? "rsync warning: " : "rsync error: ";
  line.append(meaning(code)).append(" (code ").append(std::to_string(static_cast<int>(code))).append(") at volsync [");
  return line.append(role).append("=").append(version).append("]\n");
}

}  // namespace volsync
