#include "support/sshd.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

extern "C" char** environ;  // NOLINT

namespace volsync::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t free_port() {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  bool const good = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!good) throw std::runtime_error{"no free port on 127.0.0.1"};
  return ntohs(address.sin_port);
}

bool answers(std::uint16_t port) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto const address = loopback(port);
  bool const good = ::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
  ::close(fd);
  return good;
}

pid_t start(std::string const& program, std::vector<std::string> const& words, std::string const& log) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (auto const& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = -1;
  int const error = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error{"cannot start " + program};
  return pid;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (auto const& entry : std::filesystem::directory_iterator{"/proc"}) {
    std::string const name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::string const stat = read_file("/proc/" + name + "/stat");
    auto const after_name = stat.rfind(')');
    if (after_name == std::string::npos) continue;
    std::istringstream fields{stat.substr(after_name + 1)};
    char state = 0;
    pid_t its_parent = 0;
    fields >> state >> its_parent;
    if (its_parent == parent) children.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return children;
}

}  // namespace

std::string read_file(std::string const& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_file(std::string const& path, std::string const& text, unsigned mode) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << text;
  if (::chmod(path.c_str(), mode) != 0) throw std::runtime_error{"cannot write " + path};
}

void run_command(std::string const& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error{"failed: " + command};  // NOLINT
}

sshd::sshd(std::vector<std::string> const& extra_lines) {
  std::string name = "/tmp/volsync-sshd-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary directory"};
  directory_ = name;
  ::mkdir("/run/sshd", 0755);  // there already, or sshd says so
  user_ = ::getpwuid(::geteuid())->pw_name;
  std::string const make = "ssh-keygen -q -t ed25519 -f " + directory_;
  run_command(make + "/host -N ''");
  run_command(make + "/id -N ''");
  run_command(make + "/locked -N 'open sesame'");
  run_command(make + "/stranger -N ''");
  write_file(directory_ + "/authorized", read_file(identity() + ".pub") + read_file(locked_identity() + ".pub"));
  for (int tries = 0; tries < 5 && pid_ < 0; ++tries) {
    port_ = free_port();
    std::string config = "ListenAddress 127.0.0.1\nPort " + std::to_string(port_) + "\nHostKey " + directory_ +
                         "/host\nAuthorizedKeysFile " + directory_ +
                         "/authorized\nPidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
                         "KbdInteractiveAuthentication no\nPermitRootLogin yes\nMaxStartups 100\n";
    for (auto const& line : extra_lines) config += line + '\n';
    write_file(directory_ + "/sshd_config", config);
    // It goes with us, however we go. -f must be absolute: sshd runs itself anew for each connection.
    pid_ = start("/usr/bin/setpriv",
                 {"--pdeathsig", "KILL", "/usr/sbin/sshd", "-D", "-e", "-f", directory_ + "/sshd_config"},
                 directory_ + "/log");
    for (int i = 0; i < 500 && pid_ > 0 && !answers(port_); ++i) {
      ::usleep(10000);
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;  // somebody else took the port
    }
  }
  if (pid_ < 0) throw std::runtime_error{"sshd does not start: " + read_file(directory_ + "/log")};
  write_file(known_hosts(), known_name() + ' ' + host_key_line() + '\n');
}

sshd::~sshd() {
  auto const leftover = sessions();
  for (pid_t const each : leftover) ::kill(each, SIGKILL);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

static std::vector<pid_t> sessions_below(pid_t parent) {
  auto found = children_of(parent);
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto const below = children_of(found[i]);
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

std::vector<pid_t> sshd::sessions() const { return sessions_below(pid_); }

std::string sshd::known_name() const { return "[127.0.0.1]:" + std::to_string(port_); }

std::string sshd::host_key_line() const {
  std::istringstream words{read_file(directory_ + "/host.pub")};
  std::string type, blob;
  words >> type >> blob;
  return type + ' ' + blob;
}

std::string sshd::client_config(std::vector<std::string> const& extra_lines) const {
  std::string text = "Host testhost\n  HostName 127.0.0.1\n  Port " + std::to_string(port_) + "\n";
  for (auto const& line : extra_lines) text += "  " + line + '\n';
  text += "  User " + user_ + "\n  IdentityFile " + identity() + "\n  UserKnownHostsFile " + known_hosts() +
          "\n  GlobalKnownHostsFile /dev/null\n  IdentityAgent none\n";
  write_file(directory_ + "/ssh_config", text);
  return directory_ + "/ssh_config";
}

}  // namespace volsync::test
