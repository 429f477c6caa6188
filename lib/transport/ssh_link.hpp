// One libssh session and what the steps of making it need: waiting that an abort or a deadline ends, and failures as
// values.
//
// One thread at a time. The session never blocks: a step that libssh answers with "again" is repeated when the socket
// moves.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include "volsync/result.hpp"

#include "base/unique_fd.hpp"

#include "transport/errc.hpp"
#include "transport/prompter.hpp"
#include "transport/ssh_settings.hpp"

namespace volsync::transport {

struct ssh_failure {
  error_code code;
  std::string text;  // printable
};
using ssh_step = std::optional<ssh_failure>;  // nothing: done

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* what) const noexcept {
    Free(what);
  }
};
using session_handle = std::unique_ptr<ssh_session_struct, freed_by<ssh_free>>;
using key_handle = std::unique_ptr<ssh_key_struct, freed_by<ssh_key_free>>;
using owned_text = std::unique_ptr<char, freed_by<ssh_string_free_char>>;

struct ssh_link {
  using clock = std::chrono::steady_clock;

  ssh_settings const& settings;
  prompter* asks;  // null: nobody is asked
  int abort_fd;    // readable once the connection is given up
  unique_fd socket;
  int lent = -1;  // a duplicate of it, in libssh's hands
  session_handle session;
  std::optional<clock::time_point> deadline;  // of connecting and key exchange

  // "user@host", with the port where it is not 22.
  [[nodiscard]] std::string peer() const;
  // What libssh says about its last error, printable.
  [[nodiscard]] std::string reason() const;
  // The failure of a step: aborted or timed out if that is why it ended, else `code` with `text`.
  [[nodiscard]] ssh_failure failed(error_code code, std::string text) const;

  // Repeats `call` until it answers something else than `again`; gives `again` back if abort or the deadline came
  // first.
  template <class Answer, class Call>
  Answer drive(Answer again, Call call) {
    Answer answer = call();
    while (answer == again && wait()) answer = call();
    return answer;
  }
  // Until the socket moves; false if aborted, or past the deadline.
  [[nodiscard]] bool wait();
  [[nodiscard]] bool aborted() const;
  // Disconnects and frees the session and its descriptor. Nothing that points into the session may be left.
  void hang_up();
  [[nodiscard]] bool late() const { return deadline && clock::now() >= *deadline; }
};

// A connected, non-blocking socket in link.socket, with keep-alive and no delay. Tries every address of the host.
[[nodiscard]] ssh_step connect_socket(ssh_link& link);
// A session over the socket with keys exchanged.
[[nodiscard]] ssh_step exchange_keys(ssh_link& link);
// The host's key against the known_hosts files, before anything secret is said.
[[nodiscard]] ssh_step check_host_key(ssh_link& link);
// Agent, identity files, keyboard-interactive, password: whatever the host accepts first.
[[nodiscard]] ssh_step authenticate(ssh_link& link);

}  // namespace volsync::transport
