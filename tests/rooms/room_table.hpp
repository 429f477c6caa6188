// Who may include what, as the project's own tables say it, and a check of a source text against them.
//
// The tables are read from lib/README.md and third_party/README.md, so that the pages and the test cannot disagree.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace volsync::rooms {

// One #include line of a text.
struct inclusion {
  std::size_t line = 0;  // from 1
  std::string target;    // what stands between the delimiters
};

// Every #include of a text, in order. A line that is a comment does not count.
[[nodiscard]] std::vector<inclusion> inclusions_of(std::string_view text);

// Cells of the rows of all Markdown tables whose header line begins with `first_header`, without head and rule lines.
// Back quotes and surrounding blanks are removed from the cells.
[[nodiscard]] std::vector<std::vector<std::string>> table_rows(std::string_view markdown,
                                                               std::string_view first_header);

// A header of a library of others, and the places that may see it ("lib/checksum", "tools").
struct foreign_header {
  std::string pattern;  // "xxhash.h", "boost/*"
  std::set<std::string> seen_by;
};

struct rules {
  std::map<std::string, std::set<std::string>> allowed;  // place ("lib/wire") -> rooms ("base", ...), "words"
  std::vector<foreign_header> foreign;
};

// Reads both tables. A table that is not there gives empty rules, which the caller must refuse.
[[nodiscard]] rules read_rules(std::string_view rooms_page, std::string_view libraries_page);

// The place of a file given by its path below the project: "lib/wire/varint.hpp" is in "lib/wire", "tools/x/y.cpp" in
// "tools", "tests/support/catch.hpp" in "tests/support". Empty if it is in none.
[[nodiscard]] std::string place_of(std::string_view path);

// What is wrong with the text of one file: a sentence for each finding, beginning with "path:line: ".
[[nodiscard]] std::vector<std::string> findings(rules const& by, std::string_view path, std::string_view text);

// What is wrong with the rooms that lib/CMakeLists.txt links, by the same table.
[[nodiscard]] std::vector<std::string> link_findings(rules const& by, std::string_view cmake);

}  // namespace volsync::rooms
