// Values from one role to the other.
#include "engine/local_session.hpp"

#include <utility>

#include "roles/copy_job.hpp"
#include "roles/source_parts.hpp"
#include "roles/tree_lister.hpp"

namespace volsync::engine {

namespace {

// Of an entry that is removed only its type is told, as over a wire.
std::function<void(event&&)> without_modes(std::function<void(event&&)> const& tell) {
  return [tell](event&& what) {
    if (auto* gone = std::get_if<item>(&what)) gone->mode = S_ISDIR(gone->mode) ? S_IFDIR : S_IFREG;
    tell(std::move(what));
  };
}

}  // namespace

local_session::local_session(local_setup setup, std::function<void(event&&)> tell)
    : setup_{std::move(setup)},
      tell_{std::move(tell)},
      lists_{std::make_unique<roles::received_lists>(setup_.incremental)} {
  options const& o = setup_.options;
  roles::sender_options sending;
  sending.list.incremental = setup_.incremental;
  sending.list.hard_links = o.hard_links;
  sending.list.owner = o.owner;
  sending.list.group = o.group;
  sending.list.report_io_errors = !o.ignore_errors;
  sending.files.algorithm = setup_.checksums.transfer;
  sending.files.in_place = o.inplace;
  sending.dry_run = o.dry_run;
  sending.local = true;
  sending.workers = setup_.workers;
  roles::lister_options listing;
  listing.scan = setup_.scan;
  listing.hard_links = o.hard_links;
  if (o.checksum) listing.digest = setup_.checksums.flist;
  auto const lister = std::make_shared<roles::tree_lister const>(setup_.roots, listing);
  auto parts = roles::parts_over(setup_.roots, lister);
  parts.names = [](bool, std::uint32_t) { return std::string{}; };  // numbers mean the same at both ends
  parts.copy = [this](std::shared_ptr<std::vector<roles::request> const> wanted,
                      std::vector<roles::source_file> sources) { return make_copies(*wanted, std::move(sources)); };
  sender_ = std::make_unique<roles::sender>(sending, std::move(parts), tell_);

  roles::generator_options asking;
  asking.incremental = setup_.incremental;
  asking.removal = protocol::when_to_remove(o);
  asking.ignore_errors = o.ignore_errors;
  asking.workers = setup_.workers;
  generator_ = std::make_unique<roles::generator>(asking, *lists_, without_modes(tell_));

  roles::receiver_options writing;
  writing.files = {protocol::placing_of(o), setup_.checksums.transfer};
  writing.dry_run = o.dry_run;
  writing.tell_items = false;  // the sender does
  writing.workers = setup_.workers;
  receiver_ = std::make_unique<roles::receiver>(writing, *lists_, *generator_, tell_);

  setup_.operands.incremental = setup_.incremental;
  special_ = std::make_unique<roles::operand_job>(lister, setup_.operands, setup_.sending_rules);
  phase begun;
  begun.what = phase::step::list_started;
  begun.incremental = setup_.incremental;
  tell_(std::move(begun));
}

local_session::~local_session() = default;

std::unique_ptr<roles::reply_job> local_session::make_copies(std::vector<roles::request> const& wanted,
                                                             std::vector<roles::source_file> sources) {
  std::vector<roles::incoming_file> targets;
  targets.reserve(wanted.size());
  for (auto const& each : wanted) targets.push_back(generator_->find(flist::raw(each.n))->target);
  auto how = protocol::placing_of(setup_.options);
  how.temp_dir = temp_dir_;
  return std::make_unique<roles::copy_job>(roles::opener_over(setup_.roots), where_, how, std::move(sources),
                                           std::move(targets));
}

bool local_session::finished() const noexcept { return empty_ || (generator_->finished() && said_all_); }

std::optional<protocol::fatal_end> local_session::fatal() const {
  if (fatal_) return fatal_;
  if (auto const& why = sender_->lists().fatal(); !why.empty()) return protocol::fatal_end{why.code, why.text};
  if (!generator_->fatal().empty()) return protocol::fatal_end{exit_code::syntax, generator_->fatal()};
  if (!receiver_->disk_full().empty()) return protocol::fatal_end{exit_code::file_io, receiver_->disk_full()};
  return std::nullopt;
}

std::int32_t local_session::io_error() const noexcept {
  std::int32_t bits = sender_->io_error();
  if (generator_->had_errors() || receiver_->had_errors()) bits |= roles::io_error_general;
  if (generator_->removals_refused() > 0) bits |= roles::io_error_delete_limit;
  return bits;
}

report local_session::figures() const {
  report r = sender_->figures();
  r.deleted = generator_->deleted();
  r.deleted_known = true;
  r.sent = r.literal_data;  // there is no wire: what was copied
  return r;
}

// --- jobs --------------------------------------------------------------------------------------------------------

roles::job_ptr local_session::next_job() {
  if (special_) {
    special_running_ = special_.get();
    return std::move(special_);
  }
  if (fatal()) return nullptr;
  if (destination_known_) {
    if (auto job = receiver_->next_job()) return job;
    if (auto job = generator_->next_job()) return job;
  }
  return arguments_listed_ ? sender_->next_job() : nullptr;
}

void local_session::take(roles::job_ptr step) {
  if (step.get() == special_running_) {
    special_running_ = nullptr;
    if (arguments_listed_) return destination_found(static_cast<roles::destination_job&>(*step).take_answer());
    if (!step->done()) {
      special_ = std::move(step);
      return;
    }
    auto& job = static_cast<roles::operand_job&>(*step);
    auto first = job.take_first();
    sender_->begin(std::move(first), job.take_planned());
    arguments_listed_ = true;
    return;
  }
  if (receiver_->take(step)) return;
  if (generator_->owns(*step)) return generator_->take(std::move(step));
  sender_->take(std::move(step));
}

// --- values ------------------------------------------------------------------------------------------------------

result<void> local_session::advance() {
  for (bool moved = true; moved && !finished() && !fatal();) {
    auto const asked = ask();
    if (!asked) return asked.error();
    auto const answered = answer();
    if (!answered) return answered.error();
    moved = *asked || *answered;
  }
  return {};
}

// What the generator has to say, as far as the sender takes it.
result<bool> local_session::ask() {
  bool some = false;
  while (sender_->wants_input()) {
    auto value = generator_->next();
    if (!value) break;
    some = true;
    if (auto const taken = sender_->take(std::move(*value)); !taken) return taken.error();
  }
  sender_->pause();
  said_all_ = generator_->finished();
  return some;
}

result<bool> local_session::answer() {
  bool some = false;
  while (receiver_->wants_input() && !empty_ && !fatal()) {
    auto value = sender_->next();
    if (!value) break;
    some = true;
    if (auto const taken = deliver(std::move(*value)); !taken) return taken.error();
  }
  receiver_->pause();
  return some;
}

result<void> local_session::deliver(roles::from_sender value) {
  if (auto* list = std::get_if<roles::segment>(&value)) return deliver_list(*list);
  if (std::holds_alternative<roles::last_segment>(value)) {
    if (auto const ended = lists_->end_all(); !ended) return ended.error();
    if (lists_->entries() == 0) {
      empty_ = true;
      return {};
    }
    generator_->lists_complete();
    judge_number_of_entries();
  } else if (auto const* data = std::get_if<roles::file_data>(&value)) {
    return deliver_files(*data);
  } else if (std::holds_alternative<roles::list_done>(value)) {
    return generator_->answered();
  } else if (auto const* bits = std::get_if<roles::io_error_bits>(&value)) {
    generator_->add_io_error(bits->bits);
  }
  return {};  // an echo was told by the sender
}

result<void> local_session::deliver_list(roles::segment& list) {
  bool const first = list.directory < 0;
  auto const adopted =
      lists_->adopt(std::move(list.list), first ? std::nullopt : std::optional{list.directory}, list.io_error);
  if (!adopted) return adopted.error();
  generator_->list_arrived(*adopted);
  if (first) {
    list_done((*adopted)->size() == 0);
  } else {
    judge_number_of_entries();
  }
  return {};
}

// After a first list of one entry: it may be the only one.
void local_session::judge_number_of_entries() {
  if (!one_entry_so_far_ || (lists_->entries() == 1 && !lists_->complete())) return;
  one_entry_so_far_ = false;
  look_for_destination();
}

// The first list is there.
void local_session::list_done(bool nothing) {
  if (!setup_.incremental) {
    phase done;
    done.what = phase::step::list_complete;
    done.entries = lists_->entries();
    tell_(std::move(done));
    empty_ = nothing;
  }
  if (nothing) return;
  if (setup_.incremental && lists_->entries() == 1) {
    one_entry_so_far_ = true;
  } else {
    look_for_destination();
  }
}

result<void> local_session::deliver_files(roles::file_data const& data) {
  for (auto const& part : data.parts) {
    roles::request const& wanted = (*data.requests)[part.index];
    std::int32_t const n = flist::raw(wanted.n);
    if (part.refused) {
      if (auto const taken = receiver_->refused(n); !taken) return taken.error();
    } else if (part.made) {
      if (auto const taken = receiver_->made(n, *part.made); !taken) return taken.error();
    } else if (part.copied == 0) {
      if (part.begins) {
        if (auto const begun = receiver_->begin_file(wanted); !begun) return begun.error();
      }
      part.tokens.visit([&](byte_view literal) { receiver_->literal(literal); },
                        [&](delta::block_token const& match) { receiver_->match(match.block, match.run); });
      if (part.ends) receiver_->end_file(part.digest);
    }
  }
  return {};
}

// --- destination -------------------------------------------------------------------------------------------------

void local_session::look_for_destination() {
  if (std::exchange(destination_asked_, true)) return;
  special_ = std::make_unique<roles::destination_job>(
      setup_.files, protocol::destination_request_of(setup_.options, setup_.destination, *lists_));
}

void local_session::destination_found(roles::destination_answer found) {
  if (found.code != exit_code::success) {
    fatal_ = protocol::fatal_end{found.code, std::move(found.text)};
    return;
  }
  options const& o = setup_.options;
  if (protocol::tells_destination(found, o, *lists_))
    tell_(message{message::level::info, std::move(found.notice), false});
  where_ = found.where;
  if (!found.single_name.empty()) lists_->name_only(found.single_name);
  auto context = protocol::examining_of(o, setup_.here, setup_.checksums, found, setup_.receiving_rules);
  auto removals = protocol::removals_of(o, setup_.here, found, setup_.receiving_rules, context->limit);
  context->blocks = checksum::block_digest{setup_.checksums.transfer, 0, checksum::md5_seed::before};
  receiver_->begin(where_, found.temp_dir);
  temp_dir_ = found.temp_dir;
  bool const root_is_new = context->root_is_new;
  generator_->begin(std::move(context), std::move(removals), root_is_new);
  destination_known_ = true;
}

}  // namespace volsync::engine
