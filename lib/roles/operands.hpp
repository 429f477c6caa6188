// From the arguments of the command line to the first list.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "roles/job.hpp"
#include "roles/tree_lister.hpp"

namespace volsync::roles {

struct operand_options {
  bool relative = false;  // -R
  bool recurse = false;
  bool dirs = false;               // -d
  bool incremental = false;        // below the first component, parents go into the lists of their directories
  std::vector<std::string> paths;  // as typed
  // --files-from: names below the only path, in order; a trailing slash asks for a directory's content.
  std::optional<std::vector<std::string>> names;
};

// How one argument is cut. Pure.
struct operand {
  std::string root;                  // base directory; "/" only where -R keeps an absolute path whole, else "/."
  std::optional<std::string> typed;  // what of the root is shown, if not all (names of --files-from)
  std::string path;                  // kept part: components joined by single slashes; "" for the root itself
  bool content = false;              // trailing slash, "." or "..": the content of the directory is meant
  bool climbs = false;               // ".." in the part that -R keeps: a usage error
  bool leading_dot = false;          // -R with a leading "./": the root is listed as an implied parent
};
[[nodiscard]] operand cut_operand(std::string_view typed, bool relative);

// Builds the first list.
class operand_job final : public job {
 public:
  operand_job(std::shared_ptr<tree_lister const> lister, operand_options how,
              std::shared_ptr<filter::rule_set const> rules);
  ~operand_job() override;
  void step() override;

  [[nodiscard]] scanned take_first() { return std::move(first_); }
  [[nodiscard]] std::unordered_map<std::string, std::vector<planned_entry>> take_planned() {
    return std::move(planned_);
  }

 private:
  struct root_content;  // of an argument that means the transfer root
  struct file_content;  // of an argument that is a file, under -c

  [[nodiscard]] bool all_added() const noexcept;
  [[nodiscard]] operand next_operand();
  void append_content();
  void place_file();
  void add(operand const& each, bool from_list);
  void add_root(std::uint16_t root, bool from_list);
  void add_named(operand const& each, std::uint16_t root, bool from_list);
  void add_dot(std::uint16_t root);
  void add_parents(operand const& each, std::uint16_t root);
  [[nodiscard]] std::size_t parents_known(std::string const& path, std::uint16_t root);
  [[nodiscard]] std::shared_ptr<filter::rule_set const> const& rules_of(std::uint16_t root);
  [[nodiscard]] std::shared_ptr<filter::rule_set const> rules_below(operand const& each, std::uint16_t root);
  void place(planned_entry e, std::string const& parent);
  void failed(std::string const& full_path, char const* step, error_code why);
  [[nodiscard]] result<planned_entry> look_up(std::uint16_t root, std::string const& parent, std::string const& name,
                                              bool follow);

  std::shared_ptr<tree_lister const> lister_;
  operand_options how_;
  std::shared_ptr<filter::rule_set const> rules_;
  std::map<std::uint16_t, std::shared_ptr<filter::rule_set const>> rooted_rules_;  // rules_ as each root sees them
  scanned first_;
  std::unordered_map<std::string, std::vector<planned_entry>> planned_;
  std::set<std::uint16_t> dots_;                                     // roots that are listed as implied parents
  std::set<std::pair<std::uint16_t, std::string>> planned_parents_;  // listed with their own parents already
  std::pair<std::uint16_t, std::string> last_parents_;               // root and path of the implied parents listed last
  std::set<std::pair<std::uint16_t, std::string>> told_;             // directories on the way whose problems are told
  std::size_t at_ = 0;                                               // arguments or names taken
  std::unique_ptr<root_content> content_;                            // being listed
  std::unique_ptr<file_content> file_;                               // being digested
};

}  // namespace volsync::roles
