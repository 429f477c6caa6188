// File lists: random ones come back, beginnings of an entry change nothing, and each bound holds.
#include <sys/sysmacros.h>

#include <array>
#include <random>
#include <tuple>

#include "wire/entry_flags.hpp"
#include "wire/flist_decoder.hpp"
#include "wire/flist_encoder.hpp"
#include "wire/integers.hpp"
#include "wire/support.hpp"

using namespace volsync;
using namespace volsync::wire;

namespace {

constexpr std::uint32_t all_flags = 0x1ff;

flist_options everything() {
  flist_options o;
  o.links = o.devices = o.specials = o.owner = o.group = o.hard_links = true;
  return o;
}

template <class Container>
auto const& pick(Container const& from, std::mt19937& random) {
  return from[random() % from.size()];
}

std::uint32_t below(std::uint32_t bound, std::mt19937& random) { return static_cast<std::uint32_t>(random() % bound); }

std::string random_name(std::mt19937& random) {
  std::string name(1 + random() % (random() % 8 == 0 ? 250 : 6), 'a');
  for (auto& c : name) c = static_cast<char>("ab\x01\xff "[random() % 5]);
  return name;
}

// An entry of any type, most often like its forerunners.
flist::entry random_entry(std::mt19937& random, features const& f) {
  static constexpr std::array<std::uint32_t, 8> modes{0100644, 0100755, 0040755, 0120777,
                                                      0020600, 0060600, 0010644, 0140755};
  static constexpr std::array<std::int64_t, 6> times{0, 1714979289, -1, -86400, 0x80000000LL, 1LL << 40};
  static constexpr std::array<std::uint32_t, 5> ids{0, 0, 1, 1234567, 4294967294U};
  flist::entry e;
  e.mode = pick(modes, random);
  e.mtime = pick(times, random);
  if (has_nsec(f) && random() % 3 == 0) e.mtime_ns = static_cast<std::uint32_t>(random() % 1000000000);
  e.uid = pick(ids, random);
  e.gid = pick(ids, random);
  if (e.is_device()) {
    e.size = static_cast<std::int64_t>(makedev(below(3, random), below(100000, random)));
  } else if (!e.is_special()) {
    e.size = static_cast<std::int64_t>(random()) << (random() % 30);
  }
  return e;
}

struct sample {
  flist::list list;
  std::vector<std::pair<std::string, std::string>> names;
};

sample random_list(std::mt19937& random, features const& f, flist_options const& o, std::int32_t start,
                   std::vector<std::uint32_t>& groups) {
  sample made;
  std::string parent;
  for (int i = 0; i < 40; ++i) {
    if (random() % 3 == 0) parent = random() % 4 == 0 ? "" : random_name(random) + "/" + random_name(random);
    auto e = random_entry(random, f);
    e.parent = made.list.add_parent(parent);
    if (e.is_directory() && random() % 2 == 0) e.flags |= flist::entry_flags::top;
    if (!e.is_directory() && o.hard_links && random() % 3 == 0) {
      e.flags |= flist::entry_flags::hard_linked;
      e.group = static_cast<std::uint32_t>(start + i);
      bool const first = groups.empty() || random() % 2 == 0;
      if (first) {
        e.flags |= flist::entry_flags::first_link;
        groups.push_back(e.group);
      } else {
        e.group = pick(groups, random);
      }
    }
    std::string extra;
    if (e.is_symlink()) extra = std::string(1 + random() % 300, 't');
    if (e.is_regular() && o.checksum) extra = std::string(o.checksum_length, static_cast<char>(random()));
    // A further link is the same file: all of it but the name is that of the first one.
    bool const further = has(e.flags, flist::entry_flags::hard_linked) && !has(e.flags, flist::entry_flags::first_link);
    if (further && e.group >= static_cast<std::uint32_t>(start)) {
      auto const& first = made.list.at(static_cast<flist::slot>(e.group - static_cast<std::uint32_t>(start)));
      extra = made.list.extra(first);
      auto const link = e;
      e = first;
      e.flags = link.flags;
      e.parent = link.parent;
    }
    made.list.append(e, random_name(random), extra);
    made.names.emplace_back(e.uid % 3 == 0 ? "user" : "", e.gid % 2 == 0 ? "group" : "");
  }
  return made;
}

void check_same(flist::list const& a, flist::list const& b, flist::slot s) {
  auto const &x = a.at(s), &y = b.at(s);
  CHECK(a.path(x) == b.path(y));
  CHECK(a.extra(x) == b.extra(y));
  CHECK(std::tuple{x.size, x.mtime, x.mtime_ns, x.mode, x.uid, x.gid, x.flags} ==
        std::tuple{y.size, y.mtime, y.mtime_ns, y.mode, y.uid, y.gid, y.flags});
  if (has(x.flags, flist::entry_flags::hard_linked)) CHECK(x.group == y.group);
}

// One entry as bytes, by hand: everything that is not given is "same" or empty.
struct by_hand {
  std::uint32_t flags = xflag::same_uid | xflag::same_gid | xflag::same_time;
  std::string shared{};  // the l1 byte, if any
  std::string name = "f";
  std::int32_t link = -1;
  std::int64_t size = 0;
  std::int32_t nsec = -1;
  std::int32_t mode = 0100644;
  std::string rest{};

