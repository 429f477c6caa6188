// Operands.
#include "volsync/operand.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace volsync::cli {
namespace {

constexpr std::string_view scheme = "rsync://";

// In whatever case the scheme is written.
[[nodiscard]] bool is_url(std::string_view text) {
  return text.size() >= scheme.size() && std::equal(scheme.begin(), scheme.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
         });
}

// "user@host" or "user@[v6]" into its parts. The last @ counts: a user name may hold one.
void set_host(location& into, std::string_view text) {
  if (auto const at = text.rfind('@'); at != std::string_view::npos) {
    into.user = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  into.host = text;
}

// 0 for an empty text (the default), -1 for one that is no number.
[[nodiscard]] int port_of(std::string_view text) {
  if (text.empty()) return 0;
  int port = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failed == std::errc{} && end == text.data() + text.size() ? port : -1;
}

[[nodiscard]] operand parse_url(std::string_view text) {
  operand made;
  made.where.daemon = true;
  std::size_t const slash = std::min(text.find('/'), text.size());
  std::string_view host = text.substr(0, slash);
  made.where.path = text.substr(std::min(slash + 1, text.size()));
  std::size_t const bracket = host.rfind(']');
  std::size_t const colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    made.where.port = port_of(host.substr(colon + 1));
    host = host.substr(0, colon);
  }
  set_host(made.where, host);
  made.same_host = made.where.host.empty();
  return made;
}

// Where the colon that ends the host stands; npos: a local path.
[[nodiscard]] std::size_t host_end(std::string_view text) {
  std::size_t const open = text.find('[');
  std::size_t const slash = std::min(text.find('/'), text.size());
  if (open < slash && (open == 0 || text[open - 1] == '@')) {  // colons of an address do not count
    std::size_t const close = text.find(']', open);
    if (close < slash && close + 1 < text.size() && text[close + 1] == ':') return close + 1;
  }
  std::size_t const colon = text.find(':');
  return colon < slash ? colon : std::string_view::npos;
}

}  // namespace

operand parse_operand(std::string_view text) {
  if (is_url(text)) return parse_url(text.substr(scheme.size()));
  operand made;
  std::size_t const colon = host_end(text);
  if (colon == std::string_view::npos) {
    made.where.path = text;
    return made;
  }
  made.where.daemon = colon + 1 < text.size() && text[colon + 1] == ':';
  set_host(made.where, text.substr(0, colon));
  made.where.path = text.substr(colon + (made.where.daemon ? 2 : 1));
  made.same_host = made.where.host.empty();
  return made;
}

}  // namespace volsync::cli
