// Any bytes as what a client says to its server before the handshake and the transfer: words of the command line,
// secluded ones, filter rules and names. Input: a byte that chooses, then the text.
#include <algorithm>
#include <string>
#include <vector>

#include "protocol/opening.hpp"
#include "protocol/server_command.hpp"

#include "fuzz/wire_input.hpp"

using namespace volsync;
using namespace volsync::protocol;
using volsync::wire::require;

namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const end = std::min(text.find('\0', at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// A refusal has a sentence, and what is accepted has none.
void command(std::string_view text) {
  server_request request;
  bool const taken = request.read(words_of(text));
  require(taken == request.refused().text.empty());
  if (!taken) return;
  require(!request.more_words_follow() || request.paths().empty());
}

// No word from a part of the input may be another one with all of it.
void secluded(byte_view input) {
  auto const whole = read_secluded_words(input);
  if (!whole || !*whole) return;
  require((*whole)->used <= input.size());
  auto const again = read_secluded_words(input.first((*whole)->used));
  require(again && *again && (*again)->words == (*whole)->words);
  auto const less = read_secluded_words(input.first((*whole)->used - 1));
  require(less && !*less);
  server_request request;
  static_cast<void>(request.read((*whole)->words));
}

struct heard {
  std::vector<std::string> names;
  std::size_t rules = 0, used = 0;
  bool complete = false, failed = false;
  friend bool operator==(heard const&, heard const&) = default;
};

// Rules, then names, in pieces; a piece is given again with what followed when it held no whole rule.
heard listen(byte_view input, std::size_t piece) {
  opening all{true};
  heard made;
  bytes pending;
  while (!made.failed && !all.complete() && (!input.empty() || !pending.empty())) {
    std::size_t const count = std::min(piece, input.size());
    append(pending, input.first(count));
    input = input.subspan(count);
    if (!all.rules_done()) {
      wire::cursor in{pending};
      made.failed = !all.read_rules(in);
      made.used += in.position();
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(in.position()));
    }
    if (!made.failed && all.rules_done()) {
      auto const used = all.take_names(pending);
      made.failed = !used;
      if (used) made.used += *used;
      if (used) pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(*used));
    }
    if (input.empty()) break;
  }
  made.complete = all.complete();
  made.rules = all.rules().size();
  if (!made.failed) made.names = all.names();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  wire::cursor in{wire::input_of(data, size)};
  unsigned const which = wire::choice(in);
  byte_view const rest{in.take(in.remaining())};
  if (which % 3 == 0) command(as_text(rest));
  if (which % 3 == 1) secluded(rest);
  if (which % 3 == 2) {
    auto const whole = listen(rest, rest.size() + 1), apart = listen(rest, 1 + which / 3 % 7);
    require(whole.failed == apart.failed);
    require(whole.failed || whole == apart);
  }
  return 0;
}
