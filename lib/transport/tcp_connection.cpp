#include "transport/tcp_connection.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <thread>

#include "transport/mailbox.hpp"
#include "transport/printable.hpp"
#include "transport/spawn.hpp"

namespace volsync::transport {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t piece = 256U << 10;  // bytes of one read
constexpr auto patience = 1900ms;          // of the destructor: a name server may hold the thread longer

void ring(int fd) {
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const written = ::write(fd, &one, sizeof one);  // full means it rings already
}

bool must_wait(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

// Shared by the connection and its thread, so that a thread held by a name server can outlive the connection.
struct tcp_core {
  explicit tcp_core(dial_request with)
      : request{std::move(with)},
        wake_fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
        abort_fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}

  dial_request request;
  unique_fd wake_fd, abort_fd;  // abort_fd is rung once and never read
  mailbox box;
  std::mutex lock;
  std::condition_variable ended;
  bool finished = false;

  void run() {
    block_signals();
    auto dialled = dial(request, abort_fd.get());
    if (auto const* failed = std::get_if<dial_failure>(&dialled)) {
      box.fail(failed->code, sentence(*failed));
    } else {
      socket_ = std::move(std::get<unique_fd>(dialled));
      box.set_connected();
      work();
    }
    box.discard_output();
    socket_.reset();
    std::lock_guard const guard{lock};
    finished = true;
    ended.notify_all();
  }

 private:
  std::string sentence(dial_failure const& failed) const {
    std::string const host = printable(request.host);
    if (failed.code == transport_errc::unresolvable) {
      return "getaddrinfo: " + host + ' ' + std::to_string(request.port) + ": " + failed.reason;
    }
    std::string text;
    for (auto const& each : failed.attempts) {
      text += (text.empty() ? "failed to connect to " : "\nfailed to connect to ") + host + " (" + each.address +
              "): " + std::generic_category().message(each.error) + " (" + std::to_string(each.error) + ')';
    }
    return text;
  }

  // Until both directions have ended, or one has broken.
  void work() {
    while (!box.abort_requested() && (!input_ended_ || !output_ended_)) {
      box.answer_poke();
      if (!send_some() || !read_some()) return lose(errno);
      if (broken_ != 0 && input_ended_) return lose(broken_);
      if (!input_ended_ || !output_ended_) wait();
    }
    if (box.abort_requested() && !input_ended_) {
      box.fail(transport_errc::aborted, "the connection to " + printable(request.host) + " was given up by this side");
    }
  }

  void lose(int error) {
    box.fail(transport_errc::connection_lost,
             "the connection to " + printable(request.host) + " was lost: " + std::generic_category().message(error));
  }

  // Sends what is queued as long as the socket takes it. False: errno.
  bool send_some() {
    while (!output_ended_) {
      if (sent_ == sending_.size()) {
        sending_ = box.next_output();
        sent_ = 0;
        if (sending_.empty()) {
          if (box.output_ended() && ::shutdown(socket_.get(), SHUT_WR) == 0) output_ended_ = true;
          return true;
        }
      }
      ssize_t const count = ::send(socket_.get(), sending_.data() + sent_, sending_.size() - sent_, MSG_NOSIGNAL);
      if (count < 0) return must_wait(errno) || gone(errno);
      sent_ += static_cast<std::size_t>(count);
      box.output_done(static_cast<std::size_t>(count));
    }
    return true;
  }

  // A peer that takes no more may still have said why: its words are read before the connection counts as lost.
  bool gone(int error) {
    if (error != EPIPE && error != ECONNRESET) return false;
    broken_ = error;
    output_ended_ = true;
    box.discard_output();
    return true;
  }

  bool read_some() {
    while (!input_ended_ && (reading_ = box.wants_input())) {
      ssize_t const count = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
      if (count < 0) return must_wait(errno);
      if (count == 0) {
        input_ended_ = true;
        if (broken_ != 0) return true;
        box.set_input_ended();
        box.set_exit({.status = 0, .signal = 0});
        return true;
      }
      box.add_input({buffer_.data(), static_cast<std::size_t>(count)});
    }
    return true;
  }

  void wait() {
    short events = reading_ ? POLLIN : 0;
    if (sent_ < sending_.size() && !output_ended_) events |= POLLOUT;
    // Without an event to wait for a socket still tells of its end, again and again.
    std::array<pollfd, 3> fds{
        {{events != 0 ? socket_.get() : -1, events, 0}, {wake_fd.get(), POLLIN, 0}, {abort_fd.get(), POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), -1);
    std::uint64_t rung = 0;
    [[maybe_unused]] auto const taken = ::read(wake_fd.get(), &rung, sizeof rung);
  }

  unique_fd socket_;
  bytes buffer_ = bytes(piece), sending_;
  std::size_t sent_ = 0;
  bool reading_ = true, input_ended_ = false, output_ended_ = false;
  int broken_ = 0;  // errno of a write; input may still come
};

class tcp_connection final : public connection {
 public:
  explicit tcp_connection(dial_request request) : core_{std::make_shared<tcp_core>(std::move(request))} {}

  ~tcp_connection() override {
    abort();
    if (thread_.joinable()) {
      std::unique_lock guard{core_->lock};
      bool const finished = core_->ended.wait_for(guard, patience, [this] { return core_->finished; });
      guard.unlock();
      finished ? thread_.join() : thread_.detach();
    }
    core_->box.close();
  }

  void start(wake_function wake) override {
    core_->box.set_poke([core = core_.get()] { ring(core->wake_fd.get()); });
    core_->box.open(std::move(wake));
    thread_ = std::thread{[core = core_] { core->run(); }};
  }

  std::size_t take_input(bytes& to) override { return core_->box.take_input(to); }
  std::size_t take_errors(bytes& to) override { return core_->box.take_errors(to); }
  void put_output(bytes data) override { core_->box.put_output(std::move(data)); }
  std::size_t output_backlog() const override { return core_->box.output_backlog(); }
  void end_output() override { core_->box.end_output(); }
  connection_state state() const override { return core_->box.state(); }

  void abort() override {
    core_->box.request_abort();
    ring(core_->abort_fd.get());
  }

  std::string description() const override {
    return "tcp to " + printable(core_->request.host) + " port " + std::to_string(core_->request.port);
  }

 private:
  std::shared_ptr<tcp_core> core_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<connection> make_tcp_connection(dial_request request) {
  return std::make_unique<tcp_connection>(std::move(request));
}

}  // namespace volsync::transport
