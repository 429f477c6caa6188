// The resolved SSH configuration of one host: the lines of `ssh -G`, or the same read by ourselves where there is no
// ssh.
//
// Keywords are lower case; a keyword may stand several times (identityfile, sendenv), in order.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "volsync/result.hpp"

#include "transport/ssh_settings.hpp"

namespace volsync::transport {

class ssh_config {
 public:
  void add(std::string keyword, std::string value);
  [[nodiscard]] std::string first(std::string_view keyword) const;  // empty if there is none
  [[nodiscard]] bool has(std::string_view keyword) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view keyword) const;
  [[nodiscard]] std::vector<std::string> keywords() const;  // each once, in order
 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

// Flat `keyword value` lines. Pure. Lines without a value have an empty one.
[[nodiscard]] ssh_config parse_flat_config(std::string_view text);

// What is asked of the configuration besides the host name; empty and 0: nothing.
struct config_query {
  std::string host, user, file;
  int port = 0;
  address_family family = address_family::any;
};

struct config_answer {
  ssh_config config;     // for this host
  ssh_config baseline;   // the same question without any file: what is a default
  bool from_ssh = true;  // false: no ssh program, read by ourselves
  error_code failure;    // bad_configuration
  std::string failure_text;
};

// Runs `ssh -G` twice (files, no file); without an ssh program reads FILE or ~/.ssh/config, and /etc/ssh/ssh_config.
// Blocks, at most 30 s. The home is that of the password database, as OpenSSH has it; HOME does not move it.
[[nodiscard]] config_answer resolve_config(config_query const& query, std::string const& ssh_program = "ssh");

// Reads configuration files by OpenSSH's rule: the first value of a keyword holds, identity files add up. Host blocks
// with patterns and Include are understood; Match is not: it is left as keyword "match", so that it is seen. Errors:
// bad_configuration.
[[nodiscard]] result<ssh_config> read_config_files(config_query const& query, std::vector<std::string> const& files);

// The settings that a resolved configuration asks for. Errors: bad_configuration (a value that makes no sense).
[[nodiscard]] result<ssh_settings> to_settings(ssh_config const& config, ssh_config const& baseline);

// The home directory of the effective user, from the password database.
[[nodiscard]] std::string home_directory();

}  // namespace volsync::transport
