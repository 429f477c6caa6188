#include "transport/ssh_pump.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include <libssh/server.h>  // ssh_send_keepalive is declared among the server's functions

#include "transport/printable.hpp"

namespace volsync::transport {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t window = 2U << 20;  // more than libssh ever buffers for a channel, so one read takes all
constexpr std::size_t write_at_once = 256U << 10;
constexpr int polls_at_once = 64;  // libssh receives 4 KiB a poll
constexpr auto default_alive = 60s;
constexpr auto end_of_drain = 8U << 20;  // bytes of one turn

int signal_number(std::string_view name) {
  struct row {
    std::string_view name;
    int number;
  };
  constexpr std::array table{row{"ABRT", SIGABRT}, row{"ALRM", SIGALRM}, row{"FPE", SIGFPE},   row{"HUP", SIGHUP},
                             row{"ILL", SIGILL},   row{"INT", SIGINT},   row{"KILL", SIGKILL}, row{"PIPE", SIGPIPE},
                             row{"QUIT", SIGQUIT}, row{"SEGV", SIGSEGV}, row{"TERM", SIGTERM}, row{"USR1", SIGUSR1},
                             row{"USR2", SIGUSR2}};
  auto const found = std::find_if(table.begin(), table.end(), [&](row const& each) { return each.name == name; });
  return found == table.end() ? 0 : found->number;  // "SYS@openssh.com" and the like: some signal, unknown which
}

}  // namespace

// Filled by libssh's callbacks, in the middle of other calls: they only note.
struct ssh_pump::heard_exit {
  std::optional<remote_exit> how;
  bool closed = false;
  ssh_channel_callbacks_struct callbacks{};

  static void on_status(ssh_session, ssh_channel, int status, void* self) {
    static_cast<heard_exit*>(self)->how = remote_exit{.status = status, .signal = 0};
  }
  static void on_close(ssh_session, ssh_channel, void* self) { static_cast<heard_exit*>(self)->closed = true; }
  static void on_signal(ssh_session, ssh_channel, char const* name, int, char const*, char const*, void* self) {
    int const number = signal_number(name == nullptr ? "" : name);
    // An unknown signal must not look like success or like no end at all.
    static_cast<heard_exit*>(self)->how = remote_exit{.status = number == 0 ? 255 : -1, .signal = number};
  }
};

ssh_pump::ssh_pump(ssh_link& link, mailbox& box, int wake_fd)
    : link_{link}, box_{box}, wake_fd_{wake_fd}, heard_{std::make_unique<heard_exit>()} {}

ssh_pump::~ssh_pump() {
  if (event_ == nullptr) return;
  ssh_event_remove_session(event_, link_.session.get());
  ssh_event_free(event_);
}

ssh_step ssh_pump::start(std::string const& command) {
  channel_.reset(ssh_channel_new(link_.session.get()));
  event_ = ssh_event_new();
  if (!channel_ || event_ == nullptr) return link_.failed(transport_errc::command_not_started, "out of memory");
  heard_->callbacks.userdata = heard_.get();
  heard_->callbacks.channel_exit_status_function = heard_exit::on_status;
  heard_->callbacks.channel_exit_signal_function = heard_exit::on_signal;
  heard_->callbacks.channel_close_function = heard_exit::on_close;
  ssh_callbacks_init(&heard_->callbacks);
  bool good = ssh_set_channel_callbacks(channel_.get(), &heard_->callbacks) == SSH_OK;  // a status can come at once
  good = good && link_.drive(SSH_AGAIN, [&] { return ssh_channel_open_session(channel_.get()); }) == SSH_OK;
  good = good &&
         link_.drive(SSH_AGAIN, [&] { return ssh_channel_request_exec(channel_.get(), command.c_str()); }) == SSH_OK;
  if (!good) {
    auto const code = ssh_is_connected(link_.session.get()) != 0 ? transport_errc::command_not_started
                                                                 : transport_errc::connection_lost;
    return link_.failed(code, link_.peer() + " did not start the remote command: " + link_.reason());
  }
  ssh_set_counters(link_.session.get(), nullptr, &received_);
  if (ssh_event_add_session(event_, link_.session.get()) != SSH_OK) {
    return link_.failed(transport_errc::command_not_started, "cannot watch the SSH session");
  }
  scratch_.resize(window);
  alive_at_ = ssh_link::clock::now() +
              (link_.settings.alive_interval.count() > 0 ? link_.settings.alive_interval : default_alive);
  return std::nullopt;
}

ssh_step ssh_pump::run() {
  for (;;) {
    box_.answer_poke();
    if (box_.abort_requested())
      return link_.failed(transport_errc::aborted, "the connection to " + link_.peer() + " was given up");
    bool const alive = receive();
    bool const drained = box_.wants_input() && drain();
    bool const closed = heard_->closed;
    bool const fed = alive && !closed && feed();
    if (drained) continue;  // there may be more without any readiness
    if (box_.wants_input()) {
      // Writing brings news too: the last words and the end after them may have come since the drain.
      if (received_.in_bytes != looked_at_) continue;
      tell_end();
      if (closed) return std::nullopt;
      if (!alive) return lost();
    }
    if (fed) continue;
    if (auto failure = keep_alive()) return failure;
    // libssh reads the socket inside other calls too; what came that way shows as no readiness.
    if (box_.wants_input() && alive && received_.in_bytes != looked_at_) continue;
    sleep(alive);
  }
}

