#include "engine/daemon.hpp"

#include <string.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "protocol/daemon_greeting.hpp"
#include "protocol/errc.hpp"

#include "transport/errc.hpp"
#include "transport/open.hpp"
#include "transport/process_connection.hpp"
#include "transport/tcp_connection.hpp"

#include "engine/driver.hpp"
#include "engine/password.hpp"

namespace volsync::engine {
namespace {

using clock = std::chrono::steady_clock;
using protocol::daemon_greeting;

constexpr std::uint16_t daemon_port = 873;

std::string variable(char const* name) {
  char const* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

// A connection that was started already and has something to give first.
class entered_connection final : public transport::connection {
 public:
  entered_connection(std::unique_ptr<connection> inner, bytes first)
      : inner_{std::move(inner)}, first_{std::move(first)} {}
  void start(wake_function) override {}  // the mailbox it wakes is the run's
  std::size_t take_input(bytes& to) override {
    std::size_t const count = first_.size();
    append(to, first_);
    first_.clear();
    return count + inner_->take_input(to);
  }
  std::size_t take_errors(bytes& to) override { return inner_->take_errors(to); }
  void put_output(bytes data) override { inner_->put_output(std::move(data)); }
  std::size_t output_backlog() const override { return inner_->output_backlog(); }
  void end_output() override { inner_->end_output(); }
  transport::connection_state state() const override { return inner_->state(); }
  void abort() override { inner_->abort(); }
  std::string description() const override { return inner_->description(); }

 private:
  std::unique_ptr<connection> inner_;
  bytes first_;
};

transport::address_family family_of(options const& what) {
  using transport::address_family;
  if (what.address_family == 4) return address_family::inet;
  return what.address_family == 6 ? address_family::inet6 : address_family::any;
}

// RSYNC_CONNECT_PROG with %H for the host and %% for a percent sign.
std::string filled_in(std::string_view command, std::string_view host) {
  std::string made;
  for (std::size_t i = 0; i < command.size(); ++i) {
    bool const escape = command[i] == '%' && i + 1 < command.size() && (command[i + 1] == 'H' || command[i + 1] == '%');
    if (!escape) {
      made += command[i];
    } else if (command[++i] == 'H') {
      made += host;
    } else {
      made += '%';
    }
  }
  return made;
}

std::unique_ptr<transport::connection> open_daemon(location const& where, options const& what) {
  if (what.remote_shell_given) {
    transport::remote_request request;
    request.host = where.host;
    request.user = where.user;
    request.family = family_of(what);
    request.shell = what.remote_shell;
    request.user_from_shell = true;
    request.command = {what.remote_program, "--server", "--daemon", "."};
    return transport::open_remote(request, nullptr);
  }
  if (auto const command = variable("RSYNC_CONNECT_PROG"); !command.empty()) {
    return transport::make_process_connection(
        {.argv = {"/bin/sh", "-c", filled_in(command, where.host)}, .description = "RSYNC_CONNECT_PROG"});
  }
  transport::dial_request request;
  request.host = where.host;
  int const port = where.port != 0 ? where.port : what.daemon_port;
  request.port = port != 0 ? static_cast<std::uint16_t>(port) : daemon_port;
  request.family = family_of(what);
  request.from = what.bind_address;
  request.timeout = what.connect_timeout;
  return transport::make_tcp_connection(request);
}

// Whom the daemon is told that we are.
std::string user_name(location const& where) {
  for (std::string const& each : {where.user, variable("USER"), variable("LOGNAME")}) {
    if (!each.empty()) return each;
  }
  return "nobody";
}

protocol::greeting_setup make_setup(location const& where, options const& what, bytes arguments) {
  protocol::greeting_setup setup;
  setup.protocol = what.protocol;
  setup.module = protocol::module_of(where.path);
  setup.user = user_name(where);
  setup.arguments = std::move(arguments);
  return setup;
}

// One conversation, on the protocol thread.
class entrance {
 public:
  entrance(location const& where, options const& what, bytes arguments, daemon_caller const& caller)
      : what_{what},
        caller_{caller},
        machine_{make_setup(where, what, std::move(arguments))},
        peer_{open_daemon(where, what)} {}

  std::variant<daemon_entry, finished> run() {
    if (what_.verbose > 0) {
      caller_.events.on_event(message{message::level::info, "transport: " + peer_->description(), false});
    }
    peer_->start([box = &caller_.box] { box->wake(); });
    while (!end_ && machine_.at() != daemon_greeting::state::accepted) {
      if (caller_.cancel.requested()) {
        end(caller_.cancel.code(), {});
        break;
      }
      bool const moved = listen();
      if (!end_) keep_time();
      if (!moved && !end_) caller_.box.wait(std::chrono::milliseconds{200});
    }
    if (end_) {
      peer_->abort();
      return *end_;
    }
    return daemon_entry{std::make_unique<entered_connection>(std::move(peer_), machine_.take_rest()),
                        machine_.protocol()};
  }

 private:
  void end(exit_code code, std::string text) {
    if (end_) return;
    end_.emplace();
    end_->code = code;
    end_->text = std::move(text);
    end_->no_session = true;
  }

  // As end(), with lines before which the program's name does not stand.
  void end_plainly(exit_code code, std::string const& text) {
    if (end_) return;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t const line = std::min(text.find('\n', at), text.size());
      caller_.events.on_event(message{message::level::error, text.substr(at, line - at), false});
      at = line + 1;
    }
    end(code, {});
  }

  // Takes and says what there is; true if anything was heard.
  bool listen() {
    auto const state = peer_->state();  // before the bytes: what came before the end must be heard
    bytes heard;
    bool const moved = peer_->take_input(heard) != 0;
    if (moved) heard_at_ = clock::now();
    take(machine_.take_input(heard));
    if (machine_.at() == daemon_greeting::state::secret) answer();
    if (bytes said = machine_.take_output(); !said.empty()) peer_->put_output(std::move(said));
    pass_errors();
    if (machine_.at() == daemon_greeting::state::ended) end(exit_code::success, {});
    if (machine_.at() == daemon_greeting::state::accepted || end_ || moved) return moved;
    if (state.failure) lost(state);
    if (end_ || !state.input_ended) return false;
    await_end(*peer_, caller_.box, caller_.cancel);
    pass_errors();
    take(machine_.take_end());
    return false;
  }

  void take(result<void> const& taken) {
    for (auto& each : machine_.take_lines()) {
      auto const level = each.error ? message::level::error : message::level::info;
      if (each.error || what_.motd) caller_.events.on_event(message{level, std::move(each.text), true});
    }
    if (taken) return;
    exit_code const code = protocol::exit_code_of(taken.error());
    taken.error() == protocol::protocol_errc::no_common_digest ? end_plainly(code, machine_.problem())
                                                               : end(code, machine_.problem());
  }

  void answer() {
    auto found = find_password(what_, caller_.ask, caller_.role);
    if (auto* const problem = std::get_if<password_problem>(&found)) {
      return problem->named ? end(problem->code, problem->text) : end_plainly(problem->code, problem->text);
    }
    auto& password = std::get<std::string>(found);
    machine_.give_secret(password);
    ::explicit_bzero(password.data(), password.size());
    heard_at_ = clock::now();  // whoever was asked may have taken his time
    take(machine_.take_input({}));
  }

  void pass_errors() {
    bytes text;
    if (peer_->take_errors(text) == 0) return;
    caller_.events.on_event(message{message::level::remote_error, std::string{as_text(text)}, true});
  }

  // The connection broke, or never was.
  void lost(transport::connection_state const& state) {
    using transport::transport_errc;
    bool const timed_out = state.failure == make_error_code(transport_errc::connect_timed_out);
    if (timed_out && what_.connect_timeout.count() > 0) return end(exit_code::connect_timeout, {});
    if (state.failure == make_error_code(transport_errc::program_not_started)) {
      return end(exit_code::start_client, state.failure_text);
    }
    if (state.connected) return end(exit_code::stream, "[" + caller_.role + "] " + state.failure_text);
    if (state.failure == make_error_code(transport_errc::bad_shell_words) ||
        state.failure == make_error_code(transport_errc::bad_configuration)) {
      return end(exit_code::syntax, state.failure_text);
    }
    bool const has_address = state.failure != make_error_code(transport_errc::unresolvable);
    end(exit_code::socket_io, (has_address ? "[" + caller_.role + "] " : "") + state.failure_text);
  }

  void keep_time() {
    auto const now = clock::now();
    bool const greeted = machine_.at() != daemon_greeting::state::greeting;
    if (!greeted && what_.connect_timeout.count() > 0 && now - begun_ >= what_.connect_timeout) {
      return end(exit_code::connect_timeout, {});
    }
    if (what_.timeout.count() > 0 && now - heard_at_ >= what_.timeout) {
      end_plainly(exit_code::timeout, "[" + caller_.role + "] io timeout after " +
                                          std::to_string(what_.timeout.count()) + " seconds -- exiting");
    }
  }

  options const& what_;
  daemon_caller const& caller_;
  daemon_greeting machine_;
  std::unique_ptr<transport::connection> peer_;
  std::optional<finished> end_;
  clock::time_point begun_ = clock::now(), heard_at_ = begun_;
};

}  // namespace

std::variant<daemon_entry, finished> enter_daemon(location const& where, options const& what, bytes arguments,
                                                  daemon_caller const& caller) {
  auto const refused = [](exit_code code, std::string text) {
    finished end;
    end.code = code;
    end.text = std::move(text);
    return end;
  };
  if (where.path.starts_with('/')) {
    caller.events.on_event(
        message{message::level::error, "ERROR: The remote path must start with a module name not a /", false});
    return refused(exit_code::start_client, {});
  }
  bool const splits_lines = (protocol::module_of(where.path) + user_name(where)).find('\n') != std::string::npos;
  if (splits_lines) return refused(exit_code::syntax, "a module's name and a user's name have no line ends");
  if (!what.remote_shell_given && !variable("RSYNC_PROXY").empty()) {
    return refused(exit_code::unsupported, "RSYNC_PROXY is not supported in this version");
  }
  return entrance{where, what, std::move(arguments), caller}.run();
}

}  // namespace volsync::engine
