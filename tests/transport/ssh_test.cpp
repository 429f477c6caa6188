// libssh against a real, private sshd: what is refused before anything is said, what is let in, and how commands end.
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include <libssh/libssh.h>

#include "transport/errc.hpp"
#include "transport/ssh_connection.hpp"

#include "driver.hpp"
#include "support/catch.hpp"
#include "support/sshd.hpp"

using namespace volsync;
using namespace volsync::transport;
using namespace volsync::transport::test;
using volsync::test::read_file;
using volsync::test::run_command;
using volsync::test::write_file;
using steady = std::chrono::steady_clock;

namespace {

std::atomic<int> slow_look_us{0};  // how long each look for standard error waits first

}  // namespace

// Stands before libssh's own, for everybody in this program.
extern "C" int ssh_channel_read_nonblocking(ssh_channel channel, void* to, uint32_t count, int is_errors) {
  using function = int (*)(ssh_channel, void*, uint32_t, int);
  static auto const real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "ssh_channel_read_nonblocking"));
  if (int const wait = slow_look_us.load(); is_errors != 0 && wait != 0) ::usleep(static_cast<useconds_t>(wait));
  return real(channel, to, count, is_errors);
}

namespace {

volsync::test::sshd& server() {
  static volsync::test::sshd the_server;
  return the_server;
}

ssh_request request(std::string const& command) {
  ssh_request made;
  made.settings.host = "127.0.0.1";
  made.settings.port = server().port();
  made.settings.user = server().user();
  made.settings.identities = {server().identity()};
  made.settings.use_agent = false;
  made.settings.user_known_hosts = {server().known_hosts()};
  made.command = command;
  return made;
}

// Answers from a script and remembers what was asked.
struct scripted final : prompter {
  std::vector<std::string> answers, asked;
  std::vector<bool> echoed;
  bool yes = false;

