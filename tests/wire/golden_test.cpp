// Everything that a stock rsync said in the golden sessions is understood, and written again byte for byte.
#include <map>
#include <set>

#include "wire/session.hpp"
#include "wire/support.hpp"

using namespace volsync;
using namespace volsync::wire;

namespace {

std::map<std::string, flist::entry const*> by_path(flist::list const& list) {
  std::map<std::string, flist::entry const*> found;
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    auto const& e = list.at(static_cast<flist::slot>(i));
    found[list.path(e)] = &e;
  }
  return found;
}

void feed_in_pieces(stream_reader& reader, byte_view data, std::vector<std::size_t> const& pieces) {
  for (std::size_t const size : pieces) {
    reader.feed(data.first(size));
    data = data.subspan(size);
  }
}

}  // namespace

TEST_CASE("golden sessions are read to the end and written again byte for byte") {
  auto const names = golden_sessions();
  REQUIRE(names.size() >= 50);
  for (auto const& name : names) {
    INFO(name);
    session const one{name};
    for (bool const client : {true, false}) {
      auto reader = client ? one.client_reader() : one.server_reader();
      auto const& stream = client ? one.client_stream : one.server_stream;
      reader.feed(stream);
      CHECK(reader.at_end());
      CHECK(to_hex(reader.again) == to_hex(stream));
      CHECK(reader.done >= 3);
    }
  }
}

TEST_CASE("golden streams mean the same in any split") {
  std::mt19937 random{20240506};
  for (auto const& name : {"p32/push-types-incremental", "p31/push-types", "p30/push-types-bytes", "p30/push-links",
                           "p32/push-delta", "p32/pull-delta", "p32/push-delete", "p30/push-checksum"}) {
    INFO(name);
    session const one{name};
    for (bool const client : {true, false}) {
      auto const& stream = client ? one.client_stream : one.server_stream;
      auto by_one = client ? one.client_reader() : one.server_reader();
      feed_in_pieces(by_one, stream, pieces_of_one(stream.size()));
      CHECK(by_one.at_end());
      CHECK(by_one.again == stream);
      auto by_some = client ? one.client_reader() : one.server_reader();
      feed_in_pieces(by_some, stream, random_pieces(stream.size(), random, 40));
      CHECK(by_some.at_end());
      CHECK(by_some.again == stream);
    }
  }
}

TEST_CASE("golden handshakes") {
  session const common{"p32/push-types"};
  CHECK(common.agreed.protocol == 32);
  CHECK(common.agreed.compat == 0x1fe);
  CHECK(common.client_names == "xxh128 xxh3 xxh64 md5 md4 sha1");
  CHECK(common.server_names == "xxh128 xxh3 xxh64 md5 md4 sha1 none");
  CHECK(common.seed == 1);
  CHECK(session{"p30/push-types-incremental"}.agreed == features{30, 0x1ff});
  CHECK(session{"p31/push-types-bytes"}.agreed == features{31, 0x17e});
  CHECK(session{"p30/push-unreadable-unsafe"}.agreed.compat == (0x1ffU & ~0x088U));
  CHECK(session{"p32/push-checksum-md5"}.client_names.empty());
}

