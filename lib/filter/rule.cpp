// Matching of one rule.
#include "filter/rule.hpp"

#include <algorithm>

#include "filter/wildmatch.hpp"

namespace volsync::filter {

void rule::analyse() noexcept {
  if (what == kind::match && pattern.size() > 1 && pattern.back() == '/') {
    pattern.pop_back();
    directory_only = true;
  }
  slashes_ = static_cast<std::uint16_t>(std::count(pattern.begin(), pattern.end(), '/'));
  anchored_ = !pattern.empty() && pattern.front() == '/';
  wild_ = pattern.find_first_of("*?[") != std::string::npos;
  twofold_ = pattern.find("**") != std::string::npos;
  twofold_first_ = pattern.starts_with("**");
  threefold_last_ = pattern.ends_with("***");
}

bool rule::matches(std::string_view path, bool is_directory, std::string_view root_path) const {
  if (xattr) return false;
  return pattern_matches(path, is_directory, root_path) != negated;
}

bool rule::compare(std::string_view text) const noexcept {
  std::string_view const p = anchored_ ? std::string_view{pattern}.substr(1) : std::string_view{pattern};
  return wild_ ? wildmatch(p, text) : p == text;
}

bool rule::pattern_matches(std::string_view path, bool is_directory, std::string_view root_path) const {
  if (directory_only && !is_directory) return false;
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  std::string made;  // only where the subject is not a part of the path
  std::string_view subject = path;
  if (slashes_ == 0 && !twofold_) {
    if (auto const slash = path.rfind('/'); slash != std::string_view::npos) subject = path.substr(slash + 1);
  } else if (absolute) {
    made.assign(root_path);
    if (!made.empty()) made += '/';
    made.append(path);
    subject = made;
  } else if (twofold_first_) {
    made.assign("/").append(path);
    subject = made;
  }
  if (is_directory && threefold_last_) {
    std::string with_slash{subject};
    with_slash += '/';
    made = std::move(with_slash);
    subject = made;
  }
  if (!anchored_ && slashes_ != 0 && !twofold_) {
    std::size_t start = subject.size();
    for (int left = slashes_ + 1; left > 0 && start != 0; --left) {
      auto const slash = subject.rfind('/', start - 1);
      start = slash == std::string_view::npos ? 0 : slash;
      if (left > 1 && start == 0) return false;  // fewer components than the pattern has
    }
    return compare(start == 0 ? subject : subject.substr(start + 1));
  }
  if (!anchored_ && twofold_ && !twofold_first_) {
    for (std::size_t at = 0;;) {
      if (compare(subject.substr(at))) return true;
      at = subject.find('/', at);
      if (at == std::string_view::npos) return false;
      ++at;
    }
  }
  return compare(subject);
}

}  // namespace volsync::filter
