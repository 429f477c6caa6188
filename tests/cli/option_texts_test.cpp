// Nobody can use an option that no text names, and a text must not name one that is not there.
#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>

#include "volsync/command_line.hpp"
#include "volsync/option_table.hpp"

#include "support/catch.hpp"

using namespace volsync::cli;
using names = std::set<std::string>;

namespace {

// Further spellings of an option that is named by its first one.
constexpr std::array synonyms{"msgs2stderr", "log-format", "inc-recursive",       "i-r",          "i-d",
                              "cc",          "motd",       "ignore-non-existing", "protect-args", "implied-dirs"};

bool is_name_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

// "-x" and "--name" wherever they begin a word.
names options_in(std::string_view text) {
  names found;
  for (std::size_t at = text.find('-'); at < text.size(); at = text.find('-', at)) {
    std::size_t const begin = at;
    bool const starts = begin == 0 || std::string_view{" `(/\n"}.find(text[begin - 1]) != std::string_view::npos;
    if (begin + 1 < text.size() && text[begin + 1] == '@') {
      at += 2;
    } else {
      while (at < text.size() && is_name_part(text[at])) ++at;
    }
    auto const word = text.substr(begin, at - begin);
    bool const is_short = word.size() == 2 && word != "--";
    if (starts && (is_short || (word.starts_with("--") && word.size() > 2))) found.emplace(word);
  }
  return found;
}

// The tables of options in the README: rows only, without the text around them.
std::string readme_tables() {
  std::ifstream file{VOLSYNC_TEST_DIR "/../README.md"};
  std::string const all{std::istreambuf_iterator<char>{file}, {}};
  auto const begin = all.find("### Options\n"), end = all.find("### Not there yet\n");
  REQUIRE(begin < end);
  REQUIRE(end != std::string::npos);
  std::string rows;
  for (std::size_t at = begin; at < end;) {
    auto const line_end = all.find('\n', at);
    if (all[at] == '|') rows += all.substr(at, line_end - at + 1);
    at = line_end + 1;
  }
  return rows;
}

bool is_synonym(std::string_view name) { return std::find(synonyms.begin(), synonyms.end(), name) != synonyms.end(); }

option_row const* find(std::string_view word) {
  for (auto const& row : option_table()) {
    bool const by_name = row.name != nullptr && word == "--" + std::string{row.name};
    bool const by_letter = row.letter != 0 && word == std::string{'-', row.letter};
    if (by_name || by_letter) return &row;
  }
  return nullptr;
}

// Both spellings of every option that does something; those that take another one back are told of in one sentence.
names expected() {
  auto const does_nothing = find("--no-acls")->apply;
  names all;
  for (auto const& row : option_table()) {
    if (row.apply == nullptr || row.apply == does_nothing) continue;
    bool const named = row.name != nullptr && !std::string_view{row.name}.starts_with("no-") && !is_synonym(row.name);
    if (named) all.insert("--" + std::string{row.name});
    if (row.letter != 0) all.insert(std::string{'-', row.letter});
  }
  return all;
}

names without(names from, names const& what) {
  for (auto const& each : what) from.erase(each);
  return from;
}

}  // namespace

TEST_CASE("every option that does something is named in --help and in the README") {
  CHECK(expected().size() > 100);
  CHECK(without(expected(), options_in(help_text())) == names{});
  CHECK(without(without(expected(), options_in(readme_tables())), {"--help", "--version", "-V"}) == names{});
}

TEST_CASE("every option that --help and the README name is taken") {
  for (std::string const& text : {help_text(), readme_tables()}) {
    auto const named = options_in(text);
    CHECK(named.size() > 100);
    for (auto const& word : named) {
      INFO(word);
      if (word == "--no-OPTION") continue;
      auto const* const row = find(word);
      CHECK(row != nullptr);
      if (row != nullptr) CHECK(row->apply != nullptr);
    }
  }
}

TEST_CASE("--help stays within a terminal's width") {
  std::string const text = help_text();
  for (std::size_t at = 0; at < text.size();) {
    auto const end = text.find('\n', at);
    INFO(text.substr(at, end - at));
    CHECK(end - at <= 120);
    at = end + 1;
  }
}
