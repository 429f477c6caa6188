// Handshake, filter rules, ids, items, sums, tokens and statistics: both ways, in any split, within their bounds.
#include <algorithm>

#include "wire/features.hpp"
#include "wire/filter_rules.hpp"
#include "wire/handshake.hpp"
#include "wire/id_list.hpp"
#include "wire/integers.hpp"
#include "wire/items.hpp"
#include "wire/stats.hpp"
#include "wire/sums.hpp"
#include "wire/support.hpp"
#include "wire/tokens.hpp"

using namespace volsync;
using namespace volsync::wire;

namespace bit = flist::item;

TEST_CASE("versions") {
  CHECK(decode_in_any_split(from_hex("20000000"), read_version) == 32);
  CHECK(to_hex(written([](writer& out) { write_version(out, 31); })) == "1f 00 00 00");
  CHECK(decode_in_any_split(from_hex("14000000"), read_version) == 20);
  CHECK(decode_in_any_split(from_hex("28000000"), read_version) == 40);
  for (char const* const hex : {"13000000", "29000000", "57656c63", "ffffffff"}) {
    CHECK(refusal(from_hex(hex), read_version) == wire_errc::bad_version);
  }
  CHECK(agree_version(32, 40).value_or(0) == 32);
  CHECK(agree_version(32, 30).value_or(0) == 30);
  CHECK(agree_version(31, 32).value_or(0) == 31);
  CHECK(agree_version(32, 29).error() == wire_errc::version_too_old);
}

TEST_CASE("compat flags, lists of names and seeds") {
  CHECK(decode_in_any_split(from_hex("81ff"), read_compat_flags) == 0x1ff);
  CHECK(to_hex(written([](writer& out) { write_compat_flags(out, 0x1fe); })) == "81 fe");
  auto const made = written([](writer& out) { write_name_list(out, "md5 md4"); });
  CHECK(to_hex(made) == "07 6d 64 35 20 6d 64 34");
  CHECK(decode_in_any_split(made, read_name_list) == "md5 md4");
  auto const longest = written([](writer& out) { write_name_list(out, std::string(max_name_list, 'n')); });
  CHECK(decode_in_any_split(longest, read_name_list).size() == 255);
  CHECK(refusal(from_hex("8100"), read_name_list) == wire_errc::name_list_too_long);
  auto const seed = written([](writer& out) { write_seed(out, -3); });
  CHECK(decode_in_any_split(seed, read_seed) == -3);
}

TEST_CASE("features follow the version and the flags") {
  features const p30{30, compat::safe_list_end}, p31{31, 0}, p32{32, 0x1ff};
  CHECK(!has_nsec(p30));
  CHECK(has_nsec(p31));
  CHECK(has_safe_list_end(p30));
  CHECK(has_safe_list_end(p31));
  CHECK(!has_safe_list_end({30, 0}));
  CHECK(specials_have_rdev(p30));
  CHECK(!specials_have_rdev(p31));
  CHECK(!has_delete_stats(p30));
  CHECK(goodbye_is_answered(p32));
  CHECK(is_incremental(p32));
  CHECK(!has_xattr_shortcut(p32));
  CHECK(capability_letters(true) == ".iLsfxCIvu");
  CHECK(capability_letters(false) == ".LsfxCIvu");
}

TEST_CASE("filter rules keep every byte of their text") {
  using filter::wire_rule;
  std::vector<wire_rule> const rules{{"-", "*.o", false}, {"+", "/keep", true}, {":n-", ".rules", false},
                                     {"-p", "", true},    {"", "bare", false},  {"", "!", false},
                                     {"-", "a b", true}};
  auto const made = written([&](writer& out) { REQUIRE(write_filter_rules(out, rules)); });
  CHECK(to_hex(made).substr(0, 26) == "05 00 00 00 2d 20 2a 2e 6f");
  byte_view rest{made};
  for (auto const& rule : rules) {
    std::int32_t const length = *[&] {
      cursor in{rest};
      return read_int32(in);
    }();
    auto const size = static_cast<std::size_t>(length) + 4;
    CHECK(decode_in_any_split(rest.first(size), read_filter_rule) == rule);
    rest = rest.subspan(size);
  }
  CHECK(!decode_in_any_split(rest, read_filter_rule));
  CHECK(to_hex(written([](writer& out) { REQUIRE(write_filter_rules(out, {})); })) == "00 00 00 00");
}

