// The queues and the state that a connection's user and its thread share.
//
// Any thread. Two functions are called back, never under the queues' lock: `wake` (the user's) and `poke` (the
// transport's). Input is never refused: the transport asks wants_input() first, which says no from input_high down to
// half of it.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>

#include "transport/connection.hpp"
#include "transport/errc.hpp"

namespace volsync::transport {

class mailbox {
 public:
  using function = std::function<void()>;

  // The user's side; the meaning is that of `connection`.
  void open(function wake);
  std::size_t take_input(bytes& to);
  std::size_t take_errors(bytes& to);
  void put_output(bytes data);
  [[nodiscard]] std::size_t output_backlog() const;
  void end_output();
  [[nodiscard]] connection_state state() const;
  void request_abort();  // drops queued output, takes no more
  void close();          // after it returns, wake is not called any more

  // The transport's side.
  void set_poke(function poke) { poke_ = std::move(poke); }  // before open()
  void answer_poke() noexcept { poked_.store(false); }       // before looking for work
  void add_input(byte_view data);
  void add_errors(byte_view data);
  [[nodiscard]] bool wants_input();
  // The oldest queued bytes, all of one block; they count as backlog until output_done says they are gone.
  [[nodiscard]] bytes next_output();
  void output_done(std::size_t count);
  void discard_output();                    // drops what is queued and all that will be put
  [[nodiscard]] bool output_ended() const;  // end_output was called and every block was handed out
  [[nodiscard]] bool abort_requested() const;
  void set_connected();
  void set_input_ended();
  void set_exit(remote_exit how);
  void fail(error_code why, std::string text);  // the first failure holds
  void wake_user();

 private:
  void poke();

  mutable std::mutex lock_;
  bytes input_, errors_;
  std::deque<bytes> output_;
  std::size_t backlog_ = 0;  // bytes in output_ and handed out but not done
  bool paused_ = false, output_closed_ = false, discarding_ = false, aborting_ = false;
  connection_state state_;

  std::recursive_mutex wake_lock_;  // recursive: a wake function may put into a memory pair, which wakes back
  function wake_, poke_;
  std::atomic<bool> poked_{false};
};

}  // namespace volsync::transport
