// The order in which values stand in a session, as the options of its command make it.
#include "wire/session.hpp"

#include <algorithm>
#include <array>

#include "wire/handshake.hpp"
#include "wire/integers.hpp"
#include "wire/support.hpp"

namespace volsync::wire {

namespace {

constexpr int dones_before_figures = 3;

bool begins_with(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

flist_options archive() {
  flist_options all;
  all.links = all.devices = all.specials = all.owner = all.group = true;
  return all;
}

// Reads a value that has to be there as a whole.
template <class Decode>
auto must(cursor& in, Decode decode) {
  auto got = decode(in);
  REQUIRE(got);
  return *std::move(got);
}

}  // namespace

session_facts facts_of(std::string const& name) {
  REQUIRE(name.size() > 4);
  std::string_view const what = std::string_view{name}.substr(4);
  session_facts facts;
  facts.pull = begins_with(what, "pull");
  std::string_view const kind = what.substr(5);
  facts.options = archive();
  if (begins_with(kind, "types") || begins_with(kind, "links")) {
    facts.options.hard_links = kind != "types-plain";
  } else if (begins_with(kind, "checksum")) {
    facts.options.checksum = true;
    facts.options.checksum_length = 16;
    facts.negotiates = kind != "checksum-md5";
  } else if (kind == "delete" || kind == "dry-run") {
    facts.filters = true;
    facts.dry_run = kind == "dry-run";
  } else if (begins_with(kind, "unreadable")) {
    facts.options = {};
    facts.options.links = true;
  } else if (kind == "relative" || kind == "absolute") {
    facts.options.relative = true;
  } else {
    static constexpr std::array plain{"delta", "fuzzy", "missing-argument", "directory"};
    INFO(name);
    REQUIRE(std::find(plain.begin(), plain.end(), kind) != plain.end());
    facts.options.missing_args = kind == "missing-argument";
  }
  if (kind == "types-plain" || kind == "directory") facts.options = {};
  facts.options.numeric_ids = kind == "types-numeric";
  facts.filters |= facts.pull;
  return facts;
}

stream_reader::stream_reader(session_facts const& facts, features const& agreed, end whose, bool from_client)
    : facts_{facts},
      features_{agreed},
      whose_{whose},
      step_{from_client && facts.filters ? step::rules
            : whose == end::sender       ? step::list
                                         : step::index},
      decoder_{agreed, facts.options},
      encoder_{agreed, facts.options} {
  if (whose_ == end::sender) begin_list();
}

void stream_reader::feed(byte_view data) {
  append(pending_, data);
  exact const all{pending_};
  cursor in{all.view()};
  while (in.remaining() != 0) {
    std::size_t const before = in.position();
    static constexpr std::array names{"filter_rules", "flist",  "id_list", "items", "items",     "sums",
                                      "sums",         "tokens", "",        "items", "statistics"};
    std::string const kind = names[static_cast<std::size_t>(step_)];
    bool const starts_list = step_ == step::index;
    auto const got = next(in);
    if (got.error() == wire_errc::truncated) break;
    INFO(got.error().message() << " after " << again.size() << " bytes, at " << to_hex(all.view().subspan(before)));
    REQUIRE(got);
    bool const index_of_list = starts_list && step_ == step::list;
    if (!index_of_list) append(slices[kind], all.view().subspan(before, in.position() - before));
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(in.position()));
}

result<void> stream_reader::next(cursor& in) {
  switch (step_) {
    case step::rules:
      return read_rule(in);
    case step::list:
      return read_entry(in);
    case step::ids:
      return read_id(in);
    case step::index:
      return read_index(in);
    case step::item:
      return read_record(in);
    case step::head:
      return read_head(in);
    case step::sums:
      return read_sums(in);
    case step::content:
      return read_token(in);
    case step::digest:
      return read_digest(in);
    case step::deletions:
      return read_deletions(in);
    case step::figures:
      return read_figures(in);
  }
  return {};
}

result<void> stream_reader::read_rule(cursor& in) {
  auto rule = read_filter_rule(in);
  if (!rule) return rule.error();
  if (*rule) {
    rules.push_back(**rule);
    return {};
  }
  REQUIRE(write_filter_rules(out_, rules));
  step_ = whose_ == end::sender ? step::list : step::index;
  return {};
}

void stream_reader::begin_list() {
  std::int32_t start = is_incremental(features_) ? 1 : 0;
  if (!lists.empty()) start = list_starts.back() + static_cast<std::int32_t>(lists.back()->size()) + 1;
  lists.push_back(std::make_unique<flist::list>());
  list_starts.push_back(start);
  decoder_.begin(*lists.back(), start);
}

result<void> stream_reader::read_entry(cursor& in) {
  auto const got = decoder_.next(in);
  if (!got) return got.error();
  if (auto const* const one = std::get_if<listed>(&*got)) {
    encoder_.entry(out_, *lists.back(), one->where, list_starts.back(), one->user, one->group);
    return {};
  }
  list_ends.push_back(std::get<list_end>(*got).io_error);
  encoder_.end(out_, list_ends.back());
  end_list();
  return {};
}

void stream_reader::end_list() {
  bool const ids = !is_incremental(features_) && !facts_.options.numeric_ids;
  open_ids_ = ids ? (facts_.options.owner ? 1U : 0U) + (facts_.options.group ? 1U : 0U) : 0U;
  if (open_ids_ != 0) id_lists.emplace_back();
  step_ = open_ids_ != 0 ? step::ids : step::index;
}

result<void> stream_reader::read_id(cursor& in) {
  auto const got = read_id_name(in, features_);
  if (!got) return got.error();
  id_lists.back().push_back(*got);
  if (got->id != 0) return {};
  auto const& all = id_lists.back();
  write_id_list(out_, features_, std::span{all}.first(all.size() - 1), got->name);
  if (--open_ids_ == 0) {
    step_ = step::index;
  } else {
    id_lists.emplace_back();
  }
  return {};
}

result<void> stream_reader::read_index(cursor& in) {
  auto const n = ndx_in_.read(in);
  if (!n) return n.error();
  ndx_out_.write(out_, *n);
  item_ndx_ = *n;
  if (*n >= 0) {
    step_ = step::item;
  } else if (*n == ndx_done) {
    bool const figures_follow = facts_.pull && whose_ == end::sender;
    step_ = ++done == dones_before_figures + (is_incremental(features_) ? static_cast<int>(lists.size()) - 1 : 0) &&
                    figures_follow
                ? step::figures
                : step::index;
  } else if (*n == ndx_flist_eof) {
    eof = true;
  } else if (*n == ndx_del_stats) {
    step_ = step::deletions;
  } else {
    REQUIRE(*n <= ndx_flist_offset);
    begin_list();
    step_ = step::list;
  }
  return {};
}

result<void> stream_reader::read_record(cursor& in) {
  auto const item = read_item(in, item_ndx_);
  if (!item) return item.error();
  write_item(out_, *item);
  items.push_back(*item);
  bool const transfer = (item->flags & flist::item::transfer) != 0 && !facts_.dry_run;
  step_ = transfer ? step::head : step::index;
  return {};
}

result<void> stream_reader::read_head(cursor& in) {
  auto const head = read_sum_head(in, facts_.digest_length);
  if (!head) return head.error();
  write_sum_head(out_, *head);
  signature_.emplace(*head);
  tokens_.emplace(head->count);
  step_ = whose_ == end::sender ? step::content : signature_->complete() ? step::index : step::sums;
  if (whose_ == end::sender) contents.emplace_back(), matches.emplace_back();
  return {};
}

result<void> stream_reader::read_sums(cursor& in) {
  if (!signature_->feed(in)) return wire_errc::truncated;
  signatures.push_back(signature_->take());
  write_block_sums(out_, signatures.back());
  step_ = step::index;
  return {};
}

result<void> stream_reader::read_token(cursor& in) {
  auto const got = tokens_->next(in);
  if (!got) return got.error();
  if (auto const* const data = std::get_if<literal>(&*got)) {
    literal_ += as_text(data->data);
    return {};
  }
  write_literal(out_, as_bytes(literal_));
  contents.back() += literal_;
  literal_.clear();
  if (auto const* const match = std::get_if<block_match>(&*got)) {
    matches.back().push_back(match->block);
    write_match(out_, match->block);
  } else {
    write_tokens_end(out_);
    step_ = step::digest;
  }
  return {};
}

result<void> stream_reader::read_digest(cursor& in) {
  if (in.remaining() < facts_.digest_length) return wire_errc::truncated;
  auto const digest = in.take(facts_.digest_length);
  digests.emplace_back(as_text(digest));
  out_.put(digest);
  step_ = step::index;
  return {};
}

result<void> stream_reader::read_deletions(cursor& in) {
  auto const got = read_delete_stats(in);
  if (!got) return got.error();
  deletions.push_back(*got);
  write_delete_stats(out_, *got);
  step_ = step::index;
  return {};
}

result<void> stream_reader::read_figures(cursor& in) {
  auto const got = read_statistics(in);
  if (!got) return got.error();
  figures.push_back(*got);
  write_statistics(out_, *got);
  step_ = step::index;
  return {};
}

session::session(std::string const& name) : facts{facts_of(name)} {
  bytes const from_client = golden(name + ".c2s"), from_server = golden(name + ".s2c");
  cursor client{from_client}, server{from_server};
  auto const agreed_version = agree_version(must(client, read_version), must(server, read_version));
  REQUIRE(agreed_version);
  agreed.protocol = *agreed_version;
  agreed.compat = must(server, read_compat_flags);
  facts.options.incremental = is_incremental(agreed);
  if (negotiates_names(agreed) && facts.negotiates) {
    client_names = must(client, read_name_list);
    server_names = must(server, read_name_list);
  }
  seed = must(server, read_seed);
  auto const rest = [](cursor& in) {
    auto const view = in.take(in.remaining());
    return bytes{view.begin(), view.end()};
  };
  client_frames = rest(client);
  server_frames = rest(server);
  auto const unpack = [](bytes const& frames, bytes& stream, std::vector<message>& messages) {
    demultiplexer from;
    REQUIRE(from.feed(frames));
    REQUIRE(from.between_frames());
    stream = bytes{from.data().begin(), from.data().end()};
    while (auto one = from.next_message()) messages.push_back(*std::move(one));
  };
  unpack(client_frames, client_stream, client_messages);
  unpack(server_frames, server_stream, server_messages);
}

stream_reader session::client_reader() const {
  return {facts, agreed, facts.pull ? stream_reader::end::generator : stream_reader::end::sender, true};
}
stream_reader session::server_reader() const {
  return {facts, agreed, facts.pull ? stream_reader::end::sender : stream_reader::end::generator, false};
}

}  // namespace volsync::wire