  [[nodiscard]] bytes encoded() const {
    return written([&](writer& out) {
      write_varint(out, static_cast<std::int32_t>(flags));
      out.put(as_bytes(shared));
      if ((flags & xflag::long_name) != 0) {
        write_varint(out, static_cast<std::int32_t>(name.size()));
      } else {
        out.u8(static_cast<std::uint8_t>(name.size()));
      }
      out.put(as_bytes(name));
      if ((flags & xflag::hard_linked) != 0 && (flags & xflag::first_link) == 0) write_varint(out, link);
      write_varlong(out, size, 3);
      if (nsec >= 0) write_varint(out, nsec);
      write_int32(out, mode);
      out.put(as_bytes(rest));
    });
  }
};

error_code refused(by_hand const& entry, flist_options const& o = everything(),
                   std::string const* directory = nullptr) {
  flist_decoder decoder{{32, all_flags}, o};
  flist::list list;
  decoder.begin(list, 1, directory);
  auto const why = refusal(entry.encoded(), [&](cursor& in) { return decoder.next(in); });
  CHECK(list.empty());
  return why;
}

bool accepted(by_hand const& entry, flist_options const& o = everything(), std::string const* directory = nullptr) {
  flist_decoder decoder{{32, all_flags}, o};
  flist::list list;
  decoder.begin(list, 1, directory);
  auto const data = entry.encoded();
  cursor in{data};
  return decoder.next(in).has_value() && list.size() == 1 && in.remaining() == 0;
}

by_hand named(std::string name) {
  by_hand e;
  e.flags |= name.size() > 255 ? xflag::long_name : 0;
  e.name = std::move(name);
  return e;
}

}  // namespace

TEST_CASE("random lists come back, whatever was agreed") {
  std::mt19937 random{7};
  for (int round = 0; round < 120; ++round) {
    features const f{30 + static_cast<std::int32_t>(random() % 3), below(all_flags + 1, random)};
    flist_options o = everything();
    o.incremental = is_incremental(f);
    o.hard_links = random() % 2 == 0;
    o.checksum = random() % 3 == 0;
    o.checksum_length = o.checksum ? 16 : 0;
    flist_encoder encoder{f, o};
    flist_decoder decoder{f, o};
    std::vector<std::uint32_t> groups;
    std::int32_t start = o.incremental ? 1 : 0;
    for (int lists = 0; lists < 3; ++lists) {
      auto const made = random_list(random, f, o, start, groups);
      flist::list again;
      decoder.begin(again, start);
      for (std::uint32_t i = 0; i < made.list.size(); ++i) {
        auto const s = static_cast<flist::slot>(i);
        std::string const &user = made.names[i].first, &group = made.names[i].second;
        auto const data = written([&](writer& out) { encoder.entry(out, made.list, s, start, user, group); });
        // The decoder is the same for all beginnings of the entry: none of them changes it.
        auto const got = decode_in_any_split(data, [&](cursor& in) { return decoder.next(in); });
        auto const* const one = std::get_if<listed>(&got);
        REQUIRE(one != nullptr);
        CHECK(one->where == s);
        CHECK((one->user.empty() || one->user == user));
        check_same(made.list, again, s);
      }
      auto const end = written([&](writer& out) { encoder.end(out, 3); });
      auto const got = decode_in_any_split(end, [&](cursor& in) { return decoder.next(in); });
      REQUIRE(std::holds_alternative<list_end>(got));
      bool const told = has_varint_flist_flags(f) || has_safe_list_end(f);
      CHECK(std::get<list_end>(got).io_error == (told ? 3 : 0));
      start += static_cast<std::int32_t>(made.list.size()) + 1;
    }
  }
}