// Lets libssh take what the socket has. False once the session is gone. After the channel's end nothing more is read: a
// host that hangs up then would make libssh forget what it still holds for us.
bool ssh_pump::receive() {
  for (int i = 0; i < polls_at_once; ++i) {
    if (heard_->closed) return true;
    auto const before = received_.in_bytes;
    if (ssh_event_dopoll(event_, 0) == SSH_ERROR) return false;
    if (received_.in_bytes == before) break;
  }
  return ssh_is_connected(link_.session.get()) != 0;
}

// True if anything came.
bool ssh_pump::drain() {
  std::size_t total = 0;
  for (;;) {
    std::size_t here = 0;
    looked_at_ = received_.in_bytes;
    for (int const is_errors : {0, 1}) {
      int const count = ssh_channel_read_nonblocking(channel_.get(), scratch_.data(),
                                                     static_cast<std::uint32_t>(scratch_.size()), is_errors);
      if (count <= 0) continue;  // nothing, the end, or an error that the session's state tells as well
      here += static_cast<std::size_t>(count);
      byte_view const got{scratch_.data(), static_cast<std::size_t>(count)};
      is_errors != 0 ? box_.add_errors(got) : box_.add_input(got);
    }
    total += here;
    if (total >= end_of_drain || !box_.wants_input()) return total > 0;
    // The look at one stream can bring bytes of the other: nothing is left only if nothing came meanwhile.
    if (here == 0 && received_.in_bytes == looked_at_) return total > 0;
  }
}

bool ssh_pump::flushed() const { return (ssh_get_poll_flags(link_.session.get()) & SSH_WRITE_PENDING) == 0; }

// Gives libssh what the peer's window has room for, never while the socket still owes it earlier bytes. True if
// anything went.
bool ssh_pump::feed() {
  std::size_t total = 0;
  while (total < write_at_once && flushed()) {
    if (sent_ == sending_.size()) {
      sending_ = box_.next_output();
      sent_ = 0;
    }
    if (sending_.empty()) {
      if (!box_.output_ended() || eof_sent_) break;
      eof_sent_ = true;
      ssh_channel_send_eof(channel_.get());
      break;
    }
    std::size_t const room = ssh_channel_window_size(channel_.get());
    std::size_t const count = std::min({sending_.size() - sent_, room, write_at_once});
    if (count == 0) break;
    int const written = ssh_channel_write(channel_.get(), sending_.data() + sent_, static_cast<std::uint32_t>(count));
    if (written <= 0) break;
    sent_ += static_cast<std::size_t>(written);
    total += static_cast<std::size_t>(written);
    box_.output_done(static_cast<std::size_t>(written));
  }
  return total > 0;
}

// Only when everything before it is in the mailbox.
void ssh_pump::tell_end() {
  bool const closed = heard_->closed;
  if (closed) box_.discard_output();  // first: who sees the end sees no backlog
  if (!input_ended_ && (closed || ssh_channel_is_eof(channel_.get()) != 0)) {
    input_ended_ = true;
    box_.set_input_ended();
  }
  if (exit_told_ || (!heard_->how && !closed)) return;
  exit_told_ = true;
  box_.set_exit(heard_->how.value_or(remote_exit{}));
}

ssh_step ssh_pump::keep_alive() {
  auto const now = ssh_link::clock::now();
  if (now < alive_at_) return std::nullopt;
  auto const& settings = link_.settings;
  bool const counts = settings.alive_interval.count() > 0;
  alive_at_ = now + (counts ? settings.alive_interval : default_alive);
  unanswered_ = received_.in_bytes == alive_bytes_ ? unanswered_ + 1 : 0;
  alive_bytes_ = received_.in_bytes;
  if (counts && unanswered_ > settings.alive_count) {
    return link_.failed(transport_errc::peer_silent, link_.peer() + " has not answered for " +
                                                         std::to_string(settings.alive_interval.count() * unanswered_) +
                                                         " seconds");
  }
  // Not blocking, libssh's call either takes the answer of the last one or sends a new one: hence two.
  ssh_send_keepalive(link_.session.get());
  ssh_send_keepalive(link_.session.get());
  return std::nullopt;
}

// A dead socket is always ready: then only the user's taking is waited for.
void ssh_pump::sleep(bool alive) {
  short const events = flushed() ? POLLIN : POLLIN | POLLOUT;
  std::array<pollfd, 2> fds{{{alive ? link_.socket.get() : -1, events, 0}, {wake_fd_, POLLIN, 0}}};
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(alive_at_ - ssh_link::clock::now());
  ::poll(fds.data(), fds.size(), static_cast<int>(std::clamp<long long>(left.count(), 0, 3'600'000)));
  if (fds[1].revents == 0) return;
  std::uint64_t count = 0;
  [[maybe_unused]] auto const taken = ::read(wake_fd_, &count, sizeof count);
}

ssh_failure ssh_pump::lost() const {
  return link_.failed(transport_errc::connection_lost,
                      "the connection to " + link_.peer() + " was lost: " + link_.reason());
}

void ssh_pump::give_up(std::chrono::milliseconds limit) {
  if (!channel_ || ssh_is_connected(link_.session.get()) == 0) return;
  ssh_channel_request_send_signal(channel_.get(), "TERM");
  ssh_channel_close(channel_.get());
  auto const end = ssh_link::clock::now() + limit;
  while (ssh_link::clock::now() < end && receive()) {
    if (flushed() && heard_->closed) return;
    std::array<pollfd, 1> fds{{{link_.socket.get(), static_cast<short>(flushed() ? POLLIN : POLLIN | POLLOUT), 0}}};
    ::poll(fds.data(), fds.size(), 50);
  }
}

}  // namespace volsync::transport