TEST_CASE("overlong filter rules are refused on both ends") {
  CHECK(refusal(from_hex("00140000"), read_filter_rule) == wire_errc::rule_too_long);
  CHECK(refusal(from_hex("ffffffff"), read_filter_rule) == wire_errc::rule_too_long);
  CHECK(refusal(from_hex("ff130000"), read_filter_rule) == wire_errc::truncated);
  CHECK(exit_code_for(wire_errc::rule_too_long) == exit_code::memory);
  bytes made;
  writer out{made};
  std::vector<filter::wire_rule> rules{{"-", "x", false}, {"-", std::string(max_rule - 2, 'x'), false}};
  CHECK(write_filter_rules(out, rules));
  made.clear();
  rules[1].directory_only = true;
  CHECK(write_filter_rules(out, rules).error() == wire_errc::rule_too_long);
  CHECK(made.empty());
}

TEST_CASE("names of ids") {
  features const with{32, compat::id0_names}, without{32, 0};
  std::vector<id_name> const ids{{1, "daemon"},
                                 {0, "zero"},
                                 {4294967294U, "last"},
                                 {5, ""},
                                 {6, std::string(256, 'x')},
                                 {7, std::string(255, 'x')}};
  auto const made = written([&](writer& out) { write_id_list(out, with, ids, "root"); });
  cursor in{made};
  auto const next = [&](features const& f) {
    auto const got = read_id_name(in, f);
    REQUIRE(got);
    return *got;
  };
  CHECK(next(with) == id_name{1, "daemon"});
  CHECK(next(with) == id_name{4294967294U, "last"});
  CHECK(next(with) == id_name{7, std::string(255, 'x')});
  CHECK(next(with) == id_name{0, "root"});
  CHECK(in.remaining() == 0);
  CHECK(to_hex(written([&](writer& out) { write_id_list(out, without, {}, "root"); })) == "00");
  CHECK(decode_in_any_split(from_hex("00"), [&](cursor& c) { return read_id_name(c, without); }).id == 0);
  CHECK(decode_in_any_split(from_hex("0004726f6f74"), [&](cursor& c) { return read_id_name(c, with); }).name == "root");
  CHECK(decode_in_any_split(from_hex("010161"), [&](cursor& c) { return read_id_name(c, without); }) ==
        id_name{1, "a"});
}

TEST_CASE("item records") {
  struct row {
    item_record item;
    char const* hex;
  };
  for (row const& one :
       {row{{1, bit::report_time, {}, {}}, "0800"}, row{{1, 0xb800, 0x83, "f1.old"}, "00b88306 66312e6f6c64"},
        row{{1, 0x8804, 0x00, {}}, "048800"}, row{{9, 0x7000, {}, "a.txt"}, "007005 612e747874"},
        row{{9, 0x5000, {}, ""}, "005000"}}) {
    CHECK(to_hex(written([&](writer& out) { write_item(out, one.item); })) == to_hex(from_hex(one.hex)));
    auto const read = [&](cursor& in) { return read_item(in, one.item.ndx); };
    CHECK(decode_in_any_split(from_hex(one.hex), read) == one.item);
  }
  // The bits are made to fit what is there.
  CHECK(to_hex(written([](writer& out) { write_item(out, {0, 0x1800, {}, {}}); })) == "00 00");
  auto const longest = written([](writer& out) { write_item(out, {0, 0, {}, std::string(max_xname, 'x')}); });
  CHECK(decode_in_any_split(longest, [](cursor& in) { return read_item(in, 0); }).xname->size() == max_xname);
  CHECK(refusal(from_hex("00109000"), [](cursor& in) { return read_item(in, 0); }) == wire_errc::string_too_long);
  CHECK(exit_code_for(wire_errc::string_too_long) == exit_code::protocol);
}

