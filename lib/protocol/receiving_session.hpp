// The receiving half of a run, as client (a pull) or as server (somebody pushes to us): lists, requests, files and
// goodbye, in their order.
//
// Does no I/O: bytes in, bytes out, jobs out and back in. Source: lib/wire/FORMAT.md, handshake to phases and goodbye.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "volsync/options.hpp"

#include "filter/wire_rule.hpp"

#include "wire/flist_decoder.hpp"
#include "wire/multiplex.hpp"
#include "wire/ndx.hpp"
#include "wire/stats.hpp"
#include "wire/tokens.hpp"

#include "roles/destination_job.hpp"
#include "roles/generator.hpp"
#include "roles/receiver.hpp"

#include "protocol/handshake.hpp"
#include "protocol/receiving_choices.hpp"
#include "protocol/requested_names.hpp"
#include "protocol/session.hpp"

namespace volsync::protocol {

struct receiving_setup {
  handshake_setup handshake;
  volsync::options options;
  bool we_are_server = false;
  std::vector<filter::wire_rule> rules;            // client: for the sending side; always sent
  std::shared_ptr<filter::rule_set const> filter;  // client: ours
  // server: makes a rule set of what the client sent; the text says what is wrong with it.
  std::function<result<std::shared_ptr<filter::rule_set const>>(std::vector<filter::wire_rule> const&,
                                                                std::string& text)>
      compile;
  std::shared_ptr<tree> files;
  std::string destination;  // as typed
  bool wants_progress = false;
  std::shared_ptr<requested_names const> expected;  // client: which names may come; null: any
  // Local numbers of names of users and groups; nothing: no such name here.
  std::function<std::optional<std::uint32_t>(bool user, std::string const& name)> id_of;
  this_host here;
  std::size_t workers = 1;
};

class receiving_session final : public session {
 public:
  receiving_session(receiving_setup setup, std::function<void(event&&)> tell);
  ~receiving_session() override;

  [[nodiscard]] result<void> take_input(byte_view input) override;
  [[nodiscard]] result<void> take_end() override;
  void take(roles::job_ptr step) override;
  [[nodiscard]] roles::job_ptr next_job() override;
  [[nodiscard]] result<void> advance(std::size_t room) override;
  [[nodiscard]] bytes take_output() override;
  [[nodiscard]] bool wants_input() const noexcept override;
  void keep_alive() override;
  bool say_exit(exit_code code) override;

  [[nodiscard]] bool finished() const noexcept override;
  [[nodiscard]] bool in_goodbye() const noexcept override;
  [[nodiscard]] std::optional<int> peer_exit() const noexcept override { return peer_exit_; }
  [[nodiscard]] bool peer_had_errors() const noexcept override { return peer_had_errors_; }
  [[nodiscard]] std::optional<fatal_end> fatal() const override;
  [[nodiscard]] std::int32_t io_error() const noexcept override;
  [[nodiscard]] report figures() const override;
  [[nodiscard]] std::int64_t bytes_received() const noexcept override;
  [[nodiscard]] std::string_view role() const noexcept override { return "receiver"; }
  [[nodiscard]] list_stage first_list() const noexcept override;
  [[nodiscard]] std::chrono::seconds peer_timeout() const noexcept override { return peer_timeout_; }
  [[nodiscard]] std::int32_t protocol() const noexcept override;

 private:
  enum class reading : std::uint8_t {
    rules,
    list,
    users,
    groups,
    index,
    item,
    head,
    tokens,
    digest,
    statistics,
    deletions
  };
  struct file_under_way;

  void begin_running();
  void say(event&& what);
  [[nodiscard]] result<void> take_messages();
  [[nodiscard]] result<void> take_message(wire::message const& m);
  [[nodiscard]] result<void> decode();
  [[nodiscard]] result<bool> decode_step();
  [[nodiscard]] result<bool> read_rules();
  [[nodiscard]] result<bool> read_list();
  [[nodiscard]] result<bool> read_ids(bool users);
  [[nodiscard]] result<bool> read_index();
  [[nodiscard]] result<bool> read_item();
  [[nodiscard]] result<bool> read_head();
  [[nodiscard]] result<bool> read_tokens();
  [[nodiscard]] result<bool> read_digest();
  [[nodiscard]] result<bool> read_statistics();
  [[nodiscard]] result<bool> read_deletions();
  void begin_list(roles::received_lists::filling const& filling);
  [[nodiscard]] result<void> end_list(std::int32_t io_error);
  void map_ids(flist::list& of) const;
  void note_name(bool user, std::uint32_t id, std::string const& name);
  [[nodiscard]] bool may_come(flist::list const& list, flist::slot where);
  void judge_number_of_entries();
  void look_for_destination();
  void destination_found(roles::destination_answer answer);
  void encode(roles::to_sender value);

  receiving_setup setup_;
  std::function<void(event&&)> tell_;
  handshake handshake_;
  bool running_ = false;
  agreement agreed_;
  std::int64_t raw_received_ = 0;
  wire::demultiplexer in_;
  wire::multiplexer out_;
  wire::ndx_reader ndx_in_;
  wire::ndx_writer ndx_out_;
  std::unique_ptr<wire::flist_decoder> decoder_;
  reading now_ = reading::list;
  std::vector<filter::wire_rule> read_rules_;
  std::unique_ptr<roles::received_lists> lists_;
  std::unique_ptr<roles::generator> generator_;
  std::unique_ptr<roles::receiver> receiver_;
  roles::received_lists::filling filling_;
  std::int32_t list_io_error_ = 0;
  std::unordered_map<std::uint32_t, std::uint32_t> users_, groups_;  // of the peer -> here
  std::unique_ptr<file_under_way> file_;
  std::int32_t index_ = 0;
  bool destination_asked_ = false, destination_known_ = false, one_entry_so_far_ = false;
  roles::job const* destination_running_ = nullptr;
  roles::job_ptr destination_job_;
  bool output_complete_ = false;  // the last word was encoded
  std::int64_t list_bytes_ = 0, list_began_ = 0;
  bool empty_ = false;  // a client's list without an entry: nothing else will come
  bool statistics_read_ = false;
  std::int32_t peer_io_error_ = 0;
  std::optional<fatal_end> fatal_;
  std::chrono::seconds peer_timeout_{0};
  std::optional<int> peer_exit_;
  bool peer_had_errors_ = false;
  report frozen_;
  bool frozen_now_ = false;
};

}  // namespace volsync::protocol
