// What can be wrong with a filter rule; the sentence for the user travels beside the code.
#pragma once

#include <system_error>

#include "volsync/exit_code.hpp"

namespace volsync::filter {

enum class filter_errc {
  unknown_rule = 1,     // no rule begins like this (exit 1)
  invalid_modifier,     // a modifier that this kind of rule does not have (exit 1)
  unexpected_end,       // a rule without its pattern (exit 1)
  trailing_characters,  // "!" with something behind it (exit 1)
  too_deep,             // merge files name each other without end (exit 11)
  too_long,             // a rule longer than a peer takes (exit 1)
  too_many,             // more than 100,000 rules (exit 1)
  merge_path,           // a merge file of each directory that is not a plain name (exit 1)
};
[[nodiscard]] std::error_code make_error_code(filter_errc e) noexcept;

// The exit code of rules that cannot be had: syntax, or file_io where it is a file that fails.
[[nodiscard]] exit_code exit_code_of(std::error_code why) noexcept;

}  // namespace volsync::filter

template <>
struct std::is_error_code_enum<volsync::filter::filter_errc> : std::true_type {};
