// The sending half, as client (a push) or as server (somebody pulls): handshake, lists, files and goodbye, in their
// order.
//
// A server hears the client's rules and names first, tells its lines through the client or on its standard error, and
// ends with figures. Does no I/O. Source: lib/wire/FORMAT.md, handshake to phases and goodbye.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "volsync/events.hpp"
#include "volsync/options.hpp"

#include "base/bytes.hpp"

#include "checksum/negotiate.hpp"

#include "filter/command_line.hpp"
#include "filter/errc.hpp"

#include "wire/flist_encoder.hpp"
#include "wire/multiplex.hpp"
#include "wire/ndx.hpp"
#include "wire/sums.hpp"

#include "roles/operands.hpp"
#include "roles/sender.hpp"
#include "roles/tree_lister.hpp"

#include "protocol/handshake.hpp"
#include "protocol/opening.hpp"
#include "protocol/session.hpp"

namespace volsync::protocol {

struct sending_setup {
  volsync::options options;
  handshake_setup handshake;  // side, version, letters or flags, seed, checksums
  // Client.
  std::vector<filter::wire_rule> rules;
  bool sends_rules = false;
  std::shared_ptr<filter::rule_set const> filter;
  // Server.
  bool hears_names = false;                          // --files-from: the names come from the client
  filter::sources rule_files;                        // for -C
  std::function<std::chrono::milliseconds()> clock;  // any origin; for the figures at the end
  // Either.
  std::shared_ptr<fs::source_roots> roots;
  fs::scan_options scan;
  roles::operand_options operands;
  roles::id_lookup names;
  std::size_t workers = 1;
};

class sending_session final : public session {
 public:
  sending_session(sending_setup setup, std::function<void(event&&)> tell);
  ~sending_session() override;

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
  [[nodiscard]] std::int32_t protocol() const noexcept override {
    return first_words_.agreed() ? agreed_.features.protocol : setup_.handshake.protocol;
  }
  [[nodiscard]] std::string_view role() const noexcept override { return "sender"; }

 private:
  enum class state : std::uint8_t { handshake, opening, running };
  struct partial_request;  // a record of which not all has come
  struct list_under_way {
    roles::segment what;
    std::uint32_t at = 0;
    std::size_t mention = 0;
  };

  [[nodiscard]] bool serves() const noexcept { return setup_.handshake.server; }
  [[nodiscard]] result<void> take_words(byte_view input);
  [[nodiscard]] result<void> take_opening(byte_view input);
  [[nodiscard]] result<void> read_opening();
  void begin();
  void begin_sending();
  void use_opening();
  void tell_as_server(event&& what);
  void say(wire::tag kind, std::string text);
  void reached(list_stage stage);
  [[nodiscard]] result<void> take_messages();
  [[nodiscard]] result<void> take_message(wire::message const& m);
  [[nodiscard]] result<void> decode();
  [[nodiscard]] result<bool> decode_step();
  void encode(roles::from_sender value);
  void encode_file(roles::file_data const& data);
  void encode_list();
  void encode_ids();
  void begin_list(roles::segment what);
  void end_list();
  void freeze_counters();

  sending_setup setup_;
  std::function<void(event&&)> tell_;
  std::function<void(event&&)> outward_;  // the caller's
  state at_ = state::handshake;
  handshake first_words_;
  agreement agreed_;
  opening opening_;
  bytes raw_out_;                  // of the handshake, not yet taken
  std::int64_t raw_received_ = 0;  // bytes outside of frames
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
  roles::job_ptr first_job_;  // lists the arguments
  roles::job const* first_job_running_ = nullptr;
  std::optional<int> peer_exit_;
  std::chrono::seconds peer_timeout_{0};
  bool peer_had_errors_ = false;
  report frozen_;
  bool counters_frozen_ = false;
  bool nothing_listed_ = false;  // the first list is empty
  bool over_ = false;            // server: nothing was listed, so there is nothing to say
  std::optional<fatal_end> fatal_;
  std::chrono::milliseconds list_begun_{0}, list_made_{0}, list_sent_{0};
};

}  // namespace volsync::protocol