TEST_CASE("golden entries have the values of their files") {
  for (std::string const name : {"p30/push-types", "p31/push-types", "p32/push-types", "p30/push-types-bytes",
                                 "p32/push-types-bytes", "p32/pull-types"}) {
    INFO(name);
    session const one{name};
    auto reader = one.facts.pull ? one.server_reader() : one.client_reader();
    reader.feed(one.facts.pull ? one.server_stream : one.client_stream);
    REQUIRE(reader.lists.size() == 1);
    flist::list const& list = *reader.lists[0];
    auto const all = by_path(list);
    constexpr std::int64_t base = 1714979289;
    bool const nsec = one.agreed.protocol >= 31;
    CHECK(all.at(".")->is_directory());
    CHECK(has(all.at(".")->flags, flist::entry_flags::top));
    CHECK(!has(all.at("sub")->flags, flist::entry_flags::top));
    CHECK(all.at("empty")->size == 0);
    CHECK(all.at("empty")->mtime == base);
    CHECK(all.at("three")->size == 3);
    CHECK(all.at("three")->mode == 0100600);
    CHECK(all.at("three-and-more")->mode == 0104755);
    CHECK(all.at("three-and-more")->uid == 1);
    CHECK(all.at("nobody's")->uid == 1234567);
    CHECK(all.at("nobody's")->gid == 7654321);
    CHECK(all.at("last-ids")->uid == 4294967294U);
    CHECK(all.at("old")->mtime == -86400);
    CHECK(all.at("older")->mtime == -1);
    CHECK(all.at("older")->mtime_ns == (nsec ? 500000000 : 0));
    CHECK(all.at("epoch")->mtime == 0);
    CHECK(all.at("nanoseconds")->mtime_ns == (nsec ? 123456789 : 0));
    CHECK(all.at("after-2038")->mtime == 0x80000000LL);
    CHECK(all.at("after-2106")->mtime == 0x100000000LL);
    CHECK(all.at("null")->mode == 0020600);
    CHECK(all.at("null")->device() == 0x103);
    CHECK(all.at("zero")->device() == 0x105);
    CHECK(all.at("block")->is_device());
    CHECK(all.at("block")->device() == (7ULL << 8 | 300ULL % 256 | (300ULL / 256) << 20));
    CHECK(all.at("wide")->device() == (259ULL << 8 | 70000ULL % 256 | (70000ULL / 256) << 20));
    CHECK(all.at("fifo")->mode == 0010640);
    CHECK(all.at("socket")->is_special());
    CHECK(all.at("fifo")->length() == 0);
    CHECK(list.extra(*all.at("link")) == "three");
    CHECK(list.extra(*all.at("long-link")) == std::string(300, 't'));
    CHECK(all.at("sub/empty-dir")->is_directory());
    CHECK(all.count(std::string(200, 'D') + "/" + std::string(100, 'E') + "/" + std::string(199, 'f') + "g") == 1);
    REQUIRE(reader.id_lists.size() == 2);
    for (auto const& ids : reader.id_lists) {
      CHECK(ids == std::vector<id_name>{{1, "daemon"}, {0, "root"}});
    }
  }
}

TEST_CASE("golden hard links name the first member of their group") {
  for (std::string const name : {"p30/push-links-incremental", "p32/push-links-incremental", "p32/push-links"}) {
    INFO(name);
    session const one{name};
    auto reader = one.client_reader();
    reader.feed(one.client_stream);
    std::map<std::uint32_t, std::set<std::string>> groups;
    std::map<std::uint32_t, int> firsts;
    for (auto const& list : reader.lists) {
      for (auto const& [path, e] : by_path(*list)) {
        if (!has(e->flags, flist::entry_flags::hard_linked)) continue;
        groups[e->group].insert(path);
        firsts[e->group] += has(e->flags, flist::entry_flags::first_link) ? 1 : 0;
        CHECK((path == "s" || path == "s2" ? list->extra(*e) == "a" : list->extra(*e).empty()));
        CHECK((path == "n" || path == "n2" ? e->device() == 0x103 && e->uid == 1 : e->uid == 0));
        if (path == "a" || path == "b") CHECK(e->size == 6);
      }
    }
    std::set<std::set<std::string>> members;
    for (auto const& [group, paths] : groups) members.insert(paths);
    CHECK(members == std::set<std::set<std::string>>{
                         {"a", "b", "d/c"}, {"d/one", "d/two", "d/e/three"}, {"s", "s2"}, {"n", "n2"}});
    for (auto const& [group, count] : firsts) CHECK(count == 1);
  }
}

