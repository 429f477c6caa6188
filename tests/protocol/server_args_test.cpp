// The remote command line against what a stock rsync sends. rsync itself is asked: it runs with a remote shell that
// writes its argument vector to a file. A missing rsync is a failure.
#include "protocol/server_args.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

#include "support/catch.hpp"

using namespace volsync;
using words = std::vector<std::string>;

namespace {

// A directory with a fake remote shell; gone at the end.
class stock_rsync {
 public:
  stock_rsync() {
    char name[] = "/tmp/volsync-args-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    directory_ = name;
    std::ofstream{path("shell")} << "#!/bin/sh\nfor word in \"$@\"; do printf '%s\\0' \"$word\"; done > '"
                                 << path("words") << "'\nif [ -f '" << path("count") << "' ]; then head -c $(cat '"
                                 << path("count") << "') > '" << path("input") << "'; fi\nexit 7\n";
    ::chmod(path("shell").c_str(), 0755);
    std::ofstream{path("list")} << "a\n";
  }
  ~stock_rsync() {
    for (char const* each : {"shell", "words", "list", "input", "count"}) ::unlink(path(each).c_str());
    ::rmdir(directory_.c_str());
  }
  stock_rsync(stock_rsync const&) = delete;
  stock_rsync& operator=(stock_rsync const&) = delete;

  // What it hands to the remote shell after the host and the program.
  words remote_words(words const& args) {
    ::unlink(path("words").c_str());
    ::unlink(path("input").c_str());
    words all{"rsync", "-e", path("shell")};
    all.insert(all.end(), args.begin(), args.end());
    run(all);
    std::string const text = content("words");
    words made;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t const end = text.find('\0', at);
      made.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    REQUIRE(made.size() >= 3);  // otherwise rsync did not come to its remote shell
    REQUIRE(made[0] == "h");
    REQUIRE(made[1] == "rsync");
    made.erase(made.begin(), made.begin() + 2);
    return made;
  }
  // How many bytes of its standard input the next remote shells read, and what the last one read.
  void read_input(std::size_t count) { std::ofstream{path("count")} << count; }
  std::string first_input() { return content("input"); }
  std::string path(std::string const& name) const { return directory_ + "/" + name; }

 private:
  std::string content(std::string const& name) const {
    std::ifstream file{path(name), std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  static void run(words& all) {
    std::vector<char*> argv;
    for (std::string& each : all) argv.push_back(each.data());
    argv.push_back(nullptr);
    std::string path_variable =
        std::string{"PATH="} + (std::getenv("PATH") != nullptr ? std::getenv("PATH") : "/usr/bin");
    char* environment[] = {path_variable.data(), nullptr};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    for (int const each : {0, 1, 2}) posix_spawn_file_actions_addopen(&files, each, "/dev/null", O_RDWR, 0);
    pid_t child = -1;
    REQUIRE(::posix_spawnp(&child, "rsync", &files, nullptr, argv.data(), environment) == 0);
    posix_spawn_file_actions_destroy(&files);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) != 127);
  }

