#include "transport/ssh_connection.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <thread>

#include "transport/mailbox.hpp"
#include "transport/printable.hpp"
#include "transport/spawn.hpp"
#include "transport/ssh_pump.hpp"

namespace volsync::transport {
namespace {

using namespace std::chrono_literals;

constexpr auto last_words = 1000ms;  // for telling the peer that we go
constexpr auto patience = 1900ms;    // of the destructor: a name server or an agent may hold the thread longer

void ring(int fd) {
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const written = ::write(fd, &one, sizeof one);  // full means it rings already
}

// Shared by the connection and its thread, so that a thread held by a name server can outlive the connection.
struct ssh_core {
  explicit ssh_core(ssh_request with)
      : request{std::move(with)},
        wake_fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
        abort_fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}

  ssh_request request;
  unique_fd wake_fd, abort_fd;  // abort_fd is rung once and never read
  mailbox box;
  std::mutex lock;
  std::condition_variable ended;
  bool finished = false;

  void run() {
    block_signals();
    ssh_link link{.settings = request.settings,
                  .asks = request.asks.get(),
                  .abort_fd = abort_fd.get(),
                  .socket = {},
                  .lent = -1,
                  .session = {},
                  .deadline = {}};
    if (auto const failure = work(link)) box.fail(failure->code, failure->text);
    box.discard_output();
    link.hang_up();
    std::lock_guard const guard{lock};
    finished = true;
    ended.notify_all();
  }

 private:
  ssh_step work(ssh_link& link) {
    if (auto failure = connect_socket(link)) return failure;
    if (auto failure = exchange_keys(link)) return failure;
    if (auto failure = check_host_key(link)) return failure;
    auto failure = authenticate(link);
    pass_banner(link);
    if (failure) return failure;
    ssh_pump pump{link, box, wake_fd.get()};
    failure = pump.start(request.command);
    if (!failure) {
      box.set_connected();
      failure = pump.run();
    }
    if (failure) pump.give_up(last_words);
    return failure;
  }

  // What the host says before it lets us in belongs to its errors, as with ssh.
  void pass_banner(ssh_link const& link) {
    owned_text const banner{ssh_get_issue_banner(link.session.get())};
    if (banner) box.add_errors(as_bytes(banner.get()));
  }
};

class ssh_connection final : public connection {
 public:
  explicit ssh_connection(ssh_request request) : core_{std::make_shared<ssh_core>(std::move(request))} {}

  ~ssh_connection() override {
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
    if (!core_->request.description.empty()) return core_->request.description;
    return "libssh to " + printable(core_->request.settings.host);
  }

 private:
  std::shared_ptr<ssh_core> core_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<connection> make_ssh_connection(ssh_request request) {
  return std::make_unique<ssh_connection>(std::move(request));
}

}  // namespace volsync::transport
