// Values that travel between generator and sender. No bytes here: `protocol` puts them on the wire.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "volsync/report.hpp"

#include "base/bytes.hpp"

#include "checksum/strong.hpp"

#include "flist/item_flags.hpp"
#include "flist/list.hpp"

#include "delta/signature.hpp"
#include "delta/tokens.hpp"

namespace volsync::roles {

// One record of the generator about an entry. With the transfer flag (and no dry run) it asks for the file: `head` and
// `sums` then describe the basis.
struct request {
  flist::ndx n{};
  flist::item_flags flags = 0;
  std::optional<std::uint8_t> basis;  // basis type byte, if sent
  std::optional<std::string> xname;   // raw, from the peer
  delta::sum_head head;
  std::shared_ptr<delta::signature const> sums;  // null: no basis
};
struct apply_outcome;  // roles/new_file.hpp
struct list_done {};   // NDX_DONE
struct delete_counts {
  entry_counts counts;
};

using to_sender = std::variant<request, list_done, delete_counts>;

// A list as the sender transmits it.
struct name_mention {  // the first mention of an id in the session, for inline names
  flist::slot where{};
  bool user = false, group = false;
  std::string user_name, group_name;
};
struct segment {
  std::shared_ptr<flist::list> list;  // numbered from position 0
  std::int32_t ndx_start = 0;         // wire index of position 0
  std::int32_t directory = -1;        // index in the directory table; -1 for the first list
  std::int32_t io_error = 0;
  std::vector<name_mention> names;  // in transmission order
};
struct last_segment {};  // NDX_FLIST_EOF
struct item_echo {
  request what;
};  // not a transfer (or a dry run): sent back as it came

// What one step of a file job made: parts of files, in the order of the requests.
struct file_part {
  std::uint32_t index = 0;  // which request of the job
  bool begins = false;      // the reply head comes first
  bool ends = false;        // then the end of tokens and the digest
  bool refused = false;     // the file cannot be sent; nothing else is set
  delta::token_batch tokens;
  checksum::digest digest;  // if `ends`
  // Made on the spot instead: no tokens, no digest.
  std::int64_t copied = 0;                    // bytes of the file so far
  std::shared_ptr<apply_outcome const> made;  // if `ends`: what became of it
};
struct file_data {
  std::shared_ptr<std::vector<request> const> requests;
  std::vector<file_part> parts;
};
struct io_error_bits {
  std::int32_t bits = 0;
};

using from_sender = std::variant<segment, last_segment, item_echo, file_data, list_done, io_error_bits, delete_counts>;

// Bits of the I/O error word. Source: lib/wire/FORMAT.md, messages.
inline constexpr std::int32_t io_error_general = 1, io_error_vanished = 2, io_error_delete_limit = 4;
inline constexpr std::int32_t io_error_all = 7;

}  // namespace volsync::roles