TEST_CASE("the end of a list has known bytes") {
  struct row {
    features f;
    std::int32_t error;
    char const* hex;
  };
  for (row const& one :
       {row{{32, compat::varint_flags}, 0, "0000"}, row{{30, compat::varint_flags}, 1, "0001"}, row{{32, 0}, 0, "00"},
        row{{31, 0}, 2, "041002"}, row{{30, compat::safe_list_end}, 1, "041001"}, row{{30, 0}, 1, "00"}}) {
    flist_encoder encoder{one.f, {}};
    CHECK(to_hex(written([&](writer& out) { encoder.end(out, one.error); })) == to_hex(from_hex(one.hex)));
  }
  flist_decoder decoder{{32, all_flags}, {}};
  flist::list list;
  decoder.begin(list, 1);
  auto const got = decode_in_any_split(from_hex("00f0ffffffff"), [&](cursor& in) { return decoder.next(in); });
  CHECK(std::get<list_end>(got).io_error == 7);
}

TEST_CASE("names of ids are sent where both ends expect them") {
  flist::list list;
  flist::entry e;
  e.mode = 0100644;
  e.parent = list.add_parent("");
  e.uid = 5;
  e.gid = 6;
  list.append(e, "f");
  for (bool const incremental : {true, false}) {
    for (bool const numeric : {true, false}) {
      auto o = everything();
      o.incremental = incremental;
      o.numeric_ids = numeric;
      flist_encoder encoder{{32, all_flags}, o};
      flist_decoder decoder{{32, all_flags}, o};
      flist::list again;
      decoder.begin(again, 1);
      auto const data =
          written([&](writer& out) { encoder.entry(out, list, flist::slot{0}, 1, "five", std::string(256, 's')); });
      auto const got = decode_in_any_split(data, [&](cursor& in) { return decoder.next(in); });
      auto const& one = std::get<listed>(got);
      CHECK(one.has_user == (incremental && !numeric));
      CHECK(one.user == (incremental && !numeric ? "five" : ""));
      CHECK(!one.has_group);  // too long for its byte
      CHECK(again.at(flist::slot{0}).uid == 5);
      CHECK(again.at(flist::slot{0}).gid == 6);
    }
  }
}

TEST_CASE("names of a peer are bounded and safe") {
  CHECK(accepted(named("f")));
  CHECK(accepted(named("a/b/c")));
  CHECK(accepted(named("..a/b../...")));
  CHECK(accepted(named(std::string(255, 'n'))));
  auto const path = [](std::size_t length) {
    std::string name;
    while (name.size() + 2 < length) name += "d/";
    return name + std::string(length - name.size(), 'e');
  };
  CHECK(accepted(named(path(4095))));
  CHECK(refused(named(path(4096))) == wire_errc::name_too_long);
  by_hand huge = named("");
  huge.flags |= xflag::long_name;
  auto data = written([&](writer& out) {
    write_varint(out, static_cast<std::int32_t>(huge.flags));
    write_varint(out, -1);
  });
  flist_decoder decoder{{32, all_flags}, everything()};
  flist::list list;
  decoder.begin(list, 1);
  CHECK(refusal(data, [&](cursor& in) { return decoder.next(in); }) == wire_errc::name_too_long);
  for (char const* const bad : {"..", "../x", "a/..", "a/../b"}) CHECK(refused(named(bad)) == wire_errc::unsafe_name);
  for (char const* const bad : {"", "a//b", "a/", "./a", "a/./b", "a/."})
    CHECK(refused(named(bad)) == wire_errc::bad_name);
  CHECK(refused(named(std::string{"a\0b", 3})) == wire_errc::bad_name);
  CHECK(refused(named("/a")) == wire_errc::unsafe_name);
  auto relative = everything();
  relative.relative = true;
  CHECK(accepted(named("/a"), relative));
  CHECK(accepted(named("/a/b"), relative));
  CHECK(refused(named("/a/../b"), relative) == wire_errc::unsafe_name);
  CHECK(refused(named("//a"), relative) == wire_errc::bad_name);
  CHECK(refused(named("/"), relative) == wire_errc::bad_name);
  by_hand shared = named("x");
  shared.flags |= xflag::same_name;
  shared.shared = "\x01";
  CHECK(refused(shared) == wire_errc::bad_name);
}

TEST_CASE("the transfer root is a directory") {
  CHECK(refused(named(".")) == wire_errc::dot_not_directory);
  by_hand root = named(".");
  root.mode = 040755;
  CHECK(accepted(root));
  auto relative = everything();
  relative.relative = true;
  CHECK(refused(named("/."), relative) == wire_errc::dot_not_directory);
}

