// Reads a captured session value by value and writes each value again, so that both can be compared.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flist/list.hpp"

#include "wire/features.hpp"
#include "wire/filter_rules.hpp"
#include "wire/flist_decoder.hpp"
#include "wire/flist_encoder.hpp"
#include "wire/id_list.hpp"
#include "wire/items.hpp"
#include "wire/multiplex.hpp"
#include "wire/ndx.hpp"
#include "wire/stats.hpp"
#include "wire/sums.hpp"
#include "wire/tokens.hpp"

namespace volsync::wire {

// What both ends know of a session without its bytes: the options of its command.
struct session_facts {
  bool pull = false;
  bool filters = false;  // the client sends a filter list
  bool dry_run = false;
  bool negotiates = true;  // no --checksum-choice
  std::size_t digest_length = 16;
  flist_options options;
};
// Of a golden session. Fails the test for a name that it does not know.
session_facts facts_of(std::string const& name);

// One direction without frames, from the filter list on. Feed it in any split.
class stream_reader {
 public:
  enum class end : std::uint8_t { sender, generator };
  stream_reader(session_facts const& facts, features const& agreed, end whose, bool from_client);

  // Appends, and reads as far as it goes. Fails the test at an error.
  void feed(byte_view data);
  // Nothing is left over, inside or between values.
  [[nodiscard]] bool at_end() const { return pending_.empty() && step_ == step::index; }
  // All values, encoded again.
  bytes again;

  // What was read.
  std::vector<filter::wire_rule> rules;
  std::vector<std::unique_ptr<flist::list>> lists;
  std::vector<std::int32_t> list_starts;
  std::vector<std::int32_t> list_ends;  // their I/O errors
  std::vector<std::vector<id_name>> id_lists;
  std::vector<item_record> items;
  std::vector<delta::signature> signatures;
  std::vector<std::string> contents;  // literal bytes of each file
  std::vector<std::vector<std::int32_t>> matches;
  std::vector<std::string> digests;
  std::vector<entry_counts> deletions;
  std::vector<statistics> figures;
  int done = 0;
  bool eof = false;
  // The bytes of all values of a kind: "flist", "filter_rules", "id_list", "items", "sums", "tokens", "statistics".
  std::map<std::string, bytes> slices;

 private:
  enum class step : std::uint8_t { rules, list, ids, index, item, head, sums, content, digest, deletions, figures };
  [[nodiscard]] result<void> next(cursor& in);
  [[nodiscard]] result<void> read_rule(cursor& in);
  [[nodiscard]] result<void> read_entry(cursor& in);
  [[nodiscard]] result<void> read_id(cursor& in);
  [[nodiscard]] result<void> read_index(cursor& in);
  [[nodiscard]] result<void> read_record(cursor& in);
  [[nodiscard]] result<void> read_head(cursor& in);
  [[nodiscard]] result<void> read_sums(cursor& in);
  [[nodiscard]] result<void> read_token(cursor& in);
  [[nodiscard]] result<void> read_digest(cursor& in);
  [[nodiscard]] result<void> read_deletions(cursor& in);
  [[nodiscard]] result<void> read_figures(cursor& in);
  void begin_list();
  void end_list();

  session_facts facts_;
  features features_;
  end whose_;
  step step_;
  bytes pending_;
  writer out_{again};
  flist_decoder decoder_;
  flist_encoder encoder_;
  ndx_reader ndx_in_;
  ndx_writer ndx_out_;
  std::int32_t item_ndx_ = 0;
  std::size_t open_ids_ = 0;
  std::optional<signature_reader> signature_;
  std::optional<token_reader> tokens_;
  std::string literal_;  // since the last match
};

// Both directions of a golden session.
struct session {
  explicit session(std::string const& name);

  session_facts facts;
  features agreed;
  std::string client_names, server_names;
  std::int32_t seed = 0;
  bytes client_frames, server_frames;  // all bytes after the handshake
  bytes client_stream, server_stream;  // without frames
  std::vector<message> client_messages, server_messages;
  [[nodiscard]] stream_reader client_reader() const;
  [[nodiscard]] stream_reader server_reader() const;
};

}  // namespace volsync::wire
