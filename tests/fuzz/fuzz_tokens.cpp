// Any bytes as tokens of files, whole and one at a time. Input: blocks of the basis, then tokens.
#include <algorithm>
#include <string>

#include "wire/tokens.hpp"

#include "fuzz/wire_input.hpp"

using namespace volsync;
using namespace volsync::wire;

namespace {

// What the tokens say, as text; stops at an error or the end of the input.
std::string said(byte_view input, std::int32_t blocks, std::size_t piece) {
  std::string text;
  token_reader from{blocks};
  bytes pending;
  while (!input.empty()) {
    auto const part = input.first(std::min(piece, input.size()));
    append(pending, part);
    input = input.subspan(part.size());
    cursor in{pending};
    auto got = decoded_or_untouched(in, [&](cursor& c) { return from.next(c); });
    for (; got; got = decoded_or_untouched(in, [&](cursor& c) { return from.next(c); })) {
      if (auto const* const data = std::get_if<literal>(&*got)) {
        require(!data->data.empty());
        text += as_text(data->data);
      } else if (auto const* const match = std::get_if<block_match>(&*got)) {
        require(match->block >= 0 && match->block < blocks);
        text += "<" + std::to_string(match->block) + ">";
      } else {
        text += "<end>";
      }
    }
    if (got.error() != wire_errc::truncated) return text + got.error().message();
    pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(in.position()));
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  cursor in{input_of(data, size)};
  auto const blocks = static_cast<std::int32_t>(choice(in));
  auto const tokens = in.take(in.remaining());
  require(said(tokens, blocks, tokens.size() + 1) == said(tokens, blocks, 1));
  return 0;
}
