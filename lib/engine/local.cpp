// The loop of a local copy: no connection, so the only thing to wait for is a job.
#include "engine/local.hpp"

#include <chrono>
#include <filesystem>
#include <utility>
#include <vector>

#include "filter/command_line.hpp"
#include "filter/errc.hpp"

#include "protocol/errc.hpp"
#include "protocol/server_args.hpp"

#include "engine/local_session.hpp"
#include "engine/mailbox.hpp"
#include "engine/receiving.hpp"
#include "engine/sending.hpp"
#include "engine/set_up.hpp"
#include "engine/workers.hpp"

namespace volsync::engine {
namespace {

// The best one, unless the user or the environment says otherwise.
std::variant<checksum::choice, refusal> checksums_of(protocol::handshake_setup const& how) {
  if (how.checksums) return *how.checksums;
  auto const& words = checksum::checksum_vocabulary();
  auto const ours = checksum::offer(words, checksum::side::client, how.checksum_restriction);
  auto const theirs = checksum::offer(words, checksum::side::server, how.checksum_restriction);
  auto const name = checksum::choose(words, checksum::side::client, ours, theirs);
  if (!name) return refusal{exit_code::unsupported, "no checksum is left by RSYNC_CHECKSUM_LIST"};
  auto const algorithm = checksum::parse(*name).value_or(checksum::implied_algorithm);
  return checksum::choice{algorithm, algorithm};
}

std::variant<local_setup, refusal> prepare(job const& what, std::shared_ptr<tree> files) {
  auto sending = sending_setup(what, files);
  if (auto* no = std::get_if<refusal>(&sending)) return std::move(*no);
  auto receiving = receiving_setup(what.options, files, what.destination.path);
  if (auto* no = std::get_if<refusal>(&receiving)) return std::move(*no);
  auto& from = std::get<protocol::sending_setup>(sending);
  auto& to = std::get<protocol::receiving_setup>(receiving);
  auto const checksums = checksums_of(from.handshake);
  if (auto const* no = std::get_if<refusal>(&checksums)) return *no;

  local_setup setup;
  setup.options = what.options;
  setup.options.whole_file = what.options.whole_file.value_or(true);
  setup.incremental = protocol::allows_incremental_recursion(what.options, true) &&
                      protocol::allows_incremental_recursion(what.options, false);
  setup.checksums = std::get<checksum::choice>(checksums);
  setup.sending_rules = from.filter;
  // The other half knows what a peer would hear, and without a deletion, too: --force removes.
  std::string text;
  filter::sources with = filter_sources();
  std::error_code ignored;
  with.current_directory = std::filesystem::absolute(what.destination.path, ignored).string();
  auto received = filter::compile_received(from.rules, what.options, with, text);
  if (!received) return refusal{filter::exit_code_of(received.error()), std::move(text)};
  setup.receiving_rules = std::move(*received);
  setup.roots = from.roots;
  setup.scan = from.scan;
  setup.operands = from.operands;
  setup.files = to.files;
  setup.destination = to.destination;
  setup.here = to.here;
  setup.workers = worker_count(what.options);
  return setup;
}

exit_code code_of(std::int32_t io_error) noexcept {
  if ((io_error & roles::io_error_general) != 0) return exit_code::partial;
  if ((io_error & roles::io_error_vanished) != 0) return exit_code::vanished;
  return (io_error & roles::io_error_delete_limit) != 0 ? exit_code::delete_limit : exit_code::success;
}

// --bwlimit (bytes a second, 0: none), by letting no job begin while more was copied than the time allows.
class brake {
 public:
  explicit brake(std::int64_t limit) : limit_{limit} {}
  [[nodiscard]] bool holds(std::int64_t copied) const {
    if (limit_ == 0) return false;
    std::chrono::duration<double> const passed = std::chrono::steady_clock::now() - begun_;
    return static_cast<double>(copied) > passed.count() * static_cast<double>(limit_);
  }
  [[nodiscard]] std::chrono::milliseconds patience() const { return std::chrono::milliseconds{limit_ == 0 ? 500 : 20}; }

 private:
  std::int64_t limit_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

// Until everything is said and done, or the run cannot go on. The outcome's figures are the caller's.
finished drive(local_session& session, workers& pool, mailbox& box, cancellation& cancel, std::int64_t limit) {
  finished end;
  brake const pace{limit};
  std::vector<roles::job_ptr> done;
  while (!session.finished()) {
    if (cancel.requested()) {
      end.code = cancel.code();
      return end;
    }
    if (box.is_out_of_memory()) {
      end.code = exit_code::memory;
      end.text = "out of memory";
      return end;
    }
    bool moved = box.take(done);
    for (auto& each : done) session.take(std::move(each));
    done.clear();
    if (auto const advanced = session.advance(); !advanced) {
      end.code = protocol::exit_code_of(advanced.error());
      end.text = advanced.error().message();
      return end;
    }
    if (auto why = session.fatal()) {
      end.code = why->code;
      end.text = std::move(why->text);
      return end;
    }
    while (!pace.holds(session.figures().literal_data)) {
      auto job = session.next_job();
      if (!job) break;
      pool.post(std::move(job));
      moved = true;
    }
    if (!moved) box.wait(pace.patience());
  }
  end.code = code_of(session.io_error());
  return end;
}

}  // namespace

finished run_local(job const& what, observer& events, cancellation& cancel, std::shared_ptr<tree> files) {
  auto const begun = std::chrono::steady_clock::now();
  auto prepared = prepare(what, std::move(files));
  if (auto* no = std::get_if<refusal>(&prepared)) return refused(std::move(*no));
  auto box = mailbox::make(cancel.wake_fd());
  if (!box) return refused({exit_code::ipc, "no event descriptor: " + box.error().message()});
  auto& setup = std::get<local_setup>(prepared);
  std::size_t const threads = setup.workers;
  local_session session{std::move(setup), [&events](event&& e) { events.on_event(e); }};
  finished end;
  {
    workers pool{threads, **box};
    end = drive(session, pool, **box, cancel, what.options.bandwidth_limit);
  }
  end.result = session.figures();
  end.result.elapsed = std::chrono::steady_clock::now() - begun;
  return end;
}

}  // namespace volsync::engine
