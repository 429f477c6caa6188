// Numbering and keeping of lists.
#include "roles/received_lists.hpp"

#include <algorithm>

#include "flist/duplicates.hpp"

#include "roles/describe.hpp"

namespace volsync::roles {

std::string received_list::path_of(flist::entry const& e) const {
  return only_name->empty() ? listed_path_of(e) : *only_name;
}

std::string received_list::listed_path_of(flist::entry const& e) const {
  std::string name = list->path(e);
  if (name == ".") return {};
  auto const start = name.find_first_not_of('/');
  if (start == std::string::npos) return {};
  if (start != 0) name.erase(0, start);
  return name;
}

result<received_lists::filling> received_lists::begin(std::optional<std::int32_t> number) {
  if (under_way_ || complete_) return role_errc::unexpected_list;
  auto made = std::make_shared<received_list>();
  made->list = std::make_shared<flist::list>();
  filling f;
  if (!number) {
    if (begun_) return role_errc::unexpected_list;
    made->ndx_start = incremental_ ? 1 : 0;
  } else {
    if (!incremental_ || open_.empty()) return role_errc::unexpected_list;
    if (*number < 0 || static_cast<std::size_t>(*number) >= table_.size()) return role_errc::bad_directory;
    auto& of = table_[static_cast<std::size_t>(*number)];
    if (!of.active || of.listed) return role_errc::bad_directory;
    of.listed = true;
    made->directory = *number;
    made->ndx_start = next_ndx_ + 1;
    made->self = of.entry;
    auto const start = of.path.find_first_not_of('/');
    made->path = made->listed_path = start == std::string::npos ? std::string{} : of.path.substr(start);
    under_way_name_ = of.path;
    f.directory = &under_way_name_;
  }
  begun_ = true;
  made->before = entries_;
  made->only_name = only_name_;
  f.into = made->list.get();
  f.ndx_start = made->ndx_start;
  under_way_ = std::move(made);
  return f;
}

std::shared_ptr<received_list const> received_lists::end(std::int32_t io_error) {
  under_way_->list->finish(flist::ndx{under_way_->ndx_start});
  return close(io_error);
}

result<std::shared_ptr<received_list const>> received_lists::adopt(std::shared_ptr<flist::list> list,
                                                                   std::optional<std::int32_t> number,
                                                                   std::int32_t io_error) {
  if (auto const begun = begin(number); !begun) return begun.error();
  under_way_->list = std::move(list);
  return close(io_error);
}

std::shared_ptr<received_list const> received_lists::close(std::int32_t io_error) {
  auto const made = std::move(under_way_);
  flist::list& list = *made->list;
  flist::mark_duplicates(list);
  made->io_error = io_error;
  next_ndx_ = made->ndx_start + static_cast<std::int32_t>(list.size());
  if (incremental_) note_directories(*made);
  if (made->directory < 0 && incremental_ && !list.empty()) {
    // The first list's own index stands for ".", if it has that.
    flist::entry const& first = list.at(flist::position{0});
    if (first.is_directory() && list.name(first) == ".") made->self = first;
  }
  count(list);
  open_.push_back(made);
  if (!incremental_) complete_ = true;
  return made;
}

void received_lists::name_only(std::string name) {
  *only_name_ = std::move(name);
  for (auto const& each : open_) {
    if (each->directory >= 0) each->path = *only_name_;
  }
}

result<void> received_lists::end_all() {
  if (!incremental_ || complete_ || under_way_ || !begun_) return role_errc::unexpected_list;
  complete_ = true;
  return {};
}

void received_lists::note_directories(received_list const& of) {
  flist::list const& list = *of.list;
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    flist::entry const& e = list.at(static_cast<flist::position>(i));
    if (!e.is_directory()) continue;
    directory known;
    known.path = list.path(e);
    known.entry = e;
    known.active = !flist::has(e.flags, flist::entry_flags::duplicate);
    known.listed = known.path == ".";
    table_.push_back(std::move(known));
  }
}

void received_lists::count(flist::list const& of) {
  for (std::uint32_t i = 0; i < of.size(); ++i) {
    flist::entry const& e = of.at(static_cast<flist::position>(i));
    roles::count(counts_, e.mode);
    if (e.is_regular() || e.is_symlink()) total_size_ += e.size;
  }
  entries_ += static_cast<std::int64_t>(of.size());
}

void received_lists::retire_oldest() { open_.pop_front(); }

received_lists::found received_lists::find(std::int32_t n) const {
  found f;
  // The last list that begins at or before n: its own index is one below its first.
  auto const after = std::upper_bound(open_.begin(), open_.end(), n, [](std::int32_t value, auto const& list) {
    return value < list->ndx_start - (list->self || list->directory >= 0 ? 1 : 0);
  });
  if (after == open_.begin()) return f;
  auto const& list = *std::prev(after);
  if (n >= list->ndx_start + static_cast<std::int32_t>(list->size())) return f;
  f.where = list;
  if (n >= list->ndx_start) f.position = static_cast<std::uint32_t>(n - list->ndx_start);
  return f;
}

}  // namespace volsync::roles
