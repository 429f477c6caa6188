// A socket as a connection: echoes, ends, losses, and hosts that do not answer. The peers are threads of this process.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/unique_fd.hpp"

#include "transport/errc.hpp"
#include "transport/tcp_connection.hpp"

#include "driver.hpp"
#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::transport;
using namespace volsync::transport::test;

namespace {

// A socket that listens on 127.0.0.1.
class listener {
 public:
  explicit listener(int backlog = 5) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(fd_.get(), plain, sizeof address) == 0);
    REQUIRE(::listen(fd_.get(), backlog) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(fd_.get(), plain, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] unique_fd accept() const { return unique_fd{::accept(fd_.get(), nullptr, nullptr)}; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  unique_fd fd_;
  std::uint16_t port_ = 0;
};

dial_request to(std::uint16_t port) {
  dial_request request;
  request.host = "127.0.0.1";
  request.port = port;
  return request;
}

std::unique_ptr<connection> reach(std::uint16_t port) { return make_tcp_connection(to(port)); }

// Gives back what comes until there is no more.
void echo_back(int fd) {
  std::vector<char> buffer(100'000);
  for (ssize_t count = 0; (count = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
    for (ssize_t sent = 0; sent < count;) {
      ssize_t const now = ::send(fd, buffer.data() + sent, static_cast<std::size_t>(count - sent), MSG_NOSIGNAL);
      if (now < 0) return;
      sent += now;
    }
  }
}

}  // namespace

TEST_CASE("a socket carries bytes both ways and ends with status 0") {
  listener const port;
  std::thread peer{[&] { echo_back(port.accept().get()); }};
  driver user{reach(port.port())};
  user.start();
  auto const seen = echo(user, 30'000'000);
  peer.join();
  CHECK(seen.complete);
  CHECK(seen.same);
  CHECK(seen.high <= input_high + (256U << 10));
  CHECK(user.state().connected);
  CHECK(user.state().exit->status == 0);
}

TEST_CASE("a user who takes nothing stops the peer, and takes everything later") {
  listener const port;
  constexpr std::size_t total = 40'000'000;
  bytes const all = pattern(0, total);
  std::atomic<std::size_t> sent = 0;
  std::thread peer{[&] {
    unique_fd const fd = port.accept();
    while (sent < total) {
      ssize_t const now =
          ::send(fd.get(), all.data() + sent, std::min<std::size_t>(total - sent, 100'000), MSG_NOSIGNAL);
      if (now <= 0) return;
      sent += static_cast<std::size_t>(now);
    }
  }};
  auto pipe = reach(port.port());
  pipe->start([] {});
  // Until the peer can send no more.
  std::size_t before = 0;
  for (int still = 0, i = 0; still < 5 && i < 600; ++i) {
    std::this_thread::sleep_for(100ms);
    still = sent > 0 && sent == before ? still + 1 : 0;
    before = sent;
  }
  CHECK_FALSE(pipe->state().input_ended);
  bytes got;
  std::size_t const first = pipe->take_input(got);
  CHECK(first >= input_high);
  CHECK(first <= input_high + (256U << 10));
  for (int i = 0; i < 12'000 && got.size() < total; ++i) {
    pipe->take_input(got);
    std::this_thread::sleep_for(5ms);
  }
  peer.join();
  CHECK(got == all);
}

TEST_CASE("a peer that has ended may still be written to") {
  listener const port;
  std::string heard;
  std::thread peer{[&] {
    unique_fd const fd = port.accept();
    ::send(fd.get(), "bye", 3, MSG_NOSIGNAL);
    ::shutdown(fd.get(), SHUT_WR);
    char buffer[100];
    for (ssize_t count = 0; (count = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0;) {
      heard.append(buffer, static_cast<std::size_t>(count));
    }
  }};
  driver user{reach(port.port())};
  user.start();
  CHECK(user.run_to_end());
  CHECK(user.input_text() == "bye");
  user.pipe().put_output(to_bytes("one more thing"));
  user.pipe().end_output();
  peer.join();
  CHECK(heard == "one more thing");
  CHECK_FALSE(user.state().failure);
}

TEST_CASE("a peer that hangs up on us is heard to the end and is a lost connection") {
  listener const port;
  std::thread peer{[&] {
    unique_fd const fd = port.accept();
    ::send(fd.get(), "why", 3, MSG_NOSIGNAL);
    std::this_thread::sleep_for(100ms);
  }};  // closed with unread input: the system resets the connection
  driver user{reach(port.port())};
  user.start();
  user.on_input = [&](bytes const&) {
    if (user.pipe().output_backlog() < output_high) user.pipe().put_output(bytes(100'000));
  };
  CHECK(user.run_until([&] { return bool{user.state().failure}; }));
  peer.join();
  user.pipe().take_input(user.input);
  CHECK(user.state().failure == transport_errc::connection_lost);
  CHECK_FALSE(user.state().input_ended);
  CHECK_FALSE(user.state().exit.has_value());
}

TEST_CASE("a port on which nobody listens") {
  std::uint16_t free = 0;
  {
    listener const port;
    free = port.port();
  }
  driver user{reach(free)};
  user.start();
  CHECK(user.run_to_end());
  CHECK(user.state().failure == transport_errc::refused);
  CHECK(user.state().failure_text == "failed to connect to 127.0.0.1 (127.0.0.1): Connection refused (111)");
}

TEST_CASE("a host without address, and a family that it does not have") {
  auto request = to(1);
  SECTION("no such name") {
    request.host = "no.such.host.invalid";
    driver user{make_tcp_connection(request)};
    user.start();
    CHECK(user.run_to_end(60s));
    CHECK(user.state().failure == transport_errc::unresolvable);
    CHECK(user.state().failure_text.starts_with("getaddrinfo: no.such.host.invalid 1: "));
  }
  SECTION("an IPv4 address with -6") {
    request.family = address_family::inet6;
    driver user{make_tcp_connection(request)};
    user.start();
    CHECK(user.run_to_end(60s));
    CHECK(user.state().failure == transport_errc::unresolvable);
  }
}

TEST_CASE("a host that does not answer, with a time allowed for it") {
  listener const port{0};
  // The queue of connections nobody accepts is full after these; the next one hears nothing.
  std::vector<std::unique_ptr<connection>> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(reach(port.port()));
    waiting.back()->start([] {});
  }
  auto const connected = [&] {
    return std::any_of(waiting.begin(), waiting.end(), [](auto const& w) { return w->state().connected; });
  };
  for (int i = 0; i < 200 && !connected(); ++i) std::this_thread::sleep_for(50ms);
  std::this_thread::sleep_for(300ms);
  auto request = to(port.port());
  request.timeout = 1s;
  auto const begun = std::chrono::steady_clock::now();
  driver user{make_tcp_connection(request)};
  user.start();
  CHECK(user.run_to_end());
  auto const took = std::chrono::steady_clock::now() - begun;
  CHECK(user.state().failure == transport_errc::connect_timed_out);
  CHECK(user.state().failure_text == "failed to connect to 127.0.0.1 (127.0.0.1): Connection timed out (110)");
  CHECK(took >= 1s);
  CHECK(took < 20s);
}

TEST_CASE("the address of ours is the one asked for") {
  listener const port;
  auto request = to(port.port());
  SECTION("one that we have") {
    request.from = "127.0.0.9";
    std::string seen;
    std::thread peer{[&] {
      sockaddr_in address{};
      socklen_t size = sizeof address;
      unique_fd const fd = port.accept();
      ::getpeername(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
      char text[INET_ADDRSTRLEN];
      seen = ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
    }};
    driver user{make_tcp_connection(request)};
    user.start();
    CHECK(user.run_to_end());
    peer.join();
    CHECK(seen == "127.0.0.9");
  }
  SECTION("one that we do not have") {
    request.from = "192.0.2.1";
    driver user{make_tcp_connection(request)};
    user.start();
    CHECK(user.run_to_end());
    CHECK(user.state().failure == transport_errc::unreachable);
  }
}

TEST_CASE("giving up ends the thread at once, whatever it waits for") {
  listener const port;
  auto const begun = std::chrono::steady_clock::now();
  {
    auto pipe = reach(port.port());
    pipe->start([] {});
    std::this_thread::sleep_for(100ms);
    pipe->put_output(bytes(20'000'000));  // more than the socket takes
    std::this_thread::sleep_for(100ms);
    pipe->abort();
    for (int i = 0; i < 3000 && !pipe->state().failure; ++i) std::this_thread::sleep_for(5ms);
    CHECK(pipe->state().failure == transport_errc::aborted);
    CHECK(pipe->output_backlog() == 0);
  }
  CHECK(std::chrono::steady_clock::now() - begun < 20s);
}
