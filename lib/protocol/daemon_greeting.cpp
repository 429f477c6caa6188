// The client's half of the daemon's text.
#include "protocol/daemon_greeting.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "checksum/daemon_auth.hpp"

#include "wire/features.hpp"

#include "protocol/errc.hpp"

namespace volsync::protocol {
namespace {

constexpr std::string_view mark = "@RSYNCD: ";
constexpr std::string_view error_mark = "@ERROR";
constexpr std::string_view challenge_mark = "@RSYNCD: AUTHREQD ";

struct daemon_version {
  std::int32_t number = 0;
  std::optional<std::int32_t> sub;
  std::optional<std::string_view> digests;  // what follows the version
};

// Digits at the front of `text`, which loses them.
std::optional<std::int32_t> take_number(std::string_view& text) {
  std::int32_t value = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// "@RSYNCD: 32.0 sha512 md5"; nothing for any other shape.
std::optional<daemon_version> parse_version(std::string_view text) {
  if (!text.starts_with(mark)) return std::nullopt;
  text.remove_prefix(mark.size());
  daemon_version made;
  auto const number = take_number(text);
  if (!number) return std::nullopt;
  made.number = *number;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    made.sub = take_number(text);
    if (!made.sub) return std::nullopt;
  }
  if (text.starts_with(' ')) made.digests = text.substr(1);
  return made;
}

void put_line(bytes& to, std::string_view text) {
  append(to, as_bytes(text));
  to.push_back(std::byte{'\n'});
}

}  // namespace

std::int32_t agreed_daemon_version(std::int32_t ours, std::int32_t theirs, std::int32_t sub) noexcept {
  std::int32_t common = std::min(ours, theirs);
  if (sub != 0 && theirs <= ours) --common;
  return common < wire::lowest_protocol ? 0 : common;
}

std::string module_of(std::string_view path) { return std::string{path.substr(0, path.find('/'))}; }

bytes daemon_arguments(std::vector<std::string> const& words, byte_view after) {
  bytes made;
  for (std::string const& each : words) {
    append(made, as_bytes(each));
    made.push_back(std::byte{0});
  }
  made.push_back(std::byte{0});
  append(made, after);
  return made;
}

daemon_greeting::daemon_greeting(greeting_setup setup) : setup_{std::move(setup)} {
  put_line(out_, std::string{mark} + std::to_string(setup_.protocol) + ".0 " + std::string{checksum::auth_names});
}

error_code daemon_greeting::fail(error_code why, std::string sentence) {
  at_ = state::failed;
  problem_ = std::move(sentence);
  return why;
}

result<void> daemon_greeting::take_input(byte_view input) {
  append(pending_, input);
  std::size_t used = 0;
  result<void> done;
  while (done && (at_ == state::greeting || at_ == state::answers)) {
    std::string_view const rest = as_text(pending_).substr(used);
    std::size_t const end = rest.find('\n');
    if (std::min(end, rest.size()) > longest_line) {
      done = fail(protocol_errc::overlong_greeting, "the daemon sent a line of more than 16384 bytes");
    } else if (end == std::string_view::npos) {
      break;
    } else {
      done = take_line(rest.substr(0, end));
      used += end + 1;
    }
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(used));
  return done;
}

result<void> daemon_greeting::take_line(std::string_view text) {
  if (++line_count_ > most_lines) {
    return fail(protocol_errc::overlong_greeting, "the daemon sent more than 65536 lines");
  }
  if (text.find('\0') != std::string_view::npos) {
    return fail(protocol_errc::no_answer, "didn't get server startup line");
  }
  std::string whole{text};
  std::erase(whole, '\r');
  return at_ == state::greeting ? take_greeting(whole) : take_answer(whole);
}

result<void> daemon_greeting::take_greeting(std::string_view text) {
  auto const theirs = parse_version(text);
  std::string const shown{text};
  if (!theirs) return fail(protocol_errc::not_a_daemon, "server sent \"" + shown + "\" rather than greeting");
  if (theirs->number >= 30 && !theirs->sub) {
    return fail(protocol_errc::not_a_daemon, "the server omitted the subprotocol value: " + shown);
  }
  if (theirs->number >= 32 && !theirs->digests) {
    return fail(protocol_errc::not_a_daemon, "the server omitted the digest name list: " + shown);
  }
  protocol_ = agreed_daemon_version(setup_.protocol, theirs->number, theirs->sub.value_or(0));
  error_code const old = protocol_errc::peer_too_old;
  if (protocol_ == 0) return fail(old, old.message());
  digests_ = theirs->digests.value_or("md5");
  put_line(out_, setup_.module);
  at_ = state::answers;
  return {};
}

result<void> daemon_greeting::take_answer(std::string_view text) {
  if (text.starts_with(challenge_mark)) return take_challenge(text.substr(challenge_mark.size()));
  if (text == "@RSYNCD: OK") {
    append(out_, setup_.arguments);
    at_ = state::accepted;
    return {};
  }
  if (text == "@RSYNCD: EXIT") {
    at_ = state::ended;
    return {};
  }
  bool const refused = text.starts_with(error_mark);
  lines_.push_back({std::string{text}, refused});
  if (refused) return fail(protocol_errc::daemon_refused, {});
  return {};
}

result<void> daemon_greeting::take_challenge(std::string_view challenge) {
  if (!checksum::choose_auth(digests_)) {
    return fail(protocol_errc::no_common_digest, "Failed to negotiate a daemon auth checksum choice.\nServer list: " +
                                                     digests_ + "\nClient list: " + std::string{checksum::auth_names});
  }
  challenge_ = challenge;
  at_ = state::secret;
  return {};
}

void daemon_greeting::give_secret(std::string_view secret) {
  if (at_ != state::secret) return;
  auto const digest = checksum::choose_auth(digests_).value_or(checksum::auth_digest::md5);
  put_line(out_, setup_.user + ' ' + checksum::auth_response(digest, secret, challenge_));
  at_ = state::answers;
}

result<void> daemon_greeting::take_end() {
  switch (at_) {
    case state::greeting:
      return fail(protocol_errc::not_a_daemon, "did not see server greeting");
    case state::answers:
    case state::secret:
      return fail(protocol_errc::no_answer, "didn't get server startup line");
    case state::accepted:
    case state::ended:
    case state::failed:
      break;
  }
  return {};
}

}  // namespace volsync::protocol
