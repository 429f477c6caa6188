// Any bytes as file lists. What is accepted keeps the rules, and encoded again it is accepted with the same values.
//
// Input: protocol and compat bits, two bytes of options, then lists one after the other.
#include <memory>
#include <string>
#include <tuple>

#include "wire/flist_decoder.hpp"
#include "wire/flist_encoder.hpp"

#include "fuzz/wire_input.hpp"

using namespace volsync;
using namespace volsync::wire;

namespace {

void require_rules(flist::list const& list, flist::entry const& e, flist_options const& options) {
  std::string const path = list.path(e);
  require(!path.empty() && path.size() <= 4095 && path.find('\0') == path.npos);
  require(path != ".." && path.find("/../") == path.npos && path.compare(0, 3, "../") != 0);
  require(options.relative || path.front() != '/');
  require(e.mtime_ns <= 999'999'999 && e.length() >= 0);
  require(!e.is_symlink() || !options.links || !list.extra(e).empty());
}

auto values(flist::list const& list, flist::entry const& e) {
  bool const member = has(e.flags, flist::entry_flags::hard_linked);
  return std::tuple{list.path(e), std::string{list.extra(e)}, e.size, e.mtime, e.mtime_ns, e.mode, e.uid, e.gid,
                    e.flags,      member ? e.group : 0};
}

struct lists {
  features agreed;
  flist_options options;
  flist_decoder first{agreed, options}, second{agreed, options};
  flist_encoder encoder{agreed, options};

  // False at the end of what can be read.
  bool next(cursor& in, std::int32_t start) {
    flist::list list, again;
    first.begin(list, start);
    second.begin(again, start);
    while (true) {
      auto const got = decoded_or_untouched(in, [&](cursor& c) { return first.next(c); });
      if (!got) return false;
      bytes made;
      writer out{made};
      if (auto const* const one = std::get_if<listed>(&*got)) {
        require_rules(list, list.at(one->where), options);
        encoder.entry(out, list, one->where, start, one->user, one->group);
      } else {
        encoder.end(out, std::get<list_end>(*got).io_error);
      }
      cursor copy{made};
      auto const repeated = second.next(copy);
      require(repeated.has_value() && copy.remaining() == 0 && repeated->index() == got->index());
      if (std::holds_alternative<list_end>(*got)) return true;
      auto const where = std::get<listed>(*got).where;
      require(values(list, list.at(where)) == values(again, again.at(where)));
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  cursor in{input_of(data, size)};
  unsigned const first = choice(in), second = choice(in), third = choice(in);
  lists all;
  all.agreed.protocol = lowest_protocol + static_cast<std::int32_t>(first % 3);
  if ((first & 4U) != 0) all.agreed.compat |= compat::varint_flags;
  if ((first & 8U) != 0) all.agreed.compat |= compat::safe_list_end;
  flist_options& o = all.options;
  o.links = (second & 1U) != 0;
  o.devices = (second & 2U) != 0;
  o.specials = (second & 4U) != 0;
  o.owner = (second & 8U) != 0;
  o.group = (second & 16U) != 0;
  o.hard_links = (second & 32U) != 0;
  o.checksum = (second & 64U) != 0;
  o.checksum_length = o.checksum ? 16 : 0;
  o.incremental = (third & 1U) != 0;
  o.relative = (third & 2U) != 0;
  o.missing_args = (third & 4U) != 0;
  lists made{all.agreed, all.options};
  for (std::int32_t start = o.incremental ? 1 : 0; made.next(in, start); start += 1000) {
  }
  return 0;
}