TEST_CASE("records of deletions") {
  entry_counts const counts{300, 2, 0, 1, max_delete_count};
  auto const made = written([&](writer& out) { write_delete_stats(out, counts); });
  CHECK(to_hex(made) == "81 2c 02 00 01 f0 00 00 00 10");
  CHECK(decode_in_any_split(made, read_delete_stats) == counts);
  CHECK(refusal(from_hex("000000 f001000010 00"), read_delete_stats) == wire_errc::bad_delete_count);
  CHECK(refusal(from_hex("f0ffffffff 00000000"), read_delete_stats) == wire_errc::bad_delete_count);
  auto const clamped = written([](writer& out) { write_delete_stats(out, {1LL << 40, -5, 0, 0, 0}); });
  CHECK(decode_in_any_split(clamped, read_delete_stats) == entry_counts{max_delete_count, 0, 0, 0, 0});
}

TEST_CASE("sum heads are checked") {
  delta::sum_head const head{3, 700, 2, 400};
  auto const made = written([&](writer& out) { write_sum_head(out, head); });
  CHECK(to_hex(made) == "03 00 00 00 bc 02 00 00 02 00 00 00 90 01 00 00");
  auto const read = [](cursor& in) { return read_sum_head(in, 16); };
  CHECK(decode_in_any_split(made, read) == head);
  for (delta::sum_head const& bad : {delta::sum_head{-1, 700, 2, 0},
                                     {1, 131073, 2, 0},
                                     {1, 0, 2, 0},
                                     {1, 700, 17, 0},
                                     {1, 700, -1, 0},
                                     {1, 700, 2, 701},
                                     {1, 700, 2, -1}}) {
    auto const bytes_of = written([&](writer& out) { write_sum_head(out, bad); });
    auto const why = refusal(bytes_of, read);
    CHECK(why);
    CHECK(why != wire_errc::truncated);
    CHECK(exit_code_for(why) == exit_code::protocol);
  }
  CHECK(refusal(written([](writer& out) {
                  write_sum_head(out, {1, 700, 9, 0});
                }),
                [](cursor& in) { return read_sum_head(in, 8); }) == delta::delta_errc::bad_strong_length);
  // Sums without a strong part cost their sender four bytes each, and us many times that.
  auto const many = [](std::int32_t count) {
    return written([=](writer& out) { write_sum_head(out, {count, 700, 0, 0}); });
  };
  CHECK(decode_in_any_split(many(max_block_sums), read).count == max_block_sums);
  CHECK(refusal(many(max_block_sums + 1), read) == wire_errc::too_many_sums);
  CHECK(exit_code_for(wire_errc::too_many_sums) == exit_code::memory);
}

TEST_CASE("signatures arrive in any split") {
  std::mt19937 random{5};
  for (std::int32_t const s2_length : {0, 2, 16}) {
    delta::signature sums;
    sums.head = {50, 700, s2_length, 13};
    for (int i = 0; i < 50; ++i) sums.weak.push_back(static_cast<std::uint32_t>(random()));
    for (int i = 0; i < 50 * s2_length; ++i) sums.strong.push_back(static_cast<std::byte>(random() & 0xff));
    auto const made = written([&](writer& out) { write_block_sums(out, sums); });
    CHECK(made.size() == 50U * (4U + static_cast<unsigned>(s2_length)));
    for (int round = 0; round < 10; ++round) {
      signature_reader from{sums.head};
      bytes pending;
      byte_view rest{made};
      for (auto const size : round == 0 ? pieces_of_one(made.size()) : random_pieces(made.size(), random, 70)) {
        CHECK(!from.complete());
        append(pending, rest.first(size));
        rest = rest.subspan(size);
        exact const all{pending};
        cursor in{all.view()};
        CHECK(from.feed(in) == rest.empty());
        pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(in.position()));
      }
      CHECK(pending.empty());
      auto const got = from.take();
      CHECK(got.head == sums.head);
      CHECK(got.weak == sums.weak);
      CHECK(got.strong == sums.strong);
    }
  }
}

TEST_CASE("a signature takes memory for what came, not for what was announced") {
  signature_reader from{{0x7fffffff, 700, 16, 0}};
  bytes const some(20 * 100, std::byte{1});
  cursor in{some};
  CHECK(!from.feed(in));
  auto const got = from.take();
  CHECK(got.weak.capacity() <= 256);
  CHECK(got.strong.capacity() <= 4096);
}

TEST_CASE("tokens have known bytes") {
  auto const made = written([](writer& out) {
    write_match(out, 0);
    write_literal(out, as_bytes("HELLO\n"));
    write_match(out, 1, 2);
    write_literal(out, {});
    write_tokens_end(out);
  });
  CHECK(to_hex(made) == "ff ff ff ff 06 00 00 00 48 45 4c 4c 4f 0a fe ff ff ff fd ff ff ff 00 00 00 00");
}

