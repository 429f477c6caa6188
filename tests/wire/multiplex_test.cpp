// Frames: what goes in comes out, in any split, and what a peer may not send is refused.
#include "wire/multiplex.hpp"

#include "wire/integers.hpp"
#include "wire/support.hpp"

using namespace volsync;
using namespace volsync::wire;

namespace {

std::string text_of(demultiplexer const& from) { return std::string{as_text(from.data())}; }

}  // namespace

TEST_CASE("frame headers have known bytes") {
  struct row {
    frame_header header;
    char const* hex;
  };
  for (row const& one : {row{{tag::data, 100}, "64000007"},
                         {{tag::data, 0xffffff}, "ffffff07"},
                         {{tag::io_error, 4}, "0400001d"},
                         {{tag::error_exit, 0}, "0000005d"},
                         {{tag::no_send, 4}, "0400006d"},
                         {{tag::deleted, 5}, "0500006c"},
                         {{tag::io_timeout, 4}, "04000028"}}) {
    CHECK(to_hex(written([&](writer& out) { write_frame_header(out, one.header); })) == to_hex(from_hex(one.hex)));
    CHECK(decode_in_any_split(from_hex(one.hex), read_frame_header) == one.header);
  }
}

TEST_CASE("headers that no peer may send are refused") {
  struct row {
    char const* hex;
    wire_errc why;
  };
  for (row const& one : {row{"00000006", wire_errc::unknown_tag},  // below the base
                         row{"00000000", wire_errc::unknown_tag}, row{"00000004", wire_errc::unknown_tag},
                         row{"0000000c", wire_errc::unknown_tag},  // 5: used inside a peer only
                         row{"04000010", wire_errc::unknown_tag},  // 9
                         row{"08000011", wire_errc::unknown_tag},  // 10
                         row{"000000ff", wire_errc::unknown_tag}, row{"0300001d", wire_errc::bad_message_length},
                         row{"0000001d", wire_errc::bad_message_length}, row{"0500006d", wire_errc::bad_message_length},
                         row{"00000028", wire_errc::bad_message_length}, row{"01000031", wire_errc::bad_message_length},
                         row{"0200005d", wire_errc::bad_message_length}, row{"0800006b", wire_errc::bad_message_length},
                         row{"00140009", wire_errc::message_too_long}, row{"0014006c", wire_errc::message_too_long}}) {
    INFO(one.hex);
    CHECK(refusal(from_hex(one.hex), read_frame_header) == one.why);
    CHECK(exit_code_for(one.why) == exit_code::stream);
    demultiplexer from;
    REQUIRE(from.feed(from_hex("02000007 6162")));
    CHECK(from.feed(from_hex(one.hex)).error() == one.why);
    CHECK(from.feed(from_hex("0100000778")).error() == one.why);  // for good
    CHECK(text_of(from) == "ab");
  }
  CHECK(decode_in_any_split(from_hex("ff130009"), read_frame_header).length == max_text);
}

TEST_CASE("streams and messages are told apart in any split") {
  auto const frames = from_hex(
      "03000007 616263 00000007 0400001d 01000000 01000007 64 00000031 0300006c 646900"
      "02000007 6566 0000005d");
  std::mt19937 random{3};
  for (int round = 0; round < 30; ++round) {
    demultiplexer from;
    std::vector<message> messages;
    byte_view rest{frames};
    for (auto const size : round == 0 ? pieces_of_one(frames.size()) : random_pieces(frames.size(), random, 12)) {
      exact const piece{rest.first(size)};
      rest = rest.subspan(size);
      REQUIRE(from.feed(piece.view()));
      while (auto one = from.next_message()) messages.push_back(*std::move(one));
      CHECK(from.byte_count() == static_cast<std::int64_t>(frames.size() - rest.size()));
    }
    CHECK(from.between_frames());
    CHECK(text_of(from) == "abcdef");
    REQUIRE(messages.size() == 4);
    CHECK(messages[0].kind == tag::io_error);
    CHECK(messages[0].number() == 1);
    CHECK(messages[1] == message{tag::noop, {}});
    CHECK(messages[2].text() == std::string_view{"di\0", 3});
    CHECK(messages[3] == message{tag::error_exit, {}});
  }
}

TEST_CASE("an end inside a frame can be told") {
  demultiplexer from;
  CHECK(from.between_frames());
  for (char const* const hex : {"02", "000007", "61"}) {
    REQUIRE(from.feed(from_hex(hex)));
    CHECK(!from.between_frames());
  }
  REQUIRE(from.feed(from_hex("62")));
  CHECK(from.between_frames());
}

TEST_CASE("consumed bytes go") {
  demultiplexer from;
  std::string all;
  bytes payload(1000, std::byte{'p'});
  auto const frame = written([&](writer& out) {
    write_frame_header(out, {tag::data, 1000});
    out.put(payload);
  });
  for (int i = 0; i < 2000; ++i) {
    REQUIRE(from.feed(frame));
    CHECK(from.data().size() == 1000U + (i == 0 ? 0 : 7));
    from.consume(from.data().size() - 7);
  }
  CHECK(text_of(from) == "ppppppp");
}

TEST_CASE("the multiplexer's output is understood") {
  multiplexer to;
  CHECK(to.take_output().empty());
  to.put_message(tag::info, as_bytes("hello\n"));
  to.stream().put(as_bytes("abc"));
  to.stream().u8('d');
  to.put_message(tag::no_send, 7);
  to.put_message(tag::no_send, -7);
  to.keep_alive();
  to.stream().put({});
  to.stream().u8('e');
  CHECK(to.backlog() == 10 + 8 + 8 + 8 + 4 + 5);
  CHECK(to_hex(to.take_output()) == to_hex(from_hex("06000009 68656c6c6f0a 04000007 61626364 0400006d 07000000"
                                                    "0400006d f9ffffff 00000007 01000007 65")));
  CHECK(to.backlog() == 0);
  CHECK(to.byte_count() == 43);
  to.stream().u8('f');
  CHECK(to.byte_count() == 48);
  CHECK(to_hex(to.take_output()) == "01 00 00 07 66");
}

TEST_CASE("a long stream is cut into frames of at most 64 KiB") {
  std::mt19937 random{4};
  bytes all;
  multiplexer to;
  demultiplexer from;
  for (int i = 0; i < 400; ++i) {
    bytes piece(std::uniform_int_distribution<std::size_t>{0, i % 50 == 0 ? 200000U : 3000U}(random));
    for (auto& one : piece) one = static_cast<std::byte>(random() & 0xff);
    for (int k = 0; k < 5; ++k) to.stream().u8(static_cast<std::uint8_t>(k));
    to.stream().put(piece);
    for (int k = 0; k < 5; ++k) all.push_back(static_cast<std::byte>(k));
    append(all, piece);
    if (random() % 3 == 0) REQUIRE(from.feed(to.take_output()));
  }
  auto const last = to.take_output();
  REQUIRE(from.feed(last));
  CHECK(bytes(from.data().begin(), from.data().end()) == all);
  CHECK(from.byte_count() == to.byte_count());
  // All frames but the last are full.
  for (int i = 0; i < 300000; ++i) to.stream().u8(1);
  auto const made = to.take_output();
  cursor in{made};
  std::vector<std::uint32_t> lengths;
  while (in.remaining() != 0) {
    auto const header = read_frame_header(in);
    REQUIRE(header);
    lengths.push_back(header->length);
    in.take(header->length);
  }
  CHECK(lengths == std::vector<std::uint32_t>{65532, 65532, 65532, 65532, 37872});
}
