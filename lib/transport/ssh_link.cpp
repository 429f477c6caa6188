#include "transport/ssh_link.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <vector>

#include "transport/dial.hpp"
#include "transport/known_hosts.hpp"
#include "transport/printable.hpp"

namespace volsync::transport {
namespace {

constexpr int look_again_ms = 200;  // libssh may hold work that no readiness tells of

bool prefers_aes() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("aes") != 0;
#else
  return true;
#endif
}

// Types we know for this host first, so that it shows a key we can check.
std::string host_key_order(ssh_settings const& settings) {
  std::string const all = settings.host_keys.empty()
                              ? "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
                                "rsa-sha2-512,rsa-sha2-256"
                              : settings.host_keys;
  auto files = settings.user_known_hosts;
  files.insert(files.end(), settings.global_known_hosts.begin(), settings.global_known_hosts.end());
  auto const types = known_types(files, {.host = settings.host, .port = settings.port});
  std::string known, others;
  for (std::size_t at = 0; at < all.size();) {
    auto const end = std::min(all.find(',', at), all.size());
    auto const name = all.substr(at, end - at);
    std::string const type = name.rfind("rsa-sha2-", 0) == 0 ? "ssh-rsa" : name;
    bool const is_known = std::find(types.begin(), types.end(), type) != types.end();
    (is_known ? known : others) += name + ',';
    at = end + 1;
  }
  std::string order = known + others;
  if (!order.empty()) order.pop_back();
  return order;
}

struct list_option {
  ssh_options_e option;
  std::string value;
};

std::vector<list_option> list_options(ssh_settings const& settings) {
  std::string ciphers = settings.ciphers;
  if (ciphers.empty() && prefers_aes()) {
    ciphers =
        "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,aes192-ctr,"
        "aes128-ctr";
  }
  return {{SSH_OPTIONS_HOST, settings.host},
          {SSH_OPTIONS_USER, settings.user},
          {SSH_OPTIONS_KNOWNHOSTS, "/dev/null"},  // we look keys up ourselves, in all the files
          {SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null"},
          {SSH_OPTIONS_HOSTKEYS, host_key_order(settings)},
          {SSH_OPTIONS_CIPHERS_C_S, ciphers},
          {SSH_OPTIONS_CIPHERS_S_C, ciphers},
          {SSH_OPTIONS_HMAC_C_S, settings.macs},
          {SSH_OPTIONS_HMAC_S_C, settings.macs},
          {SSH_OPTIONS_KEY_EXCHANGE, settings.kex},
          {SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, settings.key_types},
          {SSH_OPTIONS_COMPRESSION, settings.compression ? "yes" : "no"},
          {SSH_OPTIONS_IDENTITY_AGENT, settings.agent_socket}};
}

ssh_step set_options(ssh_link& link, int fd) {
  auto* const session = link.session.get();
  bool const no_files = false;
  unsigned int const port = link.settings.port;
  bool good = ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no_files) == 0 &&
              ssh_options_set(session, SSH_OPTIONS_PORT, &port) == 0;
  std::string refused;
  for (auto const& [option, value] : list_options(link.settings)) {
    if (value.empty()) continue;
    if (ssh_options_set(session, option, value.c_str()) != 0) refused = value;
  }
  if (auto const bytes = link.settings.rekey_bytes; bytes != 0) {
    good = good && ssh_options_set(session, SSH_OPTIONS_REKEY_DATA, &bytes) == 0;
  }
  if (auto const seconds = link.settings.rekey_seconds; seconds != 0) {
    good = good && ssh_options_set(session, SSH_OPTIONS_REKEY_TIME, &seconds) == 0;
  }
  // Last: from here on libssh owns the descriptor.
  if (good && refused.empty() && ssh_options_set(session, SSH_OPTIONS_FD, &fd) == 0) return std::nullopt;
  return ssh_failure{transport_errc::bad_configuration,
                     "libssh does not take '" + printable(refused) + "' from the configuration"};
}

}  // namespace

