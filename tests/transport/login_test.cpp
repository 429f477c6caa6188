// What a stock sshd in a test cannot do: passwords, questions, refused commands, hosts that hang up. A small libssh
// server does.
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include <libssh/libssh.h>
#include <libssh/server.h>

#include "transport/errc.hpp"
#include "transport/ssh_connection.hpp"

#include "driver.hpp"
#include "support/catch.hpp"
#include "support/sshd.hpp"

using namespace volsync;
using namespace volsync::transport;
using namespace volsync::transport::test;

// The plain text of a password is what a test server must see; libssh would rather have it in a callback.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace {

struct behaviour {
  int methods = SSH_AUTH_METHOD_PASSWORD;
  bool accept_command = true;
  std::size_t output = 3;   // bytes the command writes
  bool hang_up = false;     // closes the socket right after the channel
  std::string exit_signal;  // instead of status 0
};

// Serves one connection on a thread of its own; user and password are "alice" and "hunter2", the answer "42".
class login_server {
 public:
  explicit login_server(behaviour how) : how_{std::move(how)} {
    directory_ = "/tmp/volsync-login-XXXXXX";
    REQUIRE(::mkdtemp(directory_.data()) != nullptr);
    volsync::test::run_command("ssh-keygen -q -t ed25519 -N '' -f " + directory_ + "/host");
    int const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread{[this, listener] { serve(listener); }};
  }
  ~login_server() {
    thread_.join();
    volsync::test::run_command("rm -rf " + directory_);
  }
  login_server(login_server const&) = delete;
  login_server& operator=(login_server const&) = delete;

  ssh_request request(std::shared_ptr<prompter> asks) const {
    ssh_request made;
    made.settings.host = "127.0.0.1";
    made.settings.port = port;
    made.settings.user = "alice";
    made.settings.use_agent = false;
    made.settings.unknown_host = host_key_policy::accept_new;
    made.settings.user_known_hosts = {directory_ + "/known"};
    made.asks = std::move(asks);
    made.command = "anything";
    return made;
  }

  std::uint16_t port = 0;

 private:
  void serve(int listener) {
    pollfd waiting{listener, POLLIN, 0};
    if (::poll(&waiting, 1, 10000) == 1) {
      ssh_bind bind = ssh_bind_new();
      std::string const key = directory_ + "/host";
      bool const no_config = false;
      ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no_config);
      ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, key.c_str());
      ssh_session session = ssh_new();
      if (ssh_bind_accept_fd(bind, session, ::accept(listener, nullptr, nullptr)) == SSH_OK) talk(session);
      ssh_disconnect(session);
      ssh_free(session);
      ssh_bind_free(bind);
    }
    ::close(listener);
  }

  void talk(ssh_session session) {
    long const seconds = 10;
    ssh_options_set(session, SSH_OPTIONS_TIMEOUT, &seconds);
    ssh_set_auth_methods(session, how_.methods);
    if (ssh_handle_key_exchange(session) != SSH_OK) return;
    ssh_channel channel = nullptr;
    bool told = false;
    while (ssh_message message = ssh_message_get(session)) {
      bool const end = answer(session, message, channel);
      ssh_message_free(message);
      if (end && !told) {
        told = true;
        run(session, channel);
        if (how_.hang_up) return;
      }
    }
  }

  // True once the command was accepted.
  bool answer(ssh_session session, ssh_message message, ssh_channel& channel) {
    int const kind = ssh_message_type(message), part = ssh_message_subtype(message);
    if (kind == SSH_REQUEST_AUTH && part == SSH_AUTH_METHOD_PASSWORD &&
        std::string{ssh_message_auth_password(message)} == "hunter2") {
      ssh_message_auth_reply_success(message, 0);
    } else if (kind == SSH_REQUEST_AUTH && part == SSH_AUTH_METHOD_INTERACTIVE) {
      question(session, message);
    } else if (kind == SSH_REQUEST_CHANNEL_OPEN) {
      channel = ssh_message_channel_request_open_reply_accept(message);
    } else if (kind == SSH_REQUEST_CHANNEL && part == SSH_CHANNEL_REQUEST_EXEC && how_.accept_command) {
      ssh_message_channel_request_reply_success(message);
      return true;
    } else {
      if (kind == SSH_REQUEST_AUTH) ssh_message_auth_set_methods(message, how_.methods);
      ssh_message_reply_default(message);
    }
    return false;
  }

  void question(ssh_session session, ssh_message message) {
    if (ssh_message_auth_kbdint_is_response(message) == 0) {
      char const* prompts[] = {"What is\x1b[2J it? ", "Shown: "};
      char echo[] = {0, 1};
      ssh_message_auth_interactive_request(message, "Name", "Instruction", 2, prompts, echo);
      return;
    }
    bool const right =
        ssh_userauth_kbdint_getnanswers(session) == 2 && std::string{ssh_userauth_kbdint_getanswer(session, 0)} == "42";
    if (right) {
      ssh_message_auth_reply_success(message, 0);
    } else {
      ssh_message_auth_set_methods(message, how_.methods);
      ssh_message_reply_default(message);
    }
  }

  void run(ssh_session session, ssh_channel channel) {
    std::string const text(how_.output, 'x');
    ssh_channel_write(channel, text.data(), static_cast<std::uint32_t>(text.size()));
    if (how_.exit_signal.empty()) {
      ssh_channel_request_send_exit_status(channel, 0);
    } else {
      ssh_channel_request_send_exit_signal(channel, how_.exit_signal.c_str(), 0, "", "");
    }
    ssh_channel_send_eof(channel);
    ssh_channel_close(channel);
    ssh_blocking_flush(session, 5000);
  }

  behaviour how_;
  std::string directory_;
  std::thread thread_;
};

