// The integer codings: known bytes, both ways, all lengths, and what is refused.
#include "wire/integers.hpp"

#include <limits>
#include <random>

#include "wire/ndx.hpp"
#include "wire/support.hpp"

using namespace volsync;
using namespace volsync::wire;

namespace {

struct known {
  std::int64_t value;
  char const* hex;
};

result<std::int64_t> varlong3(cursor& in) { return read_varlong(in, 3); }
result<std::int64_t> varlong4(cursor& in) { return read_varlong(in, 4); }

// Values of all magnitudes: around each power of two, and random ones.
std::vector<std::int64_t> interesting() {
  std::vector<std::int64_t> values;
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (std::uint64_t const near : {(1ULL << bit) - 1, 1ULL << bit, (1ULL << bit) + 1}) {
      values.push_back(static_cast<std::int64_t>(near));
      values.push_back(static_cast<std::int64_t>(~near));
    }
  }
  std::mt19937_64 random{1};
  for (int i = 0; i < 2000; ++i) values.push_back(static_cast<std::int64_t>(random() >> (random() % 64)));
  return values;
}

}  // namespace

TEST_CASE("varints have known bytes") {
  for (known const& one : {known{0, "00"},
                           {1, "01"},
                           {127, "7f"},
                           {128, "8080"},
                           {255, "80ff"},
                           {256, "8100"},
                           {300, "812c"},
                           {511, "81ff"},
                           {16383, "bfff"},
                           {16384, "c00040"},
                           {65536, "c10000"},
                           {0x1fffff, "dfffff"},
                           {0x200000, "e0000020"},
                           {123456789, "e715cd5b"},
                           {0xfffffff, "efffffff"},
                           {0x10000000, "f000000010"},
                           {0x7fffffff, "f0ffffff7f"},
                           {-1, "f0ffffffff"},
                           {-2147483648LL, "f000000080"}}) {
    INFO(one.value);
    auto const value = static_cast<std::int32_t>(one.value);
    CHECK(to_hex(written([&](writer& out) { write_varint(out, value); })) == to_hex(from_hex(one.hex)));
    CHECK(decode_in_any_split(from_hex(one.hex), read_varint) == value);
  }
}

TEST_CASE("varlongs have known bytes") {
  for (known const& one : {known{0, "000000"},
                           {1, "000100"},
                           {4096, "000010"},
                           {0x7fffff, "7fffff"},
                           {0x800000, "80000080"},
                           {0x1000000, "81000000"},
                           {1LL << 32, "c100000000"},
                           {1LL << 40, "e10000000000"},
                           {std::numeric_limits<std::int64_t>::max(), "fcffffffffffffff7f"}}) {
    INFO(one.value);
    CHECK(to_hex(written([&](writer& out) { write_varlong(out, one.value, 3); })) == to_hex(from_hex(one.hex)));
    CHECK(decode_in_any_split(from_hex(one.hex), varlong3) == one.value);
  }
  for (known const& one : {known{0, "00000000"},
                           {1714979289, "66d98138"},
                           {0x7fffffff, "7fffffff"},
                           {0x80000000LL, "8000000080"},
                           {0xffffffffLL, "80ffffffff"},
                           {1LL << 32, "8100000000"},
                           {-1, "f8ffffffffffffffff"},
                           {-86400, "f880aefeffffffffff"}}) {
    INFO(one.value);
    CHECK(to_hex(written([&](writer& out) { write_varlong(out, one.value, 4); })) == to_hex(from_hex(one.hex)));
    CHECK(decode_in_any_split(from_hex(one.hex), varlong4) == one.value);
  }
}

TEST_CASE("integers of every magnitude come back") {
  for (std::int64_t const value : interesting()) {
    auto const small = static_cast<std::int32_t>(value);
    CHECK(decode_in_any_split(written([&](writer& out) { write_varint(out, small); }), read_varint) == small);
    CHECK(decode_in_any_split(written([&](writer& out) { write_varlong(out, value, 3); }), varlong3) == value);
    CHECK(decode_in_any_split(written([&](writer& out) { write_varlong(out, value, 4); }), varlong4) == value);
    CHECK(decode_in_any_split(written([&](writer& out) { write_int32(out, small); }), read_int32) == small);
    CHECK(decode_in_any_split(written([&](writer& out) { write_int64(out, value); }), read_int64) == value);
    auto const tiny = static_cast<std::uint16_t>(value);
    CHECK(decode_in_any_split(written([&](writer& out) { write_shortint(out, tiny); }), read_shortint) == tiny);
  }
  CHECK(to_hex(written([](writer& out) { write_int32(out, 0x01020304); })) == "04 03 02 01");
  CHECK(to_hex(written([](writer& out) { write_shortint(out, 0x0102); })) == "02 01");
  CHECK(to_hex(written([](writer& out) { write_int64(out, -2); })) == "fe ff ff ff ff ff ff ff");
}

