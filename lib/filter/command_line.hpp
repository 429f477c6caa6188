// The rules of a command line: what is in force here, and what the receiving side is told.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "volsync/options.hpp"

#include "filter/rules.hpp"
#include "filter/wire_rule.hpp"

namespace volsync::filter {

struct compiled {
  std::shared_ptr<rule_set const> rules;
  std::vector<wire_rule> wire;           // for the other side
  bool send = false;                     // whether a peer is sent the list, even an empty one, at all
  std::shared_ptr<rule_set const> sent;  // of a pull: the rules of `wire`; those that -C adds there are not among them
};

struct sources {
  std::function<result<std::string>(std::string const& file)> read_file;
  std::string home_cvsignore;      // content of ~/.cvsignore
  std::string cvsignore_variable;  // CVSIGNORE
  std::string current_directory;   // absolute path of the transfer root; empty: at_root() will tell
};

// For a client that sends. Errors: filter_errc (exit 1), those of read_file (exit 11); error_text is the sentence.
[[nodiscard]] result<compiled> compile_for_push(options const& what, sources const& from, std::string& error_text);

// For a client that receives: its own rules protect, and the sending side is told those that hide.
[[nodiscard]] result<compiled> compile_for_pull(options const& what, sources const& from, std::string& error_text);

// For a server: what its client sent. Of the server's own options -C and --delete-excluded count. No rule makes a file
// be read. Errors: filter_errc.
[[nodiscard]] result<std::shared_ptr<rule_set const>> compile_received(std::vector<wire_rule> const& received,
                                                                       options const& what, sources const& from,
                                                                       std::string& error_text);

// A rule in the form in which it travels.
[[nodiscard]] wire_rule to_wire(rule const& r);

}  // namespace volsync::filter
