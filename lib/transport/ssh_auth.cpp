#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "transport/printable.hpp"
#include "transport/ssh_link.hpp"

namespace volsync::transport {
namespace {

constexpr int most_rounds = 20;     // of questions in one keyboard-interactive exchange; the host decides how many
constexpr int most_questions = 16;  // in one round
constexpr int passphrase_tries = 3;

enum class outcome { accepted, refused, unusable };

// Passed through libssh's callback, which cannot throw.
struct passphrase_question {
  ssh_link& link;
  std::string const& file;
  bool asked = false, given = false;
};

int answer_passphrase(char const*, char* to, std::size_t size, int, int, void* context) {
  auto& question = *static_cast<passphrase_question*>(context);
  question.asked = true;
  question.given = false;
  if (question.link.asks == nullptr || question.link.settings.batch) return -1;
  auto const text = question.link.asks->ask("Enter passphrase for key '" + printable(question.file) + "': ", false,
                                            question.link.abort_fd);
  if (!text || text->view().empty() || text->view().size() >= size) return -1;
  std::memcpy(to, text->c_str(), text->view().size() + 1);
  question.given = true;
  return 0;
}

class authentication {
 public:
  explicit authentication(ssh_link& link) : link_{link}, session_{link.session.get()} {}

  ssh_step run() {
    int const none = drive([&] { return ssh_userauth_none(session_, nullptr); });
    if (none == SSH_AUTH_SUCCESS) return std::nullopt;
    if (none != SSH_AUTH_ERROR && (with_keys() || by_questions() || by_password())) return std::nullopt;
    return why_not();
  }

 private:
  template <class Call>
  int drive(Call call) {
    return link_.drive(int{SSH_AUTH_AGAIN}, call);
  }

  bool going() const { return ssh_is_connected(session_) != 0 && !link_.aborted(); }
  bool offered(int method) const { return (ssh_userauth_list(session_, nullptr) & method) != 0; }

  bool with_keys() {
    if (!link_.settings.public_key || !offered(SSH_AUTH_METHOD_PUBLICKEY)) return false;
    if (with_agent()) return true;
    for (auto const& file : link_.settings.identities) {
      if (!going()) return false;
      if (with_file(file) == outcome::accepted) return true;
    }
    return false;
  }

  bool with_agent() {
    bool const reachable = !link_.settings.agent_socket.empty() || ::getenv("SSH_AUTH_SOCK") != nullptr;
    if (!link_.settings.use_agent || !reachable) return false;
    int const answer = drive([&] { return ssh_userauth_agent(session_, nullptr); });
    if (answer == SSH_AUTH_SUCCESS) return true;
    note("the agent's keys");
    return false;
  }

  // What OpenSSH refuses is refused: a private key that others can read.
  bool is_private(std::string const& file) {
    struct stat about {};
    if (::stat(file.c_str(), &about) != 0) return false;
    if (about.st_uid != ::getuid() || (about.st_mode & 077) == 0) return true;
    note("'" + printable(file) + "' (not used: others may read it; chmod 600)");
    return false;
  }

  outcome with_file(std::string const& file) {
    if (!is_private(file)) return outcome::unusable;
    // Asked first with the public half: no passphrase is wanted for a key that the host refuses.
    ssh_key raw = nullptr;
    if (ssh_pki_import_pubkey_file((file + ".pub").c_str(), &raw) == SSH_OK) {
      key_handle const half{raw};
      int const answer = drive([&] { return ssh_userauth_try_publickey(session_, nullptr, half.get()); });
      if (answer != SSH_AUTH_SUCCESS) {
        note("'" + printable(file) + "'");
        return outcome::refused;
      }
    }
    auto const key = private_key(file);
    if (!key) return outcome::unusable;
    int const answer = drive([&] { return ssh_userauth_publickey(session_, nullptr, key.get()); });
    if (answer == SSH_AUTH_SUCCESS) return outcome::accepted;
    note("'" + printable(file) + "'");
    return outcome::refused;
  }

