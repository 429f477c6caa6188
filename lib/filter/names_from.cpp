// Cleaning of listed names.
#include "filter/names_from.hpp"

namespace volsync::filter {
namespace {

std::string cleaned(std::string_view name) {
  std::vector<std::string_view> parts;
  bool const slash = name.back() == '/' || name.ends_with("/.");
  for (std::size_t at = 0; at <= name.size();) {
    std::size_t const end = std::min(name.find('/', at), name.size());
    auto const part = name.substr(at, end - at);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    at = end + 1;
  }
  std::string clean;
  for (auto const& part : parts) clean.append(clean.empty() ? "" : "/").append(part);
  if (clean.empty()) return ".";
  return slash ? clean + "/" : clean;
}

}  // namespace

std::vector<std::string> names_from(std::string_view text, bool nul) {
  std::vector<std::string> names;
  std::string_view const ends = nul ? std::string_view{"\0", 1} : std::string_view{"\n\r"};
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const end = std::min(text.find_first_of(ends, at), text.size());
    auto const each = text.substr(at, end - at);
    at = end + 1;
    if (each.empty() || (!nul && (each[0] == '#' || each[0] == ';'))) continue;
    names.push_back(cleaned(each));
  }
  return names;
}

}  // namespace volsync::filter
