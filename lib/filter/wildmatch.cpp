// Matching with two places to go back to: the last `*` and the last `**`. Earlier ones never need another try, since
// what a later one of the same kind can reach from the first fit includes what it could reach from any other.
#include "filter/wildmatch.hpp"

#include <cctype>
#include <optional>

namespace volsync::filter {
namespace {

bool in_class(std::string_view name, unsigned char c) noexcept {
  if (c > 127) return false;
  if (name == "alnum") return std::isalnum(c) != 0;
  if (name == "alpha") return std::isalpha(c) != 0;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return std::iscntrl(c) != 0;
  if (name == "digit") return std::isdigit(c) != 0;
  if (name == "graph") return std::isgraph(c) != 0;
  if (name == "lower") return std::islower(c) != 0;
  if (name == "print") return std::isprint(c) != 0;
  if (name == "punct") return std::ispunct(c) != 0;
  if (name == "space") return std::isspace(c) != 0;
  if (name == "upper") return std::isupper(c) != 0;
  if (name == "xdigit") return std::isxdigit(c) != 0;
  return false;
}

bool is_class_name(std::string_view name) noexcept {
  for (auto const* known :
       {"alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit"}) {
    if (name == known) return true;
  }
  return false;
}

// A set: `at` is behind its '['. Moves `at` behind its ']'. Nothing: unterminated, or an unknown class; never matches.
std::optional<bool> match_set(std::string_view p, std::size_t& at, unsigned char c) noexcept {
  bool negated = false, matched = false;
  if (at < p.size() && (p[at] == '!' || p[at] == '^')) {
    negated = true;
    ++at;
  }
  bool first = true;
  unsigned char low = 0;  // begin of a range, if has_low
  bool has_low = false;
  for (;; first = false) {
    if (at >= p.size()) return std::nullopt;
    unsigned char b = static_cast<unsigned char>(p[at]);
    if (b == ']' && !first) break;
    if (b == '[' && at + 1 < p.size() && p[at + 1] == ':') {
      std::size_t const end = p.find(']', at + 2);
      if (end == std::string_view::npos) return std::nullopt;
      if (end > at + 2 && p[end - 1] == ':') {
        auto const name = p.substr(at + 2, end - at - 3);
        if (!is_class_name(name)) return std::nullopt;
        matched = matched || in_class(name, c);
        at = end + 1;
        has_low = false;
        continue;
      }  // no class: a bracket as it stands
    }
    if (b == '-' && has_low && at + 1 < p.size() && p[at + 1] != ']') {
      ++at;
      unsigned char high = static_cast<unsigned char>(p[at]);
      if (high == '\\' && at + 1 < p.size()) high = static_cast<unsigned char>(p[++at]);
      matched = matched || (c >= low && c <= high);
      has_low = false;
      ++at;
      continue;
    }
    if (b == '\\') {
      if (++at >= p.size()) return std::nullopt;
      b = static_cast<unsigned char>(p[at]);
    }
    matched = matched || b == c;
    low = b;
    has_low = true;
    ++at;
  }
  ++at;
  return matched != negated && c != '/';
}

struct retry {
  std::size_t pattern = 0;  // behind the star
  std::size_t text = 0;     // where its run ends now
  bool set = false;
};

}  // namespace

bool wildmatch(std::string_view p, std::string_view t) noexcept {
  std::size_t pi = 0, ti = 0;
  retry single, twofold;
  std::size_t first = std::string_view::npos;  // begin of the run of the first `*` behind the last `**`
  for (;;) {
    bool fits = false;
    if (pi < p.size() && p[pi] == '*') {
      std::size_t stars = 0;
      while (pi < p.size() && p[pi] == '*') {
        ++pi;
        ++stars;
      }
      if (stars > 1) {
        twofold = {pi, ti, true};
        single.set = false;
        first = std::string_view::npos;
      } else {
        single = {pi, ti, true};
        if (first == std::string_view::npos) first = ti;
      }
      continue;
    }
    if (pi == p.size()) {
      if (ti == t.size()) return true;
    } else if (ti < t.size()) {
      auto const c = static_cast<unsigned char>(t[ti]);
      std::size_t next = pi + 1;
      if (p[pi] == '?') {
        fits = c != '/';
      } else if (p[pi] == '[') {
        auto const in = match_set(p, next, c);
        if (!in) return false;
        fits = *in;
      } else if (p[pi] == '\\') {
        if (next == p.size()) return false;  // an escape of nothing
        fits = p[next++] == t[ti];
      } else {
        fits = p[pi] == t[ti];
      }
      if (fits) {
        pi = next;
        ++ti;
        continue;
      }
    }
    // What a star could not reach before the end of the text, no later start of the same pattern reaches.
    if (single.set && single.text == t.size()) return false;
    if (single.set && t[single.text] != '/') {
      pi = single.pattern;
      ti = ++single.text;
    } else if (twofold.set && twofold.text < t.size()) {
      // What failed from one place fails from all to which the first `*` could have gone: the next try is behind them.
      auto const slash = first == std::string_view::npos ? first : t.find('/', first);
      if (first != std::string_view::npos && slash == std::string_view::npos) return false;
      twofold.text += first == std::string_view::npos ? 1 : slash + 1 - first;
      first = std::string_view::npos;
      single.set = false;
      pi = twofold.pattern;
      ti = twofold.text;
    } else {
      return false;
    }
  }
}

}  // namespace volsync::filter
