// The first words, for either side and in any split.
#include "protocol/handshake.hpp"

#include <array>
#include <vector>

#include "protocol/errc.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::protocol;

namespace {

// Two of ours, a byte at a time each way.
void talk(handshake& client, handshake& server) {
  for (int turn = 0; turn < 50; ++turn) {
    for (auto const& each : client.take_output()) REQUIRE(server.take({&each, 1}));
    for (auto const& each : server.take_output()) {
      if (!client.agreed()) REQUIRE(client.take({&each, 1}));
    }
  }
}

}  // namespace

TEST_CASE("client and server agree on the same") {
  for (std::int32_t const version : {30, 31, 32}) {
    handshake_setup c, s;
    c.protocol = version;
    s.server = true;
    s.client_letters = ".iLsfxCIvu";
    s.seed = 4711;
    handshake client{c}, server{s};
    talk(client, server);
    REQUIRE((client.agreed() && server.agreed()));
    CHECK(client.agreed()->features == server.agreed()->features);
    CHECK(client.agreed()->features.protocol == version);
    CHECK(client.agreed()->features.compat == 0x1ff);
    CHECK(client.agreed()->seed == 4711);
    CHECK(client.agreed()->checksums == server.agreed()->checksums);
    CHECK(client.agreed()->checksums.transfer == checksum::algorithm::xxh128);
  }
}

TEST_CASE("what a server may not recurse into it does not offer, and a client refuses what it did not want") {
  handshake_setup s;
  s.server = true;
  s.client_letters = ".iLsfxCIvu";
  s.may_recurse_incrementally = false;
  handshake server{s};
  handshake client{{}};
  talk(client, server);
  CHECK(server.agreed()->features.compat == 0x1fe);

  handshake_setup c;
  c.may_recurse_incrementally = false;
  handshake unwilling{c};
  std::array<std::byte, 6> const said{std::byte{32}, {}, {}, {}, std::byte{0x81}, std::byte{0xff}};
  CHECK(unwilling.take(said).error() == make_error_code(protocol_errc::unwanted_recursion));
}

TEST_CASE("what follows the handshake is left") {
  handshake_setup c;
  c.checksums = checksum::choice{};
  handshake client{c};
  std::vector<std::byte> said{std::byte{32}, {}, {}, {}, std::byte{0x81}, std::byte{0xfe},
                              std::byte{1},  {}, {}, {}, std::byte{9}};
  auto const used = client.take(said);
  REQUIRE(used);
  CHECK(*used == 10);
  CHECK(client.agreed()->seed == 1);
}

TEST_CASE("a shell that prints and a peer that is too old") {
  handshake client{{}};
  CHECK(client.take(as_bytes(std::string_view{"Welcome"})).error() == make_error_code(protocol_errc::not_rsync));
  handshake other{{}};
  std::array<std::byte, 4> const old{std::byte{29}, {}, {}, {}};
  CHECK(other.take(old).error() == make_error_code(protocol_errc::peer_too_old));
}
