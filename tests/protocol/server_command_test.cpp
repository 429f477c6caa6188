// A client's words, read: every spelling that a stock client sends, and those that are refused.
#include "protocol/server_command.hpp"

#include <functional>

#include "protocol/server_args.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::protocol;
using words = std::vector<std::string>;

namespace {

words server(words middle, words paths = {"src"}) {
  words all{"--server", "--sender"};
  all.insert(all.end(), middle.begin(), middle.end());
  all.emplace_back(".");
  all.insert(all.end(), paths.begin(), paths.end());
  return all;
}

struct known_word {
  words spelled;  // one way
  words again;    // another; empty: there is none
  std::function<bool(options const&)> says;
};

#define SAYS(expression) [](options const& o) { return (expression); }

std::vector<known_word> known_words() {
  using mode = options::stderr_mode;
  return {
      {{"-v"}, {}, SAYS(o.verbose == 1)},
      {{"-vvvvvvvvv"}, {}, SAYS(o.verbose == 9)},
      {{"-q"}, {}, SAYS(o.quiet)},
      {{"-u"}, {"--update"}, SAYS(o.update)},
      {{"-n"}, {"--dry-run"}, SAYS(o.dry_run)},
      {{"-l"}, {"--links"}, SAYS(o.links)},
      {{"-d"}, {"--dirs"}, SAYS(o.dirs == true)},
      {{"-K"}, {}, SAYS(o.keep_dirlinks)},
      {{"-O"}, {}, SAYS(o.omit_dir_times)},
      {{"-J"}, {}, SAYS(o.omit_link_times)},
      {{"-L"}, {}, SAYS(o.copy_links)},
      {{"-k"}, {}, SAYS(o.copy_dirlinks)},
      {{"-W"}, {}, SAYS(o.whole_file == true)},
      {{"--no-W"}, {}, SAYS(o.whole_file == false)},
      {{"-H"}, {}, SAYS(o.hard_links)},
      {{"-o"}, {}, SAYS(o.owner && !o.group)},
      {{"-g"}, {}, SAYS(o.group && !o.owner)},
      {{"-D"}, {}, SAYS(o.devices && o.specials)},
      {{"-D", "--no-specials"}, {}, SAYS(o.devices && !o.specials)},
      {{"--specials"}, {}, SAYS(!o.devices && o.specials)},
      {{"-t"}, {}, SAYS(o.times)},
      {{"-p"}, {}, SAYS(o.perms && !o.executability)},
      {{"-E"}, {}, SAYS(o.executability && !o.perms)},
      {{"-r"}, {}, SAYS(o.recurse)},
      {{"-r", "--no-r"}, {}, SAYS(!o.recurse)},
      {{"-c"}, {}, SAYS(o.checksum)},
      {{"-C"}, {}, SAYS(o.cvs_exclude)},
      {{"-I"}, {}, SAYS(o.ignore_times)},
      {{"-R"}, {}, SAYS(o.relative)},
      {{"-x"}, {}, SAYS(o.one_file_system == 1)},
      {{"-xx"}, {}, SAYS(o.one_file_system == 2)},
      {{"-S"}, {}, SAYS(o.sparse)},
      {{"--list-only"}, {}, SAYS(o.list_only)},
      {{"--log-format=%i%I"}, {"--log-format", "%i%I"}, SAYS(o.out_format == "%i%I" && o.itemize == 2)},
      {{"--log-format=%i"}, {"--log-format", "%i"}, SAYS(o.itemize == 1)},
      {{"-vv", "--log-format=%i"}, {}, SAYS(o.itemize == 1 && o.info.empty())},
      {{"-vv", "--log-format=%i", "--info=NAME"}, {}, SAYS(o.itemize == 1 && o.info == words{"NAME"})},
      {{"--log-format=X"}, {}, SAYS(o.out_format == "X" && o.itemize == 0)},
      {{"--msgs2stderr"}, {}, SAYS(o.errors_to == mode::all)},
      {{"--no-msgs2stderr"}, {}, SAYS(o.errors_to == mode::client)},
      {{"-B700"}, {"-B", "700"}, SAYS(o.block_size == 700)},
      {{"--block-size=700"}, {"--block-size", "700"}, SAYS(o.block_size == 700)},
      {{"--timeout=60"}, {"--timeout", "60"}, SAYS(o.timeout == std::chrono::seconds{60})},
      {{"--bwlimit=100"}, {"--bwlimit", "100"}, SAYS(o.bandwidth_limit == 102400)},
      {{"--checksum-choice=xxh64,md5"}, {"--checksum-choice", "xxh64,md5"}, SAYS(o.checksum_choice == "xxh64,md5")},
      {{"--max-delete=7"}, {"--max-delete", "7"}, SAYS(o.max_delete == 7)},
      {{"--max-delete=-1"}, {"--max-delete", "-1"}, SAYS(o.max_delete == 0)},
      {{"--min-size=1500"}, {"--min-size", "1.5KB"}, SAYS(o.min_size == 1500)},
      {{"--max-size=2K"}, {"--max-size", "2KiB"}, SAYS(o.max_size == 2048)},
      {{"--max-size=1m-1"}, {"--max-size", "1048575b"}, SAYS(o.max_size == 1048575)},
      {{"--delete"}, {}, SAYS(o.deletion == delete_mode::automatic && !o.delete_excluded)},
      {{"--delete-before"}, {}, SAYS(o.deletion == delete_mode::before)},
      {{"--delete-during"}, {}, SAYS(o.deletion == delete_mode::during)},
      {{"--delete-delay"}, {}, SAYS(o.deletion == delete_mode::delay)},
      {{"--delete-after"}, {}, SAYS(o.deletion == delete_mode::after)},
      {{"--delete-excluded"}, {}, SAYS(o.deletion == delete_mode::automatic && o.delete_excluded)},
      {{"--delete-after", "--delete-excluded"}, {}, SAYS(o.deletion == delete_mode::after && o.delete_excluded)},
      {{"--force"}, {}, SAYS(o.force)},
      {{"--size-only"}, {}, SAYS(o.size_only)},
      {{"--stats"}, {}, SAYS(o.stats)},
      {{"--modify-window=2"}, {"--modify-window", "2"}, SAYS(o.modify_window == 2)},
      {{"-@-1"}, {"-@", "-1"}, SAYS(o.modify_window == -1)},
      {{"--checksum-seed=-5"}, {"--checksum-seed", "-5"}, SAYS(o.checksum_seed == -5)},
      {{"--partial-dir", "-p d"}, {"--partial-dir=-p d"}, SAYS(o.partial_dir == "-p d" && !o.perms)},
      {{"--delay-updates"}, {}, SAYS(o.delay_updates)},
      {{"--partial"}, {}, SAYS(o.partial)},
      {{"--ignore-errors"}, {}, SAYS(o.ignore_errors)},
      {{"--copy-unsafe-links"}, {}, SAYS(o.copy_unsafe_links)},
      {{"--safe-links"}, {}, SAYS(o.safe_links)},
      {{"--numeric-ids"}, {}, SAYS(o.numeric_ids)},
      {{"--ignore-existing"}, {}, SAYS(o.ignore_existing)},
      {{"--existing"}, {"--ignore-non-existing"}, SAYS(o.existing)},
      {{"--temp-dir", "/t"}, {"--temp-dir=/t"}, SAYS(o.temp_dir == "/t")},
      {{"--fsync"}, {}, SAYS(o.fsync)},
      {{"--info=del,name2"}, {"--info", "del,name2"}, SAYS(o.info == words{"del,name2"})},
      {{"--inplace"}, {}, SAYS(o.inplace)},
      {{"--files-from=-", "--from0"},
       {"--files-from", "-", "--from0"},
       SAYS(o.files_from == "-" && o.from0 && o.relative)},
      {{"--files-from", "/l", "--no-relative"}, {}, SAYS(o.files_from == "/l" && !o.relative && !o.from0)},
      {{"-R", "--no-implied-dirs"}, {}, SAYS(o.relative && !o.implied_dirs)},
      {{"--preallocate"}, {}, SAYS(o.preallocate)},
      {{"--mkpath"}, {}, SAYS(o.mkpath)},
  };
}

}  // namespace

