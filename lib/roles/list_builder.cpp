// Depth-first growth of the sender's list.
//
// The table of directories that both ends keep is not stored here: its indexes are counted as lists are sent, and a
// directory is forgotten with the list that describes its content.
#include "roles/list_builder.hpp"

#include <algorithm>
#include <utility>

namespace volsync::roles {
namespace {

constexpr std::size_t scan_batch = 8;            // directories in one job
constexpr std::size_t scan_depth = 64;           // how far down the stack work is looked for
constexpr std::int64_t scanned_enough = 20'000;  // entries scanned ahead of their turn

}  // namespace

list_builder::list_builder(list_options const& how, std::shared_ptr<lister_source const> source, id_lookup names,
                           std::size_t scanners)
    : how_{how}, source_{std::move(source)}, names_{std::move(names)}, scanners_{std::max<std::size_t>(scanners, 1)} {
  next_ndx_ = how_.incremental ? 1 : 0;
}

void list_builder::begin(scanned first, std::unordered_map<std::string, std::vector<planned_entry>> planned) {
  begun_ = true;
  planned_ = std::move(planned);
  first_ = std::move(first);
}

std::unique_ptr<scan_job> list_builder::next_job() {
  if (!again_.empty()) {
    auto job = std::move(again_.back());
    again_.pop_back();
    return job;
  }
  if (scanning_ >= scanners_ || stack_.empty()) return nullptr;
  bool const only_top = scanned_ahead_ > scanned_enough;
  std::vector<scan_job::task> tasks;
  std::size_t const depth = only_top ? 1 : std::min(stack_.size(), scan_depth);
  for (std::size_t i = 0; i < depth && tasks.size() < scan_batch; ++i) {
    pending_directory& each = *stack_[stack_.size() - 1 - i];
    if (each.at != state::waiting) continue;
    each.at = state::scanning;
    tasks.push_back({each.index, {each.path, std::move(each.places), std::move(each.planned)}});
  }
  if (tasks.empty()) return nullptr;
  ++scanning_;
  return std::make_unique<scan_job>(source_, std::move(tasks));
}

void list_builder::take(std::unique_ptr<scan_job> job) {
  for (auto& [index, content] : job->take_completed()) {
    auto const known = by_index_.find(index);
    if (known == by_index_.end()) continue;
    scanned_ahead_ += static_cast<std::int64_t>(content.list->size());
    discovered_ |= content.io_error;
    known->second->content = std::move(content);
    known->second->at = state::ready;
  }
  if (job->done()) {
    --scanning_;
  } else {
    again_.push_back(std::move(job));
  }
}

// Every directory of the list gets its index in the table, in the order of the list; those with a list to come go on
// the stack so that the first one is on top. Directories of one name become one.
void list_builder::push_children(scanned& from) {
  flist::list const& list = *from.list;
  std::vector<std::unique_ptr<pending_directory>> below;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto const slot = how_.incremental ? list.slot_of(static_cast<flist::position>(i)) : static_cast<flist::slot>(i);
    flist::entry const& e = list.at(slot);
    if (!e.is_directory()) continue;
    std::int32_t const index = next_directory_++;
    if (list.name(e) == "." && list.parent(e).path.empty()) continue;
    auto const child = std::lower_bound(from.children.begin(), from.children.end(), slot,
                                        [](child_directory const& c, flist::slot s) { return c.where < s; });
    bool const wanted = child != from.children.end() && child->where == slot;
    std::string name = list.path(e);
    if (!below.empty() && below.back()->path == name) {  // a duplicate: its content joins the first one's list
      auto& places = below.back()->places;
      // Lists of directories have the same one once, if it comes twice in a row; a single list has it twice, as
      // rsync's.
      bool const again = how_.incremental && !places.empty() && wanted && places.back().root == child->place.root;
      if (wanted && child->scan && !again) places.push_back(child->place);
      continue;
    }
    if (!how_.incremental && (!wanted || !child->scan) && !planned_.contains(name)) continue;  // nothing below
    auto each = std::make_unique<pending_directory>();
    each->index = index;
    each->path = std::move(name);
    each->entry = e;
    each->root = list.parent(e).root;
    if (wanted && child->scan) each->places.push_back(child->place);
    if (auto const known = planned_.find(each->path); known != planned_.end()) {
      each->planned = std::move(known->second);
      planned_.erase(known);
    }
    below.push_back(std::move(each));
  }
  for (auto each = below.rbegin(); each != below.rend(); ++each) {
    by_index_[(*each)->index] = each->get();
    stack_.push_back(std::move(*each));
  }
}

