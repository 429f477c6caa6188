// A filter rule as it travels to the other end.
#pragma once

#include <string>

namespace volsync::filter {

struct wire_rule {
  std::string prefix;   // "-", "+", ":n-", ...: type and modifiers, without the space after them
  std::string pattern;  // without the slash that marks a directory
  bool directory_only = false;
  friend bool operator==(wire_rule const&, wire_rule const&) = default;
};

}  // namespace volsync::filter
