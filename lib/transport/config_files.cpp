// Reading ssh_config files where there is no ssh program to do it: enough to know what is asked, never to guess.
#include <glob.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "transport/errc.hpp"
#include "transport/known_hosts.hpp"
#include "transport/ssh_config.hpp"

namespace volsync::transport {
namespace {

constexpr int deepest_include = 16;  // as OpenSSH

constexpr std::string_view many_valued[] = {"identityfile", "certificatefile", "sendenv",        "setenv",
                                            "localforward", "remoteforward",   "dynamicforward", "match"};

struct line_words {
  std::string keyword;              // lower case
  std::vector<std::string> values;  // without quotes
};

// Splits `Keyword value...` or `Keyword=value`. Errors: bad_configuration for a quote that is not closed.
result<line_words> split_line(std::string const& text) {
  line_words split;
  std::size_t at = text.find_first_not_of(" \t\r");
  if (at == std::string::npos || text[at] == '#') return split;
  for (; at < text.size() && text[at] != '=' && std::isspace(static_cast<unsigned char>(text[at])) == 0; ++at) {
    split.keyword += static_cast<char>(std::tolower(static_cast<unsigned char>(text[at])));
  }
  at = text.find_first_not_of(" \t\r", at);
  if (at != std::string::npos && text[at] == '=') at = text.find_first_not_of(" \t\r", at + 1);
  while (at != std::string::npos && at < text.size()) {
    bool const quoted = text[at] == '"';
    if (!quoted && text[at] == '#') break;
    auto end = quoted ? text.find('"', at + 1) : std::min(text.find_first_of(" \t\r", at), text.size());
    if (end == std::string::npos) return transport_errc::bad_configuration;
    split.values.push_back(text.substr(at + (quoted ? 1 : 0), end - at - (quoted ? 1 : 0)));
    at = text.find_first_not_of(" \t\r", quoted ? end + 1 : end);
  }
  if (split.values.empty()) return transport_errc::bad_configuration;
  return split;
}

std::string joined(std::vector<std::string> const& words) {
  std::string text;
  for (auto const& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

class reader {
 public:
  explicit reader(config_query const& query) : query_{query} {
    if (!query.user.empty()) config_.add("user", query.user);
    if (query.port != 0) config_.add("port", std::to_string(query.port));
    if (query.family == address_family::inet) config_.add("addressfamily", "inet");
    if (query.family == address_family::inet6) config_.add("addressfamily", "inet6");
  }

  error_code read(std::string const& file, int depth, bool applies) {
    std::ifstream in{file};
    std::string text;
    while (std::getline(in, text)) {
      auto const line = split_line(text);
      if (!line) return line.error();
      if (line->keyword.empty()) continue;
      if (line->keyword == "host") {
        applies = matches_patterns(query_.host, joined(line->values), ' ');
      } else if (line->keyword == "match") {
        applies = false;
        config_.add("match", joined(line->values));
      } else if (applies && line->keyword == "include") {
        for (auto const& pattern : line->values) {
          if (auto const failed = include(pattern, file, depth)) return failed;
        }
      } else if (applies) {
        keep(*line);
      }
    }
    return {};
  }

  ssh_config finished() {
    auto host = config_.first("hostname").empty() ? query_.host : config_.first("hostname");
    if (auto const at = host.find("%h"); at != std::string::npos) host.replace(at, 2, query_.host);
    ssh_config whole;
    whole.add("hostname", host);
    for (auto const& keyword : config_.keywords()) {
      if (keyword == "hostname") continue;
      for (auto const& value : config_.all(keyword)) whole.add(keyword, value);
    }
    auto const otherwise = [&](char const* keyword, std::string const& value) {
      if (!config_.has(keyword)) whole.add(keyword, value);
    };
    otherwise("port", "22");
    otherwise("userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2");
    otherwise("globalknownhostsfile", "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2");
    if (!config_.has("identityfile")) {
      for (char const* name : {"id_rsa", "id_ecdsa", "id_ed25519"})
        whole.add("identityfile", std::string{"~/.ssh/"} + name);
    }
    return whole;
  }

 private:
  error_code include(std::string pattern, std::string const& from, int depth) {
    if (depth >= deepest_include) return transport_errc::bad_configuration;
    if (pattern.rfind("~/", 0) == 0) pattern.replace(0, 1, home_directory());
    if (pattern.front() != '/') {
      bool const system_wide = from.rfind("/etc/ssh/", 0) == 0;
      pattern.insert(0, system_wide ? "/etc/ssh/" : home_directory() + "/.ssh/");
    }
    glob_t found{};
    error_code failed;
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
      for (std::size_t i = 0; i < found.gl_pathc && !failed; ++i) failed = read(found.gl_pathv[i], depth + 1, true);
    }
    ::globfree(&found);
    return failed;
  }

  void keep(line_words const& line) {
    bool const many = std::find(std::begin(many_valued), std::end(many_valued), line.keyword) != std::end(many_valued);
    if (many || !config_.has(line.keyword)) config_.add(line.keyword, joined(line.values));
  }

  config_query query_;
  ssh_config config_;
};

}  // namespace

result<ssh_config> read_config_files(config_query const& query, std::vector<std::string> const& files) {
  reader one{query};
  for (auto const& file : files) {
    if (auto const failed = one.read(file, 0, true)) return failed;
  }
  return one.finished();
}

}  // namespace volsync::transport