void list_builder::count(flist::list const& list) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    flist::entry const& e = list.at(static_cast<flist::slot>(i));
    if (e.is_regular()) {
      ++counts_.regular;
    } else if (e.is_directory()) {
      ++counts_.directories;
    } else if (e.is_symlink()) {
      ++counts_.symlinks;
    } else if (e.is_device()) {
      ++counts_.devices;
    } else if (e.is_special()) {
      ++counts_.specials;
    }
    if (e.is_regular() || e.is_symlink()) total_size_ += e.size;
  }
  entries_ += static_cast<std::int64_t>(list.size());
}

void list_builder::number_links(scanned& from, flist::list& list, std::int32_t ndx_start, std::uint32_t slot_offset) {
  if (!how_.hard_links) return;
  for (link_reference const& each : from.links) {
    auto const slot = static_cast<std::uint32_t>(each.where) + slot_offset;
    flist::entry& e = list.at(static_cast<flist::slot>(slot));
    auto const identity = static_cast<std::uint32_t>(ndx_start) + slot;
    auto const [known, is_new] = links_.try_emplace({each.device, each.inode}, identity);
    e.flags |= flist::entry_flags::hard_linked;
    if (is_new) e.flags |= flist::entry_flags::first_link;
    e.group = known->second;
  }
}

void list_builder::note_id(std::vector<std::uint32_t>& order, std::set<std::uint32_t>& seen, std::uint32_t id) {
  if (seen.insert(id).second) order.push_back(id);
}

void list_builder::mention_ids(segment& into) {
  flist::list const& list = *into.list;
  std::uint32_t last_user = 0, last_group = 0;
  bool any = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    flist::entry const& e = list.at(static_cast<flist::slot>(i));
    if (any && e.uid == last_user && e.gid == last_group) continue;
    any = true;
    last_user = e.uid;
    last_group = e.gid;
    std::size_t const users = users_.size(), groups = groups_.size();
    if (how_.owner) note_id(users_, seen_users_, e.uid);
    if (how_.group) note_id(groups_, seen_groups_, e.gid);
    if (!how_.names_inline || (users == users_.size() && groups == groups_.size())) continue;
    name_mention mention;
    mention.where = static_cast<flist::slot>(i);
    if (users != users_.size()) mention.user_name = names_(true, e.uid);
    if (groups != groups_.size()) mention.group_name = names_(false, e.gid);
    mention.user = !mention.user_name.empty();
    mention.group = !mention.group_name.empty();
    if (mention.user || mention.group) into.names.push_back(std::move(mention));
  }
}

// described: what is known of the directory beforehand.
segment list_builder::make_segment(scanned& from, live_list described) {
  segment made;
  made.ndx_start = next_ndx_;
  made.directory = described.directory;
  next_ndx_ += static_cast<std::int32_t>(from.list->size()) + 1;
  made.list = from.list;
  mention_ids(made);
  made.io_error = how_.report_io_errors ? io_error_ : 0;
  described.list = made.list;
  described.ndx_start = made.ndx_start;
  described.before = entries_ - static_cast<std::int64_t>(made.list->size());
  if (made.directory < 0 && !made.list->empty() && made.list->name(made.list->at(flist::position{0})) == ".") {
    described.entry = made.list->at(flist::position{0});
    described.root = made.list->parent(described.entry).root;
  }
  live_.push_back(std::move(described));
  if (live_.size() > 1) open_entries_ += static_cast<std::int64_t>(made.list->size());
  return made;
}

