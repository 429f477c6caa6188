// Which configurations libssh may serve. The texts are what Debian 12's `ssh -G` prints, without files and with its
// ssh_config.
#include "transport/choose.hpp"

#include "support/catch.hpp"
#include "support/sshd.hpp"

using namespace volsync::transport;
using volsync::test::read_file;

namespace {

ssh_config text(std::string const& name) {
  auto const read = read_file(std::string{VOLSYNC_TEST_DIR} + "/transport/" + name);
  REQUIRE(read.size() > 1000);
  return parse_flat_config(read);
}

// The plain configuration with lines replaced (same keyword) or added, as ssh -G would print it.
ssh_config changed(std::vector<std::string> const& lines) {
  ssh_config made;
  auto const plain = text("debian12_plain.txt");
  ssh_config added;
  for (auto const& line : lines) {
    auto const space = line.find(' ');
    added.add(line.substr(0, space), line.substr(space + 1));
  }
  for (auto const& keyword : plain.keywords()) {
    if (added.has(keyword)) continue;
    for (auto const& value : plain.all(keyword)) made.add(keyword, value);
  }
  for (auto const& keyword : added.keywords()) {
    for (auto const& value : added.all(keyword)) made.add(keyword, value);
  }
  return made;
}

choice choose(std::vector<std::string> const& lines, config_facts const& facts = {}) {
  return choose_transport(transport_wish::automatic, changed(lines), text("debian12_plain.txt"), facts);
}

}  // namespace

TEST_CASE("defaults, Debian's own file and what we honour stay with libssh") {
  CHECK(
      choose_transport(transport_wish::automatic, text("debian12_system.txt"), text("debian12_plain.txt"), {}).libssh);
  CHECK(choose({}).libssh);
  for (char const* line : {"hostname 10.0.0.1",
                           "user bob",
                           "port 2222",
                           "addressfamily inet6",
                           "batchmode yes",
                           "compression yes",
                           "connecttimeout 10",
                           "identityfile ~/.ssh/special",
                           "identityfile /keys/%r@%h",
                           "identityagent none",
                           "stricthostkeychecking accept-new",
                           "stricthostkeychecking true",
                           "userknownhostsfile /tmp/kh",
                           "globalknownhostsfile /dev/null",
                           "serveraliveinterval 15",
                           "serveralivecountmax 5",
                           "rekeylimit 16777216 3600",
                           "passwordauthentication no",
                           "numberofpasswordprompts 1",
                           "setenv A=b",
                           "sendenv X",
                           "loglevel QUIET",
                           "localforward 8080 [localhost]:80",
                           "forwardx11 yes",
                           "gssapiauthentication yes",
                           "updatehostkeys false",
                           "controlpersist yes",
                           "localcommand notify",
                           "proxyjump none",
                           "controlpath none",
                           "visualhostkey yes",
                           "kexalgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256",
                           "ciphers aes256-gcm@openssh.com",
                           "hostkeyalgorithms ssh-ed25519",
                           "macs umac-64@openssh.com,hmac-sha2-256",
                           "ipqos none",
                           "tcpkeepalive no"}) {
    INFO(line);
    auto const chosen = choose({line});
    CHECK(chosen.libssh);
    CHECK(chosen.reason == "the configuration asks for nothing that libssh lacks");
  }
}

