// argv to job: values, order, conflicts, messages.
#include "volsync/command_line.hpp"

#include <map>

#include "volsync/option_table.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::cli;
using words = std::vector<std::string>;
using variables = std::map<std::string, std::string>;

namespace {

request parsed(words args, variables const& set = {}, std::string const& program = "volsync") {
  args.insert(args.begin(), program);
  return parse_command_line(args, [&set](char const* name) -> std::optional<std::string> {
    auto const found = set.find(name);
    return found == set.end() ? std::nullopt : std::optional<std::string>{found->second};
  });
}

job job_of(words args, variables const& set = {}) {
  args.insert(args.end(), {"src", "h:dst"});
  auto const made = parsed(args, set);
  if (auto const* no = std::get_if<refusal>(&made)) FAIL(no->text);
  REQUIRE(std::holds_alternative<run_request>(made));
  return std::get<run_request>(made).job;
}

options options_of(words args, variables const& set = {}) { return job_of(std::move(args), set).options; }

refusal refused(words args, variables const& set = {}, std::string const& program = "volsync") {
  auto const made = parsed(std::move(args), set, program);
  REQUIRE(std::holds_alternative<refusal>(made));
  return std::get<refusal>(made);
}

std::string first_line(std::string const& text) { return text.substr(0, text.find('\n')); }

}  // namespace

TEST_CASE("no options: rsync's defaults") {
  options const o = options_of({});
  CHECK_FALSE(o.recurse);
  CHECK_FALSE(o.whole_file.has_value());
  CHECK(o.inc_recursive);
  CHECK(o.human_readable == 1);
  CHECK(o.deletion == delete_mode::none);
  CHECK(o.protocol == 32);
  CHECK(o.remote_program == "rsync");
  CHECK(o.remote_shell.empty());
}

TEST_CASE("the command line that this program is made for") {
  job const j = job_of({"-aHhP", "--numeric-ids", "--delete", "--exclude", "*rspamd-vol-1", "-e", "ssh -p 22"});
  options const& o = j.options;
  CHECK((o.recurse && o.links && o.perms && o.times && o.group && o.owner && o.devices && o.specials));
  CHECK((o.hard_links && o.partial && o.progress && o.numeric_ids));
  CHECK(o.human_readable == 2);
  CHECK(o.deletion == delete_mode::automatic);
  CHECK(o.filters == std::vector<filter_option>{{filter_option::kind::exclude, "*rspamd-vol-1"}});
  CHECK(o.remote_shell == "ssh -p 22");
  CHECK(o.remote_shell_given);
  REQUIRE(j.sources.size() == 1);
  CHECK(j.sources[0].path == "src");
  CHECK_FALSE(j.sources[0].is_remote());
  CHECK(j.destination.host == "h");
  CHECK(j.destination.path == "dst");
}

TEST_CASE("the last word counts") {
  CHECK_FALSE(options_of({"-a", "--no-r"}).recurse);
  CHECK(options_of({"--no-r", "-a"}).recurse);
  CHECK_FALSE(options_of({"-a", "--no-D"}).devices);
  CHECK(options_of({"-a", "--no-devices"}).specials);
  CHECK(options_of({"-vvv", "--no-v", "-v"}).verbose == 1);
  CHECK(options_of({"-W", "--no-W"}).whole_file == false);
  CHECK(options_of({"--timeout=5", "--no-timeout"}).timeout.count() == 0);
  CHECK(options_of({"--bwlimit=5", "--no-bwlimit"}).bandwidth_limit == 0);
  CHECK(options_of({"-hhhh"}).human_readable == 3);
  CHECK(options_of({"-h", "--no-h"}).human_readable == 0);
  CHECK(options_of({"--no-h", "-h"}).human_readable == 1);
  CHECK(options_of({"-ii", "--no-i"}).itemize == 0);
  CHECK(options_of({"-xx"}).one_file_system == 2);
  CHECK(options_of({"-R", "--no-R"}).relative == false);
  CHECK(options_of({"--no-i-r"}).inc_recursive == false);
}

