// From a job to a receiving session.
#include "engine/pull.hpp"

#include <algorithm>
#include <filesystem>

#include "filter/errc.hpp"

#include "protocol/requested_names.hpp"

#include "engine/receiving.hpp"
#include "engine/set_up.hpp"

namespace volsync::engine {
namespace {

// All sources must lie on one host and be reached in one way.
std::optional<refusal> refuse_sources(std::vector<location> const& sources) {
  location const& first = sources.front();
  for (auto const& each : sources) {
    bool const same = (each.host == first.host || each.host.empty()) && (each.user == first.user || each.user.empty());
    if (!same) return refusal{exit_code::syntax, "All source args must come from the same machine."};
  }
  return std::nullopt;
}

// A daemon's paths begin with its module, which is no part of any name.
std::shared_ptr<protocol::requested_names const> expected_of(job const& what, std::vector<std::string> paths,
                                                             filter::rule_set const& sent) {
  if (what.sources.front().daemon) {
    for (std::string& path : paths) {
      auto const slash = path.find('/');
      path = slash == std::string::npos ? "." : path.substr(slash + 1);
    }
  }
  return std::make_shared<protocol::requested_names const>(paths, what.options, protocol::rules_known_here(sent));
}

}  // namespace

finished run_pull(job const& what, observer& events, cancellation& cancel, std::shared_ptr<tree> files,
                  std::shared_ptr<prompter> ask) {
  options const& o = what.options;
  if (auto no = refuse_sources(what.sources)) return refused(std::move(*no));
  if (o.files_from) return refused({exit_code::unsupported, "--files-from is not supported in a pull in this version"});
  auto made = receiving_setup(o, std::move(files), what.destination.path);
  if (auto* no = std::get_if<refusal>(&made)) return refused(std::move(*no));
  auto& setup = std::get<protocol::receiving_setup>(made);
  setup.handshake.may_recurse_incrementally = protocol::allows_incremental_recursion(o, false);

  filter::sources from = filter_sources();
  std::error_code ignored;
  from.current_directory = std::filesystem::absolute(what.destination.path, ignored).string();
  std::string error_text;
  auto compiled = filter::compile_for_pull(o, from, error_text);
  if (!compiled) return refused({filter::exit_code_of(compiled.error()), error_text});
  setup.filter = compiled->rules;
  setup.rules = std::move(compiled->wire);

  std::vector<std::string> paths;
  for (auto const& each : what.sources) paths.push_back(each.path.empty() ? "." : each.path);
  if (!o.trust_sender) setup.expected = expected_of(what, paths, *compiled->sent);
  location const& host = what.sources.front();
  auto const command =
      protocol::make_server_command(o, false, protocol::compatibility_letters(o, false), paths, addressee_of(host));
  std::size_t const threads = setup.workers;
  auto const make = [&](connected const& to) -> std::unique_ptr<protocol::session> {
    setup.handshake.agreed_version = to.version;
    setup.handshake.first_input = to.first_input;
    return std::make_unique<protocol::receiving_session>(std::move(setup),
                                                         [&events](event&& e) { events.on_event(e); });
  };
  return over_connection({what, host, command, "receiver", threads}, make, events, cancel, std::move(ask));
}

}  // namespace volsync::engine