struct scripted final : prompter {
  std::vector<std::string> answers, asked;
  std::vector<bool> echoed;
  bool confirm(std::string const&, int) override { return false; }
  std::optional<secret> ask(std::string const& prompt, bool echo, int) override {
    asked.push_back(prompt);
    echoed.push_back(echo);
    if (answers.empty()) return std::nullopt;
    secret answer{answers.front()};
    answers.erase(answers.begin());
    return answer;
  }
};

connection_state run(ssh_request with, std::string* output = nullptr) {
  driver user{make_ssh_connection(std::move(with))};
  user.start();
  REQUIRE(user.run_to_end(15s));
  if (output != nullptr) *output = user.input_text();
  return user.state();
}

}  // namespace

TEST_CASE("a password is asked for, up to the number of prompts, and is in no text") {
  login_server const server{behaviour{}};
  auto const who = std::make_shared<scripted>();
  SECTION("right on the second try") {
    who->answers = {"wrong-1", "hunter2"};
    std::string output;
    auto const end = run(server.request(who), &output);
    CHECK_FALSE(end.failure);
    CHECK(output == "xxx");
    REQUIRE(who->asked.size() == 2);
    CHECK(who->asked[0] == "alice@127.0.0.1 port " + std::to_string(server.port) + "'s password: ");
    CHECK_FALSE(who->echoed[0]);
  }
  SECTION("wrong") {
    who->answers = {"wrong-1", "wrong-2", "wrong-3", "hunter2"};
    auto const end = run(server.request(who));
    CHECK(end.failure == transport_errc::authentication_failed);
    CHECK(end.failure_text.find("permission denied (password); tried password") != std::string::npos);
    CHECK(end.failure_text.find("wrong-") == std::string::npos);
    CHECK(who->asked.size() == 3);
  }
  SECTION("forbidden by the configuration") {
    auto asked = server.request(who);
    asked.settings.password = false;
    CHECK(run(asked).failure == transport_errc::authentication_failed);
    CHECK(who->asked.empty());
  }
  SECTION("batch mode") {
    auto asked = server.request(who);
    asked.settings.batch = true;
    CHECK(run(asked).failure == transport_errc::authentication_failed);
    CHECK(who->asked.empty());
  }
}

TEST_CASE("the host's own questions are passed on, escaped") {
  behaviour how;
  how.methods = SSH_AUTH_METHOD_INTERACTIVE;
  login_server const server{how};
  auto const who = std::make_shared<scripted>();
  SECTION("answered") {
    who->answers = {"42", "yes"};
    CHECK_FALSE(run(server.request(who)).failure);
    REQUIRE(who->asked.size() == 2);
    CHECK(who->asked[0].find("Name\nInstruction\n(alice@") == 0);
    CHECK(who->asked[0].find("What is\\#033[2J it?") != std::string::npos);
    CHECK(who->echoed == std::vector<bool>{false, true});
  }
  SECTION("answered wrongly") {
    who->answers = {"41", "a", "40", "b", "43", "c", "42", "d"};
    CHECK(run(server.request(who)).failure == transport_errc::authentication_failed);
    CHECK(who->asked.size() == 6);
  }
  SECTION("not answered") {
    CHECK(run(server.request(who)).failure == transport_errc::authentication_failed);
    CHECK(who->asked.size() == 1);
  }
}

TEST_CASE("a command that the host refuses was not started") {
  behaviour how;
  how.accept_command = false;
  login_server const server{how};
  auto const who = std::make_shared<scripted>();
  who->answers = {"hunter2"};
  auto const end = run(server.request(who));
  CHECK(end.failure == transport_errc::command_not_started);
  CHECK_FALSE(end.connected);
}

TEST_CASE("a host that hangs up after the channel's end loses nothing of it") {
  behaviour how;
  how.output = 30'000;  // less than a window: libssh drops what it has not read once its own write fails
  how.hang_up = true;
  login_server const server{how};
  auto const who = std::make_shared<scripted>();
  who->answers = {"hunter2"};
  std::string output;
  auto const end = run(server.request(who), &output);
  CHECK_FALSE(end.failure);
  CHECK(output.size() == 30'000);
  CHECK(end.exit->status == 0);
}

TEST_CASE("an exit signal without a number of ours is no success") {
  behaviour how;
  how.exit_signal = GENERATE("STRANGE@example.org", "KILL");
  login_server const server{how};
  auto const who = std::make_shared<scripted>();
  who->answers = {"hunter2"};
  auto const end = run(server.request(who));
  REQUIRE(end.exit);
  CHECK(end.exit->status == (how.exit_signal == "KILL" ? -1 : 255));
  CHECK(end.exit->signal == (how.exit_signal == "KILL" ? SIGKILL : 0));
}