TEST_CASE("daemons: operands, a list of modules, options of their own") {
  auto const run = [](words args) {
    auto const made = parsed(std::move(args));
    if (auto const* no = std::get_if<refusal>(&made)) FAIL(no->text);
    return std::get<run_request>(made).job;
  };
  job const push = run({"-a", "--port=8730", "--password-file=p", "--no-motd", "--address=127.0.0.2", "a", "u@h::m/x"});
  CHECK((push.destination.daemon && push.destination.host == "h" && push.destination.user == "u"));
  CHECK(push.destination.path == "m/x");
  CHECK(push.options.daemon_port == 8730);
  CHECK(push.options.password_file == "p");
  CHECK(push.options.bind_address == "127.0.0.2");
  CHECK_FALSE(push.options.motd);
  CHECK(run({"a", "rsync://[::1]:99/m"}).destination.port == 99);
  for (words const& each : {words{"h::"}, words{"rsync://h"}, words{"rsync://h/"}, words{"rsync://h/", "b"}}) {
    job const list = run(each);
    REQUIRE(list.sources.size() == 1);
    CHECK((list.sources[0].daemon && list.sources[0].path.empty()));
    CHECK(list.options.motd);
  }
  CHECK(run({"a", "h::"}).destination.daemon);
  auto const code = [](words args) { return refused(std::move(args)).code; };
  CHECK(code({"a", "rsync://h:x/m"}) == exit_code::syntax);
  CHECK(code({"rsync://h:65536/"}) == exit_code::syntax);
  CHECK(code({"--port=65536", "h::"}) == exit_code::syntax);
  CHECK(code({"::"}) == exit_code::syntax);
  CHECK(code({"rsync://-h/"}) == exit_code::syntax);
  CHECK(first_line(refused({"--password-file=p", "a", "h:b"}).text) ==
        "The --password-file option may only be used when accessing an rsync daemon.");
}

TEST_CASE("filters keep their order") {
  using kind = filter_option::kind;
  CHECK(options_of({"--include=a", "-f", "- b", "--exclude-from=c", "-F", "--exclude", "-x", "-F", "-F",
                    "--include-from", "-"})
            .filters == std::vector<filter_option>{{kind::include, "a"},
                                                   {kind::rule, "- b"},
                                                   {kind::exclude_from, "c"},
                                                   {kind::per_directory, ": /.rsync-filter"},
                                                   {kind::exclude, "-x"},
                                                   {kind::per_directory, "- .rsync-filter"},
                                                   {kind::include_from, "-"}});
}

TEST_CASE("values stand behind, attached, or after =") {
  for (words const& each : {words{"-B", "1k"}, {"-B1k"}, {"-B=1k"}, {"--block-size=1k"}, {"--block-size", "1K"}}) {
    CHECK(options_of(each).block_size == 1024);
  }
  CHECK(options_of({"-vB1000"}).block_size == 1000);
  CHECK(options_of({"-@-1"}).modify_window == -1);
  CHECK(options_of({"--bwlimit=1.5m"}).bandwidth_limit == 1572864);
  CHECK(options_of({"--bwlimit=100"}).bandwidth_limit == 102400);
  CHECK(options_of({"--max-delete=-7"}).max_delete == 0);
  CHECK(options_of({"--timeout=0x10"}).timeout.count() == 16);
  CHECK(options_of({"--timeout=-3"}).timeout.count() == 0);
  CHECK(options_of({"--checksum-seed=-5"}).checksum_seed == -5);
  options const sizes = options_of({"--min-size=1KB", "--max-size=1.5M"});
  CHECK(sizes.min_size == 1000);
  CHECK(sizes.max_size == 1572864);
  CHECK(sizes.max_size_text == "1.5M");
  CHECK(options_of({"-M--a", "--remote-option=-b"}).remote_options == words{"--a", "-b"});
  CHECK(options_of({"--partial-dir=x//"}).partial_dir == "x");
  CHECK(options_of({"--partial-dir=."}).partial_dir.empty());
  CHECK(options_of({"--stderr=c"}).errors_to == options::stderr_mode::client);
  CHECK(options_of({"--info=name2", "--info=del"}).info == words{"name2", "del"});
  CHECK(options_of({"--threads=3", "--transport=libssh", "--ssh-config=x"}).threads == 3);
}

TEST_CASE("deletion") {
  CHECK(options_of({"-r", "--delete-excluded"}).deletion == delete_mode::automatic);
  CHECK(options_of({"-r", "--delete", "--delete-after"}).deletion == delete_mode::after);
  CHECK(options_of({"-r", "--delete-after", "--delete"}).deletion == delete_mode::after);
  CHECK(options_of({"-r", "--del", "--delete-during"}).deletion == delete_mode::during);
  CHECK(options_of({"-r", "--del", "--delete-delay"}).deletion == delete_mode::delay);
  CHECK(options_of({"-r", "--delete-delay", "--del"}).deletion == delete_mode::during);
  CHECK(options_of({"-d", "--delete"}).deletion == delete_mode::automatic);
}

TEST_CASE("a list of names turns off the recursion of -a and turns on -R") {
  options const listed = options_of({"-a", "--files-from=x"});
  CHECK_FALSE(listed.recurse);
  CHECK(listed.relative);
  CHECK(options_of({"-ar", "--files-from=x"}).recurse);
  CHECK_FALSE(options_of({"--files-from=x", "--no-R"}).relative);
  CHECK(options_of({"--files-from=h:x"}).files_from == "h:x");
  CHECK(first_line(refused({"--files-from=i:x", "src", "h:dst"}).text) ==
        "--files-from hostname is not the same as the transfer hostname");
  CHECK(refused({"--files-from=x", "a", "b", "h:c"}).code == exit_code::syntax);
}

