// The sending half's view of this host.
#include "engine/sending.hpp"

#include <utility>

#include "filter/command_line.hpp"
#include "filter/errc.hpp"
#include "filter/names_from.hpp"

#include "protocol/server_args.hpp"

namespace volsync::engine {

std::variant<protocol::sending_setup, refusal> sending_setup(job const& what, std::shared_ptr<tree> files) {
  options const& o = what.options;
  protocol::sending_setup setup;
  setup.options = o;
  setup.handshake.may_recurse_incrementally = protocol::allows_incremental_recursion(o, true);
  auto const choice = checksum::parse_choice(o.checksum_choice.empty() ? "auto" : o.checksum_choice);
  if (!choice) return refusal{exit_code::unsupported, "unknown checksum name: " + o.checksum_choice};
  setup.handshake.checksums = *choice;
  setup.handshake.protocol = o.protocol;
  setup.handshake.checksum_restriction = variable("RSYNC_CHECKSUM_LIST");

  filter::sources const from = filter_sources();
  std::string error_text;
  auto compiled = filter::compile_for_push(o, from, error_text);
  if (!compiled) {
    return refusal{filter::exit_code_of(compiled.error()), error_text};
  }
  setup.filter = compiled->rules;
  setup.rules = std::move(compiled->wire);
  setup.sends_rules = compiled->send;

  setup.scan = scan_options_of(o);
  setup.roots =
      std::make_shared<fs::source_roots>(std::move(files), o.copy_links || o.copy_unsafe_links || o.copy_dirlinks);
  setup.operands.relative = o.relative;
  setup.operands.recurse = o.recurse;
  setup.operands.dirs = protocol::transfers_dirs(o);
  for (auto const& source : what.sources) setup.operands.paths.push_back(source.path);
  if (o.files_from) {
    auto text = read_file(*o.files_from);
    if (!text)
      return refusal{exit_code::syntax,
                     "failed to open files-from file " + *o.files_from + ": " + text.error().message()};
    setup.operands.names = filter::names_from(*text, o.from0);
  }
  return setup;
}

}  // namespace volsync::engine
