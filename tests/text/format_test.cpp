// Runs as event scripts; the expected texts were printed by stock rsync 3.5.0 for runs with these events.
#include <sys/stat.h>

#include <cerrno>

#include <volsync/format.hpp>

#include "flist/item_flags.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace std::chrono_literals;
namespace flag = volsync::flist::item;

namespace {

class script {
 public:
  explicit script(options const& what) : formatter_{what, settings()} {}
  script& operator<<(event const& what) {
    formatted const text = formatter_.format(what, now, 0);
    out += text.out;
    err += text.err;
    return *this;
  }
  text_formatter::time_point now{100s};
  std::string out, err;

 private:
  static format_settings settings() {
    format_settings made;
    made.names = charset::utf8;
    return made;
  }
  text_formatter formatter_;
};

item change(unsigned flags, std::uint32_t type, std::string name, std::string link = {}) {
  item made;
  made.flags = static_cast<std::uint16_t>(flags);
  made.mode = type | 0644;
  made.name = std::move(name);
  made.hard_link = !link.empty() && type == S_IFREG;
  made.link = std::move(link);
  return made;
}

item removal(std::uint32_t type, std::string name) {
  item made = change(0, type, std::move(name));
  made.what = item::action::remove;
  return made;
}

phase list(phase::step step, bool incremental, std::int64_t entries = 0) { return {step, incremental, entries}; }
phase list_started(bool incremental = true) { return list(phase::step::list_started, incremental); }

progress file_progress(std::string name, std::int64_t done, std::int64_t size, bool finished) {
  progress made;
  made.name = std::move(name);
  made.done = made.total_done = done;
  made.size = made.total_size = size;
  made.finished = finished;
  made.transfers = finished ? 1 : 0;
  made.to_check = 6;
  made.entries = 9;
  made.list_complete = true;
  return made;
}

finished end(exit_code code = exit_code::success, std::string text = {}) {
  finished made;
  made.code = code;
  made.text = std::move(text);
  made.result.sent = 100;
  made.result.received = 50;
  made.result.total_size = 300;
  made.result.files.regular = 9;
  return made;
}

constexpr char const* figures =
    "\nsent 100 bytes  received 50 bytes  300.00 bytes/sec\ntotal size is 300  speedup is 2.00\n";

// A directory that changed, attributes of a file, a new file, an unchanged one, a symlink's time, a new hard link.
void all_kinds(script& run) {
  run << change(flag::report_time, S_IFDIR, ".") << change(flag::report_perms, S_IFREG, "a")
      << change(flag::transfer | flag::is_new, S_IFREG, "big") << change(0, S_IFREG, "same")
      << change(flag::report_time, S_IFLNK, "l", "a")
      << change(flag::local_change | flag::is_new | flag::report_change, S_IFLNK, "m", "b\n")
      << change(flag::local_change | flag::xname_follows, S_IFREG, "linked")
      << change(flag::local_change | flag::is_new | flag::xname_follows, S_IFREG, "hl", "d/hl");
}

options verbose(int count = 1) {
  options made;
  made.recurse = made.times = true;
  made.verbose = count;
  return made;
}

}  // namespace

TEST_CASE("-v names what is made or sent") {
  script run{verbose()};
  run << list_started();
  all_kinds(run);
  run << removal(S_IFDIR, "old") << removal(S_IFREG, "x") << end();
  CHECK(run.out ==
        std::string{"sending incremental file list\n./\nbig\nm -> b\\#012\nhl => d/hl\ndeleting old/\ndeleting x\n"} +
            figures);
  CHECK(run.err.empty());
}

TEST_CASE("-i shows what differs, -ii everything") {
  options what;
  what.times = true;
  what.itemize = 1;
  script once{what};
  once << list_started();
  all_kinds(once);
  once << change(0, S_IFLNK, "same-link", "a") << removal(S_IFDIR, "old") << end();
  CHECK(once.out ==
        ".d..t...... ./\n.f...p..... a\n<f+++++++++ big\n.L..t...... l -> a\ncL+++++++++ m -> b\\#012\nhf+++++++++ hl "
        "=> d/hl\n"
        "*deleting   old/\n");
  what.itemize = 2;
  script twice{what};
  all_kinds(twice);
  CHECK(twice.out.find(".f          same\n") != std::string::npos);
  CHECK(twice.out.find("hf          linked\n") != std::string::npos);
}

