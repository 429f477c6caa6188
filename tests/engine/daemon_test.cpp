// The way into a stock daemon that a remote shell starts for one run: pushes, lists, passwords, and ways out.
#include <sys/stat.h>

#include <thread>

#include "engine/fixture.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::test;
using namespace std::chrono_literals;

namespace {

// A remote shell in which there is always the same daemon.
class daemon_site {
 public:
  daemon_site() {
    std::filesystem::create_directory(where_.to());
    put("secrets", "joe:sesame\n");
    std::string const module = "path = " + where_.to() + "\nread only = no\n";
    put("conf", "use chroot = no\nmotd file = " + file("motd") + "\nlog file = " + file("log") + "\n" + owner() +
                    "[m]\ncomment = open\n" + module + "[locked]\nauth users = joe\nsecrets file = " + file("secrets") +
                    "\n" + module + "[hasty]\ntimeout = 2\n" + module);
    put("motd", "Welcome\n");
    shell("exec rsync --server --daemon --config=" + file("conf") + " .");
  }
  void shell(std::string const& command) {
    put("daemon-shell", "#!/bin/sh\n" + command + "\n");
    std::filesystem::permissions(file("daemon-shell"), std::filesystem::perms::owner_all);
  }
  void put(std::string const& name, std::string const& text) {
    std::ofstream{file(name)} << text;
    std::filesystem::permissions(file(name), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  [[nodiscard]] std::string file(std::string const& name) const { return where_.path() + "/" + name; }
  [[nodiscard]] std::string to() const { return where_.to(); }
  [[nodiscard]] job push_to(std::string const& path) const {
    job j = push_job(where_);
    j.options.remote_shell = file("daemon-shell");
    j.options.remote_shell_given = true;
    j.destination = {.user = "joe", .host = "far", .path = path, .daemon = true};
    return j;
  }

 private:
  static std::string owner() { return ::geteuid() == 0 ? "uid = root\ngid = root\n" : ""; }
  scratch where_;
};

std::shared_ptr<fs::memory_tree> small_tree() {
  auto files = std::make_shared<fs::memory_tree>();
  files->add_file("/src/small", "hello\n", 0640);
  files->add_file("/src/a/b/large", std::string(300'000, 'x'));
  return files;
}

class typist final : public prompter {
 public:
  explicit typist(std::string answer) : answer_{std::move(answer)} {}
  bool confirm(std::string const&) override { return false; }
  bool secret(std::string const& question, std::string& answer) override {
    asked += question;
    answer = answer_;
    return !answer_.empty();
  }
  std::string asked;

 private:
  std::string answer_;
};

std::string lines_of(recorder const& seen, message::level level) {
  std::string text;
  for (auto const& each : seen.all<message>()) {
    if (each.what == level) text += each.text + "\n";
  }
  return text;
}

finished run_with(job const& j, recorder& seen, std::shared_ptr<prompter> ask = nullptr) {
  cancellation never;
  return run(j, seen, never, small_tree(), std::move(ask));
}

}  // namespace

TEST_CASE("a push to a daemon's module, for every protocol") {
  daemon_site site;
  job j = site.push_to("m/below");
  j.options.protocol = GENERATE(30, 31, 32);
  j.options.secluded_args = GENERATE(false, true);
  recorder seen;
  auto const done = run_with(j, seen);
  INFO(done.text);
  REQUIRE(done.code == exit_code::success);
  CHECK_FALSE(done.no_session);
  CHECK(content_of(site.to() + "/below/small") == "hello\n");
  CHECK(content_of(site.to() + "/below/a/b/large") == std::string(300'000, 'x'));
  CHECK(done.result.transferred_files == 2);
  CHECK(lines_of(seen, message::level::info).starts_with("Welcome\n\n"));
}

TEST_CASE("the list of modules is told as lines, unless nothing is to be heard of a daemon") {
  daemon_site site;
  job j = site.push_to("");
  j.options.motd = GENERATE(true, false);
  bool const as_source = GENERATE(true, false);
  if (as_source) {
    j.sources = {j.destination};
    j.destination = {};
  }
  recorder seen;
  auto const done = run_with(j, seen);
  CHECK(done.code == exit_code::success);
  CHECK(done.no_session);
  CHECK(lines_of(seen, message::level::info) ==
        (j.options.motd ? "Welcome\n\nm              \topen\nlocked         \t\nhasty          \t\n" : ""));
}

TEST_CASE("a password is taken from the file, else from the environment, else asked for") {
  daemon_site site;
  job j = site.push_to("locked/x");
  ::unsetenv("RSYNC_PASSWORD");
  auto const ask = std::make_shared<typist>("sesame");
  recorder seen;
  SECTION("asked for") {
    CHECK(run_with(j, seen, ask).code == exit_code::success);
    CHECK(ask->asked == "Password: ");
    CHECK(content_of(site.to() + "/x/small") == "hello\n");
  }
  SECTION("nobody can be asked") {
    CHECK(run_with(j, seen).code == exit_code::start_client);
    CHECK(run_with(j, seen, std::make_shared<typist>("")).code == exit_code::start_client);
  }
  SECTION("a wrong one") {
    auto const done = run_with(j, seen, std::make_shared<typist>("Sesame"));
    CHECK(done.code == exit_code::start_client);
    CHECK(done.text.empty());
    CHECK(lines_of(seen, message::level::error) == "@ERROR: auth failed on module locked\n");
  }
  SECTION("the environment") {
    ::setenv("RSYNC_PASSWORD", "sesame", 1);
    CHECK(run_with(j, seen, ask).code == exit_code::success);
    CHECK(ask->asked.empty());
  }
  SECTION("the file, whatever the environment says") {
    ::setenv("RSYNC_PASSWORD", "wrong", 1);
    site.put("password", "\nsesame\r\nnext\n");
    j.options.password_file = site.file("password");
    CHECK(run_with(j, seen, ask).code == exit_code::success);
  }
  SECTION("a file that others may read") {
    site.put("password", "sesame\n");
    ::chmod(site.file("password").c_str(), 0604);
    j.options.password_file = site.file("password");
    CHECK(run_with(j, seen, ask).code == exit_code::syntax);
    CHECK(lines_of(seen, message::level::error) == "ERROR: password file must not be other-accessible\n");
    CHECK(ask->asked.empty());
  }
  SECTION("a file without a password, and none") {
    site.put("password", "\r\n\n");
    j.options.password_file = site.file(GENERATE("password", "nothing"));
    CHECK(run_with(j, seen, ask).code == exit_code::syntax);
  }
  ::unsetenv("RSYNC_PASSWORD");
}

TEST_CASE("what cannot be said to a daemon is refused before anybody is reached") {
  daemon_site site;
  site.shell("touch " + site.file("reached"));
  auto const [path, user, code] = GENERATE(table<char const*, char const*, exit_code>(
      {{"/m", "joe", exit_code::start_client}, {"m\n/x", "joe", exit_code::syntax}, {"m", "j\ne", exit_code::syntax}}));
  job j = site.push_to(path);
  j.destination.user = user;
  recorder seen;
  CHECK(run_with(j, seen).code == code);
  CHECK_FALSE(std::filesystem::exists(site.file("reached")));
}

TEST_CASE("a daemon that says nothing is left in time") {
  daemon_site site;
  site.shell("sleep 30");
  job j = site.push_to("m");
  recorder seen;
  auto const begun = std::chrono::steady_clock::now();
  SECTION("by the time allowed for connecting") {
    j.options.connect_timeout = 1s;
    CHECK(run_with(j, seen).code == exit_code::connect_timeout);
  }
  SECTION("by the time allowed for silence") {
    j.options.timeout = 1s;
    CHECK(run_with(j, seen).code == exit_code::timeout);
  }
  SECTION("when asked to end") {
    cancellation cancel;
    std::thread later{[&cancel] {
      std::this_thread::sleep_for(300ms);
      cancel.request();
    }};
    CHECK(run(j, seen, cancel, small_tree()).code == exit_code::signal);
    later.join();
  }
  CHECK(std::chrono::steady_clock::now() - begun < 30s);
}

TEST_CASE("the time allowed for connecting ends with the greeting") {
  daemon_site site;
  site.shell("printf '@RSYNCD: 32.0 md5\\n'; sleep 2; printf '@ERROR: later\\n'");
  job j = site.push_to("m");
  j.options.connect_timeout = 1s;
  recorder seen;
  CHECK(run_with(j, seen).code == exit_code::start_client);
  CHECK(lines_of(seen, message::level::error) == "@ERROR: later\n");
}

TEST_CASE("a daemon that goes before it has greeted, and what it wrote to standard error") {
  daemon_site site;
  site.shell("exec >&-; sleep 0.3; echo broken >&2; exit 3");  // the words come after the end of what is the protocol
  recorder seen;
  auto const done = run_with(site.push_to("m"), seen);
  CHECK(done.code == exit_code::start_client);
  CHECK(done.text == "did not see server greeting");
  CHECK(lines_of(seen, message::level::remote_error) == "broken\n\n");
}
