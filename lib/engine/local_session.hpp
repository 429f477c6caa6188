// A copy within this host: the sender and the generator of one run hand each other values, and no byte is encoded.
//
// Lists are the sender's own; files without a basis are copied by the system, the others go through the delta as they
// would over a wire. Does no I/O: jobs out and back in. Like all machines, one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "checksum/negotiate.hpp"

#include "filter/rules.hpp"

#include "fs/source_roots.hpp"

#include "roles/generator.hpp"
#include "roles/operands.hpp"
#include "roles/receiver.hpp"
#include "roles/sender.hpp"

#include "protocol/receiving_choices.hpp"
#include "protocol/session.hpp"

namespace volsync::engine {

struct local_setup {
  volsync::options options;
  bool incremental = false;  // lists of directories one by one
  checksum::choice checksums;
  std::shared_ptr<filter::rule_set const> sending_rules, receiving_rules;
  std::shared_ptr<fs::source_roots> roots;
  fs::scan_options scan;
  roles::operand_options operands;
  std::shared_ptr<tree> files;
  std::string destination;  // as typed
  protocol::this_host here;
  std::size_t workers = 1;
};

class local_session {
 public:
  local_session(local_setup setup, std::function<void(event&&)> tell);
  ~local_session();

  [[nodiscard]] roles::job_ptr next_job();
  void take(roles::job_ptr step);
  // Goes on as far as it can without a job's result. Errors: role_errc, only by a mistake of ours.
  [[nodiscard]] result<void> advance();

  [[nodiscard]] bool finished() const noexcept;
  // Set: the run must end (a merge file that cannot be understood, a destination that cannot be entered, a full disk).
  [[nodiscard]] std::optional<protocol::fatal_end> fatal() const;
  [[nodiscard]] std::int32_t io_error() const noexcept;
  [[nodiscard]] report figures() const;

 private:
  [[nodiscard]] std::unique_ptr<roles::reply_job> make_copies(std::vector<roles::request> const& wanted,
                                                              std::vector<roles::source_file> sources);
  [[nodiscard]] result<bool> ask();
  [[nodiscard]] result<bool> answer();
  [[nodiscard]] result<void> deliver(roles::from_sender value);
  [[nodiscard]] result<void> deliver_list(roles::segment& list);
  [[nodiscard]] result<void> deliver_files(roles::file_data const& data);
  void judge_number_of_entries();
  void look_for_destination();
  void destination_found(roles::destination_answer found);
  void list_done(bool nothing);

  local_setup setup_;
  std::function<void(event&&)> tell_;
  std::unique_ptr<roles::received_lists> lists_;
  std::unique_ptr<roles::sender> sender_;
  std::unique_ptr<roles::generator> generator_;
  std::unique_ptr<roles::receiver> receiver_;
  std::shared_ptr<fs::destination> where_;
  std::shared_ptr<directory const> temp_dir_;
  std::optional<roles::to_sender> asked_;  // the sender has no room for it yet
  roles::job_ptr special_;                 // the arguments, then the destination
  roles::job const* special_running_ = nullptr;
  bool arguments_listed_ = false;
  bool destination_asked_ = false, destination_known_ = false, one_entry_so_far_ = false;
  bool said_all_ = false, empty_ = false;
  std::optional<protocol::fatal_end> fatal_;
};

}  // namespace volsync::engine