TEST_CASE("without -v or -i nothing is said") {
  script run{options{}};
  run << list_started();
  all_kinds(run);
  run << removal(S_IFDIR, "old") << file_progress("big", 1, 1, true) << end();
  CHECK(run.out.empty());
  CHECK(run.err.empty());
}

TEST_CASE("--info=del alone names deletions") {
  options what;
  what.info = {"del"};
  script run{what};
  all_kinds(run);
  run << removal(S_IFDIR, "old");
  CHECK(run.out == "deleting old/\n");
}

TEST_CASE("--out-format replaces the line") {
  options what;
  what.recurse = true;
  what.out_format = "%o %n";
  script plain{what};
  all_kinds(plain);
  plain << removal(S_IFDIR, "old");
  CHECK(plain.out == "send ./\nsend big\nsend m\nsend hl\ndel. old/\n");
  what.out_format = "%n";
  script names{what};
  names << removal(S_IFDIR, "old");
  CHECK(names.out == "deleting old/\n");
  what.out_format = "%i|%n";
  script columns{what};
  columns << change(flag::report_perms, S_IFREG, "a");
  CHECK(columns.out == ".f...p.....|a\n");
}

TEST_CASE("-P prints a file's line over itself") {
  options what;
  what.recurse = what.progress = true;
  script run{what};
  run << list_started() << change(flag::transfer | flag::is_new, S_IFREG, "big")
      << file_progress("big", 32768, 3000000, false);
  run.now += 500ms;
  run << file_progress("big", 1000000, 3000000, false);  // too early for a line
  run.now += 500ms;
  run << file_progress("big", 2000000, 3000000, false) << file_progress("big", 3000000, 3000000, true);
  CHECK(run.out ==
        "sending incremental file list\nbig\n"
        "\r         32,768   1%    0.00kB/s    0:00:00  "
        "\r      2,000,000  66%    1.88MB/s    0:00:00  "
        "\r      3,000,000 100%    2.86MB/s    0:00:01 (xfr#1, to-chk=6/9)\n");
  run.out.clear();
  run << message{message::level::info, "after", false};
  CHECK(run.out == "after\n");  // the finished line was a whole one
  run.out.clear();
  run << file_progress("small", 1, 1, true);
  CHECK(run.out ==
        "\r              1 100%    0.00kB/s    0:00:00  \r              1 100%    0.00kB/s    0:00:00 (xfr#1, "
        "to-chk=6/9)\n");
}

TEST_CASE("what interrupts a progress line starts on a line of its own") {
  options what;
  what.progress = true;
  script run{what};
  run << file_progress("big", 32768, 3000000, false);
  std::string const before = run.out;
  run << message{message::level::info, "remark", true};
  CHECK(run.out == before + "\nremark\n");
  run << file_progress("big2", 32768, 3000000, false) << problem{"/p", "opendir", EACCES};
  CHECK(run.err == "\nrsync: [sender] opendir \"/p\" failed: Permission denied (13)\n");
  run << problem{"/p", "opendir", EACCES};
  CHECK(run.err.find("\n\n") == std::string::npos);
}

TEST_CASE("--info=progress2 prints one line for the run") {
  options what;
  what.info = {"progress2"};
  script run{what};
  run << change(flag::transfer | flag::is_new, S_IFREG, "a") << file_progress("a", 100, 200, true);
  run.now += 1s;
  run << file_progress("b", 150, 200, false);
  finished last = end();
  last.result.transferred_size = last.result.total_size = 200;
  last.result.transferred_files = 2;
  run << last;
  CHECK(run.out ==
        "\r            100  50%    0.00kB/s    0:00:00 (xfr#1, to-chk=6/9)"
        "\r            150  75%    0.05kB/s    0:00:01  "
        "\r            200 100%    0.10kB/s    0:00:00 (xfr#2, to-chk=0/9)\n");
}

TEST_CASE("progress is silent in the background and with -q") {
  options what;
  what.progress = true;
  text_formatter background{what, {}};
  background.show_progress(false);
  CHECK(background.format(file_progress("a", 1, 1, true), {}, 0).out.empty());
  background.show_progress(true);
  CHECK_FALSE(background.format(file_progress("a", 1, 1, true), {}, 0).out.empty());
  what.quiet = true;
  script quiet{what};
  quiet << file_progress("a", 1, 1, true);
  CHECK(quiet.out.empty());
}

