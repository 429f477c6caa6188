// What the sending half hears: the first words, rules and names, messages and requests.
#include "protocol/sending_session.hpp"

#include <algorithm>
#include <utility>

#include "text/sentences.hpp"

#include "wire/errc.hpp"
#include "wire/filter_rules.hpp"
#include "wire/items.hpp"

#include "roles/source_parts.hpp"

#include "protocol/errc.hpp"
#include "protocol/flist_fields.hpp"

namespace volsync::protocol {
namespace {

constexpr std::int32_t longest_peer_timeout = 86400;  // seconds
constexpr std::size_t input_held = 4U << 20;          // undecoded bytes above which no more is read

}  // namespace

struct sending_session::partial_request {
  std::optional<std::int32_t> ndx;
  std::optional<roles::request> wanted;        // its record was read
  std::optional<wire::signature_reader> sums;  // its head was read
  void reset() {
    ndx.reset();
    wanted.reset();
    sums.reset();
  }
};

sending_session::sending_session(sending_setup setup, std::function<void(event&&)> tell)
    : setup_{std::move(setup)},
      outward_{std::move(tell)},
      first_words_{setup_.handshake},
      opening_{setup_.hears_names},
      partial_{std::make_unique<partial_request>()} {
  tell_ = serves() ? [this](event&& what) { tell_as_server(std::move(what)); } : outward_;
  raw_out_ = first_words_.take_output();
}

sending_session::~sending_session() = default;

bool sending_session::finished() const noexcept {
  // A client that leaves with a code does not wait for its server.
  if (serves() && (over_ || peer_exit_)) return true;
  return sender_ && sender_->finished();
}
bool sending_session::in_goodbye() const noexcept { return sender_ && sender_->in_goodbye(); }
std::optional<fatal_end> sending_session::fatal() const {
  if (fatal_) return fatal_;
  if (!sender_ || sender_->lists().fatal().empty()) return std::nullopt;
  return fatal_end{sender_->lists().fatal().code, sender_->lists().fatal().text};
}
std::int32_t sending_session::io_error() const noexcept { return sender_ ? sender_->io_error() : 0; }
std::int64_t sending_session::bytes_received() const noexcept { return raw_received_ + in_.byte_count(); }

bool sending_session::wants_input() const noexcept {
  if (at_ != state::running) return in_.data().size() < input_held;
  return in_.data().size() < input_held && sender_->wants_input();
}

void sending_session::keep_alive() {
  if (at_ == state::running && !list_) out_.keep_alive();
}

bytes sending_session::take_output() {
  if (raw_out_.empty()) return out_.take_output();
  bytes all = std::exchange(raw_out_, {});
  append(all, out_.take_output());
  return all;
}

report sending_session::figures() const {
  report r = counters_frozen_ ? frozen_ : sender_ ? sender_->figures() : report{};
  if (!counters_frozen_) {
    r.sent = out_.byte_count();
    r.received = in_.byte_count();
  } else if (sender_) {
    r.deleted = sender_->figures().deleted;
  }
  r.list_size = 0;  // what rsync's client says of a list that it sends
  r.deleted_known = wire::has_delete_stats(agreed_.features);
  return r;
}

// --- the first words ---------------------------------------------------------------------------------------------

result<void> sending_session::take_input(byte_view input) {
  if (at_ == state::handshake) return take_words(input);
  if (at_ == state::opening) return take_opening(input);
  if (auto const fed = in_.feed(input); !fed) return fed.error();
  if (auto const read = take_messages(); !read) return read.error();
  return decode();
}

result<void> sending_session::take_words(byte_view input) {
  auto const used = first_words_.take(input);
  append(raw_out_, first_words_.take_output());
  if (!used) return used.error();
  raw_received_ += static_cast<std::int64_t>(*used);
  if (!first_words_.agreed()) return {};
  agreed_ = *first_words_.agreed();
  begin();
  return *used == input.size() ? result<void>{} : take_input(input.subspan(*used));
}

void sending_session::begin() {
  if (serves()) {
    at_ = state::opening;
    return;
  }
  begin_sending();
  if (setup_.sends_rules) {
    // Rules too long for the wire were refused when they were compiled.
    [[maybe_unused]] auto const written = wire::write_filter_rules(out_.stream(), setup_.rules);
  }
}

// Server: the client's rules, and perhaps names. Below protocol 31 names stand between two frames, not in one, so what
// comes is looked at byte by byte until their place is found.
result<void> sending_session::take_opening(byte_view input) {
  bool const framed = !setup_.hears_names || wire::names_from_are_framed(agreed_.features);
  while (!input.empty() && at_ == state::opening) {
    if (!framed && opening_.rules_done()) {
      auto const used = opening_.take_names(input);
      if (!used) return used.error();
      raw_received_ += static_cast<std::int64_t>(*used);
      input = input.subspan(*used);
    } else {
      auto const piece = framed ? input : input.first(1);
      input = input.subspan(piece.size());
      if (auto const fed = in_.feed(piece); !fed) return fed.error();
      if (auto const read = take_messages(); !read) return read.error();
      if (auto const read = read_opening(); !read) return read.error();
      if (!framed && opening_.rules_done() && !in_.data().empty()) return protocol_errc::unexpected_message;
    }
    if (opening_.complete()) use_opening();
  }
  if (at_ != state::running) return {};
  return input.empty() ? decode() : take_input(input);
}

result<void> sending_session::read_opening() {
  wire::cursor in{in_.data()};
  auto const read = opening_.read_rules(in);
  in_.consume(in.position());
  if (!read) return read.error();
  if (!opening_.rules_done() || opening_.complete() || !wire::names_from_are_framed(agreed_.features)) return {};
  auto const used = opening_.take_names(in_.data());
  if (!used) return used.error();
  in_.consume(*used);
  return {};
}

void sending_session::use_opening() {
  std::string text;
  auto const rules = filter::compile_received(opening_.rules(), setup_.options, setup_.rule_files, text);
  if (!rules) {
    fatal_ = fatal_end{filter::exit_code_of(rules.error()), std::move(text)};
    setup_.filter = std::make_shared<filter::rule_set const>();
  } else {
    setup_.filter = *rules;
  }
  if (setup_.hears_names) setup_.operands.names = opening_.names();
  begin_sending();
}

void sending_session::begin_sending() {
  at_ = state::running;
  options const& o = setup_.options;
  bool const incremental = wire::is_incremental(agreed_.features);
  auto const fields = flist_fields(o, setup_.operands.relative, agreed_);
  encoder_ = std::make_unique<wire::flist_encoder>(agreed_.features, fields);

  roles::lister_options listing;
  listing.scan = setup_.scan;
  listing.hard_links = o.hard_links;
  if (o.checksum) listing.digest = agreed_.checksums.flist;
  lister_ = std::make_shared<roles::tree_lister const>(setup_.roots, listing);

  roles::sender_options how;
  how.list.incremental = incremental;
  how.list.hard_links = o.hard_links;
  how.list.names_inline = incremental && !o.numeric_ids;
  how.list.owner = o.owner;
  how.list.group = o.group;
  how.list.report_io_errors = !o.ignore_errors;
  how.files.algorithm = agreed_.checksums.transfer;
  how.files.seed = agreed_.seed;
  how.files.seed_place = agreed_.seed_place;
  how.files.in_place = o.inplace;
  how.dry_run = o.dry_run;
  how.goodbye_answered = wire::goodbye_is_answered(agreed_.features);
  how.serves = serves();
  how.workers = setup_.workers;
  auto parts = roles::parts_over(setup_.roots, lister_);
  parts.names = setup_.names;
  sender_ = std::make_unique<roles::sender>(how, std::move(parts), tell_);

  setup_.operands.incremental = incremental;
  first_job_ = std::make_unique<roles::operand_job>(lister_, setup_.operands, setup_.filter);
  reached(list_stage::being_made);
  phase begun;
  begun.what = phase::step::list_started;
  begun.incremental = incremental;
  tell_(std::move(begun));
}

// --- what a server tells -------------------------------------------------------------------------------------------

// Lines for the user travel to the client; errors go there or to our standard error, as the client wishes. What happens
// to entries the client sees itself.
void sending_session::tell_as_server(event&& what) {
  bool const in_band = setup_.options.errors_to == options::stderr_mode::client;
  if (auto const* line = std::get_if<message>(&what)) {
    bool const info = line->what == message::level::info;
    if (info && setup_.options.errors_to != options::stderr_mode::all) return say(wire::tag::info, line->text);
    if (!in_band) return outward_(std::move(what));
    say(line->what == message::level::error ? wire::tag::error_xfer : wire::tag::warning, line->text);
  } else if (auto const* trouble = std::get_if<problem>(&what)) {
    if (!in_band) return outward_(std::move(what));
    say(trouble->vanished ? wire::tag::warning : wire::tag::error_xfer, text::problem_line(*trouble));
  }
}

void sending_session::say(wire::tag kind, std::string text) {
  text.resize(std::min(text.size(), wire::max_text - 1));
  text += '\n';
  out_.put_message(kind, as_bytes(text));
}

// --- what the peer says ------------------------------------------------------------------------------------------

result<void> sending_session::take_end() {
  if (finished() || peer_exit_) return {};
  return protocol_errc::closed_early;
}

result<void> sending_session::take_messages() {
  while (auto m = in_.next_message()) {
    if (auto const taken = take_message(*m); !taken) return taken.error();
  }
  return {};
}

result<void> sending_session::take_message(wire::message const& m) {
  auto const say = [&](message::level level) {
    std::string text{m.text()};
    while (!text.empty() && text.back() == '\n') text.pop_back();
    tell_(message{level, std::move(text), true});
  };
  // A client has nothing to say to its server's user.
  if (serves() && m.kind != wire::tag::error_exit && m.kind != wire::tag::noop && m.kind != wire::tag::data) {
    return protocol_errc::unexpected_message;
  }
  switch (m.kind) {
    case wire::tag::info:
      say(message::level::info);
      return {};
    case wire::tag::warning:
      say(message::level::warning);
      return {};
    case wire::tag::error:
      say(message::level::error);
      return {};
    case wire::tag::error_xfer:
      peer_had_errors_ = true;
      say(message::level::error);
      return {};
    case wire::tag::deleted: {
      item gone;
      gone.what = item::action::remove;
      gone.name = m.text();
      gone.mode = S_IFREG;
      if (!gone.name.empty() && gone.name.back() == '\0') {
        gone.name.pop_back();
        gone.mode = S_IFDIR;
      }
      tell_(std::move(gone));
      return {};
    }
    case wire::tag::error_exit:
      // Without a code the peer answers ours; with one it is told that we know.
      if (m.payload.empty()) return {};
      peer_exit_ = m.number();
      out_.put_message(wire::tag::error_exit);
      return {};
    case wire::tag::noop:
      if (wire::answers_noop(agreed_.features)) out_.keep_alive();
      return {};
    case wire::tag::data:
      return {};
    case wire::tag::io_timeout:
      if (m.number() > 0 && m.number() <= longest_peer_timeout) peer_timeout_ = std::chrono::seconds{m.number()};
      return {};
    case wire::tag::io_error:
    case wire::tag::success:
    case wire::tag::no_send:
      return protocol_errc::unexpected_message;
  }
  return protocol_errc::unexpected_message;
}

result<void> sending_session::decode() {
  while (sender_->wants_input() && !in_.data().empty() && !peer_exit_) {
    auto const more = decode_step();
    if (!more) {
      if (more.error() == make_error_code(wire::wire_errc::truncated)) break;
      return more.error();
    }
  }
  sender_->pause();
  return {};
}

// One value, or as much of it as has come.
result<bool> sending_session::decode_step() {
  wire::cursor in{in_.data()};
  auto const consume = [&] { in_.consume(in.position()); };
  partial_request& p = *partial_;
  if (!p.ndx) {
    auto const n = ndx_in_.read(in);
    if (!n) return n.error();
    consume();
    if (*n == wire::ndx_done) {
      if (auto const taken = sender_->take(roles::list_done{}); !taken) return taken.error();
      return true;
    }
    p.ndx = *n;
    return true;
  }
  if (*p.ndx == wire::ndx_del_stats) {
    auto const counts = wire::read_delete_stats(in);
    if (!counts) return counts.error();
    consume();
    p.reset();
    if (auto const taken = sender_->take(roles::delete_counts{*counts}); !taken) return taken.error();
    return true;
  }
  if (!p.wanted) {
    auto record = wire::read_item(in, *p.ndx);
    if (!record) return record.error();
    consume();
    roles::request r;
    r.n = flist::ndx{record->ndx};
    r.flags = record->flags;
    r.basis = record->basis;
    r.xname = std::move(record->xname);
    p.wanted = std::move(r);
  }
  bool const has_sums = (p.wanted->flags & flist::item::transfer) != 0 && !setup_.options.dry_run;
  if (has_sums) {
    wire::cursor rest{in_.data()};
    if (!p.sums) {
      auto const head = wire::read_sum_head(rest, checksum::digest_length(agreed_.checksums.transfer));
      if (!head) return head.error();
      in_.consume(rest.position());
      p.wanted->head = *head;
      p.sums.emplace(*head);
      rest = wire::cursor{in_.data()};
    }
    bool const complete = p.sums->complete() || p.sums->feed(rest);
    in_.consume(rest.position());
    if (!complete) return make_error_code(wire::wire_errc::truncated);
    if (p.wanted->head.count > 0) p.wanted->sums = std::make_shared<delta::signature const>(p.sums->take());
  }
  roles::request wanted = std::move(*p.wanted);
  p.reset();
  if (auto const taken = sender_->take(std::move(wanted)); !taken) return taken.error();
  return true;
}

}  // namespace volsync::protocol