TEST_CASE("every word of a stock client says what it says, and nothing does so without it") {
  server_request silent;
  REQUIRE(silent.read(server({})));
  for (auto const& each : known_words()) {
    for (auto const& spelled : {each.spelled, each.again}) {
      if (spelled.empty()) continue;
      CAPTURE(spelled);
      server_request request;
      bool const read = request.read(server(spelled));
      INFO(request.refused().text);
      REQUIRE(read);
      CHECK(each.says(request.options()));
      CHECK(request.paths() == words{"src"});
      CHECK(request.sends());
    }
    CAPTURE(each.spelled);
    bool const off_anyway = each.spelled.back() == "--no-r";
    CHECK(each.says(silent.options()) == off_anyway);
  }
}

TEST_CASE("a whole command line of a stock client is read") {
  SECTION("pull") {
    server_request r;
    REQUIRE(
        r.read({"--server", "--sender", "-vlHogDtpre.iLsfxCIvu", "--numeric-ids", ".", "SRC", "-x", "--delete", "."}));
    CHECK(r.sends());
    CHECK(r.letters() == ".iLsfxCIvu");
    CHECK(r.paths() == words{"SRC", "-x", "--delete", "."});
    CHECK((r.options().hard_links && r.options().recurse && r.options().verbose == 1));
    CHECK(r.options().one_file_system == 0);
  }
  SECTION("push") {
    server_request r;
    REQUIRE(r.read(
        {"--server", "-lHogDtpre.iLsfxCIvu", "--log-format=X", "--delete", "--partial", "--numeric-ids", ".", "DST"}));
    CHECK_FALSE(r.sends());
    CHECK(r.options().deletion == delete_mode::automatic);
  }
  SECTION("no letters") {
    server_request r;
    REQUIRE(r.read({"--server", "--sender", "."}));
    CHECK(r.letters().empty());
    CHECK(r.paths().empty());
  }
  SECTION("what we write ourselves") {
    options o;
    o.recurse = o.links = o.perms = o.times = o.owner = o.group = o.devices = o.specials = o.checksum = true;
    o.deletion = delete_mode::delay;
    o.max_size = 5000;
    o.partial_dir = ".p";
    o.modify_window = -1;
    o.bandwidth_limit = 20 << 20;
    o.inplace = false;
    o.checksum_choice = "md5";
    server_request r;
    REQUIRE(r.read(make_server_args(o, true, ".iLsfxCIvu", {"to"})));
    CHECK(make_server_args(r.options(), true, ".iLsfxCIvu", {"to"}) == make_server_args(o, true, ".iLsfxCIvu", {"to"}));
  }
}