  bool confirm(std::string const& question, int) override {
    asked.push_back(question);
    return yes;
  }
  std::optional<secret> ask(std::string const& prompt, bool echo, int) override {
    asked.push_back(prompt);
    echoed.push_back(echo);
    if (answers.empty()) return std::nullopt;
    secret answer{answers.front()};
    answers.erase(answers.begin());
    return answer;
  }
};

struct ended {
  connection_state state;
  std::string out, err;
};

ended run(ssh_request with, std::string const& input = {}) {
  driver user{make_ssh_connection(std::move(with))};
  user.start();
  if (!input.empty()) user.pipe().put_output(to_bytes(input));
  user.pipe().end_output();
  REQUIRE(user.run_to_end());
  return {user.state(), user.input_text(), user.error_text()};
}

bool says(ended const& end, std::string const& part) { return end.state.failure_text.find(part) != std::string::npos; }

bool eventually(std::function<bool()> const& holds, std::chrono::milliseconds limit) {
  for (auto const end = steady::now() + limit; steady::now() < end; ::usleep(20000)) {
    if (holds()) return true;
  }
  return holds();
}

std::size_t open_files() {
  std::size_t count = 0;
  for (int fd = 0; fd < 1024; ++fd) count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

std::string temporary(std::string const& name) { return server().directory() + '/' + name; }

}  // namespace

TEST_CASE("a remote command runs over libssh: input, output, errors and status") {
  auto const end = run(request("cat; echo problem >&2; exit 7"), "hello\n");
  CHECK(end.state.connected);
  CHECK_FALSE(end.state.failure);
  CHECK(end.state.exit->status == 7);
  CHECK(end.state.exit->signal == 0);
  CHECK(end.out == "hello\n");
  CHECK(end.err == "problem\n");
}

TEST_CASE("a remote command that is missing or killed is told apart") {
  auto const missing = run(request("/nonexistent/rsync --server"));
  CHECK(missing.state.exit->status == 127);
  CHECK(missing.err.find("/nonexistent/rsync") != std::string::npos);
  CHECK_FALSE(missing.state.failure);
  auto const killed = run(request("kill -TERM $$"));
  CHECK(killed.state.exit->status == -1);
  CHECK(killed.state.exit->signal == SIGTERM);
}

TEST_CASE("30 MB go both ways at once, in bounded memory, and no descriptor stays open") {
  run(request("true"));  // what libraries open once
  auto const before = open_files();
  {
    driver user{make_ssh_connection(request("exec cat"))};
    user.start();
    auto const seen = echo(user, 30'000'000);
    CHECK(seen.complete);
    CHECK(seen.same);
    CHECK(seen.high <= input_high + (2U << 20));
    CHECK(user.state().exit->status == 0);
  }
  CHECK(open_files() == before);
}

// libssh reads the socket in every call: what comes while one stream is looked at may belong to the other one, and no
// readiness tells of it any more. The second byte of each answer comes at moments spread over slow looks.
TEST_CASE("bytes that come while another stream is looked at are not left lying") {
  slow_look_us = 2000;
  driver user{
      make_ssh_connection(request("perl -e '$| = 1; while (sysread STDIN, $b, 1) { syswrite STDOUT, $b; "
                                  "select undef, undef, undef, $n++ % 40 / 4000; syswrite STDOUT, $b }'"))};
  user.start();
  std::size_t wanted = 0;
  bool complete = true;
  for (int round = 0; complete && round < 80; ++round) {
    user.pipe().put_output(to_bytes("x"));
    wanted += 2;
    complete = user.run_until([&] { return user.received >= wanted || user.state().failure; }, 5s, false);
  }
  CHECK(complete);
  CHECK(user.received == wanted);
  slow_look_us = 0;
}

TEST_CASE("a user who does not take stops the remote command, and gets everything later") {
  driver user{make_ssh_connection(request("head -c 20000000 /dev/zero; echo done >&2"))};
  user.start();
  REQUIRE(user.run_until([&] { return user.state().connected; }));
  ::usleep(1500000);
  bytes first;
  user.pipe().take_input(first);
  CHECK(first.size() + user.input.size() < 10'000'000);
  CHECK(first.size() >= input_high / 2);
  REQUIRE(user.run_to_end());
  CHECK(first.size() + user.input.size() == 20'000'000);
  CHECK(user.error_text() == "done\n");
  CHECK(user.state().exit->status == 0);
}

TEST_CASE("a remote command that ends early with output queued is told by its status") {
  driver user{make_ssh_connection(request("head -c 1000 >/dev/null; echo bye; exit 9"))};
  user.start();
  for (int i = 0; i < 20; ++i) user.pipe().put_output(bytes(1'000'000));
  REQUIRE(user.run_to_end());
  CHECK(user.state().exit->status == 9);
  CHECK_FALSE(user.state().failure);
  CHECK(user.input_text() == "bye\n");
  CHECK(user.pipe().output_backlog() == 0);
}

TEST_CASE("an unknown host key is refused before anything is said") {
  auto asked = request("echo in");
  asked.settings.user_known_hosts = {temporary("known_none")};
  SECTION("by nobody being there to ask") {
    auto const end = run(asked);
    CHECK(end.state.failure == transport_errc::host_key_unknown);
    CHECK(says(end, "ED25519 key SHA256:"));
    CHECK(says(end, temporary("known_none")));
    CHECK_FALSE(end.state.connected);
  }
  SECTION("by a no") {
    auto const who = std::make_shared<scripted>();
    asked.asks = who;
    auto const end = run(asked);
    CHECK(end.state.failure == transport_errc::host_key_unknown);
    REQUIRE(who->asked.size() == 1);
    CHECK(who->asked[0].find("can't be established") != std::string::npos);
  }
  SECTION("by policy, without asking") {
    auto const who = std::make_shared<scripted>();
    who->yes = true;
    asked.asks = who;
    asked.settings.unknown_host = host_key_policy::refuse_unknown;
    CHECK(run(asked).state.failure == transport_errc::host_key_unknown);
    CHECK(who->asked.empty());
  }
  SECTION("in batch mode, without asking") {
    auto const who = std::make_shared<scripted>();
    who->yes = true;
    asked.asks = who;
    asked.settings.batch = true;
    CHECK(run(asked).state.failure == transport_errc::host_key_unknown);
    CHECK(who->asked.empty());
  }
  CHECK(::access(temporary("known_none").c_str(), F_OK) != 0);
}

TEST_CASE("an accepted host key is remembered, plainly or hashed, where OpenSSH finds it") {
  bool const hashed = GENERATE(false, true);
  bool const by_policy = GENERATE(false, true);
  auto const file = temporary("new/known");
  run_command("rm -rf " + temporary("new"));
  auto const ask = [&] {
    auto asked = request("echo in");
    auto const who = std::make_shared<scripted>();
    who->yes = true;
    if (by_policy) asked.settings.unknown_host = host_key_policy::accept_new;
    if (!by_policy) asked.asks = who;
    asked.settings.user_known_hosts = {file};
    asked.settings.hash_known_hosts = hashed;
    auto const end = run(asked);
    CHECK(end.out == "in\n");
    return who->asked.size();
  };
  CHECK(ask() == (by_policy ? 0 : 1));
  CHECK((read_file(file).rfind("|1|", 0) == 0) == hashed);
  run_command("ssh-keygen -F '" + server().known_name() + "' -f " + file + " >/dev/null");
  CHECK(ask() == 0);
}

TEST_CASE("a changed host key is refused whatever the policy, and the line is named") {
  auto asked = request("echo in");
  auto const who = std::make_shared<scripted>();
  who->yes = true;
  asked.asks = who;
  asked.settings.unknown_host = GENERATE(host_key_policy::ask, host_key_policy::accept_new);
  auto const file = temporary("known_changed");
  asked.settings.user_known_hosts = {file};
  std::string const other = read_file(server().stranger() + ".pub");
  SECTION("changed") {
    write_file(file, "# a remark\n" + server().known_name() + ' ' + other);
    auto const end = run(asked);
    CHECK(end.state.failure == transport_errc::host_key_changed);
    CHECK(says(end, "CHANGED"));
    CHECK(says(end, file + ":2"));
  }
  SECTION("revoked") {
    auto const name = server().known_name();
    write_file(file, name + ' ' + server().host_key_line() + "\n@revoked * " + server().host_key_line() + '\n');
    auto const end = run(asked);
    CHECK(end.state.failure == transport_errc::host_key_changed);
    CHECK(says(end, "REVOKED"));
  }
  CHECK(who->asked.empty());
}

TEST_CASE("hashed names and files that come second or global are found") {
  auto asked = request("echo in");
  auto const file = temporary("known_hashed");
  write_file(file, read_file(server().known_hosts()));
  run_command("ssh-keygen -q -H -f " + file + " >/dev/null 2>&1");
  REQUIRE(read_file(file).rfind("|1|", 0) == 0);
  SECTION("user files") { asked.settings.user_known_hosts = {temporary("none"), file}; }
  SECTION("global files") {
    asked.settings.user_known_hosts = {};
    asked.settings.global_known_hosts = {temporary("none"), file};
  }
  CHECK(run(asked).out == "in\n");
}

TEST_CASE("a key with a passphrase") {
  auto asked = request("echo in");
  asked.settings.identities = {server().locked_identity()};
  auto const who = std::make_shared<scripted>();
  asked.asks = who;
  SECTION("is unlocked by the right one, on a second try") {
    who->answers = {"wrong", "open sesame"};
    CHECK(run(asked).out == "in\n");
    REQUIRE(who->asked.size() == 2);
    CHECK(who->asked[0] == "Enter passphrase for key '" + server().locked_identity() + "': ");
    CHECK_FALSE(who->echoed[0]);
  }
  SECTION("stays locked by wrong ones, and says so without them") {
    who->answers = {"wrong-1", "wrong-2", "wrong-3", "wrong-4"};
    auto const end = run(asked);
    CHECK(end.state.failure == transport_errc::authentication_failed);
    CHECK(says(end, "wrong passphrase"));
    CHECK_FALSE(says(end, "wrong-"));
    CHECK(who->asked.size() == 3);
  }
  SECTION("is not asked for when the host refuses its public half") {
    run_command("rm -f " + temporary("refused") + "; ssh-keygen -q -t ed25519 -N secret -f " + temporary("refused"));
    asked.settings.identities = {temporary("refused"), server().identity()};
    CHECK(run(asked).out == "in\n");
    CHECK(who->asked.empty());
  }
  SECTION("is passed over when nobody can be asked") {
    asked.asks = nullptr;
    asked.settings.identities = {server().locked_identity(), server().identity()};
    CHECK(run(asked).out == "in\n");
  }
}

TEST_CASE("without a way in, the failure says what was tried") {
  auto asked = request("echo in");
  SECTION("a stranger's key") {
    asked.settings.identities = {server().stranger()};
    auto const end = run(asked);
    CHECK(end.state.failure == transport_errc::authentication_failed);
    CHECK(says(end, "permission denied (publickey); tried '" + server().stranger() + "'; nobody could be asked"));
  }
  SECTION("a key that others can read") {
    auto const loose = temporary("loose");
    write_file(loose, read_file(server().identity()), 0644);
    asked.settings.identities = {loose};
    auto const end = run(asked);
    CHECK(end.state.failure == transport_errc::authentication_failed);
    CHECK(says(end, "others may read it"));
  }
  SECTION("an unknown user") {
    asked.settings.user = "nobody-of-that-name";
    CHECK(run(asked).state.failure == transport_errc::authentication_failed);
  }
  SECTION("nothing") {
    asked.settings.identities = {};
    CHECK(says(run(asked), "there was nothing to try"));
  }
}

TEST_CASE("keys in an agent let us in") {
  auto const socket = temporary("agent");
  run_command("ssh-agent -a " + socket + " > " + temporary("agent.out"));
  run_command("SSH_AUTH_SOCK=" + socket + " ssh-add -q " + server().identity());
  auto asked = request("echo in");
  asked.settings.identities = {};
  asked.settings.use_agent = true;
  asked.settings.agent_socket = socket;
  auto const end = run(asked);
  run_command(". " + temporary("agent.out") + " >/dev/null; kill $SSH_AGENT_PID");
  CHECK(end.out == "in\n");
}

TEST_CASE("a host that is not there is told by kind") {
  auto asked = request("true");
  SECTION("refused") {
    asked.settings.port = 1;
    auto const end = run(asked);
    CHECK(end.state.failure == transport_errc::refused);
    CHECK(end.state.failure_text == "cannot connect to 127.0.0.1 port 1: Connection refused");
  }
  SECTION("no such name") {
    asked.settings.host = "no-such-host.invalid";
    auto const end = run(asked);
    CHECK(end.state.failure == transport_errc::unresolvable);
    CHECK(says(end, "'no-such-host.invalid'"));
  }
  SECTION("wrong family") {
    asked.settings.family = address_family::inet6;
    CHECK(run(asked).state.failure == transport_errc::unresolvable);
  }
}

namespace {

// Listens and never says a word, or says the wrong ones.
class mute_host {
 public:
  explicit mute_host(std::string words = {}) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd_, 5) == 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    if (words.empty()) return;
    thread_ = std::thread{[this, words = std::move(words)] {
      int const peer = ::accept(fd_, nullptr, nullptr);
      ::send(peer, words.data(), words.size(), MSG_NOSIGNAL);
      ::close(peer);
    }};
  }
  ~mute_host() {
    if (thread_.joinable()) thread_.join();
    ::close(fd_);
  }
  std::uint16_t port = 0;

