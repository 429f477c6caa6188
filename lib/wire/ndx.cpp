// The difference coding of file indexes.
#include "wire/ndx.hpp"

#include <limits>

#include "wire/errc.hpp"

namespace volsync::wire {

namespace {

constexpr std::uint8_t done_byte = 0x00;
constexpr std::uint8_t negative_byte = 0xff;  // the coding of a magnitude follows
constexpr std::uint8_t long_byte = 0xfe;      // two or four bytes follow
constexpr std::int64_t max_short_difference = 0xfd;
constexpr std::int64_t max_difference = 0x7fff;

void put_magnitude(writer& out, std::int64_t n, std::int64_t difference) {
  auto const byte = [&](std::int64_t value) { out.u8(static_cast<std::uint8_t>(value & 0xff)); };
  if (difference >= 1 && difference <= max_short_difference) return byte(difference);
  out.u8(long_byte);
  if (difference >= 0 && difference <= max_difference) {  // the one big-endian place of the wire
    byte(difference >> 8);
    byte(difference);
  } else {
    byte(0x80 | n >> 24);
    byte(n);
    byte(n >> 8);
    byte(n >> 16);
  }
}

result<std::int64_t> take_magnitude(cursor& in, std::int32_t before) {
  auto const byte = [&] { return std::int64_t{in.take_u8()}; };
  if (in.remaining() < 1) return wire_errc::truncated;
  if (in.peek_u8() != long_byte) return before + byte();
  in.take_u8();
  if (in.remaining() < 2) return wire_errc::truncated;
  std::int64_t const high = byte();
  if (high < 0x80) return before + (high << 8 | byte());
  if (in.remaining() < 3) return wire_errc::truncated;
  std::int64_t n = (high & 0x7f) << 24;
  n |= byte();
  n |= byte() << 8;
  n |= byte() << 16;
  return n;
}

}  // namespace

void ndx_writer::write(writer& out, std::int32_t n) {
  if (n == ndx_done) return out.u8(done_byte);
  std::int32_t& before = n < 0 ? negative_ : positive_;
  std::int64_t const magnitude = n < 0 ? -std::int64_t{n} : n;
  if (n < 0) out.u8(negative_byte);
  put_magnitude(out, magnitude, magnitude - before);
  before = static_cast<std::int32_t>(magnitude);
}

result<std::int32_t> ndx_reader::read(cursor& in) {
  attempt whole{in};
  if (in.remaining() < 1) return wire_errc::truncated;
  if (in.peek_u8() == done_byte) {
    in.take_u8();
    whole.succeed();
    return ndx_done;
  }
  bool const negative = in.peek_u8() == negative_byte;
  if (negative) in.take_u8();
  std::int32_t& before = negative ? negative_ : positive_;
  auto const magnitude = take_magnitude(in, before);
  if (!magnitude) return magnitude.error();
  if (*magnitude > std::numeric_limits<std::int32_t>::max()) return wire_errc::bad_index;
  before = static_cast<std::int32_t>(*magnitude);
  whole.succeed();
  return negative ? -before : before;
}

}  // namespace volsync::wire