TEST_CASE("what is not understood is refused by name") {
  auto const [spelled, code, named] = GENERATE(table<words, exit_code, char const*>({
      {{"--bogus"}, exit_code::syntax, "--bogus"},
      {{"--bogus=1"}, exit_code::syntax, "--bogus"},
      {{"-lQ"}, exit_code::syntax, "-Q"},
      {{"--delete=yes"}, exit_code::syntax, "--delete"},
      {{"--timeout=ten"}, exit_code::syntax, "--timeout=ten"},
      {{"--timeout=99999999999"}, exit_code::syntax, "--timeout"},
      {{"--max-size=1x"}, exit_code::syntax, "--max-size"},
      {{"--max-size=-4"}, exit_code::syntax, "--max-size"},
      {{"-B200000"}, exit_code::syntax, "-B"},
      {{"-ltz"}, exit_code::unsupported, "--compress"},
      {{"-A"}, exit_code::unsupported, "--acls"},
      {{"--backup-dir", "x"}, exit_code::unsupported, "--backup-dir"},
      {{"--link-dest", "x"}, exit_code::unsupported, "--link-dest"},
      {{"--checksum-choice=crc"}, exit_code::unsupported, "crc"},
      {{"stray"}, exit_code::syntax, "stray"},
  }));
  CAPTURE(spelled);
  server_request r;
  REQUIRE_FALSE(r.read(server(spelled)));
  CHECK(r.refused().code == code);
  CHECK(r.refused().text.find(named) != std::string::npos);
}

TEST_CASE("an unfinished command line is refused") {
  for (words const& each : {words{}, words{"--sender", ".", "a"}, words{"--server", "--sender", "-l"},
                            words{"--server", "--timeout"}, words{"--server", "-B"}}) {
    CAPTURE(each);
    server_request r;
    CHECK_FALSE(r.read(each));
    CHECK_FALSE(r.refused().text.empty());
  }
}

TEST_CASE("secluded words come by standard input, wherever the bytes are cut") {
  std::string const said{"rsync\0--timeout=9\0.\0a b*\0\0tail", 30};
  bytes const all(as_bytes(said).begin(), as_bytes(said).end());
  std::size_t const whole = said.size() - 4;
  for (std::size_t cut = 0; cut < whole; ++cut) {
    auto const part = read_secluded_words(byte_view{all}.first(cut));
    REQUIRE(part);
    CHECK_FALSE(part->has_value());
  }
  auto const read = read_secluded_words(all);
  REQUIRE(read);
  REQUIRE(read->has_value());
  CHECK((*read)->used == whole);
  CHECK((*read)->words == words{"--timeout=9", ".", "a b*"});
  server_request r;
  REQUIRE(r.read({"--server", "--sender", "-sre.iLsfxCIvu"}));
  REQUIRE(r.more_words_follow());
  REQUIRE(r.read((*read)->words));
  CHECK_FALSE(r.more_words_follow());
  CHECK(r.paths() == words{"a b*"});
  CHECK((r.options().recurse && r.options().timeout == std::chrono::seconds{9}));
}

TEST_CASE("secluded words without an end are refused") {
  bytes const endless(std::size_t{9} << 20, std::byte{'x'});
  CHECK_FALSE(read_secluded_words(endless));
}
