// A record of the journal (JOURNAL.md), and text that is fit to stand in one.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace volsync::migrate {

// Members keep the order in which they were set.
using record = nlohmann::ordered_json;

// UTF-8 for certain: bytes that are none, and control characters but tab and newline, become \#ooo.
[[nodiscard]] std::string record_text(std::string_view raw);
// One line, without the newline. Never throws, whatever the strings hold.
[[nodiscard]] std::string record_line(record const& what);
// Errors: EINVAL (no object of JSON).
[[nodiscard]] bool parse_record(std::string_view line, record& into);

// A member, or the fallback where there is none of that type.
[[nodiscard]] std::string text_of(record const& from, char const* member);
[[nodiscard]] double number_of(record const& from, char const* member, double fallback = 0);
[[nodiscard]] bool flag_of(record const& from, char const* member);
// For lists: never throws; null where it is missing.
[[nodiscard]] record const* member_of(record const& from, char const* member);

}  // namespace volsync::migrate
