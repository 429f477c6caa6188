#include "transport/process_connection.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <thread>

#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "transport/mailbox.hpp"
#include "transport/printable.hpp"
#include "transport/spawn.hpp"

namespace volsync::transport {
namespace {

namespace asio = boost::asio;
using asio_error = boost::system::error_code;
using descriptor = asio::posix::stream_descriptor;
using namespace std::chrono_literals;

constexpr std::size_t piece = 256U << 10;  // bytes of one read, and the size asked for the pipes
constexpr auto term_to_kill = 1500ms;      // abort: TERM at once, KILL after this...
constexpr auto kill_to_leave = 300ms;      // ...and after this the child is left to the system
constexpr auto end_after_deaf = 1000ms;    // a child that has closed its input must end within this
constexpr auto look_for_end = 20ms;        // without pidfds (before Linux 5.3)

// Everything runs on the connection's thread, but start() and what `box` offers.
class process {
 public:
  explicit process(process_options with) : options_{std::move(with)} {}

  mailbox box;

  void start(connection::wake_function wake) {
    box.set_poke([this] { asio::post(io_, [this] { look(); }); });
    box.open(std::move(wake));
    thread_ = std::thread{[this] { run(); }};
  }

  void stop() {
    box.request_abort();
    if (thread_.joinable()) thread_.join();
    box.close();
  }

  process_options const& options() const { return options_; }

 private:
  void run() {
    sigset_t const mask = block_signals();  // a write to a closed pipe is EPIPE here, no signal
    if (auto const failed = launch(mask)) {
      box.fail(transport_errc::program_not_started,
               "cannot run '" + printable(options_.argv.empty() ? "" : options_.argv[0]) + "': " + failed.message());
      box.discard_output();
      return;
    }
    box.set_connected();
    read_input();
    read_errors();
    await_end();
    look();
    io_.run();
  }

  error_code launch(sigset_t const& mask) {
    auto in = make_pipe();
    if (!in) return in.error();
    auto out = make_pipe();
    if (!out) return out.error();
    auto err = make_pipe();
    if (!err) return err.error();
    auto const pid = spawn(options_.argv, in->read.get(), out->write.get(), err->write.get(), mask);
    if (!pid) return pid.error();
    child_ = *pid;
    for (int const fd : {in->write.get(), out->read.get()})
      ::fcntl(fd, F_SETPIPE_SZ, int{piece});  // refused: as it was
    in_.assign(in->write.release());
    out_.assign(out->read.release());
    err_.assign(err->read.release());
    err_.non_blocking(true);
    return {};
  }

  // Called after each poke: starts whatever can go on.
  void look() {
    box.answer_poke();
    if (box.abort_requested()) {
      give_up();
      return;
    }
    if (!reading_) read_input();
    if (!reading_errors_) read_errors();
    if (!writing_) write_output();
  }

  void read_input() {
    if (!out_.is_open() || !box.wants_input()) return;
    reading_ = true;
    out_.async_read_some(asio::buffer(buffer_), [this](asio_error const& failed, std::size_t count) {
      reading_ = false;
      if (failed == asio::error::operation_aborted) return;
      if (failed) {
        out_.close();
        box.set_input_ended();
        return;
      }
      box.add_input({buffer_.data(), count});
      read_input();
    });
  }

  // Waits and then reads by itself: an asynchronous read could hold bytes that reap's would overtake.
  void read_errors() {
    if (!err_.is_open() || !box.wants_input()) return;
    reading_errors_ = true;
    err_.async_wait(descriptor::wait_read, [this](asio_error const& cancelled) {
      reading_errors_ = false;
      if (cancelled || !err_.is_open()) return;
      if (take_errors()) read_errors();
    });
  }

  // Moves what is there now, up to the bound of the queue; false once the pipe has ended.
  bool take_errors() {
    while (err_.is_open() && box.wants_input()) {
      asio_error failed;
      std::size_t const count = err_.read_some(asio::buffer(errors_buffer_), failed);
      if (failed == asio::error::would_block || failed == asio::error::try_again) return true;
      if (failed) {
        err_.close();
        return false;
      }
      box.add_errors({errors_buffer_.data(), count});
    }
    return err_.is_open();
  }

  void write_output() {
    if (!in_.is_open()) return;
    if (sent_ == sending_.size()) {
      sending_ = box.next_output();
      sent_ = 0;
    }
    if (sending_.empty()) {
      if (box.output_ended()) in_.close();
      return;
    }
    writing_ = true;
    asio::const_buffer const rest{sending_.data() + sent_, sending_.size() - sent_};
    in_.async_write_some(rest, [this](asio_error const& failed, std::size_t count) {
      writing_ = false;
      if (failed == asio::error::operation_aborted) return;
      if (failed) {
        child_is_deaf();
        return;
      }
      sent_ += count;
      box.output_done(count);
      write_output();
    });
  }

