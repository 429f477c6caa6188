// See record.hpp.
#include "migrate/record.hpp"

#include "volsync/format.hpp"

namespace volsync::migrate {

std::string record_text(std::string_view raw) {
  // The escape of names, line by line, because a newline may stand in a program's output.
  std::string out;
  for (;;) {
    std::size_t const end = raw.find('\n');
    out += escaped(raw.substr(0, end), charset::utf8);
    if (end == raw.npos) return out;
    out += '\n';
    raw.remove_prefix(end + 1);
  }
}

std::string record_line(record const& what) {
  return what.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

bool parse_record(std::string_view line, record& into) {
  into = record::parse(line, nullptr, false);
  return into.is_object();
}

record const* member_of(record const& from, char const* member) {
  if (!from.is_object()) return nullptr;
  auto const at = from.find(member);
  return at == from.end() ? nullptr : &*at;
}

std::string text_of(record const& from, char const* member) {
  record const* const at = member_of(from, member);
  return at != nullptr && at->is_string() ? at->get<std::string>() : std::string{};
}

double number_of(record const& from, char const* member, double fallback) {
  record const* const at = member_of(from, member);
  return at != nullptr && at->is_number() ? at->get<double>() : fallback;
}

bool flag_of(record const& from, char const* member) {
  record const* const at = member_of(from, member);
  return at != nullptr && at->is_boolean() && at->get<bool>();
}

}  // namespace volsync::migrate