TEST_CASE("golden lists of incremental recursion") {
  session const one{"p32/push-links-incremental"};
  auto reader = one.client_reader();
  reader.feed(one.client_stream);
  CHECK(reader.lists.size() == 3);
  CHECK(reader.eof);
  CHECK(reader.list_starts[0] == 1);
  CHECK(reader.list_starts[1] == 2 + static_cast<std::int32_t>(reader.lists[0]->size()));
}

TEST_CASE("golden digests of -c stand in the list") {
  for (std::string const name : {"p30/push-checksum", "p32/push-checksum", "p32/push-checksum-md5"}) {
    INFO(name);
    session const one{name};
    auto reader = one.client_reader();
    reader.feed(one.client_stream);
    // The digest of a file is the same in the list and after its content.
    std::set<std::string> digests, link_texts;
    for (auto const& list : reader.lists) {
      for (auto const& [path, e] : by_path(*list)) {
        if (e->is_regular()) digests.insert(std::string{list->extra(*e)});
        if (e->is_symlink()) link_texts.insert(std::string{list->extra(*e)});
      }
    }
    CHECK(digests == std::set<std::string>{reader.digests.begin(), reader.digests.end()});
    CHECK(digests.size() == 3);
    CHECK(link_texts == std::set<std::string>{"one"});
  }
}

TEST_CASE("golden deletions come as messages and as a record") {
  for (std::string const name : {"p30/push-delete", "p31/push-delete", "p32/push-delete"}) {
    INFO(name);
    session const one{name};
    std::set<std::string> deleted;
    for (auto const& each : one.server_messages) {
      CHECK(each.kind == tag::deleted);
      deleted.insert(std::string{each.text()});
    }
    CHECK(deleted == std::set<std::string>{"gone", "gone-link", "gone-fifo", "gone-device", "gone-dir/inner",
                                           std::string{"gone-dir\0", 9}});
    auto client = one.client_reader();
    client.feed(one.client_stream);
    CHECK(client.rules == std::vector<filter::wire_rule>{{"-", "*.o", false}, {"-", "/cache", true}});
    auto server = one.server_reader();
    server.feed(one.server_stream);
    CHECK(server.done == (one.agreed.protocol >= 31 ? 6 : 5));
    if (one.agreed.protocol < 31) {
      CHECK(server.deletions.empty());
    } else {
      CHECK(server.deletions == std::vector<entry_counts>{{2, 1, 1, 1, 1}});
    }
  }
}

TEST_CASE("golden signatures, tokens and digests") {
  for (std::string const name : {"p30/push-delta", "p32/push-delta", "p30/pull-delta", "p32/pull-delta"}) {
    INFO(name);
    session const one{name};
    auto client = one.client_reader(), server = one.server_reader();
    client.feed(one.client_stream);
    server.feed(one.server_stream);
    auto const& sender = one.facts.pull ? server : client;
    auto const& generator = one.facts.pull ? client : server;
    CHECK(sender.items == generator.items);
    REQUIRE(generator.signatures.size() == 2);
    auto const& grown = generator.signatures[0].head.count > 1 ? generator.signatures[0] : generator.signatures[1];
    CHECK(grown.head == delta::sum_head{3, 700, 2, 600});
    CHECK(grown.weak.size() == 3);
    CHECK(grown.strong.size() == 6);
    std::map<std::string, std::vector<std::int32_t>> sent;
    for (std::size_t i = 0; i < sender.contents.size(); ++i) sent[sender.contents[i]] = sender.matches[i];
    CHECK(sent.at("new").empty());
    CHECK(sent.at("").empty());
    CHECK(sent.size() == 3);
    for (auto const& [literals, matches] : sent) {
      if (literals.find("CHANGED\n") != literals.npos) CHECK(matches == std::vector<std::int32_t>{0, 2});
    }
    CHECK(server.figures.size() == (one.facts.pull ? 1 : 0));
  }
}

