// The remote command's channel: started on an authenticated link, then bytes moved both ways until one side ends it.
//
// libssh's read side has no backpressure of its own: each partial read opens the window again. So all that libssh holds
// is drained in one go (its window bounds it: 1.28 MB), and then nothing until the mailbox is half empty.
#pragma once

#include <string>

#include "transport/mailbox.hpp"
#include "transport/ssh_link.hpp"

namespace volsync::transport {

class ssh_pump {
 public:
  // `wake_fd`: readable when the mailbox was poked; read here.
  ssh_pump(ssh_link& link, mailbox& box, int wake_fd);
  ~ssh_pump();
  ssh_pump(ssh_pump const&) = delete;
  ssh_pump& operator=(ssh_pump const&) = delete;

  [[nodiscard]] ssh_step start(std::string const& command);
  // Returns when the remote end has closed the channel and all is in the mailbox; a failure otherwise.
  [[nodiscard]] ssh_step run();
  // Asks for the command to be ended, closes the channel, and gives the socket at most `limit` to take that.
  void give_up(std::chrono::milliseconds limit);

 private:
  [[nodiscard]] bool receive();
  [[nodiscard]] bool drain();
  [[nodiscard]] bool feed();
  [[nodiscard]] bool flushed() const;
  [[nodiscard]] ssh_step keep_alive();
  [[nodiscard]] ssh_failure lost() const;
  void tell_end();
  void sleep(bool alive);

  struct heard_exit;
  ssh_link& link_;
  mailbox& box_;
  int wake_fd_;
  struct channel_freed {
    void operator()(ssh_channel_struct* channel) const noexcept { ssh_channel_free(channel); }
  };
  std::unique_ptr<heard_exit> heard_;  // before the channel, whose callbacks point here
  std::unique_ptr<ssh_channel_struct, channel_freed> channel_;
  ssh_event event_ = nullptr;
  ssh_counter_struct received_{};
  std::uint64_t looked_at_ = 0;  // received_.in_bytes before the last look for input
  bytes scratch_;
  bytes sending_;
  std::size_t sent_ = 0;
  bool eof_sent_ = false, input_ended_ = false, exit_told_ = false;
  ssh_link::clock::time_point alive_at_;
  std::uint64_t alive_bytes_ = 0;  // received when the last keep-alive was sent
  int unanswered_ = 0;
};

}  // namespace volsync::transport
