// Digests: values seen from rsync for every algorithm and several seeds, the standards' vectors, feeding in pieces.
#include "checksum/strong.hpp"

#include <string>
#include <utility>
#include <vector>

#include "checksum/md4.hpp"
#include "checksum/xxh3.hpp"

#include "hex.hpp"
#include "support/catch.hpp"

namespace volsync::checksum {
namespace {

using test::hex;

// 200 lines "line 000\n" to "line 199\n", 1800 bytes.
std::string lines() {
  std::string text;
  for (int i = 0; i < 200; ++i) {
    std::string const number = std::to_string(i);
    text += "line " + std::string(3 - number.size(), '0') + number + "\n";
  }
  return text;
}

struct block_case {
  algorithm which;
  std::int32_t seed;
  md5_seed place;
  std::vector<std::string> blocks;  // digests of bytes 0..699, 700..1399, 1400..1799
};

// Captured from rsync 3.5.0, protocol 32, by an -e wrapper that records both directions and spoils the first literal,
// so that the redo shows up to 16 bytes of each digest: rsync -t --checksum-seed=SEED --cc=NAME -e wrapper a/f h:b/f.
// For md5_seed::after the wrapper took "C" and "v" out of the server's -e letters and --cc was not given.
std::vector<block_case> const captured{
    {algorithm::xxh128,
     12345,
     md5_seed::before,
     {"410a6a63297202b1b07f17d6484a6f1d", "80222355fa997df6e444558bcad84f5e", "34e20d80001c63eb7724784650adafe0"}},
    {algorithm::xxh128,
     -5,
     md5_seed::before,
     {"91d88bbec2f8e2347332210d1b083054", "bddede04ae84f47eba67ce4e3a9c649f", "a240478efe6df540c36062c9d42cc2e4"}},
    {algorithm::xxh128,
     1,
     md5_seed::before,
     {"b6b22d6c81eb9db811585ca784c3289c", "cea75d4e1d7c6fb323113e8077938910", "75a40b9627d580803de1e21d3ee36ab7"}},
    {algorithm::xxh3, 12345, md5_seed::before, {"410a6a63297202b1", "80222355fa997df6", "34e20d80001c63eb"}},
    {algorithm::xxh3, -5, md5_seed::before, {"91d88bbec2f8e234", "bddede04ae84f47e", "a240478efe6df540"}},
    {algorithm::xxh3, 1, md5_seed::before, {"b6b22d6c81eb9db8", "cea75d4e1d7c6fb3", "75a40b9627d58080"}},
    {algorithm::xxh64, 12345, md5_seed::before, {"3f992a20124a4b42", "89cbb16654904f1f", "52ea4b52477a5131"}},
    {algorithm::xxh64, -5, md5_seed::before, {"ccfb21bf1e4f95c7", "051577a4c8602b8e", "1c5efbea99fd1e39"}},
    {algorithm::xxh64, 1, md5_seed::before, {"1319802306dbb3ce", "a236d2e93a407e80", "ca4201948a46cf26"}},
    {algorithm::md5,
     12345,
     md5_seed::before,
     {"b3283b6819e8a8ae75306e1edfb63f13", "0d9c7f56aed5374039c2bcb7e5c418cc", "3618659c583951bdc70656d44c5431ff"}},
    {algorithm::md5,
     -5,
     md5_seed::before,
     {"2b8c0906972fb4731b017e75f2b3a1aa", "d7de151a31dc993d4ef7ebbf8abef1af", "973e5b851800d65014c3cf940ba1232e"}},
    {algorithm::md5,
     1,
     md5_seed::before,
     {"d7d432842e5f3fb1bf1fb07bd621c73a", "43994140601a3f2796d87239264a15e3", "beb5f8376ace6688ff49de9838939286"}},
    {algorithm::md4,
     12345,
     md5_seed::before,
     {"4a88a0107b9a443c05e0552b3101b785", "a1f3f2738326e33f38f08da076e346de", "6030225a75a327c2a102e0b7a23637a8"}},
    {algorithm::md4,
     -5,
     md5_seed::before,
     {"927b6cb2686831d986f7f6930468462c", "25203a6eacf75ac9c65730b2a87999ec", "46b5cec2a7688debdf6f952d50a6ae88"}},
    {algorithm::md4,
     1,
     md5_seed::before,
     {"551889507d4a69ad7c5fee41a4b63c71", "094df2c67d6273b403e5d4685af7cfd7", "7c77d3ed1b0856c48e1c087ca64e8e97"}},
    {algorithm::sha1,
     12345,
     md5_seed::before,
     {"9df9b69a36fd696b1daf26f1854c1b1a", "f3710921495ee15dd189924085c7d541", "f4ff811f3a31680a1ba85f859e5713ac"}},
    {algorithm::sha1,
     -5,
     md5_seed::before,
     {"f9f04a9f101d4bb54f7259a598db501b", "61d1904d82ce589a35bb1112c2fa611c", "e010c41a1606287f596d54b29fd7d67f"}},
    {algorithm::sha1,
     1,
     md5_seed::before,
     {"64340172b2ecf2e4427f98c29b0a2598", "b0cf61ff5ddb55c3f0d9d500af6a0043", "609abceda5c97db0622789c34d188a98"}},
    {algorithm::md5,
     12345,
     md5_seed::after,
     {"ed9fdc19d50132e87a58101e2c599a9d", "658eafedf44070a6cb4c5a06c1600a30", "78d53c65a0e2197b964618c52307a673"}},
    {algorithm::md5,
     -5,
     md5_seed::after,
     {"7bd4fcdbdcbf95e26a6fe838b7768d3a", "4ef6fd8d50434ec9911536b012f76a2c", "c66bef0f47ffd09109debb176120d6c4"}},
    {algorithm::md5,
     1,
     md5_seed::after,
     {"0b18f0f34330e590772e6a9eb184d91b", "fbe51e590d168de9f12303f5c280f422", "2a5ecd80096c88a6963e1d54ff598e80"}},
};

struct file_case {
  algorithm which;
  std::string digest;
};

// The same captures: digest of the whole new file, which is lines() with "HELLO\n" inserted at 700.
std::vector<file_case> const captured_files{
    {algorithm::xxh128, "411b2b0cd2c53aa0c31bfbd57e703811"},
    {algorithm::xxh3, "411b2b0cd2c53aa0"},
    {algorithm::xxh64, "57d488769cf7f6ad"},
    {algorithm::md5, "192ed7aef3422a899657d7bbdc1a33d7"},
    {algorithm::md4, "56386afc139862286175c71e316b2ab0"},
    {algorithm::sha1, "f48556544c84c9cd83a52938dcaf9dc0209485dd"},
    {algorithm::none, "00"},
};

std::vector<algorithm> const all_algorithms{algorithm::xxh128, algorithm::xxh3, algorithm::xxh64, algorithm::md5,
                                            algorithm::md4,    algorithm::sha1, algorithm::none};

std::string file_hex(algorithm which, std::string_view text) {
  return hex(file_digest::of(which, as_bytes(text)).view());
}

}  // namespace

TEST_CASE("block digests are those rsync sends") {
  std::string const text = lines();
  byte_view const basis = as_bytes(text);
  for (block_case const& c : captured) {
    INFO(name(c.which) << " seed " << c.seed);
    block_digest const strong{c.which, c.seed, c.place};
    std::vector<byte_view> const blocks{basis.subspan(0, 700), basis.subspan(700, 700), basis.subspan(1400)};
    REQUIRE(c.blocks.size() == blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      digest const d = strong.of(blocks[i]);
      REQUIRE(d.size() == strong.length());
      CHECK(hex(d.view()).substr(0, c.blocks[i].size()) == c.blocks[i]);
      for (std::size_t const cut : {std::size_t{0}, std::size_t{1}, std::size_t{333}, blocks[i].size()}) {
        CHECK(strong.of(blocks[i].first(cut), blocks[i].subspan(cut)) == d);
      }
    }
  }
}

TEST_CASE("file digests are those rsync sends, in one piece and in many") {
  std::string text = lines();
  text.insert(700, "HELLO\n");
  for (file_case const& c : captured_files) {
    INFO(name(c.which));
    CHECK(file_hex(c.which, text) == c.digest);
    file_digest whole{c.which};
    whole.update(as_bytes(text));
    CHECK(hex(whole.finish().view()) == c.digest);
    for (char const& byte : text) whole.update(as_bytes({&byte, 1}));  // finish() started it over
    CHECK(hex(whole.finish().view()) == c.digest);
  }
}

// RFC 1320 A.5, RFC 1321 A.5, FIPS 180-1 A and B; RSA's and NIST's own numbers.
TEST_CASE("the standards' vectors hold") {
  CHECK(file_hex(algorithm::md4, "") == "31d6cfe0d16ae931b73c59d7e0c089c0");
  CHECK(file_hex(algorithm::md4, "a") == "bde52cb31de33e46245e05fbdbd6fb24");
  CHECK(file_hex(algorithm::md4, "abc") == "a448017aaf21d8525fc10ae87aa6729d");
  CHECK(file_hex(algorithm::md4, "message digest") == "d9130a8164549fe818874806e1c7014b");
  CHECK(file_hex(algorithm::md4, "abcdefghijklmnopqrstuvwxyz") == "d79e1c308aa5bbcdeea8ed63df412da9");
  CHECK(file_hex(algorithm::md4, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") ==
        "043f8582f241db351ce627e153e7f0e4");
  CHECK(file_hex(algorithm::md4, "12345678901234567890123456789012345678901234567890123456789012345678901234567890") ==
        "e33b4ddc9c38f2199c3e7b164fcc0536");
  CHECK(file_hex(algorithm::md5, "") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(file_hex(algorithm::md5, "abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(file_hex(algorithm::sha1, "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(file_hex(algorithm::sha1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

// Around the lengths at which the padding needs a block of its own; from `openssl dgst -md4`, OpenSSL 3 with its legacy
// provider, of that many letters "a".
TEST_CASE("MD4 pads right at every place in a block") {
  std::vector<std::pair<std::size_t, std::string>> const known{
      {55, "c889c81dd86c4d2e025778944ea02881"},  {56, "d5f9a9e9257077a5f08b0b92f348b0ad"},
      {57, "872097e6f78e3b53f890459d03bc6fb7"},  {63, "7ea3da77432d44c323671097d1348fc8"},
      {64, "52f5076fabd22680234a3fa9f9dc5732"},  {119, "e65dd227ccef97fa1d34d70189120f76"},
      {120, "b03ddbd470b47c013e0c7ab2ddd763db"},
  };
  for (auto const& [length, expected] : known) CHECK(file_hex(algorithm::md4, std::string(length, 'a')) == expected);
}

// The values xxHash publishes for no bytes and seed 0: XXH64 0xEF46DB3751D8E999, XXH3 0x2D06800538D394C2,
// XXH128 0x99AA06D3014798D86001C324468D497F.
TEST_CASE("xxhash digests of no bytes are the published ones, low half first") {
  CHECK(file_hex(algorithm::xxh64, "") == "99e9d85137db46ef");
  CHECK(file_hex(algorithm::xxh3, "") == "c294d3380580062d");
  CHECK(file_hex(algorithm::xxh128, "") == "7f498d4624c30160d8984701d306aa99");
}

TEST_CASE("pieces of any size give the digest of the whole, at every size up to 300 and some large ones") {
  for (algorithm const which : all_algorithms) {
    INFO(name(which));
    bytes const data = test::noise(40000, 3);
    file_digest fed{which};
    for (std::size_t size = 0; size < data.size(); size += size < 300 ? 1 : 9901) {
      byte_view const whole = byte_view{data}.first(size);
      std::size_t const cut = size / 3;
      fed.update(whole.first(cut));
      fed.update({});
      fed.update(whole.subspan(cut));
      REQUIRE(fed.finish() == file_digest::of(which, whole));
      REQUIRE(file_digest::of(which, whole).size() == digest_length(which));
    }
  }
}

TEST_CASE("a moved file digest goes on where it was") {
  for (algorithm const which : all_algorithms) {
    file_digest first{which};
    first.update(as_bytes("ab"));
    file_digest second{std::move(first)};
    second.update(as_bytes("c"));
    CHECK(second.finish() == file_digest::of(which, as_bytes("abc")));
  }
}

TEST_CASE("seed 0 mixes nothing in") {
  for (algorithm const which : all_algorithms) {
    CHECK(block_digest{which, 0}.of(as_bytes("abc")) == file_digest::of(which, as_bytes("abc")));
    if (which != algorithm::none) {
      CHECK_FALSE(block_digest{which, 1}.of(as_bytes("abc")) == file_digest::of(which, as_bytes("abc")));
    }
  }
}

TEST_CASE("both builds of XXH3 give the same values") {
  xxh3_functions const& plain = xxh3_plain();
  if (xxh3_avx2() == nullptr) {
    WARN("this processor has no AVX2: only the plain build was run");
    CHECK(&xxh3() == &plain);
    return;
  }
  xxh3_functions const& fast = *xxh3_avx2();
  CHECK(&xxh3() == &fast);
  bytes const data = test::noise(20000, 4);
  for (std::size_t size = 0; size < data.size(); size += size < 600 ? 1 : 3001) {
    for (std::uint64_t const seed : {std::uint64_t{0}, ~std::uint64_t{4}}) {
      xxh3_value const a = plain.one_shot_128(data.data(), size, seed);
      xxh3_value const b = fast.one_shot_128(data.data(), size, seed);
      REQUIRE((a.low == b.low && a.high == b.high));
      REQUIRE(plain.one_shot_64(data.data(), size, seed).low == fast.one_shot_64(data.data(), size, seed).low);
      xxh3_state state;
      fast.reset(state, seed);
      fast.update(state, data.data(), size / 2);
      fast.update(state, data.data() + size / 2, size - size / 2);
      REQUIRE(fast.digest_128(state).high == a.high);
      REQUIRE(fast.digest_64(state).low == plain.one_shot_64(data.data(), size, seed).low);
    }
  }
}

}  // namespace volsync::checksum