TEST_CASE("the environment counts where the command line is silent") {
  CHECK(options_of({}, {{"RSYNC_RSH", "sh x"}}).remote_shell == "sh x");
  CHECK_FALSE(options_of({}, {{"RSYNC_RSH", "sh x"}}).remote_shell_given);
  CHECK(options_of({"-e", "y"}, {{"RSYNC_RSH", "sh x"}}).remote_shell == "y");
  CHECK(options_of({}, {{"VOLSYNC_SSH_CONFIG", "c"}}).ssh_config == "c");
  CHECK(options_of({}, {{"RSYNC_PROTECT_ARGS", "1"}}).secluded_args);
  CHECK_FALSE(options_of({"--no-s"}, {{"RSYNC_PROTECT_ARGS", "1"}}).secluded_args);
  CHECK_FALSE(options_of({"--old-args"}, {{"RSYNC_PROTECT_ARGS", "1"}}).secluded_args);
  CHECK_FALSE(options_of({}, {{"RSYNC_PROTECT_ARGS", "0"}}).secluded_args);
  CHECK(options_of({}, {{"RSYNC_OLD_ARGS", "2"}}).old_args == 2);
  CHECK(options_of({"-s"}, {{"RSYNC_OLD_ARGS", "1"}}).old_args == 0);
  CHECK(options_of({"--no-old-args"}, {{"RSYNC_OLD_ARGS", "1"}}).old_args == 0);
  CHECK_FALSE(options_of({}, {{"RSYNC_OLD_ARGS", "0"}, {"RSYNC_PROTECT_ARGS", "1"}}).secluded_args);
  CHECK(options_of({"--partial"}, {{"RSYNC_PARTIAL_DIR", "p/"}}).partial_dir == "p");
  CHECK(options_of({}, {{"RSYNC_PARTIAL_DIR", "p"}}).partial_dir.empty());
  CHECK(options_of({"--partial", "--inplace"}, {{"RSYNC_PARTIAL_DIR", "p"}}).partial_dir.empty());
}

TEST_CASE("an option that nobody knows is answered with the nearest one") {
  CHECK(first_line(refused({"--bogus", "a", "h:b"}).text) == "rsync: --bogus: unknown option");
  CHECK(first_line(refused({"-Q", "a", "h:b"}).text) == "rsync: -Q: unknown option");
  CHECK(first_line(refused({"--dleete", "a", "h:b"}).text) ==
        "rsync: --dleete: unknown option (did you mean --delete?)");
  CHECK(first_line(refused({"--exlude=x", "a", "h:b"}).text) ==
        "rsync: --exlude=x: unknown option (did you mean --exclude?)");
  CHECK(nearest_option("numeric-id") == "numeric-ids");
  CHECK(nearest_option("no-whole-fil") == "no-whole-file");
  CHECK(nearest_option("parti") == "partial");
  CHECK(nearest_option("hard-lniks") == "hard-links");
  CHECK(nearest_option("xyzzy").empty());
  CHECK(nearest_option("").empty());
  CHECK(nearest_option(std::string(100000, 'a')).empty());
  refusal const escaped_name = refused({"--a\n\x1b[2J", "a", "h:b"});
  CHECK(first_line(escaped_name.text) == "rsync: --a\\#012\\#033[2J: unknown option");
}

TEST_CASE("what is not supported yet is named, with exit code 4") {
  CHECK(first_line(refused({"-az", "a", "h:b"}).text) == "rsync: --compress (-z) is not supported in this version");
  CHECK(refused({"-az", "a", "h:b"}).text.ends_with("(code 4) at volsync [client=0.1.0]\n"));
  for (words const& each : {words{"-A"},
                            {"-X"},
                            {"-U"},
                            {"-N"},
                            {"-z"},
                            {"--zc=zstd"},
                            {"-b"},
                            {"--backup-dir=x"},
                            {"--suffix=x"},
                            {"-y"},
                            {"--link-dest=x"},
                            {"--copy-dest=x"},
                            {"--compare-dest=x"},
                            {"--append"},
                            {"--append-verify"},
                            {"-m"},
                            {"--remove-source-files"},
                            {"--chown=a"},
                            {"--usermap=a"},
                            {"--groupmap=a"},
                            {"--chmod=a"},
                            {"--write-batch=x"},
                            {"--read-batch=x"},
                            {"--iconv=."},
                            {"--daemon"},
                            {"--server"},
                            {"--debug=all"},
                            {"--log-file=x"}}) {
    words args = each;
    args.insert(args.end(), {"src", "h:dst"});
    INFO(each[0]);
    refusal const no = refused(args);
    CHECK(no.code == exit_code::unsupported);
    CHECK(no.text.find("is not supported in this version") != std::string::npos);
  }
  CHECK(refused({"--out-format=%n %b", "a", "h:b"}).code == exit_code::unsupported);
  CHECK(refused({"--protocol=29", "a", "h:b"}).code == exit_code::protocol);
  for (char const* off : {"--no-A", "--no-X", "--no-z", "--no-compress", "--no-backup", "--no-motd", "--blocking-io"}) {
    (void)options_of({off});
  }
}

