// The rules in force in a directory, as an immutable set that sub-directories share and extend.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "volsync/result.hpp"

#include "filter/rule.hpp"

namespace volsync::filter {

// A rule in its place; a per-directory merge rule holds the rules that are read from its files at this place.
struct element {
  rule what;
  std::vector<element> active;  // directory_merge: of this directory first, then inherited ones
};

// What -C takes in besides its default list.
struct ignore_words {
  std::string home;      // content of ~/.cvsignore
  std::string variable;  // CVSIGNORE
};

// Immutable; any thread.
class rule_set {
 public:
  rule_set() = default;
  // root_path: absolute path of the transfer root, for rules with the '/' modifier and for `-F` above the root.
  // entered: directories above have been looked into.
  // cvs: for merge files that say -C.
  rule_set(std::vector<element> elements, std::string root_path, ignore_words cvs = {});
  // Further down below `outer`.
  rule_set(std::vector<element> elements, rule_set const& outer);

  // True if the entry is excluded for that side. path: relative to the transfer root, no trailing slash; a leading one
  // (-R with an absolute argument) is passed over. emptying: the directory it lies in is being deleted, so that
  // perishable rules do not count.
  [[nodiscard]] bool excludes(std::string_view path, bool is_directory, side where, bool emptying = false) const;
  // True if directories may have rules of their own: then enter() must be called for each of them.
  [[nodiscard]] bool has_directory_rules() const noexcept { return merges_; }

  [[nodiscard]] std::vector<element> const& elements() const noexcept { return elements_; }
  [[nodiscard]] std::string const& root_path() const noexcept { return root_path_; }
  [[nodiscard]] bool is_rooted() const noexcept { return rooted_; }  // the transfer root is known
  [[nodiscard]] ignore_words const& cvs() const noexcept { return *cvs_; }
  [[nodiscard]] bool entered() const noexcept { return entered_; }
  // Whether what the rules mean depends on where the transfer root lies.
  [[nodiscard]] bool needs_root() const noexcept;

 private:
  std::vector<element> elements_;
  std::string root_path_;  // without its leading slash
  bool rooted_ = false;
  std::shared_ptr<ignore_words const> cvs_ = std::make_shared<ignore_words const>();
  bool merges_ = false;
  bool entered_ = false;
};

// The same rules for another transfer root; `rules` themselves if that changes nothing. Not for a set that has entered
// a directory.
[[nodiscard]] std::shared_ptr<rule_set const> at_root(std::shared_ptr<rule_set const> const& rules,
                                                      std::string const& root_path);

// Content of a merge file: a leaf name is looked up in the directory that is entered, an absolute path as it is.
// Nothing: no such file, which only a `.` rule minds.
using file_loader = std::function<result<std::optional<std::string>>(std::string const& name)>;

// The rules for the content of a directory: `outer` and what the directory's own merge files add; `outer` itself if
// nothing changes. path: as above, "" for the transfer root. Errors: filter_errc, and those of the loader; error_text
// is the sentence for the user. The file's text is never part of it.
[[nodiscard]] result<std::shared_ptr<rule_set const>> enter(std::shared_ptr<rule_set const> const& outer,
                                                            std::string_view path, file_loader const& load,
                                                            std::string& error_text);

}  // namespace volsync::filter