void list_builder::add_to_single_list(scanned& from) {
  auto const offset = static_cast<std::uint32_t>(single_->size());
  flist::list const& list = *from.list;
  for (std::size_t i = 0; i < list.size(); ++i) {
    flist::entry e = list.at(static_cast<flist::slot>(i));
    auto const& parent = list.parent(e);
    auto const name = list.name(e);
    auto const extra = list.extra(e);
    e.parent = single_->add_parent(parent.path, parent.root);
    single_->append(e, name, extra);
  }
  number_links(from, *single_, next_ndx_, offset);
}

std::optional<segment> list_builder::next_segment(std::int64_t ahead) {
  if (complete_ || !begun_) return std::nullopt;
  live_list outermost;
  outermost.directory = -1;
  outermost.path = ".";
  outermost.entry.mode = S_IFDIR;
  if (first_) {
    scanned first = std::move(*first_);
    first_.reset();
    io_error_ |= first.io_error;
    fatal_ = std::move(first.fatal);
    std::move(first.events.begin(), first.events.end(), std::back_inserter(events_));
    push_children(first);
    if (how_.incremental) {
      number_links(first, *first.list, next_ndx_, 0);
      count(*first.list);
      return make_segment(first, std::move(outermost));
    }
    single_ = std::make_shared<flist::list>();
    add_to_single_list(first);
  }
  while (!stack_.empty()) {
    pending_directory& top = *stack_.back();
    if (top.at != state::ready || (how_.incremental && open_entries_ >= ahead)) return std::nullopt;
    auto const held = std::move(stack_.back());
    stack_.pop_back();
    by_index_.erase(held->index);
    scanned content = std::move(held->content);
    scanned_ahead_ -= static_cast<std::int64_t>(content.list->size());
    io_error_ |= content.io_error;
    if (fatal_.empty()) fatal_ = std::move(content.fatal);
    std::move(content.events.begin(), content.events.end(), std::back_inserter(events_));
    push_children(content);
    if (how_.incremental) {
      number_links(content, *content.list, next_ndx_, 0);
      count(*content.list);
      return make_segment(content, {nullptr, 0, held->index, std::move(held->path), held->entry, held->root, 0});
    }
    add_to_single_list(content);
  }
  complete_ = true;
  if (how_.incremental) return std::nullopt;
  single_->finish(flist::ndx{0});
  count(*single_);
  scanned whole;
  whole.list = std::move(single_);
  return make_segment(whole, std::move(outermost));
}

void list_builder::retire_oldest() {
  live_.pop_front();
  if (!live_.empty()) open_entries_ -= static_cast<std::int64_t>(live_.front().list->size());
}

list_builder::found list_builder::find(std::int32_t n) const {
  auto const after = std::upper_bound(live_.begin(), live_.end(), n,
                                      [](std::int32_t value, live_list const& l) { return value < l.ndx_start - 1; });
  if (after == live_.begin()) return {};
  live_list const& l = *std::prev(after);
  if (n == l.ndx_start - 1) {
    // Index 0 stands for the root only if the first list has one.
    bool const is_root = l.directory < 0;
    if (is_root && (!how_.incremental || l.list->empty() || l.list->name(l.list->at(flist::position{0})) != "."))
      return {};
    return {&l, std::nullopt};
  }
  auto const offset = static_cast<std::uint32_t>(n - l.ndx_start);
  if (offset >= l.list->size()) return {};
  return {&l, static_cast<flist::position>(offset)};
}

std::int64_t list_builder::after(std::int32_t n) const {
  found const known = find(n);
  if (known.where == nullptr) return 0;
  std::int64_t const at = known.where->before + (known.position ? static_cast<std::int64_t>(*known.position) : -1);
  return entries_ - at - 1;
}

}  // namespace volsync::roles