 private:
  int fd_ = -1;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a host that says nothing is given up after the connect time-out, or at once by abort") {
  mute_host const host;
  auto asked = request("true");
  asked.settings.port = host.port;
  auto const before = steady::now();
  SECTION("time-out") {
    asked.settings.connect_timeout = 1s;
    auto const end = run(asked);
    CHECK(end.state.failure == transport_errc::connect_timed_out);
    CHECK(says(end, "within 1 seconds"));
    CHECK(steady::now() - before < 20s);
  }
  SECTION("abort") {
    driver user{make_ssh_connection(asked)};
    user.start();
    user.run_until([] { return false; }, 300ms);
    user.pipe().abort();
    REQUIRE(user.run_to_end(1s));
    CHECK(user.state().failure == transport_errc::aborted);
  }
  SECTION("destructor") {
    driver user{make_ssh_connection(asked)};
    user.start();
    user.run_until([] { return false; }, 300ms);
    user.drop();
    CHECK(steady::now() - before < 1s);
  }
}

TEST_CASE("what does not speak SSH is a failed handshake, shown without its control bytes") {
  mute_host const host{"HTTP/1.1 400 \x1b[31mBad\r\n\r\n"};
  auto asked = request("true");
  asked.settings.port = host.port;
  auto const end = run(asked);
  CHECK(end.state.failure == transport_errc::handshake_failed);
  CHECK(end.state.failure_text.find('\x1b') == std::string::npos);
}

