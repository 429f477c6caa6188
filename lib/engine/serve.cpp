// The server's door: from the client's words to a session over two descriptors.
#include "volsync/serve.hpp"

#include <glob.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <new>
#include <random>

#include "filter/names_from.hpp"

#include "fs/ids.hpp"
#include "fs/posix_tree.hpp"

#include "protocol/errc.hpp"
#include "protocol/sending_session.hpp"
#include "protocol/server_args.hpp"
#include "protocol/server_command.hpp"

#include "transport/stdio_connection.hpp"

#include "engine/driver.hpp"
#include "engine/receiving.hpp"
#include "engine/set_up.hpp"

namespace volsync {
namespace engine {
namespace {

constexpr std::size_t word_piece = 1;  // bytes: what follows the words belongs to the handshake

finished ended(exit_code code, std::string text) {
  finished f;
  f.code = code;
  f.text = std::move(text);
  return f;
}

// Secluded words stand before the handshake. Byte by byte, because nothing behind them may be taken.
result<std::vector<std::string>> hear_words(int in, cancellation const& cancel) {
  bytes heard;
  while (!cancel.requested()) {
    std::byte next{};
    ssize_t const got = ::read(in, &next, word_piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error();
    if (got == 0) return protocol::protocol_errc::closed_early;
    heard.push_back(next);
    bool const may_end = next == std::byte{0} && heard.size() > 1 && heard[heard.size() - 2] == std::byte{0};
    if (!may_end && heard.size() % 65536 != 0) continue;
    auto words = protocol::read_secluded_words(heard);
    if (!words) return words.error();
    if (*words) return std::move((*words)->words);
  }
  return protocol::protocol_errc::closed_early;
}

// No shell has seen secluded words, so wildcards are expanded here; what matches nothing stays as it is.
std::vector<std::string> expanded(std::vector<std::string> const& paths) {
  std::vector<std::string> made;
  for (std::string const& path : paths) {
    glob_t found{};
    bool const wild = path.find_first_of("*?[") != std::string::npos;
    if (wild && ::glob(path.c_str(), GLOB_NOCHECK, nullptr, &found) == 0) {
      for (std::size_t i = 0; i < found.gl_pathc; ++i) made.emplace_back(found.gl_pathv[i]);
      ::globfree(&found);
    } else {
      made.push_back(path);
    }
  }
  return made;
}

protocol::sending_setup make_setup(protocol::server_request const& request, std::vector<std::string> paths,
                                   std::shared_ptr<tree> files, fs::id_names& ids) {
  options const& o = request.options();
  protocol::sending_setup setup;
  setup.options = o;
  setup.handshake.server = true;
  setup.handshake.client_letters = request.letters();
  setup.handshake.may_recurse_incrementally = protocol::allows_incremental_recursion(o, true);
  setup.handshake.seed = o.checksum_seed != 0 ? o.checksum_seed : static_cast<std::int32_t>(std::random_device{}());
  setup.handshake.checksums =
      checksum::parse_choice(o.checksum_choice.empty() ? "auto" : o.checksum_choice).value_or(std::nullopt);
  setup.handshake.checksum_restriction = variable("RSYNC_CHECKSUM_LIST");
  setup.hears_names = request.hears_names();
  setup.rule_files = filter_sources();
  setup.clock = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
  };
  setup.scan = scan_options_of(o);
  setup.roots =
      std::make_shared<fs::source_roots>(std::move(files), o.copy_links || o.copy_unsafe_links || o.copy_dirlinks);
  setup.operands.relative = o.relative;
  setup.operands.recurse = o.recurse;
  setup.operands.dirs = protocol::transfers_dirs(o);
  setup.operands.paths = std::move(paths);
  if (setup.operands.paths.empty()) setup.operands.paths.emplace_back(".");
  setup.names = [&ids](bool user, std::uint32_t id) { return user ? ids.user(id) : ids.group(id); };
  setup.workers = worker_count(o);
  return setup;
}

// A session of either half over the two descriptors.
finished run_session(protocol::session& session, std::size_t threads, options const& o, int in, int out, mailbox& box,
                     observer& events, cancellation& cancel) {
  auto const peer = transport::make_stdio_connection(in, out);
  session_limits const limits{o.timeout, o.bandwidth_limit, false};
  workers pool{threads, box};
  session_driver driver{session, *peer, pool, box, events, cancel, limits};
  return driver.run();
}

finished receive(protocol::server_request const& request, int in, int out, observer& events, cancellation& cancel,
                 std::shared_ptr<tree> files) {
  options const& o = request.options();
  if (o.files_from)
    return ended(exit_code::unsupported, "a --files-from list on this side is not supported in this version");
  std::string const destination = request.paths().empty() ? "." : request.paths().front();
  auto made = receiving_setup(o, files ? std::move(files) : fs::make_posix_tree(), destination);
  if (auto* no = std::get_if<refusal>(&made)) return refused(std::move(*no));
  auto& setup = std::get<protocol::receiving_setup>(made);
  setup.we_are_server = true;
  if (o.list_only) return ended(exit_code::unsupported, "--list-only is not supported in a push in this version");
  setup.handshake.server = true;
  setup.handshake.client_letters = request.letters();
  setup.handshake.may_recurse_incrementally = protocol::allows_incremental_recursion(o, false);
  if (setup.handshake.seed == 0) setup.handshake.seed = static_cast<std::int32_t>(std::random_device{}());
  setup.filter = std::make_shared<filter::rule_set const>();
  filter::sources from = filter_sources();
  std::error_code ignored;
  from.current_directory = std::filesystem::absolute(destination, ignored).string();
  setup.compile = [from, &o](std::vector<filter::wire_rule> const& rules, std::string& text) {
    return filter::compile_received(rules, o, from, text);
  };
  auto box = mailbox::make(cancel.wake_fd());
  if (!box) return ended(exit_code::ipc, "no event descriptor: " + box.error().message());
  std::size_t const threads = setup.workers;
  protocol::receiving_session session{std::move(setup), [&events](event&& e) { events.on_event(e); }};
  return run_session(session, threads, o, in, out, **box, events, cancel);
}

finished send(protocol::server_request const& request, std::vector<std::string> paths, int in, int out,
              observer& events, cancellation& cancel, std::shared_ptr<tree> files) {
  options const& o = request.options();
  fs::id_names ids;
  auto setup = make_setup(request, std::move(paths), files ? std::move(files) : fs::make_posix_tree(), ids);
  if (o.files_from && !request.hears_names()) {
    auto text = read_file(*o.files_from);
    if (!text)
      return ended(exit_code::syntax,
                   "failed to open files-from file " + *o.files_from + ": " + text.error().message());
    setup.operands.names = filter::names_from(*text, o.from0);
  }
  auto box = mailbox::make(cancel.wake_fd());
  if (!box) return ended(exit_code::ipc, "no event descriptor: " + box.error().message());
  std::size_t const threads = setup.workers;
  protocol::sending_session session{std::move(setup), [&events](event&& e) { events.on_event(e); }};
  return run_session(session, threads, o, in, out, **box, events, cancel);
}

finished serve_one(std::vector<std::string> const& arguments, int in, int out, observer& events, cancellation& cancel,
                   std::shared_ptr<tree> files) {
  protocol::server_request request;
  auto const refused = [&request] { return ended(request.refused().code, request.refused().text); };
  if (!request.read({arguments.begin() + 1, arguments.end()})) return refused();
  std::vector<std::string> paths = request.paths();
  if (request.more_words_follow()) {
    auto const words = hear_words(in, cancel);
    if (!words) return ended(protocol::exit_code_of(words.error()), words.error().message());
    if (!request.read(*words)) return refused();
    paths = request.sends() ? expanded(request.paths()) : request.paths();
  }
  if (!request.sends()) return receive(request, in, out, events, cancel, std::move(files));
  return send(request, std::move(paths), in, out, events, cancel, std::move(files));
}

}  // namespace
}  // namespace engine

bool asks_to_serve(std::vector<std::string> const& arguments) {
  return arguments.size() > 1 && arguments[1] == "--server";
}

finished serve(std::vector<std::string> const& arguments, int in, int out, observer& events, cancellation& cancel,
               std::shared_ptr<tree> files) {
  finished outcome;
  try {
    outcome = engine::serve_one(arguments, in, out, events, cancel, std::move(files));
  } catch (std::bad_alloc const&) {
    outcome = engine::ended(exit_code::memory, "out of memory");
  }
  // The client finds these out by itself, and its last line says them.
  using enum exit_code;
  bool const told = outcome.code == partial || outcome.code == vanished || outcome.code == delete_limit;
  if (!told) events.on_event(outcome);
  return outcome;
}

}  // namespace volsync
