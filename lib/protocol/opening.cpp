// Rules and names, with their bounds.
#include "protocol/opening.hpp"

#include <utility>

#include "filter/names_from.hpp"

#include "wire/errc.hpp"
#include "wire/filter_rules.hpp"

#include "protocol/errc.hpp"

namespace volsync::protocol {
namespace {

constexpr std::size_t longest_name = 4096;                  // bytes, what a path may have
constexpr std::size_t most_names = std::size_t{256} << 20;  // bytes of all names

}  // namespace

result<void> opening::read_rules(wire::cursor& in) {
  while (!rules_done_) {
    auto rule = wire::read_filter_rule(in);
    if (!rule) {
      if (rule.error() == make_error_code(wire::wire_errc::truncated)) return {};
      return rule.error();
    }
    if (!*rule) {
      rules_done_ = true;
      break;
    }
    if (rules_.size() >= filter_rules_at_most) return protocol_errc::too_many_rules;
    rules_.push_back(std::move(**rule));
  }
  return {};
}

result<std::size_t> opening::take_names(byte_view input) {
  std::size_t used = 0;
  while (used < input.size() && !names_done_) {
    char const c = static_cast<char>(input[used++]);
    if (c == '\0') {
      names_done_ = names_.size() == name_begins_;
      if (names_done_) break;
      names_ += c;
      name_begins_ = names_.size();
      continue;
    }
    names_ += c;
    if (names_.size() - name_begins_ > longest_name || names_.size() > most_names) return protocol_errc::names_too_long;
  }
  return used;
}

std::vector<std::string> opening::names() const { return filter::names_from(names_, true); }

}  // namespace volsync::protocol
