// Sentences of the filter errors.
#include "filter/errc.hpp"

#include <string>

namespace volsync::filter {
namespace {

class category final : public std::error_category {
  char const* name() const noexcept override { return "filter"; }
  std::string message(int value) const override {
    switch (static_cast<filter_errc>(value)) {
      case filter_errc::unknown_rule:
        return "unknown filter rule";
      case filter_errc::invalid_modifier:
        return "invalid modifier in a filter rule";
      case filter_errc::unexpected_end:
        return "unexpected end of a filter rule";
      case filter_errc::trailing_characters:
        return "'!' rule has trailing characters";
      case filter_errc::too_deep:
        return "merge files are nested more than 32 deep";
      case filter_errc::too_long:
        return "a filter rule is longer than 4095 bytes";
      case filter_errc::too_many:
        return "more than 100000 filter rules";
      case filter_errc::merge_path:
        return "the merge file of a directory is a name without a slash";
    }
    return "unknown filter error";
  }
};

}  // namespace

std::error_code make_error_code(filter_errc e) noexcept {
  static category const words;
  return {static_cast<int>(e), words};
}

exit_code exit_code_of(std::error_code why) noexcept {
  bool const of_rules = why.category() == make_error_code(filter_errc::too_deep).category();
  return of_rules && why != make_error_code(filter_errc::too_deep) ? exit_code::syntax : exit_code::file_io;
}

}  // namespace volsync::filter
