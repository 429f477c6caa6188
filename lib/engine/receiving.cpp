// The receiving half's view of this host.
#include "engine/receiving.hpp"

#include <unistd.h>

#include "fs/ids.hpp"
#include "fs/posix_calls.hpp"

#include "text/info_words.hpp"

namespace volsync::engine {
namespace {

std::optional<refusal> refuse(options const& o) {
  if (o.delay_updates || o.sparse || o.preallocate) {
    return refusal{exit_code::unsupported,
                   "--delay-updates, --sparse and --preallocate are not supported when receiving in this version"};
  }
  if (o.partial_dir.find('/') != std::string::npos) {
    return refusal{exit_code::unsupported,
                   "a --partial-dir of several components is not supported when receiving in this version"};
  }
  return std::nullopt;
}

}  // namespace

std::variant<protocol::receiving_setup, refusal> receiving_setup(options const& o, std::shared_ptr<tree> files,
                                                                 std::string destination) {
  if (auto no = refuse(o)) return *no;
  auto const choice = checksum::parse_choice(o.checksum_choice.empty() ? "auto" : o.checksum_choice);
  if (!choice) return refusal{exit_code::unsupported, "unknown checksum name: " + o.checksum_choice};
  protocol::receiving_setup setup;
  setup.options = o;
  setup.handshake.protocol = o.protocol;
  setup.handshake.checksums = *choice;
  setup.handshake.checksum_restriction = variable("RSYNC_CHECKSUM_LIST");
  setup.handshake.seed = o.checksum_seed;
  setup.files = std::move(files);
  setup.destination = std::move(destination);
  setup.wants_progress = text::info_levels{o}[text::info::progress];
  auto const ids = std::make_shared<fs::id_names>();
  setup.id_of = [ids](bool user, std::string const& name) { return user ? ids->user_id(name) : ids->group_id(name); };
  setup.here = {fs::is_root(), ::geteuid(), fs::current_umask(), fs::is_member};
  setup.workers = worker_count(o);
  return setup;
}

}  // namespace volsync::engine