TEST_CASE("what libssh would ignore or do otherwise goes to ssh, and the reason names it") {
  struct row {
    char const* line;
    char const* word;
  };
  for (auto const& [line, word] : {row{"hostkeyalias zed", "HostKeyAlias"},
                                   row{"identitiesonly yes", "IdentitiesOnly"},
                                   row{"certificatefile ~/x-cert.pub", "CertificateFile"},
                                   row{"proxyjump jump:2", "ProxyJump"},
                                   row{"proxycommand nc %h %p", "ProxyCommand"},
                                   row{"controlmaster auto", "ControlMaster"},
                                   row{"controlpath /tmp/%C", "ControlPath"},
                                   row{"hostbasedauthentication yes", "HostbasedAuthentication"},
                                   row{"pkcs11provider /x.so", "PKCS11Provider"},
                                   row{"revokedhostkeys /x", "RevokedHostKeys"},
                                   row{"knownhostscommand /bin/true", "KnownHostsCommand"},
                                   row{"remotecommand foo", "RemoteCommand"},
                                   row{"requiredrsasize 2048", "RequiredRSASize"},
                                   row{"preferredauthentications publickey", "PreferredAuthentications"},
                                   row{"verifyhostkeydns true", "VerifyHostKeyDNS"},
                                   row{"checkhostip yes", "CheckHostIP"},
                                   row{"forwardagent yes", "ForwardAgent"},
                                   row{"requesttty true", "RequestTTY"},
                                   row{"sessiontype none", "SessionType"},
                                   row{"bindaddress 10.0.0.2", "BindAddress"},
                                   row{"canonicalizehostname true", "CanonicalizeHostname"},
                                   row{"kexalgorithms sntrup761x25519-sha512@openssh.com", "KexAlgorithms"},
                                   row{"hostkeyalgorithms ssh-ed25519-cert-v01@openssh.com", "HostKeyAlgorithms"},
                                   row{"identityfile ~/.ssh/%C", "IdentityFile"},
                                   row{"identityfile ${KEYS}/id", "IdentityFile"},
                                   row{"addkeystoagent true", "AddKeysToAgent"},
                                   row{"somethingnew yes", "somethingnew"}}) {
    INFO(line);
    auto const chosen = choose({line});
    CHECK_FALSE(chosen.libssh);
    CHECK(chosen.reason.find(word) != std::string::npos);
  }
  CHECK(choose({"hostkeyalias zed"}).reason == "libssh would ignore HostKeyAlias");
  CHECK_FALSE(choose({"localcommand notify", "permitlocalcommand yes"}).libssh);
  CHECK_FALSE(
      choose({"pubkeyauthentication false", "passwordauthentication no", "kbdinteractiveauthentication no"}).libssh);
}

TEST_CASE("files beside the configuration count: certificates, security keys, host authorities") {
  CHECK(choose({}, {.certificate_file = "/c-cert.pub", .security_key_file = "", .authority_file = ""})
            .reason.find("/c-cert.pub") != std::string::npos);
  CHECK_FALSE(choose({}, {.certificate_file = "", .security_key_file = "/sk", .authority_file = ""}).libssh);
  CHECK_FALSE(choose({}, {.certificate_file = "", .security_key_file = "", .authority_file = "/kh:1"}).libssh);
}

TEST_CASE("a wish decides; libssh asked for is told what it would ignore") {
  auto const plain = text("debian12_plain.txt");
  CHECK_FALSE(choose_transport(transport_wish::ssh, plain, plain, {}).libssh);
  auto const asked = choose_transport(transport_wish::libssh, changed({"hostkeyalias zed"}), plain, {});
  CHECK(asked.libssh);
  CHECK(asked.reason == "libssh would ignore HostKeyAlias");
  CHECK(choose_transport(transport_wish::libssh, plain, plain, {}).reason.empty());
}

TEST_CASE("settings are read from ssh -G's lines") {
  auto const plain = text("debian12_plain.txt");
  auto const set = to_settings(
      changed({"hostname [::1]", "port 2222", "addressfamily inet6", "connecttimeout 10", "serveraliveinterval 15",
               "stricthostkeychecking accept-new", "hashknownhosts yes", "userknownhostsfile /a /b", "identityfile ~/k",
               "identityfile /keys/%r@%h:%p%%", "identityfile none", "rekeylimit 16777216 3600", "identityagent /agent",
               "kexalgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256", "passwordauthentication no",
               "batchmode yes"}),
      plain);
  REQUIRE(set);
  CHECK(set->host == "::1");
  CHECK(set->user == "alice");
  CHECK(set->port == 2222);
  CHECK(set->family == address_family::inet6);
  CHECK(set->connect_timeout.count() == 10);
  CHECK(set->alive_interval.count() == 15);
  CHECK(set->unknown_host == host_key_policy::accept_new);
  CHECK(set->hash_known_hosts);
  CHECK(set->user_known_hosts == std::vector<std::string>{"/a", "/b"});
  CHECK(set->identities == std::vector<std::string>{home_directory() + "/k", "/keys/alice@::1:2222%"});
  CHECK(set->rekey_bytes == 16777216);
  CHECK(set->rekey_seconds == 3600);
  CHECK(set->agent_socket == "/agent");
  CHECK(set->kex == "curve25519-sha256");
  CHECK(set->ciphers.empty());
  CHECK_FALSE(set->password);
  CHECK(set->batch);

  CHECK(to_settings(changed({"stricthostkeychecking true"}), plain)->unknown_host == host_key_policy::refuse_unknown);
  CHECK(to_settings(changed({"stricthostkeychecking false"}), plain)->unknown_host == host_key_policy::accept_new);
  CHECK_FALSE(to_settings(changed({"identityagent none"}), plain)->use_agent);
  for (char const* bad :
       {"port 0", "port 70000", "connecttimeout -1", "connecttimeout soon", "serveralivecountmax x"}) {
    INFO(bad);
    CHECK_FALSE(to_settings(changed({bad}), plain));
  }
}
