// Any bytes as a daemon: what is shown, asked for and left over stays within its bounds, in any split.
//
// Input: a byte that says how the rest is split, then the daemon's bytes.
#include <algorithm>
#include <cstdint>
#include <string>

#include "protocol/daemon_greeting.hpp"

#include "fuzz/wire_input.hpp"

using namespace volsync;
using namespace volsync::protocol;
using volsync::wire::require;

namespace {

using state = daemon_greeting::state;

struct heard {
  state end = state::greeting;
  std::string said, shown;
  bytes rest;
  std::string problem;
  friend bool operator==(heard const&, heard const&) = default;
};

heard listen(byte_view daemon, std::size_t piece) {
  daemon_greeting machine{{.protocol = 32, .module = "m", .user = "u", .arguments = daemon_arguments({"w"}, {})}};
  heard all;
  std::size_t lines = 0;
  bool failed = false;
  while (!daemon.empty() && !failed) {
    std::size_t const count = std::min(piece, daemon.size());
    failed = !machine.take_input(daemon.first(count));
    require(failed == (machine.at() == state::failed));
    daemon = daemon.subspan(count);
    while (machine.at() == state::secret) {  // as often as it asks
      machine.give_secret("secret");
      failed = !machine.take_input({});
    }
    for (auto const& each : machine.take_lines()) {
      require(each.text.size() <= daemon_greeting::longest_line &&
              each.text.find_first_of("\r\n") == std::string::npos);
      require(++lines <= daemon_greeting::most_lines);
      all.shown += each.text + '\n';
    }
    if (machine.at() == state::accepted || machine.at() == state::ended) break;
  }
  if (!failed) failed = !machine.take_end();
  all.end = machine.at();
  require(all.end != state::greeting && all.end != state::answers && all.end != state::secret);
  require(all.end != state::accepted || (machine.protocol() >= 30 && machine.protocol() <= 32));
  all.said = as_text(machine.take_output());
  require(all.said.find("secret") == std::string::npos);
  all.rest = machine.take_rest();
  append(all.rest, daemon);
  if (all.end != state::accepted) all.rest.clear();
  all.problem = machine.problem();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  byte_view const daemon = wire::input_of(data + 1, size - 1);
  heard const whole = listen(daemon, daemon.size() + 1);
  heard const split = listen(daemon, 1U + data[0]);
  require(whole == split);
  return 0;
}
