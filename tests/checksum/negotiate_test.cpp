// Names, lists and choices.
#include "checksum/negotiate.hpp"

#include <array>
#include <string>

#include "support/catch.hpp"

namespace volsync::checksum {
namespace {

constexpr std::array<std::string_view, 5> compression_names{"zstd", "lz4", "zlibx", "zlib", "none"};
constexpr vocabulary compressions{compression_names, {}};

std::string chosen(side we_are, std::string_view ours, std::string_view theirs) {
  auto const r = choose(checksum_vocabulary(), we_are, ours, theirs);
  return r ? std::string{*r} : r.error().message();
}

}  // namespace

TEST_CASE("names are parsed in any case, with one synonym") {
  for (std::size_t i = 0; i < algorithm_names.size(); ++i) {
    CHECK(parse(algorithm_names[i]) == static_cast<algorithm>(i));
    CHECK(name(static_cast<algorithm>(i)) == algorithm_names[i]);
  }
  CHECK(parse("xxhash") == algorithm::xxh64);
  CHECK(parse("XxH3") == algorithm::xxh3);
  for (std::string_view const wrong : {"", "auto", "xxh", "xxh1280", " md5", "md5 ", "md5,"}) CHECK_FALSE(parse(wrong));
  CHECK(digest_length(algorithm::sha1) == max_digest_length);
  CHECK(digest_length(algorithm::none) == 1);
}

// What rsync 3.5.0 sends and expects: rsync --debug=nstr2.
TEST_CASE("the lists offered without a restriction are rsync's") {
  CHECK(offer(checksum_vocabulary(), side::client) == "xxh128 xxh3 xxh64 md5 md4 sha1");
  CHECK(offer(checksum_vocabulary(), side::server) == "xxh128 xxh3 xxh64 md5 md4 sha1 none");
  CHECK(offer(compressions, side::client) == "zstd lz4 zlibx zlib");
  CHECK(offer(compressions, side::server) == "zstd lz4 zlibx zlib none");
}

TEST_CASE("a restriction removes names and keeps the order") {
  auto const client = [](std::string_view r) { return offer(checksum_vocabulary(), side::client, r); };
  auto const server = [](std::string_view r) { return offer(checksum_vocabulary(), side::server, r); };
  CHECK(client("md5 xxh64") == "xxh64 md5");
  CHECK(client("  md5\txxhash  bogus ") == "xxh64 md5");
  CHECK(client("MD5") == "md5");
  CHECK(client("none md5") == "md5 none");
  CHECK(client("md5 & xxh64") == "md5");
  CHECK(server("md5 & xxh64") == "xxh64");
  CHECK(client("&md5") == "xxh128 xxh3 xxh64 md5 md4 sha1");
  CHECK(server("md5&") == "xxh128 xxh3 xxh64 md5 md4 sha1 none");
  CHECK(client("   ") == "xxh128 xxh3 xxh64 md5 md4 sha1");
  for (std::string_view const wrong : {"foo", "auto", "md5,xxh3", "foo&md5"}) CHECK(client(wrong) == "INVALID");
}

TEST_CASE("both ends choose the first common name of the client's list") {
  CHECK(chosen(side::client, "xxh128 xxh3 md5", "xxh3 md5 none") == "xxh3");
  CHECK(chosen(side::server, "xxh3 md5 none", "xxh128 xxh3 md5") == "xxh3");
  CHECK(chosen(side::server, "xxh3 md5 none", "md5 xxh3") == "md5");
  CHECK(chosen(side::client, "md5 none", "sha1 none") == "none");
  CHECK(chosen(side::client, "xxh64 md5", "bogus xxhash") == "xxh64");
}

TEST_CASE("lists with nothing in common, and lists that are too long, are errors") {
  auto const client = [](std::string_view theirs) {
    return choose(checksum_vocabulary(), side::client, "xxh64 md5", theirs).error();
  };
  CHECK(client("xxh3 sha1") == negotiate_errc::no_common_name);
  CHECK(client("") == negotiate_errc::no_common_name);
  CHECK(client("INVALID") == negotiate_errc::no_common_name);
  CHECK(client("md5 " + std::string(max_list_length - 4, 'x')) == error_code{});
  CHECK(client("md5 " + std::string(max_list_length - 3, 'x')) == negotiate_errc::list_too_long);
  CHECK(make_error_code(negotiate_errc::no_common_name).message() == "the two ends share no algorithm name");
}

TEST_CASE("the user's choice names one or two checksums") {
  auto const both = [](std::string_view text) { return **parse_choice(text); };
  CHECK(both("md5") == choice{algorithm::md5, algorithm::md5});
  CHECK(both("xxhash,SHA1") == choice{algorithm::xxh64, algorithm::sha1});
  CHECK(both("none,md5") == choice{algorithm::none, algorithm::md5});
  // With two names rsync exchanges no list, and "auto" is what it implies then: seen on the wire.
  CHECK(both("auto,sha1") == choice{algorithm::md5, algorithm::sha1});
  CHECK(both("sha1,auto") == choice{algorithm::sha1, algorithm::md5});
  auto const negotiated = parse_choice("auto");
  REQUIRE(negotiated);
  CHECK_FALSE(negotiated->has_value());
  for (std::string_view const wrong : {"", "foo", ",md5", "md5,", "md5,foo", "md5,sha1,md4"}) {
    CHECK(parse_choice(wrong).error() == negotiate_errc::unknown_name);
  }
}

}  // namespace volsync::checksum