TEST_CASE("the header of a list that is complete before anything else") {
  script plain{verbose()};
  plain << list_started(false) << list(phase::step::list_complete, false, 9);
  CHECK(plain.out == "building file list ... done\n");
  options what = verbose(0);
  what.progress = true;
  script counted{what};
  counted << list_started(false) << list(phase::step::list_complete, false, 9);
  CHECK(counted.out == "building file list ... \n 0 files...\r9 files to consider\n");
  script one{what};
  one << list_started(false) << list(phase::step::list_complete, false, 1);
  CHECK(one.out == "building file list ... \n 0 files...\r1 file to consider\n");
  options files = verbose();
  files.recurse = false;
  script nothing{files};
  nothing << list_started(false) << list(phase::step::list_complete, false, 9);
  CHECK(nothing.out.empty());
  files.files_from = "list";
  script listed{files};
  listed << list_started(false) << list(phase::step::list_complete, false, 9);
  CHECK(listed.out == "building file list ... done\n");
}

TEST_CASE("-q leaves errors") {
  options what = verbose();
  what.quiet = what.stats = true;
  what.itemize = 1;
  script run{what};
  run << list_started();
  all_kinds(run);
  run << message{message::level::info, "remark", true} << message{message::level::error, "bad", true}
      << end(exit_code::partial);
  CHECK(run.out.empty());
  CHECK(run.err == "bad\n" + final_line(exit_code::partial, "sender", "0.1.0"));
}

TEST_CASE("--stderr=all sends everything to standard error") {
  options what = verbose();
  what.progress = true;
  what.errors_to = options::stderr_mode::all;
  script run{what};
  run << list_started() << change(flag::transfer, S_IFREG, "x") << file_progress("x", 1, 1, true) << end();
  CHECK(run.out.empty());
  CHECK(run.err.find("list\nx\n\r") != std::string::npos);
  CHECK(run.err.ends_with(figures));
}

TEST_CASE("texts of the peer cannot break a line or move the cursor") {
  script run{verbose()};
  run << message{message::level::info, "a\nb\x1b[2J", true} << message{message::level::warning, "w\r", true};
  CHECK(run.out == "a\\#012b\\#033[2J\n");
  CHECK(run.err == "w\\#015\n");
}

TEST_CASE("a name that ends in a newline keeps it") {
  script run{verbose()};
  run << change(flag::transfer | flag::is_new, S_IFREG, "a\n");
  CHECK(run.out == "a\\#012\n");
}

TEST_CASE("the remote program's standard error is passed on as it came") {
  script run{options{}};
  run << message{message::level::remote_error, "\x1b[1mwarning", true};
  CHECK(run.err == "\x1b[1mwarning");
}

TEST_CASE("how a run ends") {
  script failed{verbose()};
  failed << end(exit_code::stream, "connection unexpectedly closed (0 bytes received so far) [sender]\nsecond line");
  CHECK(failed.out.empty());  // no figures of a run that did not reach its end
  CHECK(failed.err == "rsync: connection unexpectedly closed (0 bytes received so far) [sender]\nsecond line\n" +
                          final_line(exit_code::stream, "sender", "0.1.0"));
  script partial{verbose()};
  partial << end(exit_code::partial);
  CHECK(partial.out == figures);
  CHECK(partial.err == final_line(exit_code::partial, "sender", "0.1.0"));
  finished told = end(exit_code::file_io);
  told.peer_told = true;
  script peer{verbose()};
  peer << told;
  CHECK(peer.err.empty());
  options dry = verbose();
  dry.dry_run = true;
  script nothing{dry};
  nothing << end();
  CHECK(nothing.out.ends_with("2.00 (DRY RUN)\n"));
}

TEST_CASE("--stats stands before the summary") {
  options what;
  what.stats = true;
  script run{what};
  run << end();
  CHECK(run.out.starts_with("\nNumber of files: 9 (reg: 9)\n"));
  CHECK(run.out.ends_with(std::string{"Total bytes received: 50\n"} + figures));
}

TEST_CASE("--list-only prints entries whatever else is said") {
  item listed = change(0, S_IFREG, "a\nb");
  listed.what = item::action::list;
  listed.size = 6;
  options what;
  what.list_only = true;
  script run{what};
  run << listed;
  CHECK(run.out.starts_with("-rw-r--r--              6 "));
  CHECK(run.out.ends_with(" a\\#012b\n"));
}

TEST_CASE("-8 shows bytes as they are") {
  options what = verbose();
  what.eight_bit_output = true;
  script run{what};
  run << change(flag::transfer, S_IFREG, "\xff");
  CHECK(run.out == "\xff\n");
}