  key_handle private_key(std::string const& file) {
    passphrase_question question{.link = link_, .file = file};
    for (int tries = 0; tries < passphrase_tries; ++tries) {
      ssh_key raw = nullptr;
      if (ssh_pki_import_privkey_file(file.c_str(), nullptr, answer_passphrase, &question, &raw) == SSH_OK) {
        return key_handle{raw};
      }
      if (!question.given) break;
    }
    note("'" + printable(file) + "'" +
         (!question.asked  ? " (cannot be read)"
          : question.given ? " (wrong passphrase)"
                           : " (no passphrase given)"));
    return nullptr;
  }

  bool can_ask() const { return link_.asks != nullptr && !link_.settings.batch; }

  // What the host wants asked. Its texts are shown escaped.
  bool by_questions() {
    if (!link_.settings.keyboard_interactive || !offered(SSH_AUTH_METHOD_INTERACTIVE) || !can_ask()) return false;
    for (int tries = 0; tries < link_.settings.password_prompts && going(); ++tries) {
      int answer = drive([&] { return ssh_userauth_kbdint(session_, nullptr, nullptr); });
      for (int round = 0; answer == SSH_AUTH_INFO && round < most_rounds; ++round) {
        if (!answer_round()) return false;
        answer = drive([&] { return ssh_userauth_kbdint(session_, nullptr, nullptr); });
      }
      if (answer == SSH_AUTH_SUCCESS) return true;
      if (tries == 0) note("keyboard-interactive");
      if (answer != SSH_AUTH_DENIED) return false;
    }
    return false;
  }

  bool answer_round() {
    int const count = ssh_userauth_kbdint_getnprompts(session_);
    if (count < 0 || count > most_questions) return false;
    std::string before;
    for (char const* text : {ssh_userauth_kbdint_getname(session_), ssh_userauth_kbdint_getinstruction(session_)}) {
      if (text != nullptr && *text != '\0') before += printable(text) + '\n';
    }
    for (int i = 0; i < count; ++i) {
      char echo = 0;
      char const* const question = ssh_userauth_kbdint_getprompt(session_, static_cast<unsigned>(i), &echo);
      std::string const prompt = before + '(' + link_.peer() + ") " + printable(question == nullptr ? "" : question);
      auto const text = link_.asks->ask(prompt, echo != 0, link_.abort_fd);
      if (!text) return false;
      if (ssh_userauth_kbdint_setanswer(session_, static_cast<unsigned>(i), text->c_str()) != 0) return false;
      before.clear();
    }
    return true;
  }

  bool by_password() {
    if (!link_.settings.password || !offered(SSH_AUTH_METHOD_PASSWORD) || !can_ask()) return false;
    for (int tries = 0; tries < link_.settings.password_prompts && going(); ++tries) {
      auto const text = link_.asks->ask(link_.peer() + "'s password: ", false, link_.abort_fd);
      if (!text) return false;
      int const answer = drive([&] { return ssh_userauth_password(session_, nullptr, text->c_str()); });
      if (answer == SSH_AUTH_SUCCESS) return true;
      if (tries == 0) note("password");
    }
    return false;
  }

  void note(std::string const& tried) { tried_ += (tried_.empty() ? "" : ", ") + tried; }

  std::string methods() const {
    struct method {
      int bit;
      char const* name;
    };
    std::string text;
    for (auto const& [bit, name] :
         {method{SSH_AUTH_METHOD_PUBLICKEY, "publickey"}, method{SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive"},
          method{SSH_AUTH_METHOD_PASSWORD, "password"}, method{SSH_AUTH_METHOD_HOSTBASED, "hostbased"},
          method{SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi-with-mic"}}) {
      if (offered(bit)) text += (text.empty() ? "" : ",") + std::string{name};
    }
    return text;
  }

  ssh_failure why_not() {
    if (ssh_is_connected(session_) == 0) {
      return link_.failed(transport_errc::authentication_failed,
                          link_.peer() + " ended the connection during authentication: " + link_.reason());
    }
    std::string text = link_.peer() + ": permission denied (" + methods() + "); ";
    text += tried_.empty() ? "there was nothing to try" : "tried " + tried_;
    if (!can_ask()) text += "; nobody could be asked";
    return link_.failed(transport_errc::authentication_failed, std::move(text));
  }

  ssh_link& link_;
  ssh_session session_;
  std::string tried_;  // printable
};

}  // namespace

ssh_step authenticate(ssh_link& link) { return authentication{link}.run(); }

}  // namespace volsync::transport
