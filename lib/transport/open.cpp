#include "transport/open.hpp"

#include <algorithm>
#include <cstdlib>

#include "transport/mailbox.hpp"
#include "transport/printable.hpp"
#include "transport/process_connection.hpp"
#include "transport/shell_words.hpp"
#include "transport/ssh_connection.hpp"

namespace volsync::transport {
namespace {

// Never works; says why.
class failed_connection final : public connection {
 public:
  failed_connection(error_code why, std::string text) { box_.fail(why, std::move(text)); }
  ~failed_connection() override { box_.close(); }
  void start(wake_function wake) override {
    box_.open(std::move(wake));
    box_.discard_output();  // wakes
  }
  std::size_t take_input(bytes&) override { return 0; }
  std::size_t take_errors(bytes&) override { return 0; }
  void put_output(bytes) override {}
  std::size_t output_backlog() const override { return 0; }
  void end_output() override {}
  connection_state state() const override { return box_.state(); }
  void abort() override {}
  std::string description() const override { return "no transport"; }

 private:
  mailbox box_;
};

std::unique_ptr<connection> failure(transport_errc why, std::string text) {
  return std::make_unique<failed_connection>(why, std::move(text));
}

std::unique_ptr<connection> run_shell(std::vector<std::string> words, remote_request const& request,
                                      std::string description) {
  bool const user_is_known = request.user_from_shell && names_user(words);
  process_options options;
  options.argv = shell_argv(std::move(words), user_is_known ? std::string{} : request.user, request.family,
                            request.host, request.command);
  options.description = std::move(description);
  return make_process_connection(std::move(options));
}

std::vector<std::string> ssh_words(remote_request const& request) {
  std::vector<std::string> words{"ssh"};
  if (!request.ssh_config.empty()) words.insert(words.end(), {"-F", request.ssh_config});
  if (request.connect_timeout.count() > 0) {
    words.insert(words.end(), {"-o", "ConnectTimeout=" + std::to_string(request.connect_timeout.count())});
  }
  return words;
}

std::string joined(std::vector<std::string> const& words) {
  std::string line;
  for (auto const& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

std::unique_ptr<connection> use_libssh(remote_request const& request, ssh_settings settings, std::string const& reason,
                                       std::shared_ptr<prompter> asks) {
  if (request.connect_timeout.count() > 0) settings.connect_timeout = request.connect_timeout;
  ssh_request made;
  made.settings = std::move(settings);
  made.command = joined(request.command);
  made.asks = std::move(asks);
  made.description = "libssh: " + reason;
  return make_ssh_connection(std::move(made));
}

std::unique_ptr<connection> by_configuration(remote_request const& request, std::shared_ptr<prompter> asks) {
  config_query query;
  query.host = request.host;
  query.user = request.user;
  query.file = request.ssh_config;
  query.family = request.family;
  auto const answer = resolve_config(query);
  if (answer.failure) return failure(transport_errc::bad_configuration, answer.failure_text);
  auto settings = to_settings(answer.config, answer.baseline);
  auto const facts = settings ? look_at_files(*settings) : config_facts{};
  auto chosen = choose_transport(request.wish, answer.config, answer.baseline, facts);
  if (!settings && chosen.libssh) chosen = {.libssh = false, .reason = "the configuration has a value we do not read"};
  bool const ignores = chosen.libssh && request.wish == transport_wish::libssh && !chosen.reason.empty();
  if (ignores || (!chosen.libssh && !answer.from_ssh)) {
    return failure(transport_errc::bad_configuration,
                   "cannot reach " + printable(request.host) + " by libssh: " + printable(chosen.reason) +
                       (answer.from_ssh ? "; use --transport=ssh" : ", and there is no ssh program"));
  }
  if (!chosen.libssh) return run_shell(ssh_words(request), request, "ssh: " + printable(chosen.reason));
  return use_libssh(request, std::move(*settings), chosen.reason.empty() ? "asked for" : printable(chosen.reason),
                    std::move(asks));
}

}  // namespace

std::unique_ptr<connection> open_remote(remote_request const& request, std::shared_ptr<prompter> asks) {
  if (request.host.empty() || request.host.front() == '-') {
    return failure(transport_errc::bad_configuration, "'" + printable(request.host) + "' is no host name");
  }
  if (!request.shell.empty()) {
    auto words = split_shell_words(request.shell);
    if (!words) {
      return failure(transport_errc::bad_shell_words,
                     "the remote-shell command has no word or a quote without its end: " + printable(request.shell));
    }
    auto const program = printable(words->front());
    return run_shell(std::move(*words), request, "remote shell '" + program + "': asked for");
  }
  if (request.wish == transport_wish::ssh) return run_shell(ssh_words(request), request, "ssh: asked for");
  return by_configuration(request, std::move(asks));
}

}  // namespace volsync::transport
