// The integers of the wire, and strings that are counted by them. Little-endian unless FORMAT.md says otherwise.
//
// Readers: errors are truncated (nothing consumed) and what each one names. Source: lib/wire/FORMAT.md, integers.
#pragma once

#include <cstdint>
#include <string_view>

#include "volsync/result.hpp"

#include "wire/cursor.hpp"
#include "wire/errc.hpp"

namespace volsync::wire {

// 1, 2, 4 and 8 bytes.
[[nodiscard]] result<std::uint8_t> read_byte(cursor& in);
[[nodiscard]] result<std::uint16_t> read_shortint(cursor& in);
[[nodiscard]] result<std::int32_t> read_int32(cursor& in);
[[nodiscard]] result<std::int64_t> read_int64(cursor& in);
// 1 to 5 bytes, 32 bits. 300 = 81 2C, -1 = F0 FF FF FF FF. Errors: overlong_varint.
[[nodiscard]] result<std::int32_t> read_varint(cursor& in);
// min_bytes to 9 bytes, 64 bits; min_bytes is 3 or 4, a part of the place's format. Errors: overlong_varlong.
[[nodiscard]] result<std::int64_t> read_varlong(cursor& in, unsigned min_bytes);
// A view into the input. max: bytes allowed. Errors: string_too_long.
[[nodiscard]] result<std::string_view> read_vstring(cursor& in, std::size_t max);
// One byte of length, then the text: a view into the input.
[[nodiscard]] result<std::string_view> read_short_string(cursor& in);

inline constexpr std::size_t max_vstring = 32767;  // bytes that its length can express
inline constexpr std::size_t max_short_string = 255;

void write_byte(writer& out, std::uint8_t value);
void write_shortint(writer& out, std::uint16_t value);
void write_int32(writer& out, std::int32_t value);
void write_int64(writer& out, std::int64_t value);
void write_varint(writer& out, std::int32_t value);
void write_varlong(writer& out, std::int64_t value, unsigned min_bytes);
// Requires text.size() <= max_vstring (max_short_string).
void write_vstring(writer& out, std::string_view text);
void write_short_string(writer& out, std::string_view text);

}  // namespace volsync::wire
