// Version, compat flags, lists of names and seed.
#include "wire/handshake.hpp"

#include <algorithm>

#include "wire/errc.hpp"
#include "wire/features.hpp"
#include "wire/integers.hpp"

namespace volsync::wire {

namespace {

// Outside these no release speaks: the bytes are something else.
constexpr std::int32_t lowest_peer_version = 20, highest_peer_version = 40;

}  // namespace

void write_version(writer& out, std::int32_t version) { write_int32(out, version); }

result<std::int32_t> read_version(cursor& in) {
  attempt whole{in};
  auto const version = read_int32(in);
  if (!version) return version.error();
  if (*version < lowest_peer_version || *version > highest_peer_version) return wire_errc::bad_version;
  whole.succeed();
  return *version;
}

result<std::int32_t> agree_version(std::int32_t ours, std::int32_t theirs) {
  std::int32_t const common = std::min(ours, theirs);
  if (common < lowest_protocol) return wire_errc::version_too_old;
  return common;
}

void write_compat_flags(writer& out, std::uint32_t bits) { write_varint(out, static_cast<std::int32_t>(bits)); }

result<std::uint32_t> read_compat_flags(cursor& in) {
  auto const bits = read_varint(in);
  if (!bits) return bits.error();
  return static_cast<std::uint32_t>(*bits);
}

void write_name_list(writer& out, std::string_view names) {
  assert(names.size() <= max_name_list);
  write_vstring(out, names);
}

result<std::string> read_name_list(cursor& in) {
  auto const names = read_vstring(in, max_name_list);
  if (names) return std::string{*names};
  if (names.error() == wire_errc::string_too_long) return wire_errc::name_list_too_long;
  return names.error();
}

void write_seed(writer& out, std::int32_t seed) { write_int32(out, seed); }
result<std::int32_t> read_seed(cursor& in) { return read_int32(in); }

}  // namespace volsync::wire
