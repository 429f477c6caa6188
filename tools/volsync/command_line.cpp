// argv to a job. popt walks the words, so bundles, values and `--` mean what they mean to rsync.
#include "volsync/command_line.hpp"

#include <popt.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

#include "volsync/operand.hpp"
#include "volsync/option_table.hpp"
#include <volsync/format.hpp>

namespace volsync::cli {
namespace {

constexpr std::array<std::string_view, 10> subcommands{"migrate", "presync", "final",     "verify", "plan",
                                                       "report",  "preset",  "signature", "delta",  "patch"};

[[nodiscard]] std::string_view base_name(std::string_view path) {
  std::size_t const slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// A refusal whose sentence has no program name in front, and that comes from the role named.
[[nodiscard]] refusal refuse_plain(exit_code code, std::string_view message, std::string_view role = "sender") {
  return {code, escaped(message, charset::ascii) + "\n" + final_line(code, role, program_version)};
}

[[nodiscard]] refusal refuse_unsupported(option_row const& row) {
  std::string const letter{row.letter};
  std::string name = row.name != nullptr ? "--" + std::string{row.name} : "-" + letter;
  if (row.name != nullptr && row.letter != 0) name += " (-" + letter + ")";
  return make_refusal(exit_code::unsupported, name + " is not supported in this version");
}

[[nodiscard]] refusal refuse_by_popt(poptContext context, int problem) {
  std::string const word = poptBadOption(context, 0) != nullptr ? poptBadOption(context, 0) : "";
  if (problem != POPT_ERROR_BADOPT) return make_refusal(exit_code::syntax, word + ": " + poptStrerror(problem));
  std::string sentence = word + ": unknown option";
  if (word.starts_with("--")) {
    std::string_view name = std::string_view{word}.substr(2);
    name = name.substr(0, name.find('='));
    if (std::string const near = nearest_option(name); !near.empty()) sentence += " (did you mean --" + near + "?)";
  }
  return make_refusal(exit_code::syntax, sentence);
}

// popt's own table, made of ours: each option's val is its row's number plus one.
[[nodiscard]] std::vector<poptOption> popt_table() {
  std::vector<poptOption> table;
  int number = 0;
  for (option_row const& row : option_table()) {
    unsigned const takes = row.takes_value ? POPT_ARG_STRING : POPT_ARG_NONE;
    table.push_back({row.name, row.letter, takes, nullptr, ++number, nullptr, nullptr});
  }
  table.push_back({nullptr, '\0', 0, nullptr, 0, nullptr, nullptr});
  return table;
}

// Reads all options into `state`; the operands are left. A refusal ends the reading.
[[nodiscard]] std::optional<refusal> read_options(std::vector<std::string> const& args, option_state& state,
                                                  std::vector<std::string>& operands) {
  std::vector<poptOption> const table = popt_table();
  std::vector<char const*> words;
  for (std::string const& each : args) words.push_back(each.c_str());
  words.push_back(nullptr);
  std::unique_ptr<poptContext_s, decltype(&poptFreeContext)> const context{
      poptGetContext("volsync", static_cast<int>(args.size()), words.data(), table.data(), 0), &poptFreeContext};
  int number = 0;
  while ((number = poptGetNextOpt(context.get())) > 0) {
    option_row const& row = option_table()[static_cast<std::size_t>(number - 1)];
    std::unique_ptr<char, decltype(&std::free)> const value{poptGetOptArg(context.get()), &std::free};
    if (row.apply == nullptr) return refuse_unsupported(row);
    row.apply(state, value ? std::string_view{value.get()} : std::string_view{});
    if (state.refused) return state.refused;
  }
  if (number < -1) return refuse_by_popt(context.get(), number);
  char const** rest = poptGetArgs(context.get());
  for (; rest != nullptr && *rest != nullptr; ++rest) operands.emplace_back(*rest);
  return std::nullopt;
}

// A number in the environment as C's atoi reads it.
[[nodiscard]] int number_of(std::optional<std::string> const& value) { return value ? std::atoi(value->c_str()) : 0; }

// RSYNC_OLD_ARGS and RSYNC_PROTECT_ARGS count only where the command line is silent, the first one first.
void settle_argument_protection(option_state& state, environment const& variables) {
  options& what = state.what;
  what.old_args = std::min(2, state.old_args.value_or(0));
  what.secluded_args = state.secluded_args.value_or(false);
  if (state.old_args || state.secluded_args) return;
  if (auto const old_args = variables("RSYNC_OLD_ARGS"); old_args && !old_args->empty()) {
    what.old_args = std::clamp(number_of(old_args), 0, 2);
  } else {
    what.secluded_args = number_of(variables("RSYNC_PROTECT_ARGS")) != 0;
  }
}

// RSYNC_PARTIAL_DIR says where --partial keeps files, without asking for --partial itself.
void settle_partial_dir(options& what, environment const& variables) {
  if (what.partial_dir == ".") what.partial_dir.clear();
  if (!what.partial_dir.empty() || !what.partial || what.inplace || what.delay_updates) return;
  std::string directory = variables("RSYNC_PARTIAL_DIR").value_or("");
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  if (directory != ".") what.partial_dir = directory;
}

// What is known only after the last option.
void settle(option_state& state, environment const& variables) {
  options& what = state.what;
  what.relative = state.relative.value_or(what.files_from.has_value());
  if (what.files_from && !state.recurse_given) what.recurse = false;  // the list says what is sent; -a's -r is dropped
  if (what.delete_excluded && what.deletion == delete_mode::none) what.deletion = delete_mode::automatic;
  if (!what.remote_shell_given) what.remote_shell = variables("RSYNC_RSH").value_or("");
  if (what.ssh_config.empty()) what.ssh_config = variables("VOLSYNC_SSH_CONFIG").value_or("");
  settle_argument_protection(state, variables);
  settle_partial_dir(what, variables);
}

[[nodiscard]] std::optional<refusal> find_conflict(option_state const& state) {
  options const& what = state.what;
  auto const refuse = [](std::string_view sentence) { return make_refusal(exit_code::syntax, sentence); };
  if (state.second_delete != delete_mode::none) return refuse("You may not combine multiple --delete-WHEN options.");
  if (what.secluded_args && what.old_args > 0) return refuse("--secluded-args conflicts with --old-args.");
  bool const lists_dirs = what.recurse || what.dirs.value_or(what.list_only || what.files_from.has_value());
  if (what.deletion != delete_mode::none && !lists_dirs) {
    return refuse("--delete does not work without --recursive (-r) or --dirs (-d).");
  }
  if (what.inplace && what.delay_updates) return refuse("--inplace cannot be used with --delay-updates");
  if (what.inplace && !what.partial_dir.empty()) return refuse("--inplace cannot be used with --partial-dir");
  return std::nullopt;
}

constexpr int highest_port = 65535;

// A daemon, and none of its modules: what it has is listed.
[[nodiscard]] bool names_no_module(operand const& each) { return each.where.daemon && each.where.path.empty(); }

[[nodiscard]] std::optional<refusal> check_host(operand const& each) {
  if (each.where.port < 0 || each.where.port > highest_port) {
    return make_refusal(exit_code::syntax, "the port of an rsync:// operand is not a number up to 65535");
  }
  if (each.same_host) return refuse_plain(exit_code::syntax, "No host name before the ':' of a remote operand.");
  if (each.where.host.starts_with('-')) {
    return refuse_plain(exit_code::syntax, "Invalid remote host: hostnames may not start with '-'.");
  }
  return std::nullopt;
}

// Which operands go together. Pushes, pulls and lists of modules are left when nothing is refused.
[[nodiscard]] std::optional<refusal> check_operands(std::vector<operand> const& sources, operand const& destination,
                                                    std::vector<std::string> const& texts) {
  bool const to_remote = destination.where.is_remote() || destination.same_host;
  bool const from_remote = sources.front().where.is_remote() || sources.front().same_host;
  if (to_remote && from_remote && sources.size() == 1) {
    return refuse_plain(exit_code::syntax, "The source and destination cannot both be remote.", "receiver");
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    bool const remote = sources[i].where.is_remote() || sources[i].same_host;
    if (remote && (to_remote || !from_remote))
      return refuse_plain(exit_code::syntax, "Unexpected remote arg: " + texts[i]);
    if (!remote && texts[i].empty()) return refuse_plain(exit_code::syntax, "Empty source arg specified.");
  }
  if (auto refused = check_host(destination)) return refused;
  if (!to_remote && texts.back().empty())
    return refuse_plain(exit_code::syntax, "Empty destination arg specified (use \".\").");
  for (operand const& each : sources) {
    if (names_no_module(each)) return check_host(each);
  }
  return std::nullopt;
}

// "HOST:FILE" and ":FILE" of --files-from name a file on the destination's host.
[[nodiscard]] std::optional<refusal> check_list_host(options const& what, operand const& destination) {
  if (!what.files_from) return std::nullopt;
  operand const list = parse_operand(*what.files_from);
  if (list.where.host.empty() || list.where.host == destination.where.host) return std::nullopt;
  return refuse_plain(exit_code::syntax, "--files-from hostname is not the same as the transfer hostname");
}

[[nodiscard]] std::optional<refusal> check_daemon_options(options const& what, operand const& source,
                                                          operand const& destination) {
  if (what.password_file.empty() || source.where.daemon || destination.where.daemon) return std::nullopt;
  return refuse_plain(exit_code::syntax, "The --password-file option may only be used when accessing an rsync daemon.");
}

[[nodiscard]] request make_job(option_state const& state, std::vector<std::string> const& texts) {
  std::vector<operand> operands;
  for (std::string const& each : texts) operands.push_back(parse_operand(each));
  bool const alone = operands.size() == 1;
  if (alone && !names_no_module(operands[0])) {
    return make_refusal(exit_code::unsupported,
                        "listing one operand is not supported in this version: name a destination");
  }
  operand const destination = alone ? operand{} : operands.back();
  if (!alone) operands.pop_back();
  if (auto refused = alone ? check_host(operands[0]) : check_operands(operands, destination, texts)) return *refused;
  if (auto refused = check_daemon_options(state.what, operands.front(), destination)) return *refused;
  if (auto refused = check_list_host(state.what, destination)) return *refused;
  run_request made;
  made.buffering = state.buffering;
  made.job.options = state.what;
  for (operand const& each : operands) {
    made.job.sources.push_back(each.where);
    // ":PATH" is on the host of the first one.
    if (each.same_host) made.job.sources.back().host = operands.front().where.host;
  }
  made.job.destination = destination.where;
  return made;
}

}  // namespace

request parse_command_line(std::vector<std::string> const& args, environment const& variables) {
  if (args.size() == 2 && args[1] == "-h") return text_request{help_text()};
  bool const called_rsync = !args.empty() && base_name(args[0]) == "rsync";
  if (!called_rsync && args.size() > 1 &&
      std::find(subcommands.begin(), subcommands.end(), args[1]) != subcommands.end()) {
    return make_refusal(exit_code::unsupported,
                        args[1] + " is not available in this version (a file of this name: ./" + args[1] + ")");
  }
  option_state state;
  std::vector<std::string> operands;
  if (auto refused = read_options(args, state, operands)) return *refused;
  switch (state.task) {
    case option_state::asked::help:
      return text_request{help_text()};
    case option_state::asked::version_text:
      return text_request{version_text()};
    case option_state::asked::info_help:
      return text_request{info_help()};
    case option_state::asked::run:
      break;
  }
  settle(state, variables);
  if (auto refused = find_conflict(state)) return *refused;
  bool const too_many = state.what.files_from && operands.size() > 2;
  if (operands.empty() || too_many) {
    return refusal{exit_code::syntax, help_text() + final_line(exit_code::syntax, "client", program_version)};
  }
  return make_job(state, operands);
}

}  // namespace volsync::cli