  std::string directory_;
};

using change = std::function<void(options&)>;

void archive(options& o) {
  o.recurse = o.links = o.perms = o.times = o.group = o.owner = o.devices = o.specials = true;
}

words ours(change const& set, bool push, words const& paths) {
  options what;
  set(what);
  return protocol::make_server_command(what, push, protocol::compatibility_letters(what, push), paths).words;
}

struct row {
  words args;
  change set;
};

using d = delete_mode;
using errors = options::stderr_mode;

// Options that mean the same in a push and in a pull; every row is tried in both directions.
std::vector<row> const rows{
    {{}, [](options&) {}},
    {{"-a"}, archive},
    {{"-aHhP", "--numeric-ids", "--delete", "--exclude", "foo"},
     [](options& o) {
       archive(o);
       o.hard_links = o.partial = o.progress = o.numeric_ids = true;
       o.human_readable = 2;
       o.deletion = d::automatic;
       o.filters.push_back({filter_option::kind::exclude, "foo"});
     }},
    {{"-r"}, [](options& o) { o.recurse = true; }},
    {{"-l"}, [](options& o) { o.links = true; }},
    {{"-d"}, [](options& o) { o.dirs = true; }},
    {{"-ld"}, [](options& o) { o.links = true, o.dirs = true; }},
    {{"-rd"}, [](options& o) { o.recurse = true, o.dirs = true; }},
    {{"--list-only"}, [](options& o) { o.list_only = true; }},
    {{"--list-only", "--no-d"}, [](options& o) { o.list_only = true, o.dirs = false; }},
    {{"-a", "--list-only"}, [](options& o) { archive(o), o.list_only = true; }},
    {{"-d", "--delete"}, [](options& o) { o.dirs = true, o.deletion = d::automatic; }},
    {{"-n"}, [](options& o) { o.dry_run = true; }},
    {{"-v"}, [](options& o) { o.verbose = 1; }},
    {{"-vvvvvvvvvvvv"}, [](options& o) { o.verbose = 12; }},
    {{"-q"}, [](options& o) { o.quiet = true; }},
    {{"-vvq"}, [](options& o) { o.verbose = 2, o.quiet = true; }},
    {{"-qi"}, [](options& o) { o.itemize = 1, o.quiet = true; }},
    {{"-i"}, [](options& o) { o.itemize = 1; }},
    {{"-ii"}, [](options& o) { o.itemize = 2; }},
    {{"-vi"}, [](options& o) { o.verbose = o.itemize = 1; }},
    {{"-P"}, [](options& o) { o.partial = o.progress = true; }},
    {{"-vP"}, [](options& o) { o.partial = o.progress = true, o.verbose = 1; }},
    {{"-iP"}, [](options& o) { o.partial = o.progress = true, o.itemize = 1; }},
    {{"--progress", "--info=flist0"}, [](options& o) { o.progress = true, o.info = {"flist0"}; }},
    {{"-P", "--info=name0"}, [](options& o) { o.partial = o.progress = true, o.info = {"name0"}; }},
    {{"--out-format=%n"}, [](options& o) { o.out_format = "%n"; }},
    {{"-v", "--out-format=%n"}, [](options& o) { o.verbose = 1, o.out_format = "%n"; }},
    {{"-i", "--out-format=%n"}, [](options& o) { o.itemize = 1, o.out_format = "%n"; }},
    {{"--out-format=%o"}, [](options& o) { o.out_format = "%o"; }},
    {{"--out-format=%i%o"}, [](options& o) { o.out_format = "%i%o"; }},
    {{"--out-format=%-20i"}, [](options& o) { o.out_format = "%-20i"; }},
    {{"--out-format=%%i"}, [](options& o) { o.out_format = "%%i"; }},
    {{"-ii", "--out-format=%i"}, [](options& o) { o.itemize = 2, o.out_format = "%i"; }},
    {{"--stats"}, [](options& o) { o.stats = true; }},
    {{"-hhh", "-8", "--outbuf=L", "--blocking-io"},
     [](options& o) { o.human_readable = 3, o.eight_bit_output = true; }},
    {{"--info=progress2"}, [](options& o) { o.info = {"progress2"}; }},
    {{"--info=name,del0,skip2"}, [](options& o) { o.info = {"name,del0,skip2"}; }},
    {{"--info=all"}, [](options& o) { o.info = {"all"}; }},
    {{"--info=all4"}, [](options& o) { o.info = {"all4"}; }},
    {{"--info=all,name0"}, [](options& o) { o.info = {"all,name0"}; }},
    {{"--info=all2,name1,del1"}, [](options& o) { o.info = {"all2,name1,del1"}; }},
    {{"-v", "--info=NONE"}, [](options& o) { o.verbose = 1, o.info = {"NONE"}; }},
    {{"--info=progress2,stats2,misc"}, [](options& o) { o.info = {"progress2,stats2,misc"}; }},
    {{"--info=name9", "--info=remove,flist2"},
     [](options& o) {
       o.info = {"name9", "remove,flist2"};
     }},
    {{"--info=backup,copy,del,misc,mount,name,nonreg,skip,stats,symsafe"},
     [](options& o) { o.info = {"backup,copy,del,misc,mount,name,nonreg,skip,stats,symsafe"}; }},
    {{"-a", "--no-specials"}, [](options& o) { archive(o), o.specials = false; }},
    {{"--specials"}, [](options& o) { o.specials = true; }},
    {{"-D"}, [](options& o) { o.devices = o.specials = true; }},
    {{"-xx", "-S", "-u", "-c", "-I"},
     [](options& o) { o.one_file_system = 2, o.sparse = o.update = o.checksum = o.ignore_times = true; }},
    {{"-x"}, [](options& o) { o.one_file_system = 1; }},
    {{"-rLkK", "--copy-unsafe-links", "--safe-links"},
     [](options& o) {
       o.recurse = o.copy_links = o.copy_dirlinks = o.keep_dirlinks = o.copy_unsafe_links = o.safe_links = true;
     }},
    {{"-rtOJ"}, [](options& o) { o.recurse = o.times = o.omit_dir_times = o.omit_link_times = true; }},
    {{"-rE"}, [](options& o) { o.recurse = o.executability = true; }},
    {{"-rpE"}, [](options& o) { o.recurse = o.executability = o.perms = true; }},
    {{"-FC"}, [](options& o) { o.cvs_exclude = true; }},
    {{"-R", "--no-implied-dirs"}, [](options& o) { o.relative = true, o.implied_dirs = false; }},
    {{"--no-implied-dirs"}, [](options& o) { o.implied_dirs = false; }},
    {{"-W"}, [](options& o) { o.whole_file = true; }},
    {{"--no-W"}, [](options& o) { o.whole_file = false; }},
    {{"--inplace", "-S"}, [](options& o) { o.inplace = o.sparse = true; }},
    {{"--inplace", "-S", "--no-W"}, [](options& o) { o.inplace = o.sparse = true, o.whole_file = false; }},
    {{"-B1000"}, [](options& o) { o.block_size = 1000; }},
    {{"--timeout=30", "--bwlimit=1.5m"},
     [](options& o) { o.timeout = std::chrono::seconds{30}, o.bandwidth_limit = 1572864; }},
    {{"--bwlimit=100000b"}, [](options& o) { o.bandwidth_limit = 100000; }},
    {{"--bwlimit=512b"}, [](options& o) { o.bandwidth_limit = 512; }},
    {{"--checksum-choice=md5"}, [](options& o) { o.checksum_choice = "md5"; }},
    {{"--cc=none"}, [](options& o) { o.checksum_choice = "none"; }},
    {{"--cc=none,md5"}, [](options& o) { o.checksum_choice = "none,md5"; }},
    {{"--cc=md5,none"}, [](options& o) { o.checksum_choice = "md5,none"; }},
    {{"--cc=auto"}, [](options& o) { o.checksum_choice = "auto"; }},
    {{"--checksum-seed=-5"}, [](options& o) { o.checksum_seed = -5; }},
    {{"-r", "--delete"}, [](options& o) { o.recurse = true, o.deletion = d::automatic; }},
    {{"-r", "--delete-before"}, [](options& o) { o.recurse = true, o.deletion = d::before; }},
    {{"-r", "--del"}, [](options& o) { o.recurse = true, o.deletion = d::during; }},
    {{"-r", "--delete-delay"}, [](options& o) { o.recurse = true, o.deletion = d::delay; }},
    {{"-r", "--delete-after"}, [](options& o) { o.recurse = true, o.deletion = d::after; }},
    {{"-r", "--delete-excluded"}, [](options& o) { o.recurse = o.delete_excluded = true, o.deletion = d::automatic; }},
    {{"-r", "--delete-after", "--delete-excluded"},
     [](options& o) { o.recurse = o.delete_excluded = true, o.deletion = d::after; }},
    {{"--max-delete=5"}, [](options& o) { o.max_delete = 5; }},
    {{"--max-delete=0"}, [](options& o) { o.max_delete = 0; }},
    {{"--ignore-errors", "--force"}, [](options& o) { o.ignore_errors = o.force = true; }},
    {{"--min-size=1.5K", "--max-size=1m"}, [](options& o) { o.min_size = 1536, o.max_size = 1048576; }},
    {{"--modify-window=2"}, [](options& o) { o.modify_window = 2; }},
    {{"--modify-window=0"}, [](options& o) { o.modify_window = 0; }},
    {{"-@-1"}, [](options& o) { o.modify_window = -1; }},
    {{"--size-only", "--existing", "--ignore-existing"},
     [](options& o) { o.size_only = o.existing = o.ignore_existing = true; }},
    {{"--partial-dir=a b*"}, [](options& o) { o.partial_dir = "a b*"; }},
    {{"--partial", "--partial-dir=x", "--delay-updates"},
     [](options& o) { o.partial = o.delay_updates = true, o.partial_dir = "x"; }},
    {{"-r", "-P", "--delay-updates"}, [](options& o) { o.recurse = o.partial = o.progress = o.delay_updates = true; }},
    {{"--partial", "--inplace"}, [](options& o) { o.partial = o.inplace = true; }},
    {{"-T", "it's $HOME"}, [](options& o) { o.temp_dir = "it's $HOME"; }},
    {{"--fsync", "--preallocate", "--mkpath"}, [](options& o) { o.fsync = o.preallocate = o.mkpath = true; }},
    {{"--stderr=all"}, [](options& o) { o.errors_to = errors::all; }},
    {{"--stderr=client"}, [](options& o) { o.errors_to = errors::client; }},
    {{"-r", "--no-inc-recursive"}, [](options& o) { o.recurse = true, o.inc_recursive = false; }},
    {{"-r", "--protocol=30"}, [](options& o) { o.recurse = true, o.protocol = 30; }},
    {{"-r", "--protocol=29"}, [](options& o) { o.recurse = true, o.protocol = 29; }},
    {{"-M--foo", "-M", "-x y*", "-M--a=b c"},
     [](options& o) {
       o.remote_options = {"--foo", "-x y*", "--a=b c"};
     }},
    {{"--old-args", "-T", "a b", "-M-x y"},
     [](options& o) { o.old_args = 1, o.temp_dir = "a b", o.remote_options = {"-x y"}; }},
    {{"--old-args", "--old-args", "-T", "a b"}, [](options& o) { o.old_args = 2, o.temp_dir = "a b"; }},
    {{"--files-from=:r l", "-0"}, [](options& o) { o.files_from = ":r l", o.from0 = o.relative = true; }},
    {{"--files-from=h:rl", "-a"},
     [](options& o) { archive(o), o.recurse = false, o.files_from = "h:rl", o.relative = true; }},
    {{"--files-from=:rl", "-ar", "--no-R"}, [](options& o) { archive(o), o.files_from = ":rl"; }},
    {{"--files-from=:rl", "--delete"},
     [](options& o) { o.files_from = ":rl", o.relative = true, o.deletion = d::automatic; }},
};

// In a pull rsync lists these words where we say ALL with exceptions, which means the same to a sender.
std::vector<row> const push_rows{
    {{"--info=backup0,copy0,del0,misc0,mount0,name,nonreg,skip,stats,symsafe,remove"},
     [](options& o) { o.info = {"backup0,copy0,del0,misc0,mount0,name,nonreg,skip,stats,symsafe,remove"}; }},
};

std::string shown(words const& what) {
  std::string made;
  for (std::string const& each : what) made += "[" + each + "] ";
  return made;
}

}  // namespace

