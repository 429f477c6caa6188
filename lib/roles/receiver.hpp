// The receiver: takes what the sender answers, in its order, and has files made of it by workers.
//
// A machine: values in, jobs out; it touches no tree, socket, clock or lock. One thread, the generator's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "volsync/events.hpp"

#include "roles/apply_job.hpp"
#include "roles/generator.hpp"
#include "roles/received_lists.hpp"

namespace volsync::roles {

struct receiver_options {
  apply_options files;
  bool dry_run = false;
  bool tell_items = true;  // a client tells its user; a server leaves that to the client
  bool tell_progress = false;
  std::size_t workers = 1;
};

class receiver {
 public:
  receiver(receiver_options const& how, received_lists& lists, generator& asks, std::function<void(event&&)> tell);
  ~receiver();
  // temp_dir: null for none.
  void begin(std::shared_ptr<fs::destination> where, std::shared_ptr<directory const> temp_dir) {
    where_ = std::move(where);
    how_.files.temp_dir = std::move(temp_dir);
  }

  // An answer that is no transfer, or any answer of a dry run. Errors: role_errc::no_such_index.
  [[nodiscard]] result<void> take_echo(request what);
  // The content of a file comes: head, tokens, digest. Errors: role_errc::not_requested, bad_echo.
  [[nodiscard]] result<void> begin_file(request const& what);
  void literal(byte_view data);
  void match(std::int32_t block, std::int32_t run);
  void end_file(checksum::digest const& digest);
  // The file was made without us (a local copy), and this became of it. Errors: role_errc::not_requested.
  [[nodiscard]] result<void> made(std::int32_t n, apply_outcome const& what);
  // It will not come. Errors: role_errc::not_requested.
  [[nodiscard]] result<void> refused(std::int32_t n);

  // No further input is at hand: what was collected becomes a job.
  void pause();
  // False while enough waits to be written.
  [[nodiscard]] bool wants_input() const noexcept;

  // True if the step was one of ours.
  [[nodiscard]] bool take(job_ptr& step);
  [[nodiscard]] job_ptr next_job();

  // Transferred, created, literal and matched bytes.
  [[nodiscard]] report const& figures() const noexcept { return figures_; }
  [[nodiscard]] bool had_errors() const noexcept { return had_errors_; }
  // Files that the sender did not send although they were asked for; it says why, not we.
  [[nodiscard]] std::int64_t refused_files() const noexcept { return refused_; }
  // The destination is full: nothing more can be written. Empty: it is not; else what to tell.
  [[nodiscard]] std::string const& disk_full() const noexcept { return disk_full_; }

 private:
  struct batch;     // files that one job makes
  struct arriving;  // the file whose content comes

  void pass_on(std::optional<checksum::digest> ends);
  void post(std::shared_ptr<batch> const& each);
  void take_outcome(std::int32_t n, apply_outcome const& what);
  void tell_item(request const& what);
  void tell_progress(bool finished);

  receiver_options how_;
  received_lists& lists_;
  generator& asks_;
  std::function<void(event&&)> tell_;
  std::shared_ptr<fs::destination> where_;
  std::shared_ptr<batch> collecting_;  // its job has not begun
  std::shared_ptr<batch> streaming_;   // its last file is coming
  std::unique_ptr<arriving> arriving_;
  std::deque<std::shared_ptr<batch>> ready_;
  std::unordered_map<job const*, std::shared_ptr<batch>> running_;
  std::size_t held_ = 0;              // bytes that wait to be written
  std::int64_t received_so_far_ = 0;  // content bytes of all files, for progress
  report figures_;
  std::int64_t refused_ = 0;
  bool had_errors_ = false;
  std::string disk_full_;
};

}  // namespace volsync::roles