std::string ssh_link::peer() const {
  std::string name = printable(settings.user) + '@' + printable(settings.host);
  return settings.port == 22 ? name : name + " port " + std::to_string(settings.port);
}

std::string ssh_link::reason() const { return session ? printable(ssh_get_error(session.get())) : std::string{}; }

bool ssh_link::aborted() const {
  pollfd fd{abort_fd, POLLIN, 0};
  return ::poll(&fd, 1, 0) > 0;
}

ssh_failure ssh_link::failed(error_code code, std::string text) const {
  if (aborted()) return {transport_errc::aborted, "the connection to " + peer() + " was given up by this side"};
  if (late()) {
    return {transport_errc::connect_timed_out,
            peer() + " did not answer within " + std::to_string(settings.connect_timeout.count()) + " seconds"};
  }
  return {code, std::move(text)};
}

bool ssh_link::wait() {
  if (aborted() || late()) return false;
  bool const writing = (ssh_get_poll_flags(session.get()) & SSH_WRITE_PENDING) != 0;
  short const events = writing ? POLLIN | POLLOUT : POLLIN;
  std::array<pollfd, 2> fds{{{socket.get(), events, 0}, {abort_fd, POLLIN, 0}}};
  ::poll(fds.data(), fds.size(), look_again_ms);
  return true;
}

void ssh_link::hang_up() {
  if (session) ssh_disconnect(session.get());
  session.reset();
  // libssh closes a socket it was given on some ways and leaves it open on others. If the number still means our
  // socket, it is ours to close; nothing else in the process can have the same one.
  struct stat ours {
  }, theirs{};
  bool const left = lent >= 0 && ::fstat(socket.get(), &ours) == 0 && ::fstat(lent, &theirs) == 0 &&
                    ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
  if (left) ::close(lent);
  lent = -1;
  socket.reset();
}

ssh_step connect_socket(ssh_link& link) {
  auto const& settings = link.settings;
  dial_request request;
  request.host = settings.host;
  request.port = settings.port;
  request.family = settings.family;
  request.timeout = settings.connect_timeout;
  auto dialled = dial(request, link.abort_fd);
  if (auto const* failed = std::get_if<dial_failure>(&dialled)) {
    if (failed->code == transport_errc::unresolvable) {
      return link.failed(failed->code,
                         "cannot resolve host name '" + printable(settings.host) + "': " + failed->reason);
    }
    int const error = failed->attempts.empty() ? EHOSTUNREACH : failed->attempts.back().error;
    return link.failed(failed->code, "cannot connect to " + printable(settings.host) + " port " +
                                         std::to_string(settings.port) + ": " + std::generic_category().message(error));
  }
  link.socket = std::move(std::get<unique_fd>(dialled));
  int const on = 1;
  if (settings.tcp_keepalive) ::setsockopt(link.socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  return std::nullopt;
}

ssh_step exchange_keys(ssh_link& link) {
  link.session.reset(ssh_new());
  unique_fd theirs{::fcntl(link.socket.get(), F_DUPFD_CLOEXEC, 3)};
  if (!link.session || !theirs) return ssh_failure{last_error(), "cannot make an SSH session"};
  if (auto failure = set_options(link, theirs.get())) return failure;
  link.lent = theirs.release();
  auto* const session = link.session.get();
  ssh_set_blocking(session, 0);
  if (link.settings.connect_timeout.count() > 0) link.deadline = ssh_link::clock::now() + link.settings.connect_timeout;
  int const answer = link.drive(SSH_AGAIN, [&] { return ssh_connect(session); });
  if (answer != SSH_OK) {
    return link.failed(transport_errc::handshake_failed, "SSH handshake with " + link.peer() +
                                                             " failed: " + link.reason() +
                                                             " (--transport=ssh uses the ssh program instead)");
  }
  link.deadline.reset();
  return std::nullopt;
}

}  // namespace volsync::transport
