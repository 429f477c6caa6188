// What the sending half says: lists, echoes, files, figures.
#include <algorithm>
#include <utility>

#include "wire/filter_rules.hpp"
#include "wire/id_list.hpp"
#include "wire/integers.hpp"
#include "wire/items.hpp"
#include "wire/stats.hpp"
#include "wire/tokens.hpp"

#include "protocol/sending_session.hpp"

namespace volsync::protocol {
namespace {

constexpr std::uint32_t entries_at_once = 2048;  // of a list, between two looks at the backlog

}  // namespace

void sending_session::take(roles::job_ptr step) {
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

roles::job_ptr sending_session::next_job() {
  if (at_ != state::running) return nullptr;
  if (first_job_) {
    first_job_running_ = first_job_.get();
    return std::move(first_job_);
  }
  return sender_->next_job();
}

result<void> sending_session::advance(std::size_t room) {
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
    if (sender_->counters_freeze()) freeze_counters();
  }
  return {};
}

// The transfer is over, what follows is the goodbye. A server ends with its figures, as it sees them.
void sending_session::freeze_counters() {
  frozen_ = sender_->figures();
  if (serves()) {
    wire::statistics figures;
    figures.bytes_read = in_.byte_count();
    figures.bytes_written = out_.byte_count();
    figures.total_size = frozen_.total_size;
    // A client takes 0 for a server that does not know.
    figures.list_generation = std::max(list_made_ - list_begun_, std::chrono::milliseconds{1});
    figures.list_transfer = list_sent_ - list_made_;
    wire::write_statistics(out_.stream(), figures);
  }
  frozen_.sent = out_.byte_count();
  frozen_.received = in_.byte_count();
  counters_frozen_ = true;
}

void sending_session::reached(list_stage stage) {
  if (first_list_ == list_stage::sent) return;
  first_list_ = stage;
  if (!setup_.clock) return;
  auto const now = setup_.clock();
  if (stage == list_stage::being_made) list_begun_ = now;
  if (stage == list_stage::being_sent) list_made_ = now;
  if (stage == list_stage::sent) list_sent_ = now;
}

void sending_session::encode(roles::from_sender value) {
  auto& out = out_.stream();
  if (auto* list = std::get_if<roles::segment>(&value)) {
    begin_list(std::move(*list));
  } else if (std::holds_alternative<roles::last_segment>(value)) {
    ndx_out_.write(out, wire::ndx_flist_eof);
    over_ = nothing_listed_;
  } else if (auto* echo = std::get_if<roles::item_echo>(&value)) {
    ndx_out_.write(out, flist::raw(echo->what.n));
    wire::write_item(out, {flist::raw(echo->what.n), echo->what.flags, echo->what.basis, echo->what.xname});
  } else if (auto* data = std::get_if<roles::file_data>(&value)) {
    encode_file(*data);
  } else if (std::holds_alternative<roles::list_done>(value)) {
    ndx_out_.write(out, wire::ndx_done);
  } else if (auto* counts = std::get_if<roles::delete_counts>(&value)) {
    ndx_out_.write(out, wire::ndx_del_stats);
    wire::write_delete_stats(out, counts->counts);
  } else if (auto* bits = std::get_if<roles::io_error_bits>(&value)) {
    out_.put_message(wire::tag::io_error, bits->bits);
  }
}

void sending_session::encode_file(roles::file_data const& data) {
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

void sending_session::begin_list(roles::segment what) {
  if (what.directory >= 0) ndx_out_.write(out_.stream(), wire::ndx_flist_offset - what.directory);
  list_ = list_under_way{std::move(what), 0, 0};
  if (first_list_ == list_stage::being_made) reached(list_stage::being_sent);
}

void sending_session::encode_list() {
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
  if (list_->at == size) end_list();
}

void sending_session::end_list() {
  auto& out = out_.stream();
  roles::segment const& s = list_->what;
  encoder_->end(out, s.io_error);
  bool const only = !wire::is_incremental(agreed_.features);
  if (only) encode_ids();
  if (s.io_error != 0 && !wire::has_safe_list_end(agreed_.features)) out_.put_message(wire::tag::io_error, s.io_error);
  // A client that learns of no entry leaves at once, and so does its server.
  if (s.directory < 0) nothing_listed_ = serves() && s.list->size() == 0;
  if (only) over_ = nothing_listed_;
  phase done;
  done.what = phase::step::list_complete;
  done.incremental = !only;
  done.entries = sender_->lists().entries();
  list_.reset();
  reached(list_stage::sent);
  if (only) tell_(std::move(done));
}

void sending_session::encode_ids() {
  options const& o = setup_.options;
  if (o.numeric_ids) return;
  auto const write = [&](bool user, std::vector<std::uint32_t> const& ids) {
    std::vector<wire::id_name> named;
    for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
      if (*id == 0) continue;
      if (auto name = setup_.names(user, *id); !name.empty()) named.push_back({*id, std::move(name)});
    }
    wire::write_id_list(out_.stream(), agreed_.features, named, setup_.names(user, 0));
  };
  if (o.owner) write(true, sender_->lists().users());
  if (o.group) write(false, sender_->lists().groups());
}

}  // namespace volsync::protocol
