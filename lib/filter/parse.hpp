// From the text of rules to rules.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filter/rules.hpp"

namespace volsync::filter {

inline constexpr std::size_t max_rule_length = 5119;   // bytes
inline constexpr std::size_t max_rules = 100'000;
inline constexpr int max_merge_depth = 32;

// Reads a merge file named by a `.` rule. Errors as the file system gives them.
using file_reader = std::function<result<std::string>(std::string const& name)>;

// How texts of rules are to be read, and where they come from.
struct rule_context {
  merge_style style;                 // only_excludes/only_includes: bare patterns, with an optional "- " or "+ " before them
  rule defaults;                     // sides, perishable, absolute given to all rules of a file
  std::string base;                  // directory of the file, for anchored patterns; "" at the transfer root
  std::string origin;                // "" for the command line, else the name of the file: its text is not repeated
  file_reader read;                  // for `.` rules; null: a `.` rule names a file of the directory that is entered
  int depth = 0;
};

// Appends what one rule says to `into`; "!" empties it. Errors: filter_errc, those of `read`; text: for the user.
[[nodiscard]] result<void> parse_rule(std::string_view text, rule_context const& where, std::vector<element>& into, std::string& error_text);
// A pattern of --exclude or --include (style.only_excludes or only_includes).
[[nodiscard]] result<void> parse_pattern(std::string_view text, rule_context const& where, std::vector<element>& into, std::string& error_text);
// The content of a file of rules: lines (LF, CR or CRLF; NUL with `nul`), or words with style.word_split.
[[nodiscard]] result<void> parse_file(std::string_view text, bool nul, rule_context const& where, std::vector<element>& into, std::string& error_text);

// The default ignore list of -C. perishable: as rules of the command line are.
void append_cvs_defaults(std::vector<element>& into);

}  // namespace volsync::filter
