#include "transport/shell_words.hpp"

#include <algorithm>

#include "transport/errc.hpp"

namespace volsync::transport {

result<std::vector<std::string>> split_shell_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (quote != 0) {
      bool const doubled = c == quote && i + 1 < text.size() && text[i + 1] == quote;
      if (c != quote || doubled) word += c;
      if (doubled) {
        ++i;
      } else if (c == quote) {
        quote = 0;
      }
    } else if (c == ' ') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      in_word = true;
      if (c == '\'' || c == '"') {
        quote = c;
      } else {
        word += c;
      }
    }
  }
  if (quote != 0) return transport_errc::bad_shell_words;
  if (in_word) words.push_back(std::move(word));
  if (words.empty()) return transport_errc::bad_shell_words;
  return words;
}

std::vector<std::string> shell_argv(std::vector<std::string> words, std::string const& user, address_family family,
                                    std::string const& host, std::vector<std::string> const& command) {
  std::string const program = words.front().substr(words.front().rfind('/') + 1);
  if (!user.empty()) words.insert(words.end(), {"-l", user});
  if (program == "ssh" && family == address_family::inet) words.emplace_back("-4");
  if (program == "ssh" && family == address_family::inet6) words.emplace_back("-6");
  words.push_back(host);
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

bool names_user(std::vector<std::string> const& words) {
  return std::find(words.begin(), words.end(), "-l") != words.end();
}

}  // namespace volsync::transport
