// Child processes as pipes: both ways at once, ends of every kind, and no waiting beyond the bounds.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "transport/errc.hpp"
#include "transport/process_connection.hpp"

#include "driver.hpp"
#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::transport;
using namespace volsync::transport::test;
using steady = std::chrono::steady_clock;

namespace {

std::unique_ptr<connection> shell(std::string const& script) {
  process_options options;
  options.argv = {"sh", "-c", script};
  return make_process_connection(std::move(options));
}

bool gone_within(pid_t pid, std::chrono::milliseconds limit) {
  for (auto const end = steady::now() + limit; steady::now() < end; ::usleep(10000)) {
    if (::kill(pid, 0) != 0 && errno == ESRCH) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("50 MB go through a child both ways at once, in bounded memory") {
  driver user{shell("exec cat")};
  user.start();
  auto const seen = echo(user, 50'000'000);
  CHECK(seen.complete);
  CHECK(seen.same);
  CHECK(seen.high <= input_high + (256U << 10));
  CHECK(user.state().exit->status == 0);
}

TEST_CASE("a user who does not take stops the child, and gets everything later") {
  driver user{shell("head -c 20000000 /dev/zero; echo done >&2")};
  user.start();
  ::usleep(500000);
  bytes first;
  user.pipe().take_input(first);
  CHECK(first.size() >= input_high);
  CHECK(first.size() <= input_high + (256U << 10));
  CHECK(user.error_text().empty());
  REQUIRE(user.run_to_end());
  CHECK(first.size() + user.input.size() == 20'000'000);
  CHECK(user.error_text() == "done\n");
}

TEST_CASE("exit status, signal and standard error are told apart") {
  SECTION("status") {
    driver user{shell("echo out; echo err >&2; exit 7")};
    user.start();
    REQUIRE(user.run_to_end());
    auto const end = user.state();
    CHECK(end.connected);
    CHECK_FALSE(end.failure);
    CHECK(end.exit->status == 7);
    CHECK(end.exit->signal == 0);
    CHECK(user.input_text() == "out\n");
    CHECK(user.error_text() == "err\n");
  }
  SECTION("signal") {
    driver user{shell("kill -TERM $$")};
    user.start();
    REQUIRE(user.run_to_end());
    CHECK(user.state().exit->status == -1);
    CHECK(user.state().exit->signal == SIGTERM);
  }
  SECTION("errors are complete when the end is told, though a grandchild keeps the pipe open") {
    driver user{shell("head -c 60000 /dev/zero >&2; sleep 3 >/dev/null & exit 3")};
    user.start();
    REQUIRE(user.run_until([&] { return user.state().exit.has_value(); }, 2s));
    user.pipe().take_errors(user.errors);
    CHECK(user.errors.size() == 60000);  // several reads: the end is seen before the last of them
    auto const before = steady::now();
    user.drop();
    CHECK(steady::now() - before < 1s);
  }
}

TEST_CASE("end of output reaches the child") {
  driver user{shell("cat; echo end")};
  user.start();
  user.pipe().put_output(to_bytes("first "));
  user.pipe().put_output(to_bytes("second "));
  user.pipe().end_output();
  REQUIRE(user.run_to_end());
  CHECK(user.input_text() == "first second end\n");
}

TEST_CASE("a command that does not exist is a clear failure") {
  process_options options;
  options.argv = {"/nonexistent/ssh"};
  driver user{make_process_connection(std::move(options))};
  user.start();
  REQUIRE(user.run_to_end(20s));
  CHECK(user.state().failure == transport_errc::program_not_started);
  CHECK(user.state().failure_text == "cannot run '/nonexistent/ssh': No such file or directory");
  CHECK_FALSE(user.state().connected);
  CHECK_FALSE(user.state().exit);
}

TEST_CASE("abort ends the child in time") {
  auto const run = [](std::string const& script) {
    driver user{shell(script)};
    user.start();
    REQUIRE(user.run_until([&] { return user.input_text().find('\n') != std::string::npos; }));
    auto const pid = static_cast<pid_t>(std::stol(user.input_text()));
    auto const before = steady::now();
    user.pipe().abort();
    REQUIRE(user.run_until([&] { return user.state().exit.has_value(); }, 20s));
    CHECK(gone_within(pid, 5s));
    CHECK(steady::now() - before < 20s);
    CHECK(user.state().failure == transport_errc::aborted);
    return *user.state().exit;
  };
  SECTION("with TERM") { CHECK(run("echo $$; exec sleep 1000").signal == SIGTERM); }
  SECTION("with KILL if TERM is not enough") {
    CHECK(run("trap '' TERM; echo $$; while :; do sleep 1; done").signal == SIGKILL);
  }
}

TEST_CASE("the destructor ends a child that never reads nor ends") {
  driver user{shell("echo $$; exec sleep 1000")};
  user.start();
  REQUIRE(user.run_until([&] { return user.input_text().find('\n') != std::string::npos; }));
  user.pipe().put_output(bytes(900'000));
  auto const before = steady::now();
  user.drop();
  CHECK(steady::now() - before < 20s);
  CHECK(gone_within(static_cast<pid_t>(std::stol(user.input_text())), 5s));
}

TEST_CASE("a child that ends early with output queued is told by its status") {
  driver user{shell("head -c 1000 >/dev/null; echo bye; exit 9")};
  user.start();
  for (int i = 0; i < 20; ++i) user.pipe().put_output(bytes(1'000'000));
  REQUIRE(user.run_to_end(20s));
  CHECK(user.state().exit->status == 9);
  CHECK_FALSE(user.state().failure);
  CHECK(user.input_text() == "bye\n");
  CHECK(user.run_until([&] { return user.pipe().output_backlog() == 0; }, 2s));
}

TEST_CASE("a child that closes its input and lives on is a lost connection") {
  driver user{shell("exec 0<&-; sleep 30")};
  user.start();
  ::usleep(100000);
  for (int i = 0; i < 4; ++i) user.pipe().put_output(bytes(1'000'000));
  REQUIRE(user.run_to_end(20s));
  CHECK(user.state().failure == transport_errc::connection_lost);
}

TEST_CASE("the child has none of our descriptors and can be signalled as usual") {
  auto const ask = [] {
    driver user{shell("ls /proc/self/fd | wc -l; grep SigBlk /proc/self/status; kill -PIPE $$; echo alive")};
    user.start();
    REQUIRE(user.run_to_end());
    CHECK(user.state().exit->signal == SIGPIPE);
    return user.input_text();
  };
  auto const before = ::signal(SIGPIPE, SIG_IGN);
  auto const alone = ask();
  driver other{shell("exec cat")};
  other.start();
  REQUIRE(other.run_until([&] { return other.state().connected; }));
  CHECK(ask() == alone);
  CHECK(alone.find("SigBlk:\t0000000000000000\n") != std::string::npos);
  ::signal(SIGPIPE, before);
}
