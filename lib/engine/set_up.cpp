// From a job to its connection.
#include "engine/set_up.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <thread>

#include "base/unique_fd.hpp"

#include "text/info_words.hpp"

#include "protocol/daemon_greeting.hpp"

#include "transport/open.hpp"

#include "engine/daemon.hpp"
#include "engine/driver.hpp"

namespace volsync::engine {
namespace {

// Questions of the transport, put to the caller's prompter.
class relayed_prompter final : public transport::prompter {
 public:
  explicit relayed_prompter(std::shared_ptr<volsync::prompter> to) : to_{std::move(to)} {}
  bool confirm(std::string const& question, int) override { return to_->confirm(question); }
  std::optional<transport::secret> ask(std::string const& prompt, bool, int) override {
    std::string answer;
    if (!to_->secret(prompt, answer)) return std::nullopt;
    transport::secret kept{answer};
    std::fill(answer.begin(), answer.end(), '\0');
    return kept;
  }

 private:
  std::shared_ptr<volsync::prompter> to_;
};

transport::remote_request make_request(options const& o, location const& remote,
                                       protocol::server_command const& command) {
  transport::remote_request request;
  request.host = remote.host;
  request.user = remote.user;
  request.family = o.address_family == 4   ? transport::address_family::inet
                   : o.address_family == 6 ? transport::address_family::inet6
                                           : transport::address_family::any;
  request.shell = o.remote_shell_given ? o.remote_shell : variable("RSYNC_RSH");
  request.wish = o.transport == options::transport_choice::libssh ? transport::transport_wish::libssh
                 : o.transport == options::transport_choice::ssh  ? transport::transport_wish::ssh
                                                                  : transport::transport_wish::automatic;
  request.ssh_config = o.ssh_config.empty() ? variable("VOLSYNC_SSH_CONFIG") : o.ssh_config;
  request.connect_timeout = o.connect_timeout;
  request.command.push_back(o.remote_program);
  request.command.insert(request.command.end(), command.words.begin(), command.words.end());
  return request;
}

}  // namespace

finished refused(refusal why) {
  finished f;
  f.code = why.code;
  f.text = std::move(why.text);
  return f;
}

// All of a file that the user named; "-" is standard input, from where it stands. Errors: errno.
result<std::string> read_file(std::string const& name) {
  unique_fd const opened{name == "-" ? -1 : ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  if (name != "-" && !opened) return last_error();
  int const fd = name == "-" ? STDIN_FILENO : opened.get();
  std::string text;
  for (;;) {
    std::size_t const had = text.size();
    text.resize(had + (std::size_t{64} << 10));
    ssize_t const got = ::read(fd, text.data() + had, text.size() - had);
    if (got < 0 && errno != EINTR) return last_error();
    text.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return text;
  }
}

std::string variable(char const* name) {
  char const* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

filter::sources filter_sources() {
  filter::sources from;
  from.read_file = read_file;
  from.cvsignore_variable = variable("CVSIGNORE");
  if (auto const home = variable("HOME"); !home.empty()) {
    if (auto text = read_file(home + "/.cvsignore")) from.home_cvsignore = std::move(*text);
  }
  return from;
}

fs::scan_options scan_options_of(options const& o) {
  fs::scan_options scan;
  scan.copy_links = o.copy_links;
  scan.copy_unsafe_links = o.copy_unsafe_links;
  scan.tell_unsafe_links = text::info_levels{o}[text::info::symsafe] > 0;
  scan.copy_dirlinks = o.copy_dirlinks;
  scan.links = o.links;
  scan.one_file_system = o.one_file_system;
  return scan;
}

std::size_t worker_count(options const& o) noexcept {
  return o.threads > 0 ? static_cast<std::size_t>(o.threads) : std::max(1U, std::thread::hardware_concurrency());
}

protocol::addressee addressee_of(location const& remote) noexcept {
  return remote.daemon ? protocol::addressee::daemon : protocol::addressee::remote_shell;
}

finished over_connection(call const& that,
                         std::function<std::unique_ptr<protocol::session>(connected const&)> const& make,
                         observer& events, cancellation& cancel, std::shared_ptr<prompter> ask) {
  options const& o = that.what.options;
  auto box = mailbox::make(cancel.wake_fd());
  if (!box) return refused({exit_code::ipc, "no event descriptor: " + box.error().message()});
  std::unique_ptr<transport::connection> peer;
  connected how;
  if (that.remote.daemon) {
    auto entered =
        enter_daemon(that.remote, o, protocol::daemon_arguments(that.command.words, that.command.first_input),
                     {events, cancel, **box, std::move(ask), that.role});
    if (auto* end = std::get_if<finished>(&entered)) return *end;
    peer = std::move(std::get<daemon_entry>(entered).peer);
    how.version = std::get<daemon_entry>(entered).protocol;
  } else {
    how.first_input = that.command.first_input;
    peer = transport::open_remote(make_request(o, that.remote, that.command),
                                  ask ? std::make_shared<relayed_prompter>(std::move(ask)) : nullptr);
    if (o.verbose > 0) events.on_event(message{message::level::info, "transport: " + peer->description(), false});
  }
  session_limits const limits{o.timeout, o.bandwidth_limit};
  auto const session = make(how);
  workers pool{that.threads, **box};
  session_driver driver{*session, *peer, pool, **box, events, cancel, limits};
  return driver.run();
}

}  // namespace volsync::engine
