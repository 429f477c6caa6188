// Which fields the entries of a file list have under these options.
#pragma once

#include "volsync/options.hpp"

#include "wire/flist_options.hpp"

#include "protocol/handshake.hpp"

namespace volsync::protocol {

// relative: -R in effect (--files-from turns it on).
[[nodiscard]] inline wire::flist_options flist_fields(options const& o, bool relative, agreement const& agreed) {
  wire::flist_options fields;
  fields.links = o.links;
  fields.devices = o.devices;
  fields.specials = o.specials;
  fields.owner = o.owner;
  fields.group = o.group;
  fields.hard_links = o.hard_links;
  fields.checksum = o.checksum;
  fields.numeric_ids = o.numeric_ids;
  fields.incremental = wire::is_incremental(agreed.features);
  fields.relative = relative;
  fields.checksum_length = checksum::digest_length(agreed.checksums.flist);
  return fields;
}

}  // namespace volsync::protocol
