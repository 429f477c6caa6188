#include "transport/memory_pair.hpp"

#include <algorithm>
#include <array>

#include "transport/mailbox.hpp"

namespace volsync::transport {
namespace {

// One end's mailbox; `output` is what this end puts, moved at once into the other end's input.
struct memory_end {
  mailbox box;
  memory_limits limits;
  std::mutex lock;        // for what follows
  bytes held;             // input taken from the box but not yet handed out
  std::uint64_t put = 0;  // bytes this end has put
  bool ended = false, cut = false;
  std::atomic<bool> gone{false};  // destroyed
};

// Moving straight into the peer's input keeps no queue of output: the backlog is what the peer has not taken. Hence a
// put is counted in `in_flight` of the putting end's peer.
struct memory_link {
  std::array<memory_end, 2> ends;
  std::array<std::atomic<std::size_t>, 2> in_flight{};  // bytes put by end i that its peer has not taken
};

class memory_connection final : public connection {
 public:
  memory_connection(std::shared_ptr<memory_link> link, std::size_t side) : link_{std::move(link)}, side_{side} {}
  ~memory_connection() override {
    abort();
    mine().gone = true;
    mine().box.close();
    link_->in_flight[1 - side_] = 0;  // nobody will take it: the peer must not wait for that
    if (!peer().box.state().failure) peer().box.set_exit({.status = 0, .signal = 0});
  }

  void start(wake_function wake) override {
    mine().box.open(std::move(wake));
    mine().box.set_connected();
  }

  std::size_t take_input(bytes& to) override {
    std::size_t count = 0;
    bool more = false;
    {
      std::lock_guard const guard{mine().lock};
      mine().box.take_input(mine().held);
      count = std::min(mine().held.size(), mine().limits.take_at_most);
      auto const end = mine().held.begin() + static_cast<std::ptrdiff_t>(count);
      to.insert(to.end(), mine().held.begin(), end);
      mine().held.erase(mine().held.begin(), end);
      more = !mine().held.empty();
    }
    if (count > 0) taken(count);
    if (more) mine().box.wake_user();
    return count;
  }

  std::size_t take_errors(bytes&) override { return 0; }

  void put_output(bytes data) override {
    bool cut = false;
    {
      std::lock_guard const guard{mine().lock};
      if (mine().ended || mine().cut || peer().gone) return;
      std::uint64_t const room = mine().limits.cut_output_at - mine().put;
      cut = data.size() >= room;
      if (cut) data.resize(static_cast<std::size_t>(room));
      mine().put += data.size();
      mine().cut = cut;
      link_->in_flight[side_] += data.size();
    }
    peer().box.add_input(data);
    if (cut) break_both("the pipe was cut");
  }

  std::size_t output_backlog() const override { return link_->in_flight[side_]; }

  void end_output() override {
    {
      std::lock_guard const guard{mine().lock};
      if (mine().ended || mine().cut) return;
      mine().ended = true;
    }
    peer().box.set_input_ended();
    if (peer_ended()) {
      mine().box.set_exit({.status = 0, .signal = 0});
      peer().box.set_exit({.status = 0, .signal = 0});
    }
  }

  connection_state state() const override { return link_->ends[side_].box.state(); }

  void abort() override {
    bool broken = false;
    {
      std::lock_guard const guard{mine().lock};
      broken = !mine().ended && !mine().cut;
      mine().cut = true;
    }
    if (!broken) return;
    mine().box.fail(transport_errc::aborted, "the connection was given up by this side");
    peer().box.fail(transport_errc::connection_lost, "the peer in this process went away");
  }

  std::string description() const override { return "in-memory pipe"; }

 private:
  memory_end& mine() { return link_->ends[side_]; }
  memory_end& peer() { return link_->ends[1 - side_]; }

  bool peer_ended() {
    std::lock_guard const guard{peer().lock};
    return peer().ended;
  }

  void taken(std::size_t count) {
    std::size_t const before = link_->in_flight[1 - side_].fetch_sub(count);
    std::size_t const after = before - count;  // input is counted before it can be taken, so never below zero
    if (after == 0 || (before >= output_high / 2 && after < output_high / 2)) peer().box.wake_user();
  }

  void break_both(std::string const& text) {
    {
      std::lock_guard const guard{peer().lock};
      peer().cut = true;
    }
    mine().box.fail(transport_errc::connection_lost, text);
    peer().box.fail(transport_errc::connection_lost, text);
  }

  std::shared_ptr<memory_link> link_;
  std::size_t side_;
};

}  // namespace

std::pair<std::unique_ptr<connection>, std::unique_ptr<connection>> make_memory_pair(memory_limits const& first,
                                                                                     memory_limits const& second) {
  auto link = std::make_shared<memory_link>();
  link->ends[0].limits = first;
  link->ends[1].limits = second;
  return {std::make_unique<memory_connection>(link, 0), std::make_unique<memory_connection>(link, 1)};
}

}  // namespace volsync::transport
