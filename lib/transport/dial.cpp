#include "transport/dial.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

namespace volsync::transport {
namespace {

using clock = std::chrono::steady_clock;

struct free_addresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using address_list = std::unique_ptr<addrinfo, free_addresses>;

transport_errc kind_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return transport_errc::refused;
    case ETIMEDOUT:
      return transport_errc::connect_timed_out;
    case ECANCELED:
      return transport_errc::aborted;
    default:
      return transport_errc::unreachable;
  }
}

int number_of(address_family family) {
  switch (family) {
    case address_family::inet:
      return AF_INET;
    case address_family::inet6:
      return AF_INET6;
    case address_family::any:
      break;
  }
  return AF_UNSPEC;
}

// The addresses of a name, or why there are none.
std::variant<address_list, std::string> resolve(std::string const& host, std::string const& port, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int const failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (failed == 0) return address_list{found};
  return std::string{failed == EAI_SYSTEM ? "system error" : ::gai_strerror(failed)};
}

std::string numbers_of(addrinfo const& address) {
  std::array<char, NI_MAXHOST> text{};
  int const failed =
      ::getnameinfo(address.ai_addr, address.ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return failed == 0 ? text.data() : "?";
}

// Waits for a connect() under way. Gives its errno, ETIMEDOUT or ECANCELED.
int finish_connecting(int fd, std::optional<clock::time_point> until, int abort_fd) {
  for (;;) {
    int patience = -1;
    if (until) {
      auto const left = std::chrono::ceil<std::chrono::milliseconds>(*until - clock::now()).count();
      patience = static_cast<int>(std::clamp<long long>(left, 0, 1'000'000'000));
    }
    std::array<pollfd, 2> fds{{{fd, POLLOUT, 0}, {abort_fd, POLLIN, 0}}};
    int const ready = ::poll(fds.data(), fds.size(), patience);
    if (fds[1].revents != 0) return ECANCELED;
    if (ready > 0) break;
    if (ready == 0) return ETIMEDOUT;
    if (errno != EINTR) return errno;
  }
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// Connects to one address, from one of `ours` if there is one of its family. Gives 0 and `made`, or an errno.
int connect_to(addrinfo const& address, addrinfo const* ours, std::optional<clock::time_point> until, int abort_fd,
               unique_fd& made) {
  unique_fd fd{::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol)};
  if (!fd) return errno;
  while (ours != nullptr && ours->ai_family != address.ai_family) ours = ours->ai_next;
  if (ours != nullptr && ::bind(fd.get(), ours->ai_addr, ours->ai_addrlen) != 0) return errno;
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return errno;
    if (int const error = finish_connecting(fd.get(), until, abort_fd); error != 0) return error;
  }
  int const on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // a matter of comfort: a refusal changes nothing
  made = std::move(fd);
  return 0;
}

dial_failure unresolvable(std::string reason) {
  dial_failure failed;
  failed.code = transport_errc::unresolvable;
  failed.reason = std::move(reason);
  return failed;
}

}  // namespace

std::variant<unique_fd, dial_failure> dial(dial_request const& request, int abort_fd) {
  auto theirs = resolve(request.host, std::to_string(request.port), number_of(request.family));
  if (auto* reason = std::get_if<std::string>(&theirs)) return unresolvable(std::move(*reason));
  std::variant<address_list, std::string> ours;
  if (!request.from.empty()) ours = resolve(request.from, "0", number_of(request.family));
  if (auto* reason = std::get_if<std::string>(&ours)) return unresolvable(request.from + ": " + *reason);
  std::optional<clock::time_point> until;
  if (request.timeout.count() > 0) until = clock::now() + std::min(request.timeout, std::chrono::seconds{1'000'000});
  dial_failure failed;
  for (auto const* each = std::get<address_list>(theirs).get(); each != nullptr; each = each->ai_next) {
    unique_fd made;
    int const error = connect_to(*each, std::get<address_list>(ours).get(), until, abort_fd, made);
    if (error == 0) return made;
    failed.code = kind_of(error);
    failed.attempts.push_back({numbers_of(*each), error});
    failed.in_time = !until || clock::now() < *until;
    if (error == ECANCELED || !failed.in_time) break;
  }
  return failed;
}

}  // namespace volsync::transport
