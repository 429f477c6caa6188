// The door: from a job to a session, a connection and its driver.
#include "volsync/run.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "fs/ids.hpp"
#include "fs/posix_tree.hpp"

#include "protocol/sending_session.hpp"
#include "protocol/server_args.hpp"

#include "engine/daemon.hpp"
#include "engine/local.hpp"
#include "engine/pull.hpp"
#include "engine/sending.hpp"
#include "engine/set_up.hpp"

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

std::optional<refusal> refuse(job const& what) {
  auto const& o = what.options;
  bool const pull =
      std::any_of(what.sources.begin(), what.sources.end(), [](location const& l) { return l.is_remote(); });
  if (pull && what.destination.is_remote())
    return refusal{exit_code::syntax, "The source and destination cannot both be remote."};
  if (o.acls != 0 || o.xattrs != 0 || o.atimes != 0 || o.crtimes != 0) {
    return refusal{exit_code::unsupported,
                   "ACLs, extended attributes, access and creation times are not supported in this version"};
  }
  if (o.list_only) return refusal{exit_code::unsupported, "--list-only is not supported in this version"};
  if (protocol::names_come_from_server(o)) {
    return refusal{exit_code::unsupported,
                   "a --files-from list on the remote host is not supported in this version: " + *o.files_from};
  }
  if (o.protocol < 30 || o.protocol > 32)
    return refusal{exit_code::protocol, "protocol versions 30 to 32 are supported"};
  return std::nullopt;
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

finished run_push(job const& what, observer& events, cancellation& cancel, std::shared_ptr<tree> files,
                  std::shared_ptr<prompter> ask) {
  fs::id_names ids;
  auto prepared = sending_setup(what, std::move(files));
  if (auto* no = std::get_if<refusal>(&prepared)) return refused(std::move(*no));
  auto& setup = std::get<protocol::sending_setup>(prepared);
  setup.names = [&ids](bool user, std::uint32_t id) { return user ? ids.user(id) : ids.group(id); };
  std::size_t const threads = setup.workers = worker_count(what.options);
  auto const letters = protocol::compatibility_letters(what.options, true);
  auto const command = protocol::make_server_command(what.options, true, letters, {what.destination.path},
                                                     addressee_of(what.destination));
  auto const make = [&](connected const& to) -> std::unique_ptr<protocol::session> {
    setup.handshake.agreed_version = to.version;
    setup.handshake.first_input = to.first_input;
    return std::make_unique<protocol::sending_session>(std::move(setup), [&events](event&& e) { events.on_event(e); });
  };
  return over_connection({what, what.destination, command, "sender", threads}, make, events, cancel, std::move(ask));
}

finished run_any(job const& what, observer& events, cancellation& cancel, std::shared_ptr<tree> files,
                 std::shared_ptr<prompter> ask) {
  if (auto const* const listed = listed_daemon(what))
    return list_modules(*listed, what, events, cancel, std::move(ask));
  if (auto no = refuse(what)) return refused(std::move(*no));
  if (what.destination.is_remote()) return run_push(what, events, cancel, std::move(files), std::move(ask));
  if (std::none_of(what.sources.begin(), what.sources.end(), [](location const& l) { return l.is_remote(); })) {
    return run_local(what, events, cancel, std::move(files));
  }
  return run_pull(what, events, cancel, std::move(files), std::move(ask));
}

}  // namespace
}  // namespace engine

finished run(job const& what, observer& events, cancellation& cancel, std::shared_ptr<tree> files,
             std::shared_ptr<prompter> ask) {
  finished outcome;
  try {
    outcome = engine::run_any(what, events, cancel, files ? std::move(files) : fs::make_posix_tree(), std::move(ask));
  } catch (std::bad_alloc const&) {
    outcome.code = exit_code::memory;
    outcome.text = "out of memory";
  }
  events.on_event(outcome);
  return outcome;
}

}  // namespace volsync
