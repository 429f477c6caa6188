// What a sender's stream holds, value by value. Each function reads one value and says whether another may follow; a
// value that has not come whole is `truncated` and nothing of it is consumed.
#include <algorithm>
#include <utility>

#include "wire/errc.hpp"
#include "wire/filter_rules.hpp"
#include "wire/id_list.hpp"
#include "wire/items.hpp"
#include "wire/sums.hpp"

#include "protocol/errc.hpp"
#include "protocol/receiving_parts.hpp"

namespace volsync::protocol {
namespace {

constexpr int statistics_after = 3;  // answers to ends of phases

}  // namespace

result<void> receiving_session::decode() {
  while (!empty_ && !in_.data().empty() && !peer_exit_ && !fatal_ && receiver_->wants_input()) {
    auto const more = decode_step();
    if (!more) {
      if (more.error() == make_error_code(wire::wire_errc::truncated)) break;
      return more.error();
    }
    if (!*more) break;
  }
  receiver_->pause();
  return {};
}

result<bool> receiving_session::decode_step() {
  switch (now_) {
    case reading::rules:
      return read_rules();
    case reading::list:
      return read_list();
    case reading::users:
      return read_ids(true);
    case reading::groups:
      return read_ids(false);
    case reading::index:
      return read_index();
    case reading::item:
      return read_item();
    case reading::head:
      return read_head();
    case reading::tokens:
      return read_tokens();
    case reading::digest:
      return read_digest();
    case reading::statistics:
      return read_statistics();
    case reading::deletions:
      return read_deletions();
  }
  return false;
}

result<bool> receiving_session::read_rules() {
  wire::cursor in{in_.data()};
  auto rule = wire::read_filter_rule(in);
  if (!rule) return rule.error();
  in_.consume(in.position());
  if (*rule) {
    if (read_rules_.size() >= filter_rules_at_most) return protocol_errc::too_many_rules;
    read_rules_.push_back(std::move(**rule));
    return true;
  }
  std::string text;
  auto compiled = setup_.compile(read_rules_, text);
  if (!compiled) {
    fatal_ = fatal_end{exit_code::syntax, std::move(text)};
    return false;
  }
  setup_.filter = std::move(*compiled);
  read_rules_.clear();
  now_ = reading::list;
  return true;
}

// --- lists -------------------------------------------------------------------------------------------------------

void receiving_session::begin_list(roles::received_lists::filling const& filling) {
  filling_ = filling;
  decoder_->begin(*filling_.into, filling_.ndx_start, filling_.directory);
  list_began_ = in_.byte_count() - static_cast<std::int64_t>(in_.data().size());
}

// False: the run ends, because the sender sends what it should not.
bool receiving_session::may_come(flist::list const& list, flist::slot where) {
  if (!setup_.expected) return true;
  flist::entry const& e = list.at(where);
  std::string const path = list.path(e);
  auto const verdict = setup_.expected->judge(path, e.is_directory());
  if (verdict == requested_names::verdict::fine) return true;
  std::string const how = verdict == requested_names::verdict::excluded ? "excluded" : "unrequested";
  tell_(message{message::level::error, "ERROR: rejecting " + how + " file-list name: " + path, false});
  fatal_ = fatal_end{exit_code::unsupported, {}};
  return false;
}

result<bool> receiving_session::read_list() {
  wire::cursor in{in_.data()};
  auto read = decoder_->next(in);
  if (!read) return read.error();
  in_.consume(in.position());
  if (auto const* entry = std::get_if<wire::listed>(&*read)) {
    if (!may_come(*filling_.into, entry->where)) return false;
    flist::entry const& e = filling_.into->at(entry->where);
    if (entry->has_user) note_name(true, e.uid, entry->user);
    if (entry->has_group) note_name(false, e.gid, entry->group);
    return true;
  }
  list_io_error_ = std::get<wire::list_end>(*read).io_error & roles::io_error_all;
  options const& o = setup_.options;
  bool const ids_follow = !wire::is_incremental(agreed_.features) && !o.numeric_ids;
  if (ids_follow && o.owner) {
    now_ = reading::users;
  } else if (ids_follow && o.group) {
    now_ = reading::groups;
  } else if (auto const ended = end_list(list_io_error_); !ended) {
    return ended.error();
  }
  return true;
}

result<bool> receiving_session::read_ids(bool users) {
  wire::cursor in{in_.data()};
  auto const one = wire::read_id_name(in, agreed_.features);
  if (!one) return one.error();
  in_.consume(in.position());
  if (one->id != 0) {
    auto& known = users ? users_ : groups_;
    if (known.size() >= ids_at_most) return protocol_errc::too_many_ids;
    note_name(users, one->id, one->name);
    return true;
  }
  if (users && setup_.options.group) {
    now_ = reading::groups;
    return true;
  }
  if (auto const ended = end_list(list_io_error_); !ended) return ended.error();
  return true;
}

// Id 0 always stays 0.
void receiving_session::note_name(bool user, std::uint32_t id, std::string const& name) {
  if (id == 0 || name.empty() || setup_.options.numeric_ids || !setup_.id_of) return;
  if (auto const here = setup_.id_of(user, name)) (user ? users_ : groups_)[id] = *here;
}

void receiving_session::map_ids(flist::list& of) const {
  if (users_.empty() && groups_.empty()) return;
  for (std::uint32_t i = 0; i < of.size(); ++i) {
    flist::entry& e = of.at(static_cast<flist::slot>(i));
    if (auto const known = users_.find(e.uid); known != users_.end()) e.uid = known->second;
    if (auto const known = groups_.find(e.gid); known != groups_.end()) e.gid = known->second;
  }
}

result<void> receiving_session::end_list(std::int32_t io_error) {
  if (setup_.options.ignore_errors) io_error = 0;
  peer_io_error_ |= io_error;
  map_ids(*filling_.into);
  list_bytes_ += in_.byte_count() - static_cast<std::int64_t>(in_.data().size()) - list_began_;
  bool const first = filling_.directory == nullptr;
  auto const list = lists_->end(io_error);
  filling_ = {};
  generator_->list_arrived(list);
  bool const incremental = wire::is_incremental(agreed_.features);
  now_ = reading::index;
  judge_number_of_entries();
  if (!first) return {};
  if (!setup_.we_are_server && !incremental) {
    phase done;
    done.what = phase::step::list_complete;
    done.entries = lists_->entries();
    say(std::move(done));
  }
  // A sending server that has nothing to send says no more than that.
  if (!setup_.we_are_server && list->size() == 0 && !incremental) {
    empty_ = true;
    return {};
  }
  if (list->size() == 1 && incremental) {
    one_entry_so_far_ = true;
  } else if (list->size() != 0 || setup_.we_are_server) {
    look_for_destination();
  }
  return {};
}

// After a first list of one entry: it may be the only one.
void receiving_session::judge_number_of_entries() {
  if (!one_entry_so_far_ || (lists_->entries() == 1 && !lists_->complete())) return;
  one_entry_so_far_ = false;
  look_for_destination();
}

// --- indexes and items -------------------------------------------------------------------------------------------

result<bool> receiving_session::read_index() {
  wire::cursor in{in_.data()};
  auto const n = ndx_in_.read(in);
  if (!n) return n.error();
  in_.consume(in.position());
  if (*n == wire::ndx_flist_eof) {
    if (auto const ended = lists_->end_all(); !ended) return ended.error();
    if (!setup_.we_are_server && lists_->entries() == 0) {
      empty_ = true;
      return false;
    }
    generator_->lists_complete();
  } else if (*n <= wire::ndx_flist_offset) {
    auto const filling = lists_->begin(wire::ndx_flist_offset - *n);
    if (!filling) return filling.error();
    begin_list(*filling);
    now_ = reading::list;
  } else if (*n == wire::ndx_done) {
    if (auto const taken = generator_->answered(); !taken) return taken.error();
    if (generator_->phases_answered() == statistics_after) {
      frozen_now_ = true;
      frozen_.sent = out_.byte_count();
      frozen_.received = in_.byte_count();
      if (!setup_.we_are_server) now_ = reading::statistics;
    }
  } else if (*n == wire::ndx_del_stats) {
    now_ = reading::deletions;
  } else if (*n >= 0) {
    index_ = *n;
    now_ = reading::item;
  } else {
    return make_error_code(wire::wire_errc::bad_index);
  }
  judge_number_of_entries();
  return true;
}

result<bool> receiving_session::read_item() {
  wire::cursor in{in_.data()};
  auto record = wire::read_item(in, index_);
  if (!record) return record.error();
  in_.consume(in.position());
  roles::request what;
  what.n = flist::ndx{record->ndx};
  what.flags = record->flags;
  what.basis = record->basis;
  what.xname = std::move(record->xname);
  if ((what.flags & flist::item::transfer) == 0 || setup_.options.dry_run) {
    now_ = reading::index;
    if (auto const taken = receiver_->take_echo(std::move(what)); !taken) return taken.error();
    return true;
  }
  file_ = std::make_unique<file_under_way>();
  file_->what = std::move(what);
  now_ = reading::head;
  return true;
}

result<bool> receiving_session::read_head() {
  wire::cursor in{in_.data()};
  auto const head = wire::read_sum_head(in, checksum::digest_length(agreed_.checksums.transfer));
  if (!head) return head.error();
  in_.consume(in.position());
  file_->what.head = *head;
  if (auto const begun = receiver_->begin_file(file_->what); !begun) return begun.error();
  file_->tokens.emplace(head->count);
  now_ = reading::tokens;
  return true;
}

// As many tokens as there are, for the price of one look at the input.
result<bool> receiving_session::read_tokens() {
  wire::cursor in{in_.data()};
  for (;;) {
    auto const token = file_->tokens->next(in);
    if (!token) {
      bool const some = in.position() != 0;
      in_.consume(in.position());
      if (some && token.error() == make_error_code(wire::wire_errc::truncated)) return true;
      return token.error();
    }
    if (auto const* data = std::get_if<wire::literal>(&*token)) {
      receiver_->literal(data->data);
    } else if (auto const* match = std::get_if<wire::block_match>(&*token)) {
      receiver_->match(match->block, 1);
    } else {
      break;
    }
    if (!receiver_->wants_input()) {
      in_.consume(in.position());
      return true;
    }
  }
  in_.consume(in.position());
  now_ = reading::digest;
  return true;
}

result<bool> receiving_session::read_digest() {
  std::size_t const length = checksum::digest_length(agreed_.checksums.transfer);
  byte_view const data = in_.data();
  if (data.size() < length) return make_error_code(wire::wire_errc::truncated);
  checksum::digest const digest{data.first(length)};
  in_.consume(length);
  receiver_->end_file(digest);
  file_.reset();
  now_ = reading::index;
  return true;
}

result<bool> receiving_session::read_statistics() {
  wire::cursor in{in_.data()};
  auto const said = wire::read_statistics(in);
  if (!said) return said.error();
  in_.consume(in.position());
  // What the server read is what we sent.
  frozen_.sent = said->bytes_read;
  frozen_.received = said->bytes_written;
  frozen_.total_size = said->total_size;
  frozen_.list_generation = said->list_generation;
  frozen_.list_transfer = said->list_transfer;
  statistics_read_ = true;
  now_ = reading::index;
  return true;
}

// A sending server repeats our own record.
result<bool> receiving_session::read_deletions() {
  wire::cursor in{in_.data()};
  if (auto const counts = wire::read_delete_stats(in); !counts) return counts.error();
  in_.consume(in.position());
  now_ = reading::index;
  return true;
}

}  // namespace volsync::protocol