TEST_CASE("values of a peer are bounded") {
  by_hand entry;
  entry.mode = 0150000;
  CHECK(refused(entry) == wire_errc::bad_mode);
  entry.mode = 01100644;
  CHECK(refused(entry) == wire_errc::bad_mode);
  entry.mode = 0;
  CHECK(refused(entry) == wire_errc::bad_mode);
  auto missing = everything();
  missing.missing_args = true;
  CHECK(accepted(entry, missing));
  entry = {};
  entry.flags |= xflag::mod_nsec;
  entry.nsec = 999999999;
  CHECK(accepted(entry));
  entry.nsec = 1000000000;
  CHECK(refused(entry) == wire_errc::bad_nanoseconds);
  auto data = written([&](writer& out) {
    write_varint(out, static_cast<std::int32_t>(xflag::same_uid | xflag::same_gid | xflag::same_time));
    write_short_string(out, "f");
    out.put(from_hex("fcffffffffffffffff"));
  });
  flist_decoder decoder{{32, all_flags}, everything()};
  flist::list list;
  decoder.begin(list, 1);
  CHECK(refusal(data, [&](cursor& in) { return decoder.next(in); }) == wire_errc::negative_size);
}

TEST_CASE("texts of symbolic links are bounded") {
  auto const link = [](std::size_t length) {
    by_hand e;
    e.mode = 0120777;
    e.rest = as_text(written([&](writer& out) {
      write_varint(out, static_cast<std::int32_t>(length));
      out.put(as_bytes(std::string(std::min<std::size_t>(length, 5000), 't')));
    }));
    return e;
  };
  CHECK(accepted(link(1)));
  CHECK(accepted(link(4095)));
  CHECK(refused(link(0)) == wire_errc::bad_symlink_length);
  CHECK(refused(link(4096)) == wire_errc::bad_symlink_length);
  CHECK(refused(link(0xffffffff)) == wire_errc::bad_symlink_length);
  auto nul = link(1);
  nul.rest.back() = '\0';
  CHECK(refused(nul) == wire_errc::bad_name);
}

TEST_CASE("hard links refer to a first member that came before") {
  by_hand link;
  link.flags |= xflag::hard_linked;
  for (std::int32_t const index : {-1, 0, 1, 2, 0x7fffffff}) {
    link.link = index;
    CHECK(refused(link) == wire_errc::bad_link_index);
  }
  flist_decoder decoder{{32, all_flags}, everything()};
  flist::list list;
  decoder.begin(list, 1);
  auto const next = [&](bytes const& data) {
    cursor in{data};
    return decoder.next(in).error();
  };
  by_hand first;
  first.flags |= xflag::hard_linked | xflag::first_link;
  CHECK(!next(named("plain").encoded()));
  first.name = "first";
  CHECK(!next(first.encoded()));
  link.link = 1;  // there, but no member of a group
  CHECK(next(link.encoded()) == wire_errc::bad_link_index);
  auto const further = written([&](writer& out) {
    write_varint(out, static_cast<std::int32_t>(link.flags | xflag::same_mode));
    write_short_string(out, "further");
    write_varint(out, 2);
  });
  CHECK(!next(further));
  CHECK(list.at(flist::slot{2}).mode == 0100644);
  CHECK(list.at(flist::slot{2}).group == 2);
  auto without = everything();
  without.hard_links = false;
  CHECK(refused(first, without) == wire_errc::bad_link_index);
  first.mode = 040755;
  CHECK(refused(first) == wire_errc::bad_link_index);
}

TEST_CASE("entries of a directory's list lie in that directory") {
  std::string const directory = "a/b";
  CHECK(accepted(named("a/b/c"), everything(), &directory));
  for (char const* const name : {"a/c", "a/b", "a/b/c/d", "c", "a/bc/d"}) {
    CHECK(refused(named(name), everything(), &directory) == wire_errc::wrong_directory);
  }
}

TEST_CASE("what a further link changed while it was listed does not put the peer out of step") {
  // The peer takes the values of the first member as "previous"; the one sent next is told as a difference to those.
  flist::list list;
  flist::entry e;
  e.mode = 0100644;
  e.mtime = 1000;
  e.flags = flist::entry_flags::hard_linked | flist::entry_flags::first_link;
  e.group = 1;
  e.parent = list.add_parent("");
  list.append(e, "first");
  e.flags = flist::entry_flags::hard_linked;
  e.mtime = 2000;
  e.mode = 0100600;
  list.append(e, "further");
  e.flags = {};
  list.append(e, "next");
  flist_encoder encoder{{32, all_flags}, everything()};
  flist_decoder decoder{{32, all_flags}, everything()};
  flist::list again;
  decoder.begin(again, 1);
  for (std::uint32_t i = 0; i < 3; ++i) {
    auto const data = written([&](writer& out) { encoder.entry(out, list, static_cast<flist::slot>(i), 1); });
    decode_in_any_split(data, [&](cursor& in) { return decoder.next(in); });
  }
  CHECK(again.at(flist::slot{1}).mtime == 1000);
  CHECK(again.at(flist::slot{2}).mtime == 2000);
  CHECK(again.at(flist::slot{2}).mode == 0100600);
}
