// What the tests of decoders share: hexadecimal text, golden files, and input in allocations of exactly its size.
#pragma once

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.hpp"

#include "wire/cursor.hpp"
#include "wire/errc.hpp"

#include "support/catch.hpp"

namespace volsync::wire {

// Bytes of hexadecimal digits; white space between them is ignored.
bytes from_hex(std::string_view text);
std::string to_hex(byte_view data);

// A golden file without its header lines. name: "p32/push-types.c2s". Fails the test if there is none.
bytes golden(std::string const& name);
// Names of all golden sessions, "p32/push-types", sorted.
std::vector<std::string> golden_sessions();

// A copy that an overread leaves, as AddressSanitizer notices.
class exact {
 public:
  explicit exact(byte_view data) : size_{data.size()}, data_{new std::byte[data.size()]} {
    if (size_ != 0) std::memcpy(data_.get(), data.data(), size_);
  }
  [[nodiscard]] byte_view view() const { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> data_;
};

// Decodes each beginning of `whole`, which has to be refused as truncated with nothing consumed, and then all of it, of
// which everything has to be consumed. decode: takes a cursor&, gives a result.
template <class Decode>
auto decode_in_any_split(byte_view whole, Decode decode) {
  for (std::size_t length = 0; length < whole.size(); ++length) {
    exact const part{whole.first(length)};
    cursor in{part.view()};
    auto const got = decode(in);
    INFO("beginning of " << length << " bytes of " << to_hex(whole));
    REQUIRE(got.error() == wire_errc::truncated);
    REQUIRE(in.position() == 0);
  }
  exact const all{whole};
  cursor in{all.view()};
  auto got = decode(in);
  INFO(to_hex(whole) << ": " << got.error().message());
  REQUIRE(got);
  REQUIRE(in.remaining() == 0);
  return *std::move(got);
}

// The error that decode gives for these bytes; the cursor stays where it was.
template <class Decode>
error_code refusal(byte_view data, Decode decode) {
  exact const all{data};
  cursor in{all.view()};
  auto const got = decode(in);
  REQUIRE(in.position() == 0);
  return got.error();
}

// What `encode` writes.
template <class Encode>
bytes written(Encode encode) {
  bytes made;
  writer out{made};
  encode(out);
  return made;
}

// Cuts of `size` bytes into pieces: of one byte, or random ones.
std::vector<std::size_t> pieces_of_one(std::size_t size);
std::vector<std::size_t> random_pieces(std::size_t size, std::mt19937& random, std::size_t most);

}  // namespace volsync::wire
