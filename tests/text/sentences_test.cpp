#include "text/sentences.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <volsync/format.hpp>

#include "text/progress_meter.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::text;
using namespace std::chrono_literals;

TEST_CASE("problems in rsync's words") {
  auto const line = [](char const* step, int error, bool vanished = false, bool directory = false) {
    problem what;
    what.path = "/tmp/P";
    what.step = step;
    what.error = error;
    what.vanished = vanished;
    what.directory = directory;
    return problem_line(what);
  };
  CHECK(line("link_stat", ENOENT) == "rsync: [sender] link_stat \"/tmp/P\" failed: No such file or directory (2)");
  CHECK(line("opendir", EACCES) == "rsync: [sender] opendir \"/tmp/P\" failed: Permission denied (13)");
  CHECK(line("change_dir", EACCES) == "rsync: [sender] change_dir \"/tmp/P\" failed: Permission denied (13)");
  CHECK(line("send_files failed to open", EACCES) ==
        "rsync: [sender] send_files failed to open \"/tmp/P\": Permission denied (13)");
  CHECK(line("readlink_stat", EIO) == "rsync: [sender] readlink_stat(\"/tmp/P\") failed: Input/output error (5)");
  CHECK(line("open", ENOENT, true) == "file has vanished: \"/tmp/P\"");
  CHECK(line("opendir", ENOENT, true, true) == "directory has vanished: \"/tmp/P\"");
  CHECK(error_line("client", "something", 0) == "rsync: [client] something");
}

TEST_CASE("the last line") {
  CHECK(
      final_line(exit_code::partial, "sender", "0.1.0") ==
      "rsync error: some files/attrs were not transferred (see previous errors) (code 23) at volsync [sender=0.1.0]\n");
  CHECK(final_line(exit_code::vanished, "sender", "0.1.0") ==
        "rsync warning: some files vanished before they could be transferred (code 24) at volsync [sender=0.1.0]\n");
  CHECK(final_line(static_cast<exit_code>(255), "sender", "1") ==
        "rsync error: unexplained error (code 255) at volsync [sender=1]\n");
}

TEST_CASE("every exit code has words of its own") {
  CHECK(meaning(exit_code::syntax) == "syntax or usage error");
  CHECK(meaning(exit_code::unsupported) == "requested action not supported");
  CHECK(meaning(exit_code::stream) == "error in rsync protocol data stream");
  CHECK(meaning(exit_code::remote_not_found) == "remote command not found");
  CHECK(meaning(exit_code::message_io) == "errors with program diagnostics");
  std::vector<std::string_view> seen;
  for (int const code :
       {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 24, 25, 30, 35, 124, 125, 126, 127}) {
    auto const words = meaning(static_cast<exit_code>(code));
    CHECK(words != "unexplained error");
    CHECK(std::find(seen.begin(), seen.end(), words) == seen.end());
    seen.push_back(words);
  }
  CHECK(meaning(static_cast<exit_code>(6)) == "unexplained error");
}

TEST_CASE("progress lines") {
  CHECK(progress_line({32768, 3000000, 0, 0, false}, {1, false}) == "         32,768   1%    0.00kB/s    0:00:00");
  CHECK(progress_line({3000000, 3000000, 134.75 * 1048576, 0, true}, {1, false}) ==
        "      3,000,000 100%  134.75MB/s    0:00:00");
  CHECK(progress_line({3000000, 3000001, 1.375 * 1073741824, 0, false}, {2, false}) ==
        "          3.00M  99%    1.38GB/s    0:00:00");
  CHECK(progress_line({0, 0, 0, 0, true}, {1, false}) == "              0 100%    0.00kB/s    0:00:00");
  CHECK(progress_line({0, 10, 1, 3725, false}, {0, false}) == "              0   0%    0.00kB/s    1:02:05");
  CHECK(progress_line({0, 10, 1, 1e18, false}, {0, false}).ends_with("   ??:??:??"));
  CHECK(progress_line({5, 3, 1, -1, false}, {0, false}).ends_with(" 100%    0.00kB/s   ??:??:??"));
  CHECK(transfer_count(1, 6, 9, true) == " (xfr#1, to-chk=6/9)");
  CHECK(transfer_count(12, 1006, 1009, false) == " (xfr#12, ir-chk=1006/1009)");
}

