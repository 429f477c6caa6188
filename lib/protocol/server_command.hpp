// The command line of a server, read: what a client that started us wants of us.
//
// The client's words are rsync's (see server_args.hpp, which writes them); a value may follow an option by `=` or as
// the next word. Nothing is guessed: a word that is unknown, or asks for what this version cannot do, is refused by
// name. Source: lib/protocol/README.md, arguments of the remote command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "volsync/exit_code.hpp"
#include "volsync/options.hpp"
#include "volsync/result.hpp"

#include "base/bytes.hpp"

namespace volsync::protocol {

// Why a command line is refused: syntax or unsupported, and a sentence that names the word.
struct refused_word {
  exit_code code = exit_code::syntax;
  std::string text;
};

class server_request {
 public:
  // Words behind the program's name. False: refused() says why.
  bool read(std::vector<std::string> const& words);

  [[nodiscard]] refused_word const& refused() const noexcept { return refused_; }
  // True: the client's further words are the first bytes of its input, in the form of `secluded_words`.
  [[nodiscard]] bool more_words_follow() const noexcept { return secluded_ && !paths_begun_; }
  // The server sends: somebody pulls.
  [[nodiscard]] bool sends() const noexcept { return sender_; }
  [[nodiscard]] volsync::options const& options() const noexcept { return what_; }
  // Behind the ".": sources; of a receiver the first is the destination, and further ones mean nothing.
  [[nodiscard]] std::vector<std::string> const& paths() const noexcept { return paths_; }
  // --files-from=-: the names come from the client.
  [[nodiscard]] bool hears_names() const noexcept { return what_.files_from == "-"; }
  // The client's compatibility letters, as they stand behind `e`: ".iLsfxCIvu"; empty: none.
  [[nodiscard]] std::string const& letters() const noexcept { return letters_; }

 private:
  struct row;
  friend struct option_rows;

  bool refuse(exit_code code, std::string text);
  bool read_long(std::vector<std::string> const& words, std::size_t& at);
  bool read_cluster(std::vector<std::string> const& words, std::size_t& at);
  bool apply(row const& which, std::string_view shown, std::optional<std::string_view> value);
  void settle();

  volsync::options what_;
  refused_word refused_;
  std::string letters_;  // behind "e"
  std::vector<std::string> paths_;
  std::optional<bool> relative_;  // -R, --no-relative; unset: --files-from implies it
  bool server_ = false, sender_ = false, secluded_ = false, paths_begun_ = false;
};

// The words that come by standard input: each ended by NUL, one more NUL at the end. Takes as much of `input` as is
// theirs and says how much that was; nothing: more has to come. Errors: truncated is none; arguments_too_long.
struct secluded_words {
  std::vector<std::string> words;  // without the dummy that stands first
  std::size_t used = 0;            // bytes
};
[[nodiscard]] result<std::optional<secluded_words>> read_secluded_words(byte_view input);

}  // namespace volsync::protocol
