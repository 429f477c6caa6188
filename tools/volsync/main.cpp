// The program: command line, signals, run, exit code.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "volsync/command_line.hpp"
#include "volsync/console.hpp"
#include "volsync/terminal.hpp"
#include <volsync/format.hpp>
#include <volsync/run.hpp>
#include <volsync/serve.hpp>

namespace {

namespace cli = volsync::cli;

volsync::cancellation* active = nullptr;  // set before the handlers, never cleared

// The first signal ends the run in order, a second one at once.
extern "C" void on_signal(int) {
  if (active->requested()) {
    cli::restore_terminal();
    ::_exit(static_cast<int>(volsync::exit_code::signal));
  }
  active->request(volsync::exit_code::signal);
}

void handle_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (int const each : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    sigaction(each, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(each, &action, nullptr);  // nohup stays in force
  }
  action.sa_handler = SIG_IGN;  // a closed pipe, or a file as large as may be, is an error code and not an end
  for (int const each : {SIGPIPE, SIGXFSZ}) sigaction(each, &action, nullptr);
}

int fail(volsync::exit_code code, std::string const& text) {
  (void)cli::write_all(STDERR_FILENO, text);
  return static_cast<int>(code);
}

int tell(cli::text_request const& what) {
  if (cli::write_all(STDOUT_FILENO, what.text)) return EXIT_SUCCESS;
  return static_cast<int>(volsync::exit_code::message_io);
}

int run(cli::run_request const& what) {
  static volsync::cancellation cancel;
  active = &cancel;
  handle_signals();
  bool const sending = !what.job.sources.front().is_remote();
  cli::console output{what.job.options, {STDOUT_FILENO, STDERR_FILENO, what.buffering, sending}, cancel};
  volsync::finished const end = volsync::run(what.job, output, cancel, nullptr, cli::make_terminal_prompter(cancel));
  if (!output.flush() && end.code == volsync::exit_code::success) {
    // Everything was sent, but not everything could be told.
    return fail(volsync::exit_code::message_io,
                volsync::final_line(volsync::exit_code::message_io, "sender", cli::program_version));
  }
  return static_cast<int>(end.code);
}

// As a server: standard output is the client's, and of the user there is only standard error.
int serve(std::vector<std::string> const& args) {
  static volsync::cancellation cancel;
  active = &cancel;
  handle_signals();
  volsync::options plain;
  plain.errors_to = volsync::options::stderr_mode::all;  // whatever is told goes to standard error
  bool const sending = std::find(args.begin(), args.end(), "--sender") != args.end();
  cli::console output{plain, {STDERR_FILENO, STDERR_FILENO, cli::output_buffering::none, sending}, cancel};
  volsync::finished const end = volsync::serve(args, STDIN_FILENO, STDOUT_FILENO, output, cancel);
  (void)output.flush();
  return static_cast<int>(end.code);
}

std::optional<std::string> variable(char const* name) {
  char const* value = std::getenv(name);
  return value != nullptr ? std::optional<std::string>{value} : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> const args(argv, argv + argc);
  if (volsync::asks_to_serve(args)) return serve(args);
  cli::request const asked = cli::parse_command_line(args, variable);
  if (auto const* refused = std::get_if<cli::refusal>(&asked)) return fail(refused->code, refused->text);
  if (auto const* text = std::get_if<cli::text_request>(&asked)) return tell(*text);
  return run(std::get<cli::run_request>(asked));
}