TEST_CASE("abort in mid-transfer ends here at once and there soon") {
  auto const mark = temporary("pid");
  driver user{make_ssh_connection(request("echo $$ > " + mark + "; exec cat >/dev/null"))};
  user.start();
  REQUIRE(eventually([&] { return read_file(mark).find('\n') != std::string::npos; }, 10s));
  auto const pid = static_cast<pid_t>(std::stol(read_file(mark)));
  bool const queued = GENERATE(false, true);
  for (int i = 0; queued && i < 10; ++i) user.pipe().put_output(bytes(1'000'000));
  auto const before = steady::now();
  user.pipe().abort();
  REQUIRE(user.run_to_end(20s));
  CHECK(user.state().failure == transport_errc::aborted);
  user.drop();
  CHECK(steady::now() - before < 20s);
  CHECK(eventually([&] { return ::kill(pid, 0) != 0; }, 20s));
  // A session of root's is never signalled by sshd, which says so; that it says so shows the request arrived.
  if (::geteuid() == 0) CHECK(read_file(temporary("log")).find("signalling") != std::string::npos);
  ::unlink(mark.c_str());
}

TEST_CASE("a connection cut by the other end is lost, whatever had come before") {
  driver user{make_ssh_connection(request("echo $PPID; sleep 25"))};
  user.start();
  REQUIRE(user.run_until([&] { return user.input_text().find('\n') != std::string::npos; }));
  ::kill(static_cast<pid_t>(std::stol(user.input_text())), SIGKILL);
  REQUIRE(user.run_to_end(5s));
  CHECK(user.state().failure == transport_errc::connection_lost);
  CHECK_FALSE(user.state().input_ended);
  CHECK_FALSE(user.state().exit);
}

TEST_CASE("a host that answers no keep-alive is silent; one that does is not") {
  auto asked = request("echo $PPID; sleep 25");
  asked.settings.alive_interval = 1s;
  asked.settings.alive_count = 1;
  driver user{make_ssh_connection(asked)};
  user.start();
  REQUIRE(user.run_until([&] { return user.input_text().find('\n') != std::string::npos; }));
  user.run_until([&] { return static_cast<bool>(user.state().failure); }, 4500ms);
  CHECK_FALSE(user.state().failure);
  auto const peer = static_cast<pid_t>(std::stol(user.input_text()));
  ::kill(peer, SIGSTOP);
  REQUIRE(user.run_to_end(8s));
  ::kill(peer, SIGCONT);
  CHECK(user.state().failure == transport_errc::peer_silent);
}
