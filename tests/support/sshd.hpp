// A private sshd on 127.0.0.1 with its own keys and files in a temporary directory, for tests over real SSH.
//
// Needs no configuration of the machine's and leaves none changed; it makes /run/sshd if that is missing.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace volsync::test {

class sshd {
 public:
  // Throws std::runtime_error if it cannot be started: a test that needs it must fail, not pass over.
  explicit sshd(std::vector<std::string> const& extra_lines = {});
  ~sshd();  // ends it and all its sessions
  sshd(sshd const&) = delete;
  sshd& operator=(sshd const&) = delete;

  [[nodiscard]] std::string const& directory() const { return directory_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string const& user() const { return user_; }
  [[nodiscard]] std::string identity() const { return directory_ + "/id"; }  // let in, no passphrase
  [[nodiscard]] std::string locked_identity() const {
    return directory_ + "/locked";
  }                                                                                // let in, passphrase "open sesame"
  [[nodiscard]] std::string stranger() const { return directory_ + "/stranger"; }  // not let in
  [[nodiscard]] std::string known_hosts() const { return directory_ + "/known_hosts"; }
  [[nodiscard]] std::string host_key_line() const;  // type and blob
  // "[127.0.0.1]:port"
  [[nodiscard]] std::string known_name() const;
  // A client configuration for `--ssh-config` and `ssh -F`: Host `testhost`, the identity, the known_hosts file.
  [[nodiscard]] std::string client_config(std::vector<std::string> const& extra_lines = {}) const;
  // All processes below the server: sessions and the commands they run.
  [[nodiscard]] std::vector<pid_t> sessions() const;

 private:
  std::string directory_, user_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

// The whole of a file, and making one.
[[nodiscard]] std::string read_file(std::string const& path);
void write_file(std::string const& path, std::string const& text, unsigned mode = 0600);
// Runs a command by the shell; throws std::runtime_error if its status is not 0.
void run_command(std::string const& command);

}  // namespace volsync::test
