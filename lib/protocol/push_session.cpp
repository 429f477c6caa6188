// The order of a push.
#include "protocol/push_session.hpp"

#include <algorithm>
#include <utility>

#include "protocol/errc.hpp"
#include "wire/errc.hpp"
#include "wire/filter_rules.hpp"
#include "wire/handshake.hpp"
#include "wire/id_list.hpp"
#include "wire/integers.hpp"
#include "wire/items.hpp"
#include "wire/tokens.hpp"

namespace volsync::protocol {
namespace {

constexpr std::uint32_t entries_at_once = 2048;   // of a list, between two looks at the backlog
constexpr std::int32_t longest_peer_timeout = 86400;   // seconds
constexpr std::size_t input_held = 4U << 20;      // undecoded bytes above which no more is read

// Appends to plain bytes, before there are frames.
class plain_writer final : public wire::writer {
 public:
  using writer::writer;
};

}  // namespace

struct push_session::partial_request {
  std::optional<std::int32_t> ndx;
  std::optional<roles::request> wanted;             // its record was read
  std::optional<wire::signature_reader> sums;       // its head was read
  void reset() {
    ndx.reset();
    wanted.reset();
    sums.reset();
  }
};

push_session::push_session(push_setup setup, std::function<void(event&&)> tell)
    : setup_{std::move(setup)}, tell_{std::move(tell)}, partial_{std::make_unique<partial_request>()} {
  raw_out_ = setup_.first_input;
  if (setup_.version) {
    features_.protocol = *setup_.version;
    at_ = state::compat;
    return;
  }
  plain_writer out{raw_out_};
  wire::write_version(out, setup_.options.protocol);
}

push_session::~push_session() = default;

bool push_session::finished() const noexcept { return sender_ && sender_->finished(); }
bool push_session::in_goodbye() const noexcept { return sender_ && sender_->in_goodbye(); }
std::optional<fatal_end> push_session::fatal() const {
  if (!sender_ || sender_->lists().fatal().empty()) return std::nullopt;
  return fatal_end{sender_->lists().fatal().code, sender_->lists().fatal().text};
}
std::int32_t push_session::io_error() const noexcept { return sender_ ? sender_->io_error() : 0; }
std::int64_t push_session::bytes_received() const noexcept { return raw_received_ + in_.byte_count(); }

bool push_session::wants_input() const noexcept {
  if (at_ != state::running) return true;
  return in_.data().size() < input_held && sender_->wants_input();
}

void push_session::keep_alive() {
  if (at_ == state::running && !list_) out_.keep_alive();
}

bytes push_session::take_output() {
  if (raw_out_.empty()) return at_ == state::running ? out_.take_output() : bytes{};
  bytes all = std::exchange(raw_out_, {});
  if (at_ == state::running) append(all, out_.take_output());
  return all;
}

report push_session::figures() const {
  report r = counters_frozen_ ? frozen_ : sender_ ? sender_->figures() : report{};
  if (!counters_frozen_) {
    r.sent = out_.byte_count();
    r.received = in_.byte_count();
  } else if (sender_) {
    r.deleted = sender_->figures().deleted;
  }
  r.list_size = 0;   // what rsync's client says of a list that it sends
  r.deleted_known = wire::has_delete_stats(features_);
  return r;
}

// --- handshake ---------------------------------------------------------------------------------------------------

result<void> push_session::take_input(byte_view input) {
  if (at_ == state::running) {
    if (auto const fed = in_.feed(input); !fed) return fed.error();
    if (auto const read = take_messages(); !read) return read.error();
    return decode();
  }
  append(raw_in_, input);
  for (;;) {
    auto const more = handshake_step();
    if (!more) {
      if (more.error() == make_error_code(wire::wire_errc::truncated)) return {};
      return more.error();
    }
    if (!*more) break;
  }
  bytes const rest(raw_in_.begin() + static_cast<std::ptrdiff_t>(raw_used_), raw_in_.end());
  raw_received_ += static_cast<std::int64_t>(raw_used_);
  raw_in_.clear();
  raw_used_ = 0;
  return rest.empty() ? result<void>{} : take_input(rest);
}

// True: another step may follow; false: the handshake is complete.
result<bool> push_session::handshake_step() {
  wire::cursor in{byte_view{raw_in_}.subspan(raw_used_)};
  switch (at_) {
    case state::version: {
      auto const theirs = wire::read_version(in);
      if (!theirs) {
        if (theirs.error() == make_error_code(wire::wire_errc::bad_version)) return protocol_errc::not_rsync;
        return theirs.error();
      }
      auto const agreed = wire::agree_version(setup_.options.protocol, *theirs);
      if (!agreed) return protocol_errc::peer_too_old;
      features_.protocol = *agreed;
      at_ = state::compat;
      break;
    }
    case state::compat: {
      auto const bits = wire::read_compat_flags(in);
      if (!bits) return bits.error();
      features_.compat = *bits;
      if (wire::is_incremental(features_) && !setup_.may_recurse_incrementally) return protocol_errc::unwanted_recursion;
      after_compat();
      break;
    }
    case state::names: {
      auto const theirs = wire::read_name_list(in);
      if (!theirs) return theirs.error();
      auto const chosen = checksum::choose(checksum::checksum_vocabulary(), checksum::side::client, offered_, *theirs);
      if (!chosen) return chosen.error();
      auto const algorithm = checksum::parse(*chosen).value_or(checksum::algorithm::md5);
      checksums_ = {algorithm, algorithm};
      at_ = state::seed;
      break;
    }
    case state::seed: {
      auto const seed = wire::read_seed(in);
      if (!seed) return seed.error();
      raw_used_ += in.position();
      begin_running(*seed);
      return false;
    }
    case state::running: return false;
  }
  raw_used_ += in.position();
  return true;
}

void push_session::after_compat() {
  checksums_ = setup_.checksums.value_or(checksum::choice{});
  if (!wire::negotiates_names(features_) || setup_.checksums) {
    at_ = state::seed;
    return;
  }
  offered_ = checksum::offer(checksum::checksum_vocabulary(), checksum::side::client, setup_.checksum_restriction);
  plain_writer out{raw_out_};
  wire::write_name_list(out, offered_);
  at_ = state::names;
}

void push_session::begin_running(std::int32_t seed) {
  at_ = state::running;
  options const& o = setup_.options;
  bool const incremental = wire::is_incremental(features_);
  wire::flist_options fields;
  fields.links = o.links;
  fields.devices = o.devices;
  fields.specials = o.specials;
  fields.owner = o.owner;
  fields.group = o.group;
  fields.hard_links = o.hard_links;
  fields.checksum = o.checksum;
  fields.numeric_ids = o.numeric_ids;
  fields.incremental = incremental;
  fields.relative = setup_.operands.relative;
  fields.checksum_length = checksum::digest_length(checksums_.flist);
  encoder_ = std::make_unique<wire::flist_encoder>(features_, fields);

  roles::lister_options listing;
  listing.scan = setup_.scan;
  listing.hard_links = o.hard_links;
  if (o.checksum) listing.digest = checksums_.flist;
  lister_ = std::make_shared<roles::tree_lister const>(setup_.roots, listing);

  roles::sender_options how;
  how.list.incremental = incremental;
  how.list.hard_links = o.hard_links;
  how.list.names_inline = incremental && !o.numeric_ids;
  how.list.owner = o.owner;
  how.list.group = o.group;
  how.list.report_io_errors = !o.ignore_errors;
  how.files.algorithm = checksums_.transfer;
  how.files.seed = seed;
  bool const implied_md5 = !setup_.checksums && !wire::negotiates_names(features_);
  how.files.seed_place = implied_md5 && !wire::has_seed_before_data(features_) ? checksum::md5_seed::after : checksum::md5_seed::before;
  how.files.in_place = o.inplace;
  how.dry_run = o.dry_run;
  how.goodbye_answered = wire::goodbye_is_answered(features_);
  how.workers = setup_.workers;
  auto const roots = setup_.roots;
  roles::sender_parts parts;
  parts.lister = lister_;
  parts.open = [roots](roles::source_file const& f) { return roots->open_file(f.root, f.parent, f.name); };
  parts.names = setup_.names;
  parts.full_path = [roots](std::uint16_t root, std::string const& path) { return roots->full_path(root, path); };
  parts.names_of = [roots](std::uint16_t root, std::string const& path) -> roles::entry_names {
    std::string typed = roots->typed_path(root, path);
    return {roots->is_absolute_top(root) ? "/" + path : path, std::move(typed)};
  };
  sender_ = std::make_unique<roles::sender>(how, std::move(parts), tell_);

  setup_.operands.incremental = incremental;
  first_job_ = std::make_unique<roles::operand_job>(lister_, setup_.operands, setup_.filter);
  first_list_ = list_stage::being_made;
  phase begun;
  begun.what = phase::step::list_started;
  begun.incremental = incremental;
  tell_(std::move(begun));
  if (setup_.sends_rules) {
    // Rules too long for the wire were refused when they were compiled.
    [[maybe_unused]] auto const written = wire::write_filter_rules(out_.stream(), setup_.rules);
  }
}

// --- what the peer says ------------------------------------------------------------------------------------------

result<void> push_session::take_end() {
  if (finished() || peer_exit_) return {};
  return protocol_errc::closed_early;
}

result<void> push_session::take_messages() {
  while (auto m = in_.next_message()) {
    if (auto const taken = take_message(*m); !taken) return taken.error();
  }
  return {};
}

result<void> push_session::take_message(wire::message const& m) {
  auto const say = [&](message::level level) {
    std::string text{m.text()};
    while (!text.empty() && text.back() == '\n') text.pop_back();
    tell_(message{level, std::move(text), true});
  };
  switch (m.kind) {
    case wire::tag::info: say(message::level::info); return {};
    case wire::tag::warning: say(message::level::warning); return {};
    case wire::tag::error: say(message::level::error); return {};
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
      if (wire::answers_noop(features_)) out_.keep_alive();
      return {};
    case wire::tag::data: return {};
    case wire::tag::io_timeout:
      if (m.number() > 0 && m.number() <= longest_peer_timeout) peer_timeout_ = std::chrono::seconds{m.number()};
      return {};
    case wire::tag::io_error:
    case wire::tag::success:
    case wire::tag::no_send: return protocol_errc::unexpected_message;
  }
  return protocol_errc::unexpected_message;
}

result<void> push_session::decode() {
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
result<bool> push_session::decode_step() {
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
      auto const head = wire::read_sum_head(rest, checksum::digest_length(checksums_.transfer));
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

// --- what we say -------------------------------------------------------------------------------------------------

void push_session::take(roles::job_ptr step) {
  if (step.get() == first_job_running_) {
    first_job_running_ = nullptr;
    if (!step->done()) {
      first_job_ = std::move(step);
      return;
    }
    auto& job = static_cast<roles::operand_job&>(*step);
    auto first = job.take_first();
    sender_->begin(std::move(first), job.take_planned());
    return;
  }
  sender_->take(std::move(step));
}

roles::job_ptr push_session::next_job() {
  if (at_ != state::running) return nullptr;
  if (first_job_) {
    first_job_running_ = first_job_.get();
    return std::move(first_job_);
  }
  return sender_->next_job();
}

result<void> push_session::advance(std::size_t room) {
  if (at_ != state::running) return {};
  if (auto const decoded = decode(); !decoded) return decoded.error();
  while (out_.backlog() < room && !peer_exit_) {
    if (list_) {
      encode_list();
      continue;
    }
    auto value = sender_->next();
    if (!value) break;
    encode(std::move(*value));
    if (sender_->counters_freeze()) {
      frozen_ = sender_->figures();
      frozen_.sent = out_.byte_count();
      frozen_.received = in_.byte_count();
      counters_frozen_ = true;
    }
  }
  return {};
}

void push_session::encode(roles::from_sender value) {
  auto& out = out_.stream();
  if (auto* list = std::get_if<roles::segment>(&value)) {
    begin_list(std::move(*list));
  } else if (std::holds_alternative<roles::last_segment>(value)) {
    ndx_out_.write(out, wire::ndx_flist_eof);
  } else if (auto* echo = std::get_if<roles::item_echo>(&value)) {
    ndx_out_.write(out, flist::raw(echo->what.n));
    wire::write_item(out, {flist::raw(echo->what.n), echo->what.flags, echo->what.basis, echo->what.xname});
  } else if (auto* data = std::get_if<roles::file_data>(&value)) {
    encode_file(*data);
  } else if (std::holds_alternative<roles::list_done>(value)) {
    ndx_out_.write(out, wire::ndx_done);
  } else if (auto* bits = std::get_if<roles::io_error_bits>(&value)) {
    out_.put_message(wire::tag::io_error, bits->bits);
  }
}

void push_session::encode_file(roles::file_data const& data) {
  auto& out = out_.stream();
  for (auto const& part : data.parts) {
    roles::request const& wanted = (*data.requests)[part.index];
    if (part.refused) {
      out_.put_message(wire::tag::no_send, flist::raw(wanted.n));
      continue;
    }
    if (part.begins) {
      ndx_out_.write(out, flist::raw(wanted.n));
      wire::write_item(out, {flist::raw(wanted.n), wanted.flags, wanted.basis, wanted.xname});
      wire::write_sum_head(out, wanted.head);
    }
    part.tokens.visit([&](byte_view literal) { wire::write_literal(out, literal); },
                      [&](delta::block_token const& match) { wire::write_match(out, match.block, match.run); });
    if (part.ends) {
      wire::write_tokens_end(out);
      out.put(part.digest.view());
    }
  }
}

void push_session::begin_list(roles::segment what) {
  if (what.directory >= 0) ndx_out_.write(out_.stream(), wire::ndx_flist_offset - what.directory);
  list_ = list_under_way{std::move(what), 0, 0};
  if (first_list_ == list_stage::being_made) first_list_ = list_stage::being_sent;
}

void push_session::encode_list() {
  auto& out = out_.stream();
  roles::segment const& s = list_->what;
  auto const size = static_cast<std::uint32_t>(s.list->size());
  std::uint32_t const stop = std::min(size, list_->at + entries_at_once);
  for (; list_->at < stop; ++list_->at) {
    auto const slot = static_cast<flist::slot>(list_->at);
    std::string_view user, group;
    if (list_->mention < s.names.size() && s.names[list_->mention].where == slot) {
      user = s.names[list_->mention].user_name;
      group = s.names[list_->mention].group_name;
      ++list_->mention;
    }
    encoder_->entry(out, *s.list, slot, s.ndx_start, user, group);
  }
  if (list_->at == size) {
    encoder_->end(out, s.io_error);
    if (!wire::is_incremental(features_)) encode_ids();
    if (s.io_error != 0 && !wire::has_safe_list_end(features_)) out_.put_message(wire::tag::io_error, s.io_error);
    phase done;
    done.what = phase::step::list_complete;
    done.incremental = wire::is_incremental(features_);
    done.entries = sender_->lists().entries();
    bool const last = !done.incremental;
    list_.reset();
    first_list_ = list_stage::sent;
    if (last) tell_(std::move(done));
  }
}

void push_session::encode_ids() {
  options const& o = setup_.options;
  if (o.numeric_ids) return;
  auto const write = [&](bool user, std::vector<std::uint32_t> const& ids) {
    std::vector<wire::id_name> named;
    for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
      if (*id == 0) continue;
      if (auto name = setup_.names(user, *id); !name.empty()) named.push_back({*id, std::move(name)});
    }
    wire::write_id_list(out_.stream(), features_, named, setup_.names(user, 0));
  };
  if (o.owner) write(true, sender_->lists().users());
  if (o.group) write(false, sender_->lists().groups());
}

}  // namespace volsync::protocol
