// Golden files and hexadecimal text.
#include "wire/support.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

namespace volsync::wire {

namespace fs = std::filesystem;

namespace {

fs::path const golden_directory = fs::path{VOLSYNC_TEST_DIR} / "golden";

}  // namespace

bytes from_hex(std::string_view text) {
  bytes made;
  std::string digits;
  for (char const c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) digits += c;
  }
  REQUIRE(digits.size() % 2 == 0);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    std::size_t used = 0;
    made.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), &used, 16)));
    REQUIRE(used == 2);
  }
  return made;
}

std::string to_hex(byte_view data) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::byte const one : data) {
    if (!text.empty()) text += ' ';
    text += digits[std::to_integer<unsigned>(one) >> 4];
    text += digits[std::to_integer<unsigned>(one) & 15U];
  }
  return text;
}

bytes golden(std::string const& name) {
  std::ifstream file{golden_directory / (name + ".hex")};
  INFO(name);
  REQUIRE(file);
  std::string hex, line;
  int headers = 0;
  while (std::getline(file, line)) {
    if (line.rfind('#', 0) == 0) {
      ++headers;
    } else {
      hex += line;
    }
  }
  REQUIRE(headers == 3);
  return from_hex(hex);
}

std::vector<std::string> golden_sessions() {
  std::vector<std::string> names;
  constexpr std::string_view suffix = ".c2s.hex";
  for (auto const& one : fs::recursive_directory_iterator{golden_directory}) {
    auto name = fs::relative(one.path(), golden_directory).string();
    if (name.size() <= suffix.size() || name.substr(name.size() - suffix.size()) != suffix) continue;
    names.push_back(name.substr(0, name.size() - suffix.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::size_t> pieces_of_one(std::size_t size) { return std::vector<std::size_t>(size, 1); }

std::vector<std::size_t> random_pieces(std::size_t size, std::mt19937& random, std::size_t most) {
  std::vector<std::size_t> pieces;
  while (size != 0) {
    pieces.push_back(std::min(size, std::uniform_int_distribution<std::size_t>{1, most}(random)));
    size -= pieces.back();
  }
  return pieces;
}

}  // namespace volsync::wire
