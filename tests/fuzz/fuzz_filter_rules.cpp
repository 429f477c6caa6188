// Any bytes as a filter list: what is accepted has the same bytes again.
#include <vector>

#include "wire/filter_rules.hpp"

#include "fuzz/wire_input.hpp"

using namespace volsync;
using namespace volsync::wire;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  cursor in{input_of(data, size)};
  std::vector<filter::wire_rule> rules;
  while (true) {
    auto const got = decoded_or_untouched(in, read_filter_rule);
    if (!got) return 0;
    if (!*got) break;
    rules.push_back(**got);
  }
  bytes made;
  writer out{made};
  require(write_filter_rules(out, rules).has_value());
  auto const consumed = input_of(data, in.position());
  require(std::equal(made.begin(), made.end(), consumed.begin(), consumed.end()));
  return 0;
}