TEST_CASE("a pull names one host") {
  auto const read = parsed({"user@h:a", ":b", "c"});
  REQUIRE(std::holds_alternative<run_request>(read));
  job const& made = std::get<run_request>(read).job;
  REQUIRE(made.sources.size() == 2);
  CHECK(made.sources[0].host == "h");
  CHECK(made.sources[1].host == "h");
  CHECK(made.sources[1].path == "b");
  CHECK_FALSE(made.destination.is_remote());
}

TEST_CASE("operands without a host are a local copy") {
  auto const read = parsed({"-a", "x/a", "b", "to"});
  REQUIRE(std::holds_alternative<run_request>(read));
  job const& made = std::get<run_request>(read).job;
  REQUIRE(made.sources.size() == 2);
  CHECK(made.sources[0].path == "x/a");
  CHECK_FALSE(made.sources[1].is_remote());
  CHECK(made.destination.path == "to");
  CHECK_FALSE(made.destination.is_remote());
}

TEST_CASE("operands that this version does not serve") {
  auto const code = [](words args) { return refused(std::move(args)).code; };
  CHECK(code({"a"}) == exit_code::unsupported);
  CHECK(code({"a", ":b"}) == exit_code::syntax);
  CHECK(code({"a", "::b"}) == exit_code::syntax);
}

TEST_CASE("later subcommands are not mistaken for files") {
  for (char const* each :
       {"migrate", "presync", "final", "verify", "plan", "report", "preset", "signature", "delta", "patch"}) {
    refusal const no = refused({each, "h:b"});
    CHECK(no.code == exit_code::unsupported);
    CHECK(no.text.find(std::string{each} + " is not available in this version") != std::string::npos);
    CHECK(std::holds_alternative<run_request>(parsed({each, "h:b"}, {}, "/usr/local/bin/rsync")));
    CHECK(std::holds_alternative<run_request>(parsed({std::string{"./"} + each, "h:b"})));
    CHECK(std::holds_alternative<run_request>(parsed({"-a", each, "h:b"})));
  }
}

TEST_CASE("questions that are answered without a run") {
  auto const text = [](words args) {
    auto const made = parsed(std::move(args));
    REQUIRE(std::holds_alternative<text_request>(made));
    return std::get<text_request>(made).text;
  };
  CHECK(text({"-h"}) == help_text());
  CHECK(text({"--help"}) == help_text());
  CHECK(text({"-V"}) == version_text());
  CHECK(text({"--version", "a"}).find("protocol version 32") != std::string::npos);
  CHECK(text({"--info=help"}).find("SYMSAFE") != std::string::npos);
  CHECK(refused({"-h", "-v"}).code == exit_code::syntax);  // -h is help only on its own
  CHECK(refused({}).text.starts_with(help_text()));
}

TEST_CASE("several sources, and words after --") {
  auto const made = parsed({"-a", "one", "two/", "--", "-three", "u@h:x"});
  REQUIRE(std::holds_alternative<run_request>(made));
  job const& j = std::get<run_request>(made).job;
  REQUIRE(j.sources.size() == 3);
  CHECK(j.sources[1].path == "two/");
  CHECK(j.sources[2].path == "-three");
  CHECK(j.destination.user == "u");
}

TEST_CASE("how output is buffered") {
  auto const buffering = [](char const* word) { return std::get<run_request>(parsed({word, "a", "h:b"})).buffering; };
  CHECK(buffering("--outbuf=N") == output_buffering::none);
  CHECK(buffering("--outbuf=line") == output_buffering::line);
  CHECK(buffering("--outbuf=b") == output_buffering::block);
  CHECK(buffering("-v") == output_buffering::automatic);
}

TEST_CASE("no option has two rows, and each letter one") {
  std::map<std::string, int> names;
  std::map<char, int> letters;
  for (option_row const& each : option_table()) {
    CHECK((each.name != nullptr || each.letter != 0));
    if (each.name != nullptr) CHECK(++names[each.name] == 1);
    if (each.letter != 0) CHECK(++letters[each.letter] == 1);
  }
  CHECK(names.size() > 200);
}