TEST_CASE("literal runs are cut into pieces of at most 32768 bytes") {
  bytes const run(2 * 32768 + 5, std::byte{'r'});
  auto const made = written([&](writer& out) { write_literal(out, run); });
  CHECK(made.size() == run.size() + 3 * 4);
  cursor in{made};
  for (std::int32_t const expected : {32768, 32768, 5}) {
    CHECK(read_int32(in).value_or(0) == expected);
    in.take(static_cast<std::size_t>(expected));
  }
}

TEST_CASE("tokens arrive in any split") {
  std::mt19937 random{6};
  auto const made = written([](writer& out) {
    write_match(out, 4);
    write_literal(out, as_bytes(std::string(300, 'x') + "y"));
    write_literal(out, as_bytes("z"));
    write_match(out, 0, 3);
    write_tokens_end(out);
  });
  for (int round = 0; round < 30; ++round) {
    token_reader from{5};
    std::string seen;
    bytes pending;
    byte_view rest{made};
    for (auto const size : round == 0 ? pieces_of_one(made.size()) : random_pieces(made.size(), random, 50)) {
      append(pending, rest.first(size));
      rest = rest.subspan(size);
      exact const all{pending};
      cursor in{all.view()};
      for (auto got = from.next(in); got.error() != wire_errc::truncated; got = from.next(in)) {
        REQUIRE(got);
        if (auto const* const data = std::get_if<literal>(&*got)) {
          CHECK(!data->data.empty());
          seen += as_text(data->data);
        } else if (auto const* const match = std::get_if<block_match>(&*got)) {
          seen += "<" + std::to_string(match->block) + ">";
        } else {
          seen += "end";
        }
      }
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(in.position()));
    }
    CHECK(seen == "<4>" + std::string(300, 'x') + "yz<0><1><2>end");
  }
}

TEST_CASE("blocks that the basis does not have are refused") {
  for (char const* const hex : {"faffffff", "00000080", "01000080"}) {
    token_reader from{5};
    CHECK(refusal(from_hex(hex), [&](cursor& in) { return from.next(in); }) == delta::delta_errc::bad_block_index);
  }
  token_reader none{0};
  CHECK(refusal(from_hex("ffffffff"), [&](cursor& in) { return none.next(in); }) == delta::delta_errc::bad_block_index);
  CHECK(exit_code_for(make_error_code(delta::delta_errc::bad_block_index)) == exit_code::protocol);
}

TEST_CASE("statistics") {
  using std::chrono::milliseconds;
  statistics const figures{0x4a00 >> 8, 0xce, 1LL << 40, milliseconds{1}, milliseconds{0}};
  auto const made = written([&](writer& out) { write_statistics(out, figures); });
  CHECK(to_hex(made) == "00 4a 00 00 ce 00 e1 00 00 00 00 00 00 01 00 00 00 00");
  CHECK(decode_in_any_split(made, read_statistics) == figures);
  CHECK(refusal(from_hex("fcffffffffffffffff"), read_statistics) == wire_errc::bad_statistics);
}

TEST_CASE("every violation has words and rsync's exit code") {
  for (int code = 1; code <= static_cast<int>(wire_errc::too_many_sums); ++code) {
    auto const e = make_error_code(static_cast<wire_errc>(code));
    CHECK(e.message() != "unknown wire error");
    auto const exit = exit_code_for(e);
    constexpr std::array known{exit_code::protocol, exit_code::unsupported, exit_code::stream, exit_code::memory};
    CHECK(std::find(known.begin(), known.end(), exit) != known.end());
  }
  CHECK(exit_code_for(wire_errc::name_too_long) == exit_code::memory);
  CHECK(exit_code_for(wire_errc::unsafe_name) == exit_code::unsupported);
  CHECK(exit_code_for(wire_errc::bad_mode) == exit_code::protocol);
  CHECK(exit_code_for(wire_errc::truncated) == exit_code::stream);
  CHECK(exit_code_for(wire_errc::bad_version) == exit_code::protocol);
  CHECK(exit_code_for(std::make_error_code(std::errc::io_error)) == exit_code::stream);
}
