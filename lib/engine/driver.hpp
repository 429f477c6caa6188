// Drives a session over a connection: the loop of the protocol thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "volsync/run.hpp"

#include "protocol/session.hpp"

#include "transport/connection.hpp"

#include "engine/mailbox.hpp"
#include "engine/pacer.hpp"
#include "engine/workers.hpp"

namespace volsync::engine {

struct session_limits {
  std::chrono::seconds timeout{0};  // 0: none
  std::int64_t bandwidth = 0;       // bytes per second, 0: none
  bool awaits_exit = true;          // false: the peer is no program of ours, its end says nothing
};

// The code that rsync over ssh would end with: 255 for a host that cannot be reached or refuses us.
[[nodiscard]] exit_code exit_code_of_transport(error_code failure) noexcept;

// The state of a connection whose input has ended, once it tells how the remote program ended, after a moment of 2 s at
// most: the program's own status says more than the pipe, and by then all it wrote to its standard error is there.
transport::connection_state await_end(transport::connection const& peer, mailbox& box, cancellation const& cancel);

// Moves bytes between the session and the connection, and jobs between the session and the workers, until one of them
// ends. Runs on the caller's thread.
class session_driver {
 public:
  session_driver(protocol::session& session, transport::connection& peer, workers& pool, mailbox& box, observer& events,
                 cancellation& cancel, session_limits const& limits);
  // Returns when the remote program has ended, or the run failed.
  [[nodiscard]] finished run();

 private:
  using clock = std::chrono::steady_clock;

  bool move_input();
  bool move_jobs();
  bool move_output();
  void pass_errors();
  void keep_time();
  void time_list();
  void fail(exit_code code, std::string text);
  void give_up(exit_code code, std::string text);
  void connection_lost(transport::connection_state const& state);
  void say_the_rest();
  void wait_for_end();
  [[nodiscard]] exit_code peer_exit_code() const;
  [[nodiscard]] exit_code code_at_end(transport::connection_state const& state) const;

  protocol::session& session_;
  transport::connection& peer_;
  workers& pool_;
  mailbox& box_;
  observer& events_;
  cancellation& cancel_;
  session_limits limits_;
  pacer pace_;
  bytes outgoing_;  // made, held back by the pacer or the connection's backlog
  std::size_t outgoing_used_ = 0;
  std::vector<roles::job_ptr> done_jobs_;
  clock::time_point begun_ = clock::now();
  clock::time_point last_input_ = begun_;
  clock::time_point last_output_ = begun_;  // anything, signs of life too
  clock::time_point last_moved_ = begun_;   // what the run consists of
  clock::time_point list_begun_ = begun_;   // the first list's stage
  protocol::session::list_stage list_at_ = protocol::session::list_stage::none;
  bool ended_ = false;
  finished outcome_;
};

}  // namespace volsync::engine
