#include "transport/choose.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <span>

#include "transport/algorithms.hpp"
#include "transport/known_hosts.hpp"

namespace volsync::transport {
namespace {

using names = std::span<std::string_view const>;

// What we do ourselves or hand to libssh, whatever the value.
constexpr std::string_view honoured[]{"host",
                                      "hostname",
                                      "user",
                                      "port",
                                      "addressfamily",
                                      "batchmode",
                                      "compression",
                                      "connecttimeout",
                                      "globalknownhostsfile",
                                      "userknownhostsfile",
                                      "hashknownhosts",
                                      "identityagent",
                                      "kbdinteractiveauthentication",
                                      "passwordauthentication",
                                      "pubkeyauthentication",
                                      "numberofpasswordprompts",
                                      "rekeylimit",
                                      "serveraliveinterval",
                                      "serveralivecountmax",
                                      "stricthostkeychecking",
                                      "tcpkeepalive"};

// What makes no difference to one command without a terminal: looks, forwardings beside the transfer, methods that only
// add a way in, and settings of features that have their own row.
constexpr std::string_view harmless[]{"canonicaldomains",
                                      "canonicalizefallbacklocal",
                                      "canonicalizemaxdots",
                                      "canonicalizepermittedcnames",
                                      "casignaturealgorithms",
                                      "clearallforwardings",
                                      "controlpersist",
                                      "dynamicforward",
                                      "enableescapecommandline",
                                      "enablesshkeysign",
                                      "escapechar",
                                      "exitonforwardfailure",
                                      "fingerprinthash",
                                      "forwardx11",
                                      "forwardx11timeout",
                                      "forwardx11trusted",
                                      "gatewayports",
                                      "gssapiauthentication",
                                      "gssapidelegatecredentials",
                                      "gssapikexalgorithms",
                                      "gssapikeyexchange",
                                      "gssapirenewalforcesrekey",
                                      "gssapitrustdns",
                                      "gssapiserveridentity",
                                      "gssapiclientidentity",
                                      "hostbasedacceptedalgorithms",
                                      "ignoreunknown",
                                      "ipqos",
                                      "localforward",
                                      "loglevel",
                                      "logverbose",
                                      "obscurekeystroketiming",
                                      "permitlocalcommand",
                                      "permitremoteopen",
                                      "proxyusefdpass",
                                      "remoteforward",
                                      "securitykeyprovider",
                                      "sendenv",
                                      "setenv",
                                      "streamlocalbindmask",
                                      "streamlocalbindunlink",
                                      "syslogfacility",
                                      "tunneldevice",
                                      "updatehostkeys",
                                      "visualhostkey",
                                      "warnweakcrypto",
                                      "xauthlocation"};

struct list_row {
  std::string_view keyword;
  algorithm_kind kind;
};
constexpr std::array lists{list_row{"ciphers", algorithm_kind::cipher}, list_row{"macs", algorithm_kind::mac},
                           list_row{"kexalgorithms", algorithm_kind::kex},
                           list_row{"hostkeyalgorithms", algorithm_kind::host_key},
                           list_row{"pubkeyacceptedalgorithms", algorithm_kind::key_type}};

// Keywords as people write them, for the reason; others are shown as they are.
std::string spelled(std::string const& keyword) {
  static std::map<std::string_view, char const*> const spelling{
      {"addkeystoagent", "AddKeysToAgent"},
      {"bindaddress", "BindAddress"},
      {"bindinterface", "BindInterface"},
      {"canonicalizehostname", "CanonicalizeHostname"},
      {"certificatefile", "CertificateFile"},
      {"checkhostip", "CheckHostIP"},
      {"ciphers", "Ciphers"},
      {"connectionattempts", "ConnectionAttempts"},
      {"controlmaster", "ControlMaster"},
      {"controlpath", "ControlPath"},
      {"forwardagent", "ForwardAgent"},
      {"hostbasedauthentication", "HostbasedAuthentication"},
      {"hostkeyalgorithms", "HostKeyAlgorithms"},
      {"hostkeyalias", "HostKeyAlias"},
      {"identitiesonly", "IdentitiesOnly"},
      {"identityfile", "IdentityFile"},
      {"kexalgorithms", "KexAlgorithms"},
      {"knownhostscommand", "KnownHostsCommand"},
      {"localcommand", "LocalCommand"},
      {"macs", "MACs"},
      {"match", "Match"},
      {"nohostauthenticationforlocalhost", "NoHostAuthenticationForLocalhost"},
      {"pkcs11provider", "PKCS11Provider"},
      {"preferredauthentications", "PreferredAuthentications"},
      {"proxycommand", "ProxyCommand"},
      {"proxyjump", "ProxyJump"},
      {"pubkeyacceptedalgorithms", "PubkeyAcceptedAlgorithms"},
      {"remotecommand", "RemoteCommand"},
      {"requesttty", "RequestTTY"},
      {"requiredrsasize", "RequiredRSASize"},
      {"revokedhostkeys", "RevokedHostKeys"},
      {"sessiontype", "SessionType"},
      {"tunnel", "Tunnel"},
      {"verifyhostkeydns", "VerifyHostKeyDNS"}};
  auto const found = spelling.find(keyword);
  return found == spelling.end() ? keyword : found->second;
}

bool among(names list, std::string_view keyword) { return std::find(list.begin(), list.end(), keyword) != list.end(); }

bool says_no(std::string const& value) { return value.empty() || value == "no" || value == "false" || value == "none"; }

// True for a % letter or ${...} in an identity's path that to_settings would leave as it is.
bool needs_ssh_to_expand(std::string const& path) {
  if (path.find("${") != std::string::npos) return true;
  if (path.front() == '~' && path.size() > 1 && path[1] != '/') return true;
  for (auto at = path.find('%'); at != std::string::npos; at = path.find('%', at + 2)) {
    if (at + 1 == path.size() || std::string_view{"%dhipru"}.find(path[at + 1]) == std::string_view::npos) return true;
  }
  return false;
}

// Why libssh would not do for this keyword, which differs from the default; empty: it does.
std::string objection(std::string const& keyword, ssh_config const& config) {
  if (among(honoured, keyword) || among(harmless, keyword)) return {};
  for (auto const& row : lists) {
    if (row.keyword != keyword) continue;
    bool const some = !spoken_algorithms(row.kind, config.first(keyword)).empty();
    return some ? std::string{} : "libssh speaks none of the " + spelled(keyword) + " asked for";
  }
  if (keyword == "identityfile") {
    auto const files = config.all(keyword);
    bool const strange = std::any_of(files.begin(), files.end(), needs_ssh_to_expand);
    return strange ? "libssh would not expand an IdentityFile" : std::string{};
  }
  // A command runs only if PermitLocalCommand lets it.
  if (keyword == "localcommand" && says_no(config.first("permitlocalcommand"))) return {};
  // These are off by a word, too: `ProxyJump none` after a pattern that set it.
  bool const can_be_off = keyword != "requesttty" && keyword != "sessiontype";
  if (can_be_off && says_no(config.first(keyword)) && config.all(keyword).size() == 1) return {};
  return "libssh would ignore " + spelled(keyword);
}

std::string first_objection(ssh_config const& config, ssh_config const& baseline, config_facts const& facts) {
  for (auto const& keyword : config.keywords()) {
    if (config.all(keyword) == baseline.all(keyword)) continue;
    if (auto const why = objection(keyword, config); !why.empty()) return why;
  }
  auto const off = [&](char const* method) { return config.has(method) && says_no(config.first(method)); };
  if (off("pubkeyauthentication") && off("passwordauthentication") && off("kbdinteractiveauthentication")) {
    return "only GSSAPI or host-based authentication is allowed";
  }
  if (!facts.certificate_file.empty()) return "libssh would ignore the certificate " + facts.certificate_file;
  if (!facts.security_key_file.empty()) return "libssh cannot use the security key of " + facts.security_key_file;
  if (!facts.authority_file.empty())
    return "libssh would ignore the host certificate authority in " + facts.authority_file;
  return {};
}

}  // namespace

choice choose_transport(transport_wish wish, ssh_config const& config, ssh_config const& baseline,
                        config_facts const& facts) {
  if (wish == transport_wish::ssh) return {.libssh = false, .reason = "asked for"};
  auto why = first_objection(config, baseline, facts);
  if (wish == transport_wish::libssh) return {.libssh = true, .reason = std::move(why)};
  if (!why.empty()) return {.libssh = false, .reason = std::move(why)};
  return {.libssh = true, .reason = "the configuration asks for nothing that libssh lacks"};
}

config_facts look_at_files(ssh_settings const& settings) {
  config_facts facts;
  for (auto const& identity : settings.identities) {
    if (!std::ifstream{identity}) continue;
    std::string const certificate = identity + "-cert.pub";
    if (facts.certificate_file.empty() && std::ifstream{certificate}) facts.certificate_file = certificate;
    std::ifstream pub{identity + ".pub"};
    std::string type;
    if (pub >> type && type.rfind("sk-", 0) == 0 && facts.security_key_file.empty()) facts.security_key_file = identity;
  }
  host_name const name{.host = settings.host, .port = settings.port};
  facts.authority_file = find_authority(settings.user_known_hosts, name);
  if (facts.authority_file.empty()) facts.authority_file = find_authority(settings.global_known_hosts, name);
  return facts;
}

}  // namespace volsync::transport