TEST_CASE("a push asks for what stock rsync asks for") {
  stock_rsync stock;
  REQUIRE(rows.size() >= 60);
  std::vector<row> all = rows;
  all.insert(all.end(), push_rows.begin(), push_rows.end());
  for (row const& each : all) {
    words args = each.args;
    args.insert(args.end(), {"src", "h:dst"});
    INFO(shown(args));
    CHECK(shown(ours(each.set, true, {"dst"})) == shown(stock.remote_words(args)));
  }
}

TEST_CASE("a pull asks for what stock rsync asks for") {
  stock_rsync stock;
  for (row const& each : rows) {
    words args = each.args;
    args.insert(args.end(), {"h:src", "dst"});
    INFO(shown(args));
    CHECK(shown(ours(each.set, false, {"src"})) == shown(stock.remote_words(args)));
  }
}

TEST_CASE("a list of names on this side") {
  stock_rsync stock;
  std::string const list = "--files-from=" + stock.path("list");
  auto const set = [&](options& o) { o.files_from = stock.path("list"), o.relative = true; };
  CHECK(shown(ours(set, true, {"d"})) == shown(stock.remote_words({list, "s", "h:d"})));
  CHECK(shown(ours(set, false, {"s"})) == shown(stock.remote_words({list, "h:s", "d"})));
  auto const named = [](std::string name) {
    options o;
    o.files_from = std::move(name);
    return o;
  };
  for (auto const* local : {"list", "./a:b", "/x/a:b"}) CHECK_FALSE(protocol::names_come_from_server(named(local)));
  for (auto const* remote : {":list", "h:list", "h:/x/list", "u@h:l"})
    CHECK(protocol::names_come_from_server(named(remote)));
  options const odd = named("/x/a:b");
  for (std::string const& word : protocol::make_server_args(odd, true, "", {"d"}))
    CHECK_FALSE(word.starts_with("--files-from"));
}

