// One filter rule, taken apart once so that matching is cheap.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace volsync::filter {

enum class side : std::uint8_t { sender, receiver };

// How a merge file is read.
struct merge_style {
  bool no_inherit = false;     // n
  bool word_split = false;     // w
  bool cvs = false;            // C: bare exclude patterns, split at white space
  bool only_excludes = false;  // -
  bool only_includes = false;  // +
  bool literal = false;        // bare patterns have no "- " or "+ " before them
  bool nul = false;            // rules end in NUL (-0)
  std::string above;           // with a slash in front: directories above the root are looked into, from this one on
};

struct rule {
  enum class kind : std::uint8_t { match, directory_merge };
  kind what = kind::match;
  bool include = false;
  bool at_sender = true;    // hides or shows
  bool at_receiver = true;  // protects or risks
  bool sided = false;       // a side was given
  bool perishable = false;
  bool negated = false;   // !
  bool absolute = false;  // '/' modifier
  bool directory_only = false;
  bool xattr = false;          // x: of no concern for names of files
  bool cvs_list = false;       // C on a plain rule
  bool excludes_self = false;  // e
  merge_style merge;           // directory_merge
  // Without the directory slash at its end; merge: file name. An anchored one from a merge file begins with the
  // directory of that file.
  std::string pattern;

  [[nodiscard]] bool acts_at(side where) const noexcept { return where == side::sender ? at_sender : at_receiver; }
  // Fills what follows from the pattern. Call after `pattern` is set.
  void analyse() noexcept;
  // path: relative to the transfer root. root_path: absolute path of that root without its leading slash (for
  // `absolute`).
  [[nodiscard]] bool matches(std::string_view path, bool is_directory, std::string_view root_path) const;

 private:
  [[nodiscard]] bool pattern_matches(std::string_view path, bool is_directory, std::string_view root_path) const;
  [[nodiscard]] bool compare(std::string_view text) const noexcept;

  std::uint16_t slashes_ = 0;
  bool anchored_ = false;
  bool wild_ = false;
  bool twofold_ = false;         // "**" somewhere
  bool twofold_first_ = false;   // it begins with "**"
  bool threefold_last_ = false;  // it ends with "***"
};

}  // namespace volsync::filter
