#include "transport/ssh_config.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "transport/algorithms.hpp"
#include "transport/errc.hpp"
#include "transport/printable.hpp"
#include "transport/spawn.hpp"

namespace volsync::transport {
namespace {

constexpr std::chrono::seconds ask_limit{15};  // one run of `ssh -G`; two are made

std::vector<std::string> question(config_query const& query, std::string const& program, std::string const& file) {
  std::vector<std::string> argv{program, "-G", "-T"};  // -T: no remark about a terminal
  if (!file.empty()) argv.insert(argv.end(), {"-F", file});
  if (!query.user.empty()) argv.insert(argv.end(), {"-l", query.user});
  if (query.port != 0) argv.insert(argv.end(), {"-p", std::to_string(query.port)});
  if (query.family == address_family::inet) argv.emplace_back("-4");
  if (query.family == address_family::inet6) argv.emplace_back("-6");
  argv.insert(argv.end(), {"--", query.host});
  return argv;
}

config_answer failed(std::string text) {
  config_answer answer;
  answer.failure = transport_errc::bad_configuration;
  answer.failure_text = std::move(text);
  return answer;
}

config_answer without_ssh(config_query const& query) {
  std::vector<std::string> files{query.file};
  if (query.file.empty()) files = {home_directory() + "/.ssh/config", "/etc/ssh/ssh_config"};
  if (!query.file.empty() && ::access(query.file.c_str(), R_OK) != 0) {
    return failed("cannot read the SSH configuration '" + printable(query.file) + "': " + last_error().message());
  }
  auto config = read_config_files(query, files);
  auto baseline = read_config_files(query, {});
  if (!config || !baseline) return failed("the SSH configuration has a line that cannot be read");
  config_answer answer;
  answer.config = std::move(*config);
  answer.baseline = std::move(*baseline);
  answer.from_ssh = false;
  return answer;
}

// A yes in any of OpenSSH's spellings; what is not said is `otherwise`.
bool flag(ssh_config const& config, std::string_view keyword, bool otherwise) {
  auto const value = config.first(keyword);
  if (value.empty()) return otherwise;
  return value != "no" && value != "false";
}

// A number; 0 for "none" and for what is not said. Errors: bad_configuration.
template <class Number>
error_code read_number(ssh_config const& config, std::string_view keyword, Number& to) {
  auto const value = config.first(keyword);
  if (value.empty() || value == "none") return {};
  auto const end = value.data() + value.size();
  auto const [stop, error] = std::from_chars(value.data(), end, to);
  if (error != std::errc{} || stop != end) return transport_errc::bad_configuration;
  return {};
}

std::vector<std::string> words_of(std::string const& text) {
  std::istringstream in{text};
  std::vector<std::string> words;
  for (std::string word; in >> word;) {
    if (word != "none") words.push_back(word);
  }
  return words;
}

std::string local_user() {
  passwd const* const entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

// `~` and the % letters that stand for something we know; others are left, and choose_transport has seen them.
std::string expanded(std::string const& path, ssh_settings const& settings) {
  std::string full;
  std::size_t at = 0;
  if (path == "~" || path.rfind("~/", 0) == 0) {
    full = home_directory();
    at = 1;
  }
  for (; at < path.size(); ++at) {
    if (path[at] != '%' || at + 1 == path.size()) {
      full += path[at];
      continue;
    }
    switch (char const letter = path[++at]; letter) {
      case '%':
        full += '%';
        break;
      case 'd':
        full += home_directory();
        break;
      case 'h':
        full += settings.host;
        break;
      case 'i':
        full += std::to_string(::getuid());
        break;
      case 'p':
        full += std::to_string(settings.port);
        break;
      case 'r':
        full += settings.user;
        break;
      case 'u':
        full += local_user();
        break;
      default:
        (full += '%') += letter;
    }
  }
  return full;
}

// A list that the user changed is cut down to what libssh speaks; the default one is left to libssh.
std::string changed_list(ssh_config const& config, ssh_config const& baseline, algorithm_kind kind,
                         std::string_view keyword) {
  auto const list = config.first(keyword);
  return list == baseline.first(keyword) ? std::string{} : spoken_algorithms(kind, list);
}

error_code read_agent(ssh_config const& config, ssh_settings& to) {
  auto const agent = config.first("identityagent");
  to.use_agent = agent != "none";
  if (agent.empty() || agent == "none" || agent == "SSH_AUTH_SOCK") return {};
  if (agent.front() != '$') {
    to.agent_socket = expanded(agent, to);
    return {};
  }
  char const* const value = ::getenv(agent.c_str() + 1);
  if (value == nullptr) return transport_errc::bad_configuration;
  to.agent_socket = value;
  return {};
}

error_code read_rekey(ssh_config const& config, ssh_settings& to) {
  std::istringstream in{config.first("rekeylimit")};
  std::string volume, seconds;
  in >> volume >> seconds;
  ssh_config split;
  split.add("volume", volume == "default" ? "" : volume);
  split.add("seconds", seconds);
  if (auto const bad = read_number(split, "volume", to.rekey_bytes)) return bad;
  return read_number(split, "seconds", to.rekey_seconds);
}

host_key_policy policy_of(std::string const& value) {
  if (value == "accept-new" || value == "no" || value == "false" || value == "off") return host_key_policy::accept_new;
  if (value == "yes" || value == "true") return host_key_policy::refuse_unknown;
  return host_key_policy::ask;
}

error_code read_numbers(ssh_config const& config, ssh_settings& to) {
  long long connect = 0, alive = 0;
  for (auto const& [keyword, number] : {std::pair{"connecttimeout", &connect}, {"serveraliveinterval", &alive}}) {
    if (auto const bad = read_number(config, keyword, *number)) return bad;
    if (*number < 0 || *number > 1'000'000) return transport_errc::bad_configuration;
  }
  to.connect_timeout = std::chrono::seconds{connect};
  to.alive_interval = std::chrono::seconds{alive};
  if (auto const bad = read_number(config, "port", to.port)) return bad;
  if (auto const bad = read_number(config, "serveralivecountmax", to.alive_count)) return bad;
  if (auto const bad = read_number(config, "numberofpasswordprompts", to.password_prompts)) return bad;
  return to.port == 0 ? make_error_code(transport_errc::bad_configuration) : error_code{};
}

}  // namespace

void ssh_config::add(std::string keyword, std::string value) {
  lines_.emplace_back(std::move(keyword), std::move(value));
}

std::string ssh_config::first(std::string_view keyword) const {
  auto const found =
      std::find_if(lines_.begin(), lines_.end(), [&](auto const& line) { return line.first == keyword; });
  return found == lines_.end() ? std::string{} : found->second;
}

bool ssh_config::has(std::string_view keyword) const {
  return std::any_of(lines_.begin(), lines_.end(), [&](auto const& line) { return line.first == keyword; });
}

std::vector<std::string> ssh_config::all(std::string_view keyword) const {
  std::vector<std::string> values;
  for (auto const& [word, value] : lines_) {
    if (word == keyword) values.push_back(value);
  }
  return values;
}

std::vector<std::string> ssh_config::keywords() const {
  std::vector<std::string> words;
  for (auto const& line : lines_) {
    if (std::find(words.begin(), words.end(), line.first) == words.end()) words.push_back(line.first);
  }
  return words;
}

ssh_config parse_flat_config(std::string_view text) {
  ssh_config config;
  while (!text.empty()) {
    auto const line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty()) continue;
    auto const space = std::min(line.find(' '), line.size());
    std::string keyword{line.substr(0, space)};
    std::transform(keyword.begin(), keyword.end(), keyword.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    config.add(std::move(keyword), std::string{line.substr(std::min(space + 1, line.size()))});
  }
  return config;
}

config_answer resolve_config(config_query const& query, std::string const& ssh_program) {
  auto const ours = run_captured(question(query, ssh_program, query.file), ask_limit);
  if (!ours && ours.error() == std::errc::no_such_file_or_directory) return without_ssh(query);
  if (!ours) return failed("cannot run '" + printable(ssh_program) + " -G': " + ours.error().message());
  if (ours->status != 0) {
    std::string const why = ours->err.empty() ? "it was ended" : printable(ours->err);
    return failed("`ssh -G` refuses the SSH configuration: " + why);
  }
  auto const plain = run_captured(question(query, ssh_program, "none"), ask_limit);
  config_answer answer;
  answer.config = parse_flat_config(ours->out);
  // An ssh too old for `-F none` leaves nothing to compare with: then everything counts as changed, and ssh is used.
  if (plain && plain->status == 0) answer.baseline = parse_flat_config(plain->out);
  return answer;
}

result<ssh_settings> to_settings(ssh_config const& config, ssh_config const& baseline) {
  ssh_settings to;
  to.host = config.first("hostname");
  to.user = config.has("user") ? config.first("user") : local_user();
  if (to.host.size() > 2 && to.host.front() == '[' && to.host.back() == ']') {
    to.host = to.host.substr(1, to.host.size() - 2);
  }
  if (to.host.empty()) return transport_errc::bad_configuration;
  if (auto const bad = read_numbers(config, to)) return bad;
  if (auto const bad = read_rekey(config, to)) return bad;
  auto const family = config.first("addressfamily");
  to.family = family == "inet" ? address_family::inet : family == "inet6" ? address_family::inet6 : address_family::any;
  to.tcp_keepalive = flag(config, "tcpkeepalive", true);
  to.unknown_host = policy_of(config.first("stricthostkeychecking"));
  to.hash_known_hosts = flag(config, "hashknownhosts", false);
  for (auto const& file : words_of(config.first("userknownhostsfile"))) {
    to.user_known_hosts.push_back(expanded(file, to));
  }
  to.global_known_hosts = words_of(config.first("globalknownhostsfile"));
  to.batch = flag(config, "batchmode", false);
  to.public_key = flag(config, "pubkeyauthentication", true);
  to.keyboard_interactive = flag(config, "kbdinteractiveauthentication", true);
  to.password = flag(config, "passwordauthentication", true);
  for (auto const& file : config.all("identityfile")) {
    if (file != "none") to.identities.push_back(expanded(file, to));
  }
  if (auto const bad = read_agent(config, to)) return bad;
  to.compression = flag(config, "compression", false);
  to.ciphers = changed_list(config, baseline, algorithm_kind::cipher, "ciphers");
  to.macs = changed_list(config, baseline, algorithm_kind::mac, "macs");
  to.kex = changed_list(config, baseline, algorithm_kind::kex, "kexalgorithms");
  to.host_keys = changed_list(config, baseline, algorithm_kind::host_key, "hostkeyalgorithms");
  to.key_types = changed_list(config, baseline, algorithm_kind::key_type, "pubkeyacceptedalgorithms");
  return to;
}

std::string home_directory() {
  passwd const* const entry = ::getpwuid(::geteuid());
  return entry != nullptr && entry->pw_dir != nullptr ? entry->pw_dir : "/";
}

}  // namespace volsync::transport