TEST_CASE("overlong integers are refused at their first byte") {
  for (char const* const hex : {"f8", "fb", "fc", "ff"})
    CHECK(refusal(from_hex(hex), read_varint) == wire_errc::overlong_varint);
  CHECK(refusal(from_hex("fc"), varlong4) == wire_errc::overlong_varlong);
  CHECK(refusal(from_hex("fc"), varlong3) == wire_errc::truncated);
}

TEST_CASE("counted strings") {
  for (std::size_t const length : {0U, 1U, 127U, 128U, 255U, 256U, 32767U}) {
    std::string const text(length, 'x');
    auto const made = written([&](writer& out) { write_vstring(out, text); });
    CHECK(made.size() == length + (length < 128 ? 1 : 2));
    auto const read = [&](cursor& in) -> result<std::string> {
      auto const got = read_vstring(in, length);
      return got ? result<std::string>{std::string{*got}} : got.error();
    };
    if (length <= 256) CHECK(decode_in_any_split(made, read) == text);
    cursor in{made};
    CHECK(read_vstring(in, length).value_or("") == text);
    if (length != 0)
      CHECK(refusal(made, [&](cursor& c) { return read_vstring(c, length - 1); }) == wire_errc::string_too_long);
  }
  CHECK(to_hex(written([](writer& out) { write_vstring(out, std::string(300, 'x')); })).substr(0, 8) == "81 2c 78");
  auto const name = written([](writer& out) { write_short_string(out, "root"); });
  CHECK(to_hex(name) == "04 72 6f 6f 74");
  CHECK(decode_in_any_split(name, [](cursor& in) -> result<std::string> {
          auto const got = read_short_string(in);
          return got ? result<std::string>{std::string{*got}} : got.error();
        }) == "root");
}

TEST_CASE("indexes have known bytes") {
  struct row {
    std::vector<std::int32_t> values;
    char const* hex;
  };
  for (row const& one : {row{{0}, "01"},
                         {{0, 1}, "01 01"},
                         {{0, 1, 255, 255}, "01 01 fe00fe fe0000"},
                         {{0, 1, 255, 255, 40000, 70000}, "01 01 fe00fe fe0000 fe80409c00 fe7530"},
                         {{-1}, "00"},
                         {{-102, -103, -2}, "ff65 ff01 fffe80020000"},
                         {{-2, -3}, "ff01 ff01"},
                         {{-3}, "ff02"},
                         {{5, -1, 6, -1, 4}, "06 00 01 00 fe80040000"},
                         {{252}, "fd"},
                         {{253}, "fe00fe"},
                         {{32766}, "fe7fff"},
                         {{32767}, "fe80ff7f00"},
                         {{0x7fffffff}, "feffffffff"}}) {
    ndx_writer to;
    ndx_reader from;
    auto const made = written([&](writer& out) {
      for (auto const n : one.values) to.write(out, n);
    });
    CHECK(to_hex(made) == to_hex(from_hex(one.hex)));
    cursor in{made};
    for (auto const n : one.values) CHECK(from.read(in).value_or(0) == n);
    CHECK(in.remaining() == 0);
  }
}

TEST_CASE("indexes of any sequence come back in any split") {
  std::mt19937 random{2};
  for (int round = 0; round < 50; ++round) {
    ndx_writer to;
    ndx_reader from;
    for (int i = 0; i < 60; ++i) {
      auto n = static_cast<std::int32_t>(random() >> (1 + random() % 31));
      if (random() % 4 == 0) n = n < 2 ? -2 : -n;
      if (random() % 8 == 0) n = ndx_done;
      // The reader is the same one for all beginnings: a truncated index does not change its state.
      auto const made = written([&](writer& out) { to.write(out, n); });
      CHECK(decode_in_any_split(made, [&](cursor& in) { return from.read(in); }) == n);
    }
  }
}

TEST_CASE("an index beyond the range is refused and changes nothing") {
  ndx_reader from;
  auto const read = [&](cursor& in) { return from.read(in); };
  CHECK(decode_in_any_split(from_hex("feffffffff"), read) == 0x7fffffff);
  CHECK(refusal(from_hex("01"), read) == wire_errc::bad_index);
  CHECK(refusal(from_hex("fe0100"), read) == wire_errc::bad_index);
  CHECK(decode_in_any_split(from_hex("fe0000"), read) == 0x7fffffff);
}
