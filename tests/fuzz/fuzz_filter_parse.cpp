// Any bytes as a file of rules: what is accepted keeps its bounds, travels, and can be asked.
//
// Input: a byte of choices (1: words, 2: excludes only, 4: includes only, 8: NUL ends rules, 16: C, 32: side, 64: below
// a directory), then the file. A `.` rule reads the same file again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "filter/command_line.hpp"
#include "filter/parse.hpp"

using namespace volsync;
using namespace volsync::filter;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// What travels has to be read as the same rule again.
void check(rule const& r) {
  require(r.pattern.size() <= max_rule_length + 256 && r.pattern.find('\0') == std::string::npos);
  auto const line = to_wire(r);
  require(line.prefix.size() < 16);
  std::vector<element> again;
  std::string sentence;
  std::string const text = line.prefix + ' ' + line.pattern + (line.directory_only ? "/" : "");
  auto const parsed = parse_rule(text, {}, again, sentence);
  if (!parsed) return require(line.pattern.size() + 1 >= max_rule_length);  // a base has made it longer
  require(again.size() == 1 && to_wire(again[0].what) == line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  unsigned const choices = data[0];
  std::string_view const text{reinterpret_cast<char const*>(data) + 1, std::min<std::size_t>(size - 1, 2000)};
  rule_context where;
  where.style.word_split = choices & 1U;
  where.style.only_excludes = choices & 2U;
  where.style.only_includes = (choices & 6U) == 4U;
  where.style.literal = choices & 22U;
  where.style.cvs = choices & 16U;
  where.nul = choices & 8U;
  where.defaults.sided = choices & 32U;
  where.defaults.at_receiver = !where.defaults.sided;
  if (choices & 64U) where.base = "some/dir";
  where.origin = "file";
  int reads = 0;
  where.read = [&](std::string const&) -> result<std::string> {
    return ++reads < 20 ? result<std::string>{std::string{text}} : std::make_error_code(std::errc::io_error);
  };
  std::vector<element> rules;
  std::string sentence;
  auto const parsed = parse_file(text, where.nul, where, rules, sentence);
  require(parsed ? sentence.empty() : !sentence.empty());
  for (element const& each : rules) check(each.what);
  auto const outer = std::make_shared<rule_set const>(std::move(rules), "/top");
  auto const load = [&](std::string const&) {
    return result<std::optional<std::string>>{std::string{text.substr(0, 300)}};
  };
  auto const inner = enter(outer, "some/dir", load, sentence);
  for (auto const& set : {outer, inner ? *inner : outer}) {
    for (auto const where_to : {side::sender, side::receiver}) {
      static_cast<void>(set->excludes("some/dir/a.c", false, where_to));
      static_cast<void>(set->excludes(text.substr(0, 200), true, where_to));
    }
  }
  return 0;
}
