// What the fuzz targets of the wire share.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "base/bytes.hpp"

#include "wire/cursor.hpp"
#include "wire/errc.hpp"

namespace volsync::wire {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline byte_view input_of(std::uint8_t const* data, std::size_t size) {
  return {reinterpret_cast<std::byte const*>(data), size};
}

// A byte of choices in front of the input; 0 when there is none.
inline unsigned choice(cursor& in) { return in.remaining() != 0 ? in.take_u8() : 0; }

// Decodes the next value; an error has to leave the cursor where it was.
template <class Decode>
auto decoded_or_untouched(cursor& in, Decode decode) {
  std::size_t const before = in.position();
  auto got = decode(in);
  require(got.has_value() ? in.position() > before : in.position() == before);
  return got;
}

// The value, encoded again and decoded again, is the same.
template <class Value, class Encode, class Decode>
void require_round_trip(Value const& value, Encode encode, Decode decode) {
  bytes made;
  writer out{made};
  encode(out, value);
  cursor in{made};
  auto const again = decode(in);
  require(again.has_value() && *again == value && in.remaining() == 0);
}

}  // namespace volsync::wire
