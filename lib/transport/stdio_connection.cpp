// One thread around poll(2). Both descriptors may be anything (pipe, socket, file, terminal), which rules out epoll.
#include "transport/stdio_connection.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

#include "base/unique_fd.hpp"

#include "transport/errc.hpp"
#include "transport/mailbox.hpp"
#include "transport/spawn.hpp"

namespace volsync::transport {
namespace {

constexpr std::size_t piece = 256U << 10;  // bytes of one read

class stdio_connection final : public connection {
 public:
  stdio_connection(int in, int out) : in_{in}, out_{out}, news_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}
  ~stdio_connection() override {
    box_.request_abort();
    if (thread_.joinable()) thread_.join();
    box_.close();
  }

  void start(wake_function wake) override {
    box_.set_poke([this] {
      std::uint64_t const one = 1;
      [[maybe_unused]] auto const ignored = ::write(news_.get(), &one, sizeof one);
    });
    box_.open(std::move(wake));
    thread_ = std::thread{[this] { run(); }};
  }
  std::size_t take_input(bytes& to) override { return box_.take_input(to); }
  std::size_t take_errors(bytes& to) override { return box_.take_errors(to); }
  void put_output(bytes data) override { box_.put_output(std::move(data)); }
  std::size_t output_backlog() const override { return box_.output_backlog(); }
  void end_output() override { box_.end_output(); }
  connection_state state() const override { return box_.state(); }
  void abort() override { box_.request_abort(); }
  std::string description() const override { return "standard input and output"; }

 private:
  void run() {
    block_signals();  // a write to a closed pipe is EPIPE here, no signal
    int const flags = ::fcntl(out_, F_GETFL);
    if (flags >= 0) ::fcntl(out_, F_SETFL, flags | O_NONBLOCK);
    box_.set_connected();
    while (!over_) turn();
    if (flags >= 0) ::fcntl(out_, F_SETFL, flags);
  }

  // One wait and what came of it.
  void turn() {
    box_.answer_poke();
    drain_news();
    if (box_.abort_requested()) {
      box_.fail(transport_errc::aborted, "this side gave up");
      over_ = true;
      return;
    }
    if (sent_ == sending_.size()) {
      sending_ = box_.next_output();
      sent_ = 0;
    }
    if (sending_.empty() && box_.output_ended()) {
      box_.set_exit({0, 0});
      over_ = true;
      return;
    }
    bool const reads = !input_ended_ && box_.wants_input();
    std::array<pollfd, 3> watched{
        {{news_.get(), POLLIN, 0}, {reads ? in_ : -1, POLLIN, 0}, {sending_.empty() ? -1 : out_, POLLOUT, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0) return;
    if (watched[1].revents != 0) read_input();
    if (watched[2].revents != 0) write_output();
  }

  void drain_news() {
    std::uint64_t count = 0;
    [[maybe_unused]] auto const ignored = ::read(news_.get(), &count, sizeof count);
  }

  void read_input() {
    ssize_t const got = ::read(in_, buffer_.data(), buffer_.size());
    if (got > 0) return box_.add_input({buffer_.data(), static_cast<std::size_t>(got)});
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    input_ended_ = true;  // a broken connection ends like a closed one: the session knows which it may be
    box_.set_input_ended();
  }

  void write_output() {
    ssize_t const count = ::write(out_, sending_.data() + sent_, sending_.size() - sent_);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count < 0) {
      sending_.clear();
      sent_ = 0;
      box_.discard_output();
      box_.fail(transport_errc::connection_lost,
                "write error: " + std::error_code{errno, std::generic_category()}.message());
      over_ = true;
      return;
    }
    sent_ += static_cast<std::size_t>(count);
    box_.output_done(static_cast<std::size_t>(count));
  }

  int in_, out_;
  unique_fd news_;
  mailbox box_;
  bytes buffer_ = bytes(piece);
  bytes sending_;
  std::size_t sent_ = 0;
  bool input_ended_ = false, over_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<connection> make_stdio_connection(int in, int out) {
  return std::make_unique<stdio_connection>(in, out);
}

}  // namespace volsync::transport
