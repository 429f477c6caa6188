// Cuts the golden sessions into seeds of the fuzz targets. Hidden: run test_wire "[seeds]" after new captures.
#include <filesystem>
#include <fstream>
#include <set>

#include "wire/integers.hpp"
#include "wire/session.hpp"
#include "wire/support.hpp"

using namespace volsync;
using namespace volsync::wire;

namespace fs = std::filesystem;

namespace {

void write_seed_file(std::string const& target, std::string name, bytes const& prefix, byte_view data) {
  for (auto& c : name) c = c == '/' ? '-' : c;
  fs::path const directory = fs::path{VOLSYNC_TEST_DIR} / "fuzz/corpus" / ("fuzz_" + target);
  fs::create_directories(directory);
  bytes whole = prefix;
  append(whole, data);
  static std::set<std::pair<std::string, std::string>> known;
  if (!known.emplace(target, std::string{as_text(whole)}).second) return;
  std::ofstream file{directory / name, std::ios::binary};
  file << as_text(whole);
  REQUIRE(file.flush());
}

// The bytes of choices as the target of lists reads them.
bytes list_choices(session const& one) {
  auto const& o = one.facts.options;
  auto const bit = [](bool set, unsigned value) { return set ? value : 0U; };
  unsigned const agreed = static_cast<unsigned>(one.agreed.protocol - lowest_protocol);
  unsigned const compat_bits =
      bit(has_varint_flist_flags(one.agreed), 4) | bit(has(one.agreed, compat::safe_list_end), 8);
  unsigned first = compat_bits;
  while (first % 3 != agreed) first += 16;
  unsigned const second = bit(o.links, 1) | bit(o.devices, 2) | bit(o.specials, 4) | bit(o.owner, 8) |
                          bit(o.group, 16) | bit(o.hard_links, 32) | bit(o.checksum, 64);
  unsigned const third = bit(o.incremental, 1) | bit(o.relative, 2) | bit(o.missing_args, 4);
  return {std::byte(first), std::byte(second), std::byte(third)};
}

void cut(std::string const& name, session const& one, stream_reader const& reader) {
  for (auto const& [kind, data] : reader.slices) {
    if (kind == "filter_rules" || kind == "items" || kind == "sums") write_seed_file(kind, name, {}, data);
    if (kind == "tokens") write_seed_file(kind, name, {std::byte{3}}, data);
    if (kind == "id_list") write_seed_file(kind, name, {std::byte{1}}, data);
    if (kind == "statistics") write_seed_file("handshake", name, {std::byte{4}}, data);
    if (kind == "flist") write_seed_file("flist_decoder", name, list_choices(one), data);
  }
}

}  // namespace

TEST_CASE("seeds of the fuzz targets are written", "[.][seeds]") {
  for (auto const& name : golden_sessions()) {
    if (name.rfind("p31/", 0) == 0 && name.find("bytes") == name.npos) continue;  // like 32
    session const one{name};
    auto client = one.client_reader(), server = one.server_reader();
    client.feed(one.client_stream);
    server.feed(one.server_stream);
    cut(name, one, client);
    cut(name, one, server);
    write_seed_file("demultiplexer", name + "-c2s", {}, one.client_frames);
    write_seed_file("demultiplexer", name + "-s2c", {}, one.server_frames);
    bytes names{std::byte{2}};
    writer out{names};
    write_vstring(out, one.server_names);
    write_seed_file("handshake", name + "-names", {}, names);
  }
}