TEST_CASE("paths survive the remote shell") {
  stock_rsync stock;
  words const paths{"",     "d st/it's$x", "a\\*b\\c\\",    "-x",   "~foo", "~foo/x", "~f/./x", "{a,b}[x]?*",
                    "a\nb", "c\td\re",     "!#$&;|<>()`\"", "-a b", "é",    "\\",     "a\\\\*"};
  for (std::string const& path : paths) {
    for (int const kind : {0, 1, 2, 3}) {
      words args;
      options what;
      if (kind == 1) args = {"-R"}, what.relative = true;
      if (kind == 2) args = {"--old-args"}, what.old_args = 1;
      if (kind == 3) args = {"--old-args", "--old-args"}, what.old_args = 2;
      words push = args;
      push.insert(push.end(), {"src", "h:" + path});
      words pull = args;
      pull.insert(pull.end(), {"h:" + path, "dst"});
      INFO("kind " << kind << " path " << path);
      auto const set = [&what](options& o) { o = what; };
      CHECK(shown(ours(set, true, {path})) == shown(stock.remote_words(push)));
      CHECK(shown(ours(set, false, {path})) == shown(stock.remote_words(pull)));
    }
  }
}

TEST_CASE("secluded arguments travel as data") {
  stock_rsync stock;
  options what;
  archive(what);
  what.secluded_args = true;
  what.deletion = d::automatic;
  what.temp_dir = "a b";
  what.remote_options = {"--x y"};
  auto const made = protocol::make_server_command(what, true, protocol::compatibility_letters(what, true), {"q* r"});
  std::string const input{as_text(made.first_input)};
  stock.read_input(input.size());
  CHECK(shown(made.words) == shown(stock.remote_words({"-sa", "--delete", "-T", "a b", "-M--x y", "src", "h:q* r"})));
  CHECK(stock.first_input() == input);
  // Fixed, so that a change of the peer cannot hide one of ours.
  using namespace std::string_literals;
  CHECK(input == "rsync\0--delete\0--temp-dir\0a b\0--x y\0.\0q* r\0\0"s);
  CHECK(made.words == words{"--server", "-slogDtpre.iLsfxCIvu"});
}

TEST_CASE("without secluded arguments nothing precedes the handshake") {
  CHECK(protocol::make_server_command({}, true, ".LsfxCIvu", {"d"}).first_input.empty());
}

TEST_CASE("fixed expectations") {
  options what;
  archive(what);
  what.hard_links = what.partial = what.progress = what.numeric_ids = true;
  what.deletion = d::automatic;
  CHECK(protocol::make_server_args(what, true, ".iLsfxCIvu", {"DST"}) ==
        words{"--server", "-lHogDtpre.iLsfxCIvu", "--log-format=X", "--delete", "--partial", "--numeric-ids", ".",
              "DST"});
  CHECK(protocol::make_server_args(what, false, ".iLsfxCIvu", {"a", "b c"}) ==
        words{"--server", "--sender", "-lHogDtpre.iLsfxCIvu", "--numeric-ids", ".", "a", "b c"});
  CHECK(protocol::make_server_args({}, true, "", {"d"}) == words{"--server", ".", "d"});
}
