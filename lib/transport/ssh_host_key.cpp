#include <algorithm>
#include <cctype>

#include "transport/known_hosts.hpp"
#include "transport/printable.hpp"
#include "transport/ssh_link.hpp"

namespace volsync::transport {
namespace {

struct shown_key {
  host_key key;
  std::string fingerprint;  // "SHA256:..."
};

std::optional<shown_key> key_of(ssh_session session) {
  ssh_key raw = nullptr;
  if (ssh_get_server_publickey(session, &raw) != SSH_OK) return std::nullopt;
  key_handle const key{raw};
  char* text = nullptr;
  if (ssh_pki_export_pubkey_base64(key.get(), &text) != SSH_OK) return std::nullopt;
  owned_text const blob{text};
  shown_key shown;
  shown.key = make_host_key(blob.get());
  unsigned char* hash = nullptr;
  std::size_t size = 0;
  if (shown.key.type.empty() || ssh_get_publickey_hash(key.get(), SSH_PUBLICKEY_HASH_SHA256, &hash, &size) != 0) {
    return std::nullopt;
  }
  owned_text const fingerprint{ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size)};
  ssh_clean_pubkey_hash(&hash);
  if (fingerprint) shown.fingerprint = fingerprint.get();
  return shown;
}

// "ED25519", "RSA", "ECDSA": as OpenSSH speaks of them.
std::string family_of(std::string const& type) {
  std::string name = type.rfind("ssh-", 0) == 0 ? type.substr(4) : type.substr(0, type.find('-'));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return printable(name);
}

std::string description(shown_key const& shown) { return family_of(shown.key.type) + " key " + shown.fingerprint; }

ssh_failure refuse_changed(ssh_link const& link, shown_key const& shown, host_key_verdict const& verdict) {
  bool const revoked = verdict.state == host_key_state::revoked;
  std::string text = "the host key of " + link.peer();
  text += revoked ? " is REVOKED" : " has CHANGED";
  text += ": it shows " + description(shown) + ", but " + printable(verdict.where);
  text += revoked ? " forbids that key."
                  : " has another key for it. Somebody may be listening in; if the change is "
                    "expected, remove that line and try again.";
  return {transport_errc::host_key_changed, std::move(text)};
}

ssh_failure refuse_unknown(ssh_link const& link, shown_key const& shown, host_key_verdict const& verdict) {
  std::string text = "the host key of " + link.peer() + " is not known: " + description(shown);
  if (verdict.state == host_key_state::other_type) {
    text += ", while " + printable(verdict.where) + " has a key of another type for it";
  }
  text += ". Nothing was sent. Connect once with `ssh` on a terminal, or add the key to ";
  text += link.settings.user_known_hosts.empty() ? "a known_hosts file" : printable(link.settings.user_known_hosts[0]);
  return link.failed(transport_errc::host_key_unknown, std::move(text));
}

bool asked_and_accepted(ssh_link& link, shown_key const& shown, host_key_verdict const& verdict) {
  if (link.asks == nullptr || link.settings.batch) return false;
  std::string question = "The authenticity of host '" + link.peer() + "' can't be established.\n";
  question += family_of(shown.key.type) + " key fingerprint is " + shown.fingerprint + ".\n";
  if (verdict.state == host_key_state::other_type) {
    question += "WARNING: a key of another type is known for this host (" + printable(verdict.where) + ").\n";
  }
  question += "Are you sure you want to continue connecting (yes/no)? ";
  return link.asks->confirm(question, link.abort_fd);
}

// A key that cannot be written down is used all the same, as OpenSSH does: it was accepted.
void remember(ssh_link const& link, shown_key const& shown) {
  auto const& settings = link.settings;
  if (settings.user_known_hosts.empty()) return;
  std::string salt;
  if (settings.hash_known_hosts) {
    salt.resize(20);
    if (ssh_get_random(salt.data(), static_cast<int>(salt.size()), 1) != 1) return;
  }
  static_cast<void>(
      append_host_key(settings.user_known_hosts[0], {.host = settings.host, .port = settings.port}, shown.key, salt));
}

}  // namespace

ssh_step check_host_key(ssh_link& link) {
  auto const shown = key_of(link.session.get());
  if (!shown) return link.failed(transport_errc::handshake_failed, link.peer() + " shows no usable host key");
  auto files = link.settings.user_known_hosts;
  auto const& global = link.settings.global_known_hosts;
  files.insert(files.end(), global.begin(), global.end());
  auto const verdict = look_up(files, {.host = link.settings.host, .port = link.settings.port}, shown->key);
  switch (verdict.state) {
    case host_key_state::known:
      return std::nullopt;
    case host_key_state::changed:
    case host_key_state::revoked:
      return refuse_changed(link, *shown, verdict);
    case host_key_state::unknown:
    case host_key_state::other_type:
      break;
  }
  bool accepted = false;
  switch (link.settings.unknown_host) {
    case host_key_policy::refuse_unknown:
      break;
    case host_key_policy::accept_new:
      accepted = verdict.state == host_key_state::unknown;
      break;
    case host_key_policy::ask:
      accepted = asked_and_accepted(link, *shown, verdict);
      break;
  }
  if (!accepted) return refuse_unknown(link, *shown, verdict);
  remember(link, *shown);
  return std::nullopt;
}

}  // namespace volsync::transport