TEST_CASE("golden statistics") {
  session const one{"p32/pull-delta"};
  auto server = one.server_reader();
  server.feed(one.server_stream);
  REQUIRE(server.figures.size() == 1);
  CHECK(server.figures[0].total_size == 1998 + 200 + 3 + 4096 * 0);
  CHECK(server.figures[0].bytes_read > 0);
  CHECK(server.figures[0].bytes_written > server.figures[0].bytes_read);
}

TEST_CASE("golden messages of files that cannot be sent") {
  struct row {
    std::string name;
    bool end_has_error, message_after_list;
  };
  for (row const& r : {row{"p30/push-unreadable", true, true}, row{"p30/push-unreadable-bytes", true, true},
                       row{"p30/push-unreadable-unsafe", false, true}, row{"p31/push-unreadable", true, false},
                       row{"p31/push-unreadable-bytes", true, false}, row{"p32/push-unreadable", true, false},
                       row{"p30/pull-unreadable", true, true}, row{"p32/pull-unreadable", true, false}}) {
    INFO(r.name);
    session const one{r.name};
    auto reader = one.facts.pull ? one.server_reader() : one.client_reader();
    reader.feed(one.facts.pull ? one.server_stream : one.client_stream);
    auto const& messages = one.facts.pull ? one.server_messages : one.client_messages;
    std::vector<tag> kinds{tag::no_send, tag::io_error};
    if (r.message_after_list) kinds.insert(kinds.begin(), tag::io_error);
    REQUIRE(messages.size() == kinds.size());
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      CHECK(messages[i].kind == kinds[i]);
      CHECK(messages[i].number() == (kinds[i] == tag::io_error ? 1 : 1 + reader.list_starts[0]));
    }
    bool const any_error = reader.list_ends != std::vector<std::int32_t>(reader.list_ends.size(), 0);
    CHECK(any_error == r.end_has_error);
  }
}

TEST_CASE("golden item records with a basis") {
  session const one{"p32/push-fuzzy"};
  auto reader = one.client_reader();
  reader.feed(one.client_stream);
  bool seen = false;
  for (auto const& item : reader.items) {
    if (!item.basis) continue;
    seen = true;
    CHECK(*item.basis == basis_type::fuzzy);
    CHECK(item.xname == "new.old");
  }
  CHECK(seen);
  session const links{"p32/push-links"};
  auto server = links.server_reader();
  server.feed(links.server_stream);
  std::set<std::string> names;
  for (auto const& item : server.items) {
    if (item.xname) names.insert(*item.xname);
  }
  CHECK(names.size() == 4);
}

TEST_CASE("golden entries of arguments") {
  session const missing{"p32/push-missing-argument"};
  auto reader = missing.client_reader();
  reader.feed(missing.client_stream);
  CHECK(by_path(*reader.lists[0]).at("nope")->mode == 0);

  session const relative{"p32/push-relative"};
  auto implied = relative.client_reader();
  implied.feed(relative.client_stream);
  auto const parents = by_path(*implied.lists[0]);
  for (auto const& path : {"a", "a/b", "a/b/c"}) CHECK(has(parents.at(path)->flags, flist::entry_flags::implied));

  session const absolute{"p32/push-absolute"};
  auto slashes = absolute.client_reader();
  slashes.feed(absolute.client_stream);
  CHECK(by_path(*slashes.lists[0]).count("/tmp") == 1);
  CHECK(by_path(*slashes.lists.back()).count("/tmp/golden-absolute/a/b/c/file") == 1);

  session const directory{"p32/push-directory"};
  auto flat = directory.client_reader();
  flat.feed(directory.client_stream);
  auto const listed_flat = by_path(*flat.lists[0]);
  CHECK(listed_flat.at("a")->flags == flist::entry_flags::no_content);
  CHECK(listed_flat.at(".")->flags == flist::entry_flags::top);
}
