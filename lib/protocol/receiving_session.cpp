// The order of the receiving half: set-up, messages, jobs and output. What is read stands in receiving_stream.cpp.
#include "protocol/receiving_session.hpp"

#include <algorithm>
#include <utility>

#include "wire/errc.hpp"
#include "wire/filter_rules.hpp"
#include "wire/items.hpp"
#include "wire/sums.hpp"

#include "protocol/errc.hpp"
#include "protocol/flist_fields.hpp"
#include "protocol/receiving_parts.hpp"

namespace volsync::protocol {
namespace {

constexpr std::size_t input_held = 4U << 20;           // undecoded bytes above which no more is read
constexpr std::int32_t longest_peer_timeout = 86'400;  // seconds

}  // namespace

receiving_session::receiving_session(receiving_setup setup, std::function<void(event&&)> tell)
    : setup_{std::move(setup)}, tell_{std::move(tell)}, handshake_{setup_.handshake} {}

receiving_session::~receiving_session() = default;

bool receiving_session::finished() const noexcept {
  return empty_ || (generator_ && generator_->finished() && output_complete_);
}
bool receiving_session::in_goodbye() const noexcept { return empty_ || (generator_ && generator_->in_goodbye()); }
std::int64_t receiving_session::bytes_received() const noexcept { return raw_received_ + in_.byte_count(); }

std::int32_t receiving_session::io_error() const noexcept {
  std::int32_t bits = peer_io_error_;
  if (generator_ && generator_->had_errors()) bits |= roles::io_error_general;
  if (receiver_ && receiver_->had_errors()) bits |= roles::io_error_general;
  if (generator_ && generator_->removals_refused() > 0) bits |= roles::io_error_delete_limit;
  // The sender says why it refuses a file; should it not, the run is incomplete all the same.
  if (bits == 0 && receiver_ && receiver_->refused_files() > 0) bits |= roles::io_error_general;
  return bits;
}

std::optional<fatal_end> receiving_session::fatal() const {
  if (fatal_) return fatal_;
  if (generator_ && !generator_->fatal().empty()) return fatal_end{exit_code::syntax, generator_->fatal()};
  if (receiver_ && !receiver_->disk_full().empty()) return fatal_end{exit_code::file_io, receiver_->disk_full()};
  return std::nullopt;
}

bool receiving_session::wants_input() const noexcept {
  if (!running_) return true;
  return in_.data().size() < input_held && (!receiver_ || receiver_->wants_input());
}

void receiving_session::keep_alive() {
  if (running_) out_.keep_alive();
}

// A client ends its server; a server's client would only see a closed connection.
bool receiving_session::say_exit(exit_code code) {
  if (!running_ || !setup_.we_are_server || peer_exit_ || !wire::has_error_exit(agreed_.features)) return false;
  out_.put_message(wire::tag::error_exit, static_cast<std::int32_t>(code));
  return true;
}

session::list_stage receiving_session::first_list() const noexcept {
  if (!running_) return list_stage::none;
  return lists_->open() == 0 && lists_->entries() == 0 ? list_stage::being_sent : list_stage::sent;
}

std::int32_t receiving_session::protocol() const noexcept {
  return running_ ? agreed_.features.protocol : setup_.handshake.protocol;
}

bytes receiving_session::take_output() {
  bytes all = handshake_.take_output();
  if (running_) {
    if (all.empty()) return out_.take_output();
    append(all, out_.take_output());
  }
  return all;
}

report receiving_session::figures() const {
  report r = receiver_ ? receiver_->figures() : report{};
  r.dry_run = setup_.options.dry_run;
  if (lists_) {
    r.files = lists_->counts();
    r.total_size = lists_->total_size();
  }
  if (generator_) r.deleted = generator_->deleted();
  r.deleted_known = wire::has_delete_stats(agreed_.features);
  r.list_size = list_bytes_;
  r.sent = frozen_now_ ? frozen_.sent : out_.byte_count();
  r.received = frozen_now_ ? frozen_.received : in_.byte_count();
  r.list_generation = frozen_.list_generation;
  r.list_transfer = frozen_.list_transfer;
  if (statistics_read_) r.total_size = frozen_.total_size;
  return r;
}

// --- set-up ------------------------------------------------------------------------------------------------------

result<void> receiving_session::take_input(byte_view input) {
  if (!running_) {
    auto const used = handshake_.take(input);
    if (!used) return used.error();
    raw_received_ += static_cast<std::int64_t>(*used);
    input = input.subspan(*used);
    if (!handshake_.agreed()) return {};
    begin_running();
    if (input.empty()) return {};
  }
  if (auto const fed = in_.feed(input); !fed) return fed.error();
  if (auto const read = take_messages(); !read) return read.error();
  return decode();
}

result<void> receiving_session::take_end() {
  if (finished() || peer_exit_) return {};
  return protocol_errc::closed_early;
}

void receiving_session::begin_running() {
  running_ = true;
  agreed_ = *handshake_.agreed();
  options const& o = setup_.options;
  bool const incremental = wire::is_incremental(agreed_.features);
  decoder_ = std::make_unique<wire::flist_decoder>(agreed_.features, flist_fields(o, o.relative, agreed_));
  lists_ = std::make_unique<roles::received_lists>(incremental);

  roles::generator_options how;
  how.incremental = incremental;
  how.removal = when_to_remove(o);
  how.ignore_errors = o.ignore_errors;
  how.sends_delete_counts =
      wire::has_delete_stats(agreed_.features) && (how.removal != roles::removal_time::never || o.force);
  how.goodbye_answered = wire::goodbye_is_answered(agreed_.features);
  how.workers = setup_.workers;
  auto const tell = [this](event&& what) { say(std::move(what)); };
  generator_ = std::make_unique<roles::generator>(how, *lists_, tell);

  roles::receiver_options writing;
  writing.files = {placing_of(o), agreed_.checksums.transfer};
  writing.dry_run = o.dry_run;
  writing.tell_items = !setup_.we_are_server;
  writing.tell_progress = !setup_.we_are_server && setup_.wants_progress;
  writing.workers = setup_.workers;
  receiver_ = std::make_unique<roles::receiver>(writing, *lists_, *generator_, tell);

  if (setup_.we_are_server) {
    bool const rules_come = how.removal != roles::removal_time::never;
    now_ = rules_come ? reading::rules : reading::list;
  } else {
    [[maybe_unused]] auto const written = wire::write_filter_rules(out_.stream(), setup_.rules);
    phase begun;
    begun.what = phase::step::list_started;
    begun.incremental = incremental;
    say(std::move(begun));
  }
  if (auto const first = lists_->begin()) begin_list(*first);
}

// A client tells its user; a server tells its client, who tells the user.
void receiving_session::say(event&& what) {
  if (!setup_.we_are_server) return tell_(std::move(what));
  if (auto const* gone = std::get_if<item>(&what)) {
    std::string name = gone->name;
    if (S_ISDIR(gone->mode)) name.push_back('\0');
    out_.put_message(wire::tag::deleted, as_bytes(name));
  } else if (auto const* line = std::get_if<message>(&what); line != nullptr && line->what == message::level::info) {
    out_.put_message(wire::tag::info, as_bytes(std::string_view{line->text + "\n"}.substr(0, wire::max_text)));
  } else {
    tell_(std::move(what));
  }
}

// The destination can be judged when it is known whether more than one entry comes.
void receiving_session::look_for_destination() {
  if (std::exchange(destination_asked_, true)) return;
  // Without an entry there is nothing to make a destination for, and nothing to remove anything in.
  if (lists_->entries() == 0) return destination_found({});
  auto what = destination_request_of(setup_.options, setup_.destination, *lists_);
  destination_job_ = std::make_unique<roles::destination_job>(setup_.files, std::move(what));
}

void receiving_session::destination_found(roles::destination_answer answer) {
  if (answer.code != exit_code::success) {
    fatal_ = fatal_end{answer.code, std::move(answer.text)};
    return;
  }
  if (tells_destination(answer, setup_.options, *lists_))
    say(message{message::level::info, std::move(answer.notice), false});
  auto const where = answer.where;
  if (!answer.single_name.empty()) lists_->name_only(answer.single_name);
  auto context = examining_of(setup_.options, setup_.here, agreed_.checksums, answer, setup_.filter);
  auto removals = removals_of(setup_.options, setup_.here, answer, setup_.filter, context->limit);
  context->blocks = checksum::block_digest{agreed_.checksums.transfer, agreed_.seed, agreed_.seed_place};
  receiver_->begin(where, answer.temp_dir);
  bool const root_is_new = context->root_is_new;
  generator_->begin(std::move(context), std::move(removals), root_is_new);
  destination_known_ = true;
}

// --- messages ----------------------------------------------------------------------------------------------------

result<void> receiving_session::take_messages() {
  while (auto m = in_.next_message()) {
    if (auto const taken = take_message(*m); !taken) return taken.error();
  }
  return {};
}

result<void> receiving_session::take_message(wire::message const& m) {
  auto const speak = [&](message::level level) {
    std::string text{m.text()};
    while (!text.empty() && text.back() == '\n') text.pop_back();
    tell_(message{level, std::move(text), true});
  };
  switch (m.kind) {
    case wire::tag::info:
      speak(message::level::info);
      return {};
    case wire::tag::warning:
      speak(message::level::warning);
      return {};
    case wire::tag::error:
      speak(message::level::error);
      return {};
    case wire::tag::error_xfer:
      peer_had_errors_ = true;
      speak(message::level::error);
      return {};
    case wire::tag::io_error:
      peer_io_error_ |= m.number() & roles::io_error_all;
      generator_->add_io_error(m.number() & roles::io_error_all);
      return {};
    case wire::tag::no_send:
      // It may overtake the answers to earlier requests, but not the lists.
      return receiver_->refused(m.number());
    case wire::tag::error_exit:
      if (m.payload.empty()) return {};
      peer_exit_ = m.number();
      out_.put_message(wire::tag::error_exit);
      return {};
    case wire::tag::noop:
      if (wire::answers_noop(agreed_.features)) out_.keep_alive();
      return {};
    case wire::tag::io_timeout:
      if (m.number() > 0 && m.number() <= longest_peer_timeout) peer_timeout_ = std::chrono::seconds{m.number()};
      return {};
    case wire::tag::data:
      return {};
    case wire::tag::deleted:
    case wire::tag::success:
      return protocol_errc::unexpected_message;
  }
  return protocol_errc::unexpected_message;
}

// --- jobs and output ---------------------------------------------------------------------------------------------

void receiving_session::take(roles::job_ptr step) {
  if (step.get() == destination_running_) {
    destination_running_ = nullptr;
    destination_found(static_cast<roles::destination_job&>(*step).take_answer());
    return;
  }
  if (!receiver_->take(step)) generator_->take(std::move(step));
}

roles::job_ptr receiving_session::next_job() {
  if (!running_) return nullptr;
  if (destination_job_) {
    destination_running_ = destination_job_.get();
    return std::move(destination_job_);
  }
  if (!destination_known_ || fatal()) return nullptr;
  if (auto job = receiver_->next_job()) return job;
  return generator_->next_job();
}

result<void> receiving_session::advance(std::size_t room) {
  if (!running_) return {};
  if (auto const decoded = decode(); !decoded) return decoded.error();
  while (out_.backlog() < room && !peer_exit_) {
    auto value = generator_->next();
    if (!value) {
      output_complete_ = generator_->finished();
      break;
    }
    encode(std::move(*value));
  }
  return {};
}

void receiving_session::encode(roles::to_sender value) {
  auto& out = out_.stream();
  if (auto const* wanted = std::get_if<roles::request>(&value)) {
    ndx_out_.write(out, flist::raw(wanted->n));
    wire::write_item(out, {flist::raw(wanted->n), wanted->flags, wanted->basis, wanted->xname});
    if ((wanted->flags & flist::item::transfer) == 0 || setup_.options.dry_run) return;
    wire::write_sum_head(out, wanted->head);
    if (wanted->sums) wire::write_block_sums(out, *wanted->sums);
  } else if (std::holds_alternative<roles::list_done>(value)) {
    ndx_out_.write(out, wire::ndx_done);
  } else if (auto const* counts = std::get_if<roles::delete_counts>(&value)) {
    ndx_out_.write(out, wire::ndx_del_stats);
    wire::write_delete_stats(out, counts->counts);
  }
}

}  // namespace volsync::protocol
