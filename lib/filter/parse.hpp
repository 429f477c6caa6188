// From the text of rules to rules.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filter/rules.hpp"

namespace volsync::filter {

inline constexpr std::size_t max_rule_length = 4095;  // bytes of a pattern; stock rsync drops longer ones
inline constexpr std::size_t max_rules = 100'000;
inline constexpr int max_merge_depth = 32;

// Reads a merge file named by a `.` rule. Errors as the file system gives them.
using file_reader = std::function<result<std::string>(std::string const& name)>;

// How texts of rules are to be read, and where they come from.
struct rule_context {
  merge_style style;      // how a file is read, and which patterns parse_pattern takes
  rule defaults;          // sides, perishable, absolute given to all rules of a file
  std::string base;       // directory of the file, for anchored patterns; "" at the transfer root, "/a" above it
  std::string origin;     // "" for the command line, else the name of the file: its text is not repeated
  bool says_line = true;  // origin goes on with the number of the line
  file_reader read;       // for `.` rules; null: there are none
  int depth = 0;
  bool nul = false;                                     // files that are named here end their rules in NUL
  std::string_view home_cvsignore, cvsignore_variable;  // what `-C` takes in besides its default list
  std::function<bool(std::string_view name)> merged;    // merge files in force already: each name counts once
  bool* cleared = nullptr;                              // set by "!"
};

// Appends what one rule says to `into`; "!" empties it. Errors: filter_errc, those of `read`; text: for the user.
[[nodiscard]] result<void> parse_rule(std::string_view text, rule_context const& where, std::vector<element>& into,
                                      std::string& error_text);
// A pattern of --exclude or --include (style.only_excludes or only_includes).
[[nodiscard]] result<void> parse_pattern(std::string_view text, rule_context const& where, std::vector<element>& into,
                                         std::string& error_text);
// The content of a file of rules: lines (LF, CR or CRLF; NUL with `nul`), or words with style.word_split.
[[nodiscard]] result<void> parse_file(std::string_view text, bool nul, rule_context const& where,
                                      std::vector<element>& into, std::string& error_text);

// What -C ignores: the default list (perishable), then the words of `where`. like: include, sides and perishable for
// all.
[[nodiscard]] result<void> append_cvs(rule const& like, rule_context const& where, std::vector<element>& into,
                                      std::string& error_text);

}  // namespace volsync::filter