  void child_is_deaf() {
    in_.close();
    box.discard_output();
    if (ended_) return;
    deaf_timer_.expires_after(end_after_deaf);
    deaf_timer_.async_wait([this](asio_error const& cancelled) {
      if (cancelled || ended_ || !out_.is_open()) return;
      box.fail(transport_errc::connection_lost,
               "'" + printable(options_.argv[0]) + "' closed its standard input while there was more to send");
    });
  }

  void await_end() {
    auto const fd =
        static_cast<int>(::syscall(SYS_pidfd_open, child_, 0));  // glibc 2.36 declares it without extern "C"
    if (fd < 0) {
      poll_for_end();
      return;
    }
    pidfd_.assign(fd);
    pidfd_.async_wait(descriptor::wait_read, [this](asio_error const& cancelled) {
      if (!cancelled) reap();
    });
  }

  void poll_for_end() {
    end_timer_.expires_after(look_for_end);
    end_timer_.async_wait([this](asio_error const& cancelled) {
      if (cancelled) return;
      reap();
      if (!ended_) poll_for_end();
    });
  }

  void reap() {
    int status = 0;
    pid_t const got = ::waitpid(child_, &status, WNOHANG);
    if (got == 0) return;
    ended_ = true;
    remote_exit how;  // stays "unknown" if somebody else reaped it
    if (got == child_ && WIFEXITED(status)) how.status = WEXITSTATUS(status);
    if (got == child_ && WIFSIGNALED(status)) how.signal = WTERMSIG(status);
    take_errors();  // all it wrote is in the pipe by now; a grandchild may keep the pipe open for ever
    deaf_timer_.cancel();
    abort_timer_.cancel();
    box.set_exit(how);
    if (giving_up_) io_.stop();
  }

  void give_up() {
    if (giving_up_) return;
    giving_up_ = true;
    bool const cut = !ended_ || out_.is_open();
    for (descriptor* each : {&in_, &out_, &err_}) {
      if (each->is_open()) each->close();
    }
    if (cut) box.fail(transport_errc::aborted, "'" + printable(options_.argv[0]) + "' was ended by this side");
    if (ended_) {
      io_.stop();
      return;
    }
    ::kill(child_, SIGTERM);
    abort_timer_.expires_after(term_to_kill);
    abort_timer_.async_wait([this](asio_error const& cancelled) {
      if (cancelled || ended_) return;
      ::kill(child_, SIGKILL);
      abort_timer_.expires_after(kill_to_leave);
      abort_timer_.async_wait([this](asio_error const& late) {
        if (!late) io_.stop();
      });
    });
  }

  process_options options_;
  asio::io_context io_{1};
  // Keeps the thread when nothing is under way: input stopped for want of room goes on by a poke, after the child's end
  // too.
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  descriptor in_{io_}, out_{io_}, err_{io_}, pidfd_{io_};
  asio::steady_timer deaf_timer_{io_}, end_timer_{io_}, abort_timer_{io_};
  bytes buffer_ = bytes(piece), errors_buffer_ = bytes(16384);
  bytes sending_;
  std::size_t sent_ = 0;
  bool reading_ = false, reading_errors_ = false, writing_ = false, giving_up_ = false, ended_ = false;
  pid_t child_ = -1;
  std::thread thread_;
};

class process_connection final : public connection {
 public:
  explicit process_connection(process_options options) : process_{std::move(options)} {}
  ~process_connection() override { process_.stop(); }
  void start(wake_function wake) override { process_.start(std::move(wake)); }
  std::size_t take_input(bytes& to) override { return process_.box.take_input(to); }
  std::size_t take_errors(bytes& to) override { return process_.box.take_errors(to); }
  void put_output(bytes data) override { process_.box.put_output(std::move(data)); }
  std::size_t output_backlog() const override { return process_.box.output_backlog(); }
  void end_output() override { process_.box.end_output(); }
  connection_state state() const override { return process_.box.state(); }
  void abort() override { process_.box.request_abort(); }
  std::string description() const override {
    auto const& options = process_.options();
    if (!options.description.empty() || options.argv.empty()) return options.description;
    return "remote shell '" + printable(options.argv[0]) + "'";
  }

 private:
  process process_;
};

}  // namespace

std::unique_ptr<connection> make_process_connection(process_options options) {
  return std::make_unique<process_connection>(std::move(options));
}

}  // namespace volsync::transport
