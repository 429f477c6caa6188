// What a check has to say: of the preflight, of the quiescence check, of a brake.
#pragma once

#include <string>
#include <vector>

namespace volsync::migrate {

struct finding {
  enum class level : unsigned char {
    note,     // for the record
    warning,  // somebody is asked
    error,    // the migration stops before anything was changed
  };
  level how = level::note;
  std::string key;    // stable, lower case, words joined by '-': "no-space", "writer"
  std::string what;   // a sentence, with figures
  std::string where;  // host and path; empty: everywhere
  std::string mend;   // a sentence: what to do
  friend bool operator==(finding const&, finding const&) = default;
};
using findings = std::vector<finding>;

}  // namespace volsync::migrate
