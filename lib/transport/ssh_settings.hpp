// What an SSH connection in this process needs to know: values, all resolved (no `~`, no `%`, no patterns).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace volsync::transport {

enum class address_family : std::uint8_t { any, inet, inet6 };
// As OpenSSH's StrictHostKeyChecking. A changed key is refused under each of them.
enum class host_key_policy : std::uint8_t { ask, refuse_unknown, accept_new };

struct ssh_settings {
  std::string host;  // name or address to connect to; also the name looked up in known_hosts
  std::uint16_t port = 22;
  std::string user;
  address_family family = address_family::any;
  std::chrono::seconds connect_timeout{0};  // for connecting and key exchange; 0: the system's
  bool tcp_keepalive = true;
  std::chrono::seconds alive_interval{
      0};               // a keep-alive after so much silence; 0: every 60 s, and silence is no failure
  int alive_count = 3;  // unanswered keep-alives that make the peer silent (with alive_interval > 0)

  host_key_policy unknown_host = host_key_policy::ask;
  bool hash_known_hosts = false;                                  // names we append are hashed
  std::vector<std::string> user_known_hosts, global_known_hosts;  // files; the first user file is appended to
  bool batch = false;                                             // nobody is asked anything

  bool public_key = true, keyboard_interactive = true, password = true;  // methods allowed
  std::vector<std::string> identities;  // private key files, in order; missing ones are passed over
  bool use_agent = true;
  std::string agent_socket;  // empty: SSH_AUTH_SOCK
  int password_prompts = 3;

  bool compression = false;
  std::uint64_t rekey_bytes = 0;  // 0: the default
  std::uint32_t rekey_seconds = 0;
  // Algorithm lists, comma separated; empty: the library's own (ciphers: AES-GCM first).
  std::string ciphers, macs, kex, host_keys, key_types;
};

}  // namespace volsync::transport
