// The text between a client and a daemon, from the greeting to the OK after which a session begins.
//
// Sans-IO: bytes in, bytes and lines out. Both sides greet at once; then we name a module, or nothing to hear which
// there are; the daemon says what it likes, may ask for a secret, and ends with OK, EXIT or an error. Everything it
// says is untrusted: a line is bounded, and so is the number of lines. Source: lib/wire/FORMAT.md, daemon.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "volsync/result.hpp"

#include "base/bytes.hpp"

namespace volsync::protocol {

struct greeting_setup {
  std::int32_t protocol = 32;   // the highest version we speak, 30 to 32
  std::string module;           // without line ends; empty: the list of modules
  std::string user = "nobody";  // without line ends, for the case that the module wants one
  bytes arguments;              // what follows OK: daemon_arguments()
};

class daemon_greeting {
 public:
  enum class state : std::uint8_t {
    greeting,  // waits for the daemon's version
    answers,   // waits for OK; lines come
    secret,    // waits for give_secret(), which comes before any more input
    accepted,  // OK was said: the session begins with take_rest()
    ended,     // the daemon has said all that was asked for, without a session
    failed,
  };
  struct line {
    std::string text;    // raw, without its end
    bool error = false;  // why the daemon sends us away
  };

  static constexpr std::size_t longest_line = 16U << 10;  // bytes, without its end
  static constexpr std::size_t most_lines = 65536;        // a list of modules has one for each

  explicit daemon_greeting(greeting_setup setup);

  // Bytes of the daemon, in any split. Errors: not_a_daemon, peer_too_old, overlong_greeting, no_common_digest,
  // daemon_refused (its reason is the last of the lines), no_answer; problem() says which in words.
  [[nodiscard]] result<void> take_input(byte_view input);
  // The daemon has closed the connection. Errors: not_a_daemon, no_answer.
  [[nodiscard]] result<void> take_end();
  // In state `secret` only; what was heard after the question is looked at by the next take_input(), which may be
  // empty.
  void give_secret(std::string_view secret);

  [[nodiscard]] state at() const noexcept { return at_; }
  [[nodiscard]] bytes take_output() { return std::exchange(out_, {}); }
  // What is to be shown, in order.
  [[nodiscard]] std::vector<line> take_lines() { return std::exchange(lines_, {}); }
  // What followed OK already.
  [[nodiscard]] bytes take_rest() { return std::exchange(pending_, {}); }
  // The version for the session, which exchanges none itself. Meaningful from `answers` on.
  [[nodiscard]] std::int32_t protocol() const noexcept { return protocol_; }
  // One sentence about the failure, or several lines; it may quote the daemon. Empty if the daemon gave the reason.
  [[nodiscard]] std::string const& problem() const noexcept { return problem_; }

 private:
  [[nodiscard]] result<void> take_line(std::string_view text);
  [[nodiscard]] result<void> take_greeting(std::string_view text);
  [[nodiscard]] result<void> take_answer(std::string_view text);
  [[nodiscard]] result<void> take_challenge(std::string_view challenge);
  [[nodiscard]] error_code fail(error_code why, std::string sentence);

  greeting_setup setup_;
  state at_ = state::greeting;
  std::int32_t protocol_ = 0;
  std::string digests_;    // as the daemon lists them
  std::string challenge_;  // in state `secret`
  bytes pending_;          // an unfinished line, or what followed OK
  bytes out_;
  std::vector<line> lines_;
  std::size_t line_count_ = 0;
  std::string problem_;
};

// The version both speak, 0 for none: a sub-version stands for one that is not finished, which nobody else speaks.
[[nodiscard]] std::int32_t agreed_daemon_version(std::int32_t ours, std::int32_t theirs, std::int32_t sub) noexcept;

// What is before the first slash of a daemon's path.
[[nodiscard]] std::string module_of(std::string_view path);
// The words for the server as a daemon reads them: each ended by a NUL byte, another NUL at the end, then `after`
// (secluded arguments).
[[nodiscard]] bytes daemon_arguments(std::vector<std::string> const& words, byte_view after);

}  // namespace volsync::protocol
