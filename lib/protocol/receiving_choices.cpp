// Options, one by one.
#include "protocol/receiving_choices.hpp"

#include <algorithm>
#include <utility>

#include "text/info_words.hpp"

namespace volsync::protocol {
namespace {

bool itemizes(options const& o) { return o.itemize > 0 || o.out_format.find("%i") != std::string::npos; }

roles::receive_options receive_options_of(options const& o, this_host const& here, checksum::choice const& checksums) {
  text::info_levels const told{o};
  roles::receive_options r;
  r.links = o.links;
  r.perms = o.perms;
  r.executability = o.executability;
  r.times = o.times;
  r.omit_dir_times = o.omit_dir_times;
  r.omit_link_times = o.omit_link_times;
  r.group = o.group;
  r.owner = o.owner;
  r.devices = o.devices;
  r.specials = o.specials;
  r.hard_links = o.hard_links;
  r.checksum = o.checksum;
  r.digest = checksums.flist;
  r.ignore_times = o.ignore_times;
  r.size_only = o.size_only;
  r.modify_window = o.modify_window.value_or(0);
  r.update = o.update;
  r.existing = o.existing;
  r.ignore_existing = o.ignore_existing;
  r.min_size = o.min_size;
  r.max_size = o.max_size;
  r.whole_file = o.whole_file.value_or(false) || checksums.transfer == checksum::algorithm::none;
  r.block_size = o.block_size;
  r.inplace = o.inplace;
  r.partial_dir = o.partial_dir;
  r.safe_links = o.safe_links;
  r.deletes = when_to_remove(o) != roles::removal_time::never;
  r.force = o.force;
  r.one_file_system = o.one_file_system > 0;
  r.dry_run = o.dry_run;
  bool const unchanged = told.at(text::info::name) > 1;
  r.itemize_unchanged = o.itemize > 1 || (itemizes(o) && unchanged);
  r.tell_unchanged = !itemizes(o) && unchanged;
  r.tell_delta = o.verbose > 1;
  r.implied_dirs = o.implied_dirs;
  r.tell_skipped = told[text::info::skip];
  r.tell_nonreg = told[text::info::nonreg];
  r.tell_unsafe_links = told[text::info::symsafe];
  r.as_root = here.as_root;
  r.umask = here.umask;
  r.in_group = here.in_group;
  return r;
}

}  // namespace

roles::removal_time when_to_remove(options const& o) {
  switch (o.deletion) {
    case delete_mode::none:
      return o.delete_excluded ? roles::removal_time::during : roles::removal_time::never;
    case delete_mode::before:
      return roles::removal_time::before;
    case delete_mode::delay:
      return roles::removal_time::delay;
    case delete_mode::after:
      return roles::removal_time::after;
    case delete_mode::automatic:
    case delete_mode::during:
      return roles::removal_time::during;
  }
  return roles::removal_time::never;
}

roles::placing_options placing_of(options const& o) { return {o.partial, o.partial_dir, o.fsync, nullptr}; }

roles::destination_request destination_request_of(options const& o, std::string const& destination,
                                                  roles::received_lists const& lists) {
  roles::destination_request what;
  what.path = destination;
  auto const& first = *lists.oldest();
  what.one_entry = lists.entries() == 1 && lists.complete();
  if (first.size() > 0) {
    what.entry_is_directory = first.at(0).is_directory();
    what.entry_is_root = first.path_of(first.at(0)).empty();
  }
  what.make_parents = o.mkpath;
  what.keep_links = o.keep_dirlinks;
  what.dry_run = o.dry_run;
  what.temp_dir = o.temp_dir;
  return what;
}

bool tells_destination(roles::destination_answer const& found, options const& o, roles::received_lists const& lists) {
  text::info_levels const told{o};
  auto const& first = *lists.oldest();
  bool const only_root = lists.entries() == 1 && first.path_of(first.at(0)).empty();
  return !found.notice.empty() && !only_root && (told[text::info::name] || itemizes(o));
}

std::shared_ptr<roles::examine_context> examining_of(options const& o, this_host const& here,
                                                     checksum::choice const& checksums, roles::destination_answer found,
                                                     std::shared_ptr<filter::rule_set const> rules) {
  auto context = std::make_shared<roles::examine_context>();
  context->where = std::move(found.where);
  context->how = receive_options_of(o, here, checksums);
  context->full_root = std::move(found.full_root);
  context->rules = std::move(rules);
  context->user = here.user;
  if (o.max_delete) {
    context->limit = std::make_shared<roles::removal_limit>();
    context->limit->at_most = std::max<std::int64_t>(*o.max_delete, 0);
  }
  context->root_is_new = found.made && found.single_name.empty();
  return context;
}

std::shared_ptr<roles::removal_context> removals_of(options const& o, this_host const& here,
                                                    roles::destination_answer const& found,
                                                    std::shared_ptr<filter::rule_set const> rules,
                                                    std::shared_ptr<roles::removal_limit> limit) {
  if (when_to_remove(o) == roles::removal_time::never || !found.where) return nullptr;
  auto removals = std::make_shared<roles::removal_context>();
  removals->where = found.where;
  removals->rules = std::move(rules);
  removals->dry_run = o.dry_run;
  removals->user = here.user;
  removals->limit = std::move(limit);
  removals->one_file_system = o.one_file_system > 0;
  return removals;
}

}  // namespace volsync::protocol
