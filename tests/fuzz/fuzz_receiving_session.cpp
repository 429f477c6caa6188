// Any bytes as a sender, whole sessions of them: nothing beside the destination changes, and no answer breaks us.
//
// Input: a byte that says the side, the version, incremental recursion and the split; one of options; then the sender's
// bytes, from its version on. Jobs run at once, over a tree in memory.
#include <algorithm>
#include <string>

#include "protocol/receiving_play.hpp"

#include "fuzz/wire_input.hpp"

using namespace volsync;
using namespace volsync::protocol;
using volsync::wire::require;

namespace {

options chosen(unsigned first, unsigned second) {
  options o = golden_options("links");
  o.protocol = 30 + static_cast<int>((first >> 1U) & 3U) % 3;
  o.inc_recursive = (first & 8U) != 0;
  o.hard_links = (second & 1U) != 0;
  o.deletion = (second & 2U) != 0 ? delete_mode::automatic : delete_mode::none;
  o.checksum = (second & 4U) != 0;
  o.relative = (second & 8U) != 0;
  o.dry_run = (second & 16U) != 0;
  o.inplace = (second & 32U) != 0;
  o.partial = (second & 64U) != 0;
  o.numeric_ids = (second & 128U) != 0;
  return o;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  wire::cursor in{wire::input_of(data, size)};
  unsigned const first = wire::choice(in), second = wire::choice(in);
  byte_view input{in.take(in.remaining())};
  options const o = chosen(first, second);
  receiving_play play{o, (first & 1U) != 0, golden_destination("delta")};
  play.files->add_directory("/beside-it");
  auto const piece = std::size_t{1} << ((first >> 4U) & 15U);
  bool going = play.settle().has_value();
  while (going && !input.empty()) {
    std::size_t const count = std::min(piece, input.size());
    going = play.hear(input.first(count)).has_value() && !play.session->fatal();
    input = input.subspan(count);
  }
  if (going) static_cast<void>(play.session->take_end());
  static_cast<void>(play.session->figures());
  play.session.reset();
  auto const root = play.files->open_root("/");
  require(root.has_value());
  std::vector<directory_entry> names;
  require((*root)->read(names).has_value() && names.size() == 3);
  auto const kept = leaf_name::make("beside");
  auto const opened = (*root)->open_file(*kept);
  require(opened.has_value());
  std::string content(64, '\0');
  auto const got = (*opened)->read(std::as_writable_bytes(std::span{content}));
  require(got.has_value() && content.substr(0, *got) == "not yours");
  return 0;
}
