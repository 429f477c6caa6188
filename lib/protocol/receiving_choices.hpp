// What the user's options mean for the receiving half, over a wire or within one host.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "volsync/options.hpp"

#include "checksum/negotiate.hpp"

#include "filter/rules.hpp"

#include "roles/destination_job.hpp"
#include "roles/examine_job.hpp"
#include "roles/generator.hpp"
#include "roles/new_file.hpp"
#include "roles/received_lists.hpp"

namespace volsync::protocol {

// Who we are here.
struct this_host {
  bool as_root = false;
  std::uint32_t user = 0;  // effective
  std::uint32_t umask = 022;
  std::function<bool(std::uint32_t)> in_group;
};

[[nodiscard]] roles::removal_time when_to_remove(options const& o);
[[nodiscard]] roles::placing_options placing_of(options const& o);
// Once it is known whether more than one entry comes. lists: not empty.
[[nodiscard]] roles::destination_request destination_request_of(options const& o, std::string const& destination,
                                                                roles::received_lists const& lists);
// Whether the user hears that the destination was made.
[[nodiscard]] bool tells_destination(roles::destination_answer const& found, options const& o,
                                     roles::received_lists const& lists);
// rules: of the receiving side. The context's `blocks` is left as it is; its `limit` is the removals', too.
[[nodiscard]] std::shared_ptr<roles::examine_context> examining_of(options const& o, this_host const& here,
                                                                   checksum::choice const& checksums,
                                                                   roles::destination_answer found,
                                                                   std::shared_ptr<filter::rule_set const> rules);
// Null: nothing is removed.
[[nodiscard]] std::shared_ptr<roles::removal_context> removals_of(options const& o, this_host const& here,
                                                                  roles::destination_answer const& found,
                                                                  std::shared_ptr<filter::rule_set const> rules,
                                                                  std::shared_ptr<roles::removal_limit> limit);

}  // namespace volsync::protocol
