// The file lists of the session as the receiving half knows them: the open ones, and the table of directories.
//
// Lists arrive, are numbered and sorted; the oldest is forgotten when it is finished. Source: lib/wire/FORMAT.md,
// incremental recursion.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "volsync/report.hpp"
#include "volsync/result.hpp"

#include "flist/list.hpp"

#include "roles/errc.hpp"

namespace volsync::roles {

struct received_list {
  std::shared_ptr<flist::list> list;             // sorted, duplicates marked
  std::int32_t ndx_start = 0;                    // wire index of position 0
  std::int32_t directory = -1;                   // in the table of directories; -1: the first list
  std::string path;                              // of that directory below the destination; "" for the first list
  std::string listed_path;                       // of it on the wire, without a leading slash
  std::optional<flist::entry> self;              // that directory's entry: it has the index ndx_start - 1
  std::int64_t before = 0;                       // entries in all lists before this one
  std::int32_t io_error = 0;                     // what its end said
  std::shared_ptr<std::string const> only_name;  // name at the destination of the run's only entry; "": as listed

  // The entry's path below the destination: as listed, but for the run's only entry.
  [[nodiscard]] std::string path_of(flist::entry const& e) const;
  // As on the wire, without a leading slash; "" for ".".
  [[nodiscard]] std::string listed_path_of(flist::entry const& e) const;
  [[nodiscard]] flist::entry const& at(std::uint32_t position) const {
    return list->at(static_cast<flist::position>(position));
  }
  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(list->size()); }
};

// One thread at a time.
class received_lists {
 public:
  explicit received_lists(bool incremental) : incremental_{incremental} {}

  // A list whose entries now arrive.
  struct filling {
    flist::list* into = nullptr;
    std::int32_t ndx_start = 0;
    std::string const* directory = nullptr;  // wire name of the directory whose children come; null: any
  };
  // The first list, or with incremental recursion the list of a directory (its number in the table).
  // Errors: role_errc::bad_directory, unexpected_list.
  [[nodiscard]] result<filling> begin(std::optional<std::int32_t> number = std::nullopt);
  // It is complete; io_error: what its end said. The list stays open until it is retired.
  std::shared_ptr<received_list const> end(std::int32_t io_error);
  // A complete list instead of one that arrives (a local copy): sorted, and numbered as begin() would. Errors: as
  // begin().
  [[nodiscard]] result<std::shared_ptr<received_list const>> adopt(std::shared_ptr<flist::list> list,
                                                                   std::optional<std::int32_t> number,
                                                                   std::int32_t io_error);
  // The only entry, and the list of it if it is a directory, are to have this name. Before any list is worked on.
  void name_only(std::string name);
  // No further list will come. Errors: unexpected_list (again, or inside a list).
  [[nodiscard]] result<void> end_all();

  [[nodiscard]] bool complete() const noexcept { return complete_; }
  [[nodiscard]] bool is_filling() const noexcept { return under_way_ != nullptr; }
  [[nodiscard]] std::size_t open() const noexcept { return open_.size(); }
  [[nodiscard]] std::shared_ptr<received_list const> oldest() const { return open_.front(); }
  void retire_oldest();

  // The list that has index n; position: of the entry, or nothing if n stands for the list's directory.
  struct found {
    std::shared_ptr<received_list const> where;  // null: no open list has it
    std::optional<std::uint32_t> position;
  };
  [[nodiscard]] found find(std::int32_t n) const;

  [[nodiscard]] entry_counts const& counts() const noexcept { return counts_; }
  [[nodiscard]] std::int64_t total_size() const noexcept { return total_size_; }
  [[nodiscard]] std::int64_t entries() const noexcept { return entries_; }

 private:
  struct directory {
    std::string path;  // on the wire
    flist::entry entry;
    bool active = true;  // false: a duplicate
    bool listed = false;
  };
  std::shared_ptr<received_list const> close(std::int32_t io_error);
  void note_directories(received_list const& of);
  void count(flist::list const& of);

  bool incremental_;
  std::shared_ptr<std::string> only_name_ = std::make_shared<std::string>();
  bool complete_ = false;
  std::vector<directory> table_;
  std::shared_ptr<received_list> under_way_;
  std::string under_way_name_;
  std::deque<std::shared_ptr<received_list>> open_;
  std::int32_t next_ndx_ = 0;
  entry_counts counts_;
  std::int64_t total_size_ = 0, entries_ = 0;
  bool begun_ = false;
};

}  // namespace volsync::roles
