// Any bytes as signatures: memory follows what came, and a whole signature has the same bytes again.
#include "wire/sums.hpp"

#include "fuzz/wire_input.hpp"

using namespace volsync;
using namespace volsync::wire;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  cursor in{input_of(data, size)};
  while (auto const head = decoded_or_untouched(in, [](cursor& c) { return read_sum_head(c, 16); })) {
    require(delta::check(*head, 16).has_value() && head->basis_length() >= 0);
    require_round_trip(*head, write_sum_head, [](cursor& c) { return read_sum_head(c, 16); });
    signature_reader reader{*head};
    std::size_t const before = in.position();
    bool const complete = reader.feed(in);
    require(complete == reader.complete());
    auto const sums = reader.take();
    require(sums.weak.size() * 4 + sums.strong.size() == in.position() - before);
    bytes made;
    writer out{made};
    write_block_sums(out, sums);
    auto const consumed = input_of(data + before, in.position() - before);
    require(std::equal(made.begin(), made.end(), consumed.begin(), consumed.end()));
    if (!complete) break;
  }
  return 0;
}
