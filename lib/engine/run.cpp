// The door: from a job to a session, a connection and its driver.
#include "volsync/run.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <thread>

#include "base/unique_fd.hpp"
#include "engine/daemon.hpp"
#include "engine/driver.hpp"
#include "filter/command_line.hpp"
#include "filter/errc.hpp"
#include "filter/names_from.hpp"
#include "fs/ids.hpp"
#include "fs/posix_tree.hpp"
#include "protocol/daemon_greeting.hpp"
#include "protocol/errc.hpp"
#include "protocol/push_session.hpp"
#include "protocol/server_args.hpp"
#include "text/info_words.hpp"
#include "transport/open.hpp"

namespace volsync {

cancellation::cancellation() : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}
cancellation::~cancellation() {
  if (fd_ >= 0) ::close(fd_);
}
void cancellation::request(exit_code why) noexcept {
  int expected = 0;
  code_.compare_exchange_strong(expected, static_cast<int>(why));
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const ignored = ::write(fd_, &one, sizeof one);
}

namespace engine {
namespace {

// Ends the run before it began.
struct refusal {
  exit_code code;
  std::string text;
};

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

std::optional<refusal> refuse(job const& what) {
  auto const& o = what.options;
  if (!what.destination.is_remote()) {
    bool const pull = std::any_of(what.sources.begin(), what.sources.end(), [](location const& l) { return l.is_remote(); });
    return refusal{exit_code::unsupported, pull ? "pulling from another host is not supported in this version" : "local copies are not supported in this version"};
  }
  for (auto const& source : what.sources) {
    if (source.is_remote()) return refusal{exit_code::syntax, "The source and destination cannot both be remote."};
  }
  if (o.acls != 0 || o.xattrs != 0 || o.atimes != 0 || o.crtimes != 0) {
    return refusal{exit_code::unsupported, "ACLs, extended attributes, access and creation times are not supported in this version"};
  }
  if (protocol::names_come_from_server(o)) {
    return refusal{exit_code::unsupported, "a --files-from list on the remote host is not supported in this version: " + *o.files_from};
  }
  if (o.protocol < 30 || o.protocol > 32) return refusal{exit_code::protocol, "protocol versions 30 to 32 are supported"};
  return std::nullopt;
}

// Everything a session needs but the connection.
std::variant<protocol::push_setup, refusal> prepare(job const& what, std::shared_ptr<tree> files, fs::id_names& ids) {
  options const& o = what.options;
  protocol::push_setup setup;
  setup.options = o;
  setup.may_recurse_incrementally = protocol::allows_incremental_recursion(o, true);
  auto const choice = checksum::parse_choice(o.checksum_choice.empty() ? "auto" : o.checksum_choice);
  if (!choice) return refusal{exit_code::unsupported, "unknown checksum name: " + o.checksum_choice};
  setup.checksums = *choice;
  setup.checksum_restriction = variable("RSYNC_CHECKSUM_LIST");

  filter::sources from;
  from.read_file = read_file;
  from.cvsignore_variable = variable("CVSIGNORE");
  if (auto const home = variable("HOME"); !home.empty()) {
    if (auto text = read_file(home + "/.cvsignore")) from.home_cvsignore = std::move(*text);
  }
  std::string error_text;
  auto compiled = filter::compile_for_push(o, from, error_text);
  if (!compiled) {
    return refusal{filter::exit_code_of(compiled.error()), error_text};
  }
  setup.filter = compiled->rules;
  setup.rules = std::move(compiled->wire);
  setup.sends_rules = compiled->send;

  setup.scan.copy_links = o.copy_links;
  setup.scan.copy_unsafe_links = o.copy_unsafe_links;
  setup.scan.tell_unsafe_links = text::info_levels{o}[text::info::symsafe] > 0;
  setup.scan.copy_dirlinks = o.copy_dirlinks;
  setup.scan.links = o.links;
  setup.scan.one_file_system = o.one_file_system;
  setup.roots = std::make_shared<fs::source_roots>(std::move(files), o.copy_links || o.copy_unsafe_links || o.copy_dirlinks);
  setup.operands.relative = o.relative;
  setup.operands.recurse = o.recurse;
  setup.operands.dirs = protocol::transfers_dirs(o);
  for (auto const& source : what.sources) setup.operands.paths.push_back(source.path);
  if (o.files_from) {
    auto text = read_file(*o.files_from);
    if (!text) return refusal{exit_code::syntax, "failed to open files-from file " + *o.files_from + ": " + text.error().message()};
    setup.operands.names = filter::names_from(*text, o.from0);
  }
  setup.names = [&ids](bool user, std::uint32_t id) { return user ? ids.user(id) : ids.group(id); };
  return setup;
}

transport::remote_request make_request(job const& what, protocol::server_command& command) {
  options const& o = what.options;
  transport::remote_request request;
  request.host = what.destination.host;
  request.user = what.destination.user;
  request.family = o.address_family == 4 ? transport::address_family::inet : o.address_family == 6 ? transport::address_family::inet6 : transport::address_family::any;
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

// The daemon whose modules are asked for: an operand that names a daemon and no module.
location const* listed_daemon(job const& what) {
  if (what.destination.daemon && what.destination.path.empty()) return &what.destination;
  for (auto const& each : what.sources) {
    if (each.daemon && each.path.empty()) return &each;
  }
  return nullptr;
}

finished list_modules(location const& where, job const& what, observer& events, cancellation& cancel,
                      std::shared_ptr<prompter> ask) {
  finished end;
  auto box = mailbox::make(cancel.wake_fd());
  if (!box) {
    end.code = exit_code::ipc;
    end.text = "no event descriptor: " + box.error().message();
    return end;
  }
  std::string const role = &where == &what.destination ? "sender" : "Receiver";
  auto entered = enter_daemon(where, what.options, {}, {events, cancel, **box, std::move(ask), role});
  if (auto* early = std::get_if<finished>(&entered)) return *early;
  end.code = exit_code::start_client;
  end.text = "the daemon began a session although no module was named";
  return end;
}

finished run_push(job const& what, observer& events, cancellation& cancel, std::shared_ptr<tree> files, std::shared_ptr<prompter> ask) {
  auto const failed = [](exit_code code, std::string text) {
    finished f;
    f.code = code;
    f.text = std::move(text);
    return f;
  };
  if (auto const no = refuse(what)) return failed(no->code, no->text);
  fs::id_names ids;
  auto prepared = prepare(what, files ? std::move(files) : fs::make_posix_tree(), ids);
  if (auto* no = std::get_if<refusal>(&prepared)) return failed(no->code, no->text);
  auto& setup = std::get<protocol::push_setup>(prepared);
  setup.workers = what.options.threads > 0 ? static_cast<std::size_t>(what.options.threads) : std::max(1U, std::thread::hardware_concurrency());
  auto box = mailbox::make(cancel.wake_fd());
  if (!box) return failed(exit_code::ipc, "no event descriptor: " + box.error().message());
  bool const to_daemon = what.destination.daemon;
  auto const letters = protocol::compatibility_letters(what.options, true);
  auto command = protocol::make_server_command(what.options, true, letters, {what.destination.path},
                                               to_daemon ? protocol::addressee::daemon : protocol::addressee::remote_shell);
  std::unique_ptr<transport::connection> peer;
  if (to_daemon) {
    auto entered = enter_daemon(what.destination, what.options, protocol::daemon_arguments(command.words, command.first_input),
                                {events, cancel, **box, std::move(ask), "sender"});
    if (auto* end = std::get_if<finished>(&entered)) return *end;
    peer = std::move(std::get<daemon_entry>(entered).peer);
    setup.version = std::get<daemon_entry>(entered).protocol;
  } else {
    setup.first_input = std::move(command.first_input);
    peer = transport::open_remote(make_request(what, command), ask ? std::make_shared<relayed_prompter>(std::move(ask)) : nullptr);
    if (what.options.verbose > 0) events.on_event(message{message::level::info, "transport: " + peer->description(), false});
  }
  session_limits const limits{what.options.timeout, what.options.bandwidth_limit};
  std::size_t const threads = setup.workers;
  protocol::push_session session{std::move(setup), [&events](event&& e) { events.on_event(e); }};
  workers pool{threads, **box};
  session_driver driver{session, *peer, pool, **box, events, cancel, limits};
  return driver.run();
}

}  // namespace
}  // namespace engine

finished run(job const& what, observer& events, cancellation& cancel, std::shared_ptr<tree> files, std::shared_ptr<prompter> ask) {
  finished outcome;
  try {
    auto const* const listed = engine::listed_daemon(what);
    outcome = listed != nullptr ? engine::list_modules(*listed, what, events, cancel, std::move(ask))
                                : engine::run_push(what, events, cancel, std::move(files), std::move(ask));
  } catch (std::bad_alloc const&) {
    outcome.code = exit_code::memory;
    outcome.text = "out of memory";
  }
  events.on_event(outcome);
  return outcome;
}

}  // namespace volsync
