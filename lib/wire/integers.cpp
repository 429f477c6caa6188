// The integer codings. Lengths are known from the first byte, so nothing is consumed before all of a value is there.
#include "wire/integers.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <type_traits>

namespace volsync::wire {

namespace {

// Little-endian bytes as an unsigned value.
template <class Unsigned>
Unsigned take_low_bytes(cursor& in, std::size_t count) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= static_cast<Unsigned>(Unsigned{in.take_u8()} << (8 * i));
  return value;
}

template <class Integer>
result<Integer> read_fixed(cursor& in) {
  if (in.remaining() < sizeof(Integer)) return wire_errc::truncated;
  std::uint64_t const value = take_low_bytes<std::uint64_t>(in, sizeof(Integer));
  return static_cast<Integer>(value);
}

void put_low_bytes(writer& out, std::uint64_t value, std::size_t count) {
  std::array<std::byte, 8> low{};
  for (std::size_t i = 0; i < count; ++i) low[i] = static_cast<std::byte>(value >> (8 * i) & 0xff);
  out.put(byte_view{low}.first(count));
}

// Further bytes that a first byte announces: its leading one bits, at most six.
std::size_t extra_bytes(std::uint8_t lead) { return std::min<std::size_t>(std::countl_one(lead), 6); }

std::uint8_t payload_of(std::uint8_t lead, std::size_t extra) {
  return static_cast<std::uint8_t>(lead & (extra == 0 ? 0xffU : (1U << (8 - extra)) - 1));
}

result<std::string_view> read_text(cursor& in, std::size_t length, std::size_t header) {
  if (in.remaining() - header < length) return wire_errc::truncated;
  in.take(header);
  return as_text(in.take(length));
}

// A value of `count` significant bytes, in a coding of at least m bytes. The first byte has one leading one bit for
// each byte above m; the value's top byte shares it if it fits beside them.
void put_variable(writer& out, std::uint64_t value, std::size_t count, std::size_t m) {
  auto const top = static_cast<unsigned>(value >> (8 * (count - 1)) & 0xff);
  unsigned const bit = 1U << (7 - (count - m));
  bool const shared = top < bit;
  out.u8(static_cast<std::uint8_t>(shared ? top | ~(2 * bit - 1) : ~(bit - 1)));
  put_low_bytes(out, value, shared ? count - 1 : count);
}

}  // namespace

result<std::uint8_t> read_byte(cursor& in) { return read_fixed<std::uint8_t>(in); }
result<std::uint16_t> read_shortint(cursor& in) { return read_fixed<std::uint16_t>(in); }
result<std::int32_t> read_int32(cursor& in) { return read_fixed<std::int32_t>(in); }
result<std::int64_t> read_int64(cursor& in) { return read_fixed<std::int64_t>(in); }

result<std::int32_t> read_varint(cursor& in) {
  if (in.remaining() < 1) return wire_errc::truncated;
  std::size_t const extra = extra_bytes(in.peek_u8());
  if (extra > 4) return wire_errc::overlong_varint;
  if (in.remaining() < 1 + extra) return wire_errc::truncated;
  std::uint8_t const lead = in.take_u8();
  auto value = take_low_bytes<std::uint32_t>(in, extra);
  if (extra < 4) value |= std::uint32_t{payload_of(lead, extra)} << (8 * extra);
  return static_cast<std::int32_t>(value);
}

result<std::int64_t> read_varlong(cursor& in, unsigned min_bytes) {
  if (in.remaining() < 1) return wire_errc::truncated;
  std::size_t const extra = extra_bytes(in.peek_u8());
  std::size_t const length = min_bytes + extra;
  if (length > 9) return wire_errc::overlong_varlong;
  if (in.remaining() < length) return wire_errc::truncated;
  std::uint8_t const lead = in.take_u8();
  auto value = take_low_bytes<std::uint64_t>(in, length - 1);
  if (length < 9) value |= std::uint64_t{payload_of(lead, extra)} << (8 * (length - 1));
  return static_cast<std::int64_t>(value);
}

result<std::string_view> read_vstring(cursor& in, std::size_t max) {
  if (in.remaining() < 1) return wire_errc::truncated;
  std::size_t const start = in.position();
  std::size_t length = in.take_u8();
  std::size_t const header = length < 0x80 ? 1 : 2;
  if (header == 2 && in.remaining() >= 1) length = (length & 0x7f) << 8 | in.take_u8();
  bool const whole_header = in.position() - start == header;
  in.rewind(start);
  if (!whole_header) return wire_errc::truncated;
  if (length > max) return wire_errc::string_too_long;
  return read_text(in, length, header);
}

result<std::string_view> read_short_string(cursor& in) {
  if (in.remaining() < 1) return wire_errc::truncated;
  return read_text(in, in.peek_u8(), 1);
}

void write_byte(writer& out, std::uint8_t value) { out.u8(value); }
void write_shortint(writer& out, std::uint16_t value) { put_low_bytes(out, value, 2); }
void write_int32(writer& out, std::int32_t value) { put_low_bytes(out, static_cast<std::uint32_t>(value), 4); }
void write_int64(writer& out, std::int64_t value) { put_low_bytes(out, static_cast<std::uint64_t>(value), 8); }

void write_varint(writer& out, std::int32_t value) {
  auto const bits = static_cast<std::uint32_t>(value);
  put_variable(out, bits, std::max<std::size_t>((std::bit_width(bits) + 7) / 8, 1), 1);
}

void write_varlong(writer& out, std::int64_t value, unsigned min_bytes) {
  auto const bits = static_cast<std::uint64_t>(value);
  put_variable(out, bits, std::max<std::size_t>((std::bit_width(bits) + 7) / 8, min_bytes), min_bytes);
}

void write_vstring(writer& out, std::string_view text) {
  assert(text.size() <= max_vstring);
  if (text.size() >= 0x80) out.u8(static_cast<std::uint8_t>(0x80 | text.size() >> 8));
  out.u8(static_cast<std::uint8_t>(text.size() & 0xff));
  out.put(as_bytes(text));
}

void write_short_string(writer& out, std::string_view text) {
  assert(text.size() <= max_short_string);
  out.u8(static_cast<std::uint8_t>(text.size()));
  out.put(as_bytes(text));
}

}  // namespace volsync::wire
