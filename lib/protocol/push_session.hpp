// A push from the client's side: handshake, frames, messages, lists, files and goodbye, in their order.
//
// Does no I/O: bytes in, bytes out, jobs out and back in. Source: lib/wire/FORMAT.md, handshake to phases and goodbye.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "checksum/negotiate.hpp"
#include "filter/wire_rule.hpp"
#include "protocol/session.hpp"
#include "roles/operands.hpp"
#include "roles/sender.hpp"
#include "roles/tree_lister.hpp"
#include "volsync/events.hpp"
#include "volsync/options.hpp"
#include "wire/flist_encoder.hpp"
#include "wire/multiplex.hpp"
#include "wire/ndx.hpp"
#include "wire/sums.hpp"

namespace volsync::protocol {

struct push_setup {
  volsync::options options;
  bool may_recurse_incrementally = true;            // our letters had an `i`
  bytes first_input;                                // -s: the arguments, before everything else
  std::optional<std::int32_t> version;              // agreed before (a daemon's greeting); none: versions are exchanged
  std::optional<checksum::choice> checksums;        // --checksum-choice; none: negotiated
  std::string checksum_restriction;                 // RSYNC_CHECKSUM_LIST
  std::vector<filter::wire_rule> rules;
  bool sends_rules = false;
  std::shared_ptr<filter::rule_set const> filter;
  std::shared_ptr<fs::source_roots> roots;
  fs::scan_options scan;
  roles::operand_options operands;
  roles::id_lookup names;
  std::size_t workers = 1;
};

class push_session final : public session {
 public:
  push_session(push_setup setup, std::function<void(event&&)> tell);
  ~push_session() override;

  [[nodiscard]] result<void> take_input(byte_view input) override;
  [[nodiscard]] result<void> take_end() override;
  [[nodiscard]] bool wants_input() const noexcept override;
  [[nodiscard]] roles::job_ptr next_job() override;
  void take(roles::job_ptr step) override;
  [[nodiscard]] result<void> advance(std::size_t room) override;
  [[nodiscard]] bytes take_output() override;
  void keep_alive() override;

  [[nodiscard]] bool finished() const noexcept override;
  [[nodiscard]] bool in_goodbye() const noexcept override;
  [[nodiscard]] std::optional<int> peer_exit() const noexcept override { return peer_exit_; }
  [[nodiscard]] std::chrono::seconds peer_timeout() const noexcept override { return peer_timeout_; }
  [[nodiscard]] list_stage first_list() const noexcept override { return first_list_; }
  [[nodiscard]] bool peer_had_errors() const noexcept override { return peer_had_errors_; }
  [[nodiscard]] std::optional<fatal_end> fatal() const override;
  [[nodiscard]] std::int32_t io_error() const noexcept override;
  [[nodiscard]] report figures() const override;
  [[nodiscard]] std::int64_t bytes_received() const noexcept override;
  [[nodiscard]] std::int32_t protocol() const noexcept override { return features_.protocol; }
  [[nodiscard]] std::string_view role() const noexcept override { return "sender"; }

 private:
  enum class state : std::uint8_t { version, compat, names, seed, running };
  struct partial_request;                           // a record of which not all has come
  struct list_under_way { roles::segment what; std::uint32_t at = 0; std::size_t mention = 0; };

  [[nodiscard]] result<bool> handshake_step();
  void after_compat();
  void begin_running(std::int32_t seed);
  [[nodiscard]] result<void> take_messages();
  [[nodiscard]] result<void> take_message(wire::message const& m);
  [[nodiscard]] result<void> decode();
  [[nodiscard]] result<bool> decode_step();
  void encode(roles::from_sender value);
  void encode_file(roles::file_data const& data);
  void encode_list();
  void encode_ids();
  void begin_list(roles::segment what);

  push_setup setup_;
  std::function<void(event&&)> tell_;
  state at_ = state::version;
  wire::features features_;
  checksum::choice checksums_;
  std::string offered_;
  bytes raw_in_;                                    // handshake bytes not yet understood
  std::size_t raw_used_ = 0;
  bytes raw_out_;
  std::int64_t raw_received_ = 0;
  wire::demultiplexer in_;
  wire::multiplexer out_;
  wire::ndx_reader ndx_in_;
  wire::ndx_writer ndx_out_;
  std::unique_ptr<wire::flist_encoder> encoder_;
  std::unique_ptr<roles::sender> sender_;
  std::shared_ptr<roles::tree_lister const> lister_;
  std::unique_ptr<partial_request> partial_;
  std::optional<list_under_way> list_;
  list_stage first_list_ = list_stage::none;
  roles::job_ptr first_job_;                        // lists the arguments
  roles::job const* first_job_running_ = nullptr;
  std::optional<int> peer_exit_;
  std::chrono::seconds peer_timeout_{0};
  bool peer_had_errors_ = false;
  report frozen_;
  bool counters_frozen_ = false;
};

}  // namespace volsync::protocol