TEST_CASE("rates come from the last lines, a finished file's from all of it") {
  progress_meter meter;
  progress_meter::time_point const start{100s};
  CHECK(meter.due(start, false));
  CHECK(meter.update(0, 1000, false, start).rate == 0);
  CHECK_FALSE(meter.due(start + 999ms, false));
  CHECK(meter.due(start + 999ms, true));
  REQUIRE(meter.due(start + 1s, false));
  auto const second = meter.update(100, 1000, false, start + 1s);
  CHECK(second.rate == Approx(100));
  CHECK(second.seconds == Approx(9));
  for (int i = 2; i < 12; ++i) (void)meter.update(100 + 200 * (i - 1), 10000, false, start + std::chrono::seconds{i});
  auto const late = meter.update(100 + 200 * 11, 10000, false, start + 12s);
  CHECK(late.rate == Approx(200));
  auto const end = meter.update(2400, 2400, true, start + 12s);
  CHECK(end.rate == Approx(200));
  CHECK(end.seconds == Approx(12));
  meter.restart();
  CHECK(meter.fresh());
}

TEST_CASE("the summary") {
  report what;
  what.sent = 3000961;
  what.received = 65;
  what.total_size = 3000006;
  what.elapsed = std::chrono::duration<double>{0.9};
  CHECK(summary(what, {1, false}) ==
        "\nsent 3,000,961 bytes  received 65 bytes  6,002,052.00 bytes/sec\n"
        "total size is 3,000,006  speedup is 1.00\n");
  what.elapsed = std::chrono::duration<double>{2.2};
  what.dry_run = true;
  CHECK(summary(what, {2, false}) ==
        "\nsent 3.00M bytes  received 65 bytes  1.20M bytes/sec\n"
        "total size is 3.00M  speedup is 1.00 (DRY RUN)\n");
  CHECK(summary(report{}, {1, false}) ==
        "\nsent 0 bytes  received 0 bytes  0.00 bytes/sec\ntotal size is 0  speedup is 0.00\n");
}

TEST_CASE("the figures of --stats") {
  report what;
  what.files = {6, 2, 1, 0, 0};
  what.created = {0, 1, 0, 3, 1000};
  what.deleted = {};
  what.transferred_files = 5000;
  what.total_size = 3000016;
  what.transferred_size = 3000009;
  what.literal_data = 3000008;
  what.matched_data = 1;
  what.list_size = 94;
  what.list_generation = 1ms;
  what.sent = 3001174;
  what.received = 172;
  CHECK(stats_block(what, {1, false}) ==
        "\nNumber of files: 9 (reg: 6, dir: 2, link: 1)\n"
        "Number of created files: 1,004 (dir: 1, dev: 3, special: 1,000)\n"
        "Number of deleted files: 0\n"
        "Number of regular files transferred: 5,000\n"
        "Total file size: 3,000,016 bytes\n"
        "Total transferred file size: 3,000,009 bytes\n"
        "Literal data: 3,000,008 bytes\n"
        "Matched data: 1 bytes\n"
        "File list size: 94\n"
        "File list generation time: 0.001 seconds\n"
        "File list transfer time: 0.000 seconds\n"
        "Total bytes sent: 3,001,174\n"
        "Total bytes received: 172\n");
  what.deleted_known = false;
  what.list_generation = 0ms;
  std::string const old = stats_block(what, {2, false});
  CHECK(old.find("deleted") == std::string::npos);
  CHECK(old.find("time") == std::string::npos);
  CHECK(old.find("Total bytes sent: 3.00M\n") != std::string::npos);
}

TEST_CASE("the last words of -vv") {
  CHECK(match_line(1, 2, 3, 3000000) == "total: matches=1  hash_hits=2  false_alarms=3 data=3000000");
}
