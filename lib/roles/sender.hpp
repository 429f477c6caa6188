// The sender: answers the generator's records in their order, with files read by workers ahead of their turn.
//
// A machine: values in, values and jobs out, in order; it touches no tree, socket, clock or lock. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "volsync/events.hpp"

#include "roles/errc.hpp"
#include "roles/file_job.hpp"
#include "roles/job.hpp"
#include "roles/list_builder.hpp"
#include "roles/reply_job.hpp"
#include "roles/values.hpp"

namespace volsync::roles {

struct sender_options {
  list_options list;
  file_job_options files;
  bool dry_run = false;
  bool local = false;            // source and destination are on this host
  bool serves = false;           // a server: the client hears its counts of deleted entries again
  bool goodbye_answered = true;  // the peer expects an answer to its first goodbye
  std::size_t workers = 1;
};

// How an entry is told.
struct entry_names {
  std::string name;  // as in the list; with a leading slash below an absolute argument of -R
  std::string path;  // as the argument was typed, and on from there
};

// What the machine needs from the tree side.
struct sender_parts {
  std::shared_ptr<lister_source const> lister;
  file_opener open;
  reply_maker copy;  // local: makes files that have no basis; null: content is sent
  id_lookup names;
  std::function<std::string(std::uint16_t root, std::string const& path)> full_path;  // for messages
  std::function<entry_names(std::uint16_t root, std::string const& path)> names_of;   // for items
};

class sender {
 public:
  sender(sender_options const& how, sender_parts parts, std::function<void(event&&)> tell);

  // The first list, from the arguments. Before it nothing is sent.
  void begin(scanned first, std::unordered_map<std::string, std::vector<planned_entry>> planned);

  // A record of the generator. Errors: role_errc (all end the session).
  [[nodiscard]] result<void> take(to_sender value);
  // No further record is at hand: what was collected becomes a job.
  void pause() { start_batch(); }
  // False while enough requests wait: the caller stops decoding input until it is true again.
  [[nodiscard]] bool wants_input() const noexcept;

  // A finished step of a job that next_job() gave out.
  void take(job_ptr step);
  [[nodiscard]] job_ptr next_job();

  // The next value for the peer, in order; nullopt: nothing is ready. Call while the output has room.
  [[nodiscard]] std::optional<from_sender> next();

  // Everything was said on both sides.
  [[nodiscard]] bool finished() const noexcept { return at_ == state::finished; }
  // The peer's final goodbye may come now or has come: the end of its stream is no surprise.
  [[nodiscard]] bool in_goodbye() const noexcept { return at_ == state::goodbye || at_ == state::finished; }
  // Moment at which the byte counters are read: true once, right after the value that ends the transfer was given out.
  [[nodiscard]] bool counters_freeze() noexcept { return std::exchange(freeze_, false); }

  [[nodiscard]] report const& figures() const noexcept { return figures_; }
  [[nodiscard]] std::int32_t io_error() const noexcept { return lists_.io_error(); }
  [[nodiscard]] list_builder const& lists() const noexcept { return lists_; }

 private:
  enum class state : std::uint8_t { transferring, goodbye, finished };
  struct batch;  // a file job and what it has made
  struct turn {  // one answer, or a batch of them
    std::variant<from_sender, std::shared_ptr<batch>> what;
    bool ends = false;         // the answer that ends the transfer
    std::optional<item> said;  // told when the answer goes out
  };

  [[nodiscard]] result<void> take_request(request wanted);
  [[nodiscard]] result<void> take_done();
  void collect(request wanted, live_list const& where, flist::entry const& e);
  void start_batch();
  [[nodiscard]] item describe(request const& what, live_list const& where, flist::entry const* e) const;
  void tell_item(item said);
  void account(batch& of, file_part& part);
  void tell_failure(batch const& of, file_failure const& why);
  [[nodiscard]] std::optional<from_sender> next_of(batch& front);
  void wake(std::shared_ptr<batch> const& each);

  sender_options how_;
  sender_parts parts_;
  std::function<void(event&&)> tell_;
  list_builder lists_;
  state at_ = state::transferring;
  int phase_ = 0;
  bool eof_sent_ = false;
  bool goodbye_seen_ = false;
  bool freeze_ = false;
  std::int32_t io_error_listed_ = 0;  // what the lists have told the peer
  std::deque<turn> turns_;            // answers in the order of the records
  std::vector<request> collected_;    // requests that will make the next job
  std::vector<source_file> collected_files_;
  std::vector<item> collected_items_;
  std::int64_t collected_bytes_ = 0;
  bool collecting_copies_ = false;
  std::deque<std::shared_ptr<batch>> ready_;    // batches whose job wants a step
  std::vector<std::shared_ptr<batch>> parked_;  // younger batches that made enough
  std::unordered_map<job const*, std::shared_ptr<batch>> running_;
  std::size_t waiting_requests_ = 0;
  std::size_t held_bytes_ = 0;  // made by jobs, not yet given out
  std::size_t signature_bytes_ = 0;
  std::int64_t sent_so_far_ = 0;  // content bytes, for progress
  report figures_;
};

}  // namespace volsync::roles
