// Any bytes as frames: whole and one at a time they mean the same, and what was understood survives a new framing.
#include <vector>

#include "wire/multiplex.hpp"

#include "fuzz/wire_input.hpp"

using namespace volsync;
using namespace volsync::wire;

namespace {

struct understood {
  bytes stream;
  std::vector<message> messages;
  error_code error;
  bool between = false;

  void take(demultiplexer& from) {
    append(stream, from.data());
    from.consume(from.data().size());
    while (auto one = from.next_message()) messages.push_back(*std::move(one));
    between = from.between_frames();
  }
};

understood read(byte_view input, std::size_t piece) {
  demultiplexer from;
  understood all;
  while (!input.empty() && !all.error) {
    auto const part = input.first(std::min(piece, input.size()));
    input = input.subspan(part.size());
    all.error = from.feed(part).error();
    all.take(from);
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const input = input_of(data, size);
  auto const whole = read(input, input.size() + 1), by_one = read(input, 1);
  require(whole.stream == by_one.stream && whole.messages == by_one.messages && whole.error == by_one.error);
  require(whole.between == by_one.between || whole.error);
  multiplexer to;
  to.stream().put(whole.stream);
  for (auto const& one : whole.messages) to.put_message(one.kind, one.payload);
  auto const framed = to.take_output();
  auto const again = read(framed, framed.size() + 1);
  require(!again.error && again.stream == whole.stream && again.messages == whole.messages);
  require(to.byte_count() == static_cast<std::int64_t>(framed.size()));
  return 0;
}
