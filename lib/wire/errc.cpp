// The words and the exit code of each violation.
#include "wire/errc.hpp"

#include <array>
#include <string>

#include "checksum/negotiate.hpp"

#include "delta/signature.hpp"

namespace volsync::wire {

namespace {

struct rule {
  wire_errc code;
  char const* text;
  exit_code exit;
};

// In the order of the enumerators.
constexpr std::array rules{
    rule{wire_errc::truncated, "the data ends inside a value", exit_code::stream},
    rule{wire_errc::overlong_varint, "overlong variable-length integer", exit_code::stream},
    rule{wire_errc::overlong_varlong, "overlong variable-length integer of 64 bits", exit_code::stream},
    rule{wire_errc::bad_version, "protocol version mismatch -- is your shell clean?", exit_code::protocol},
    rule{wire_errc::version_too_old, "the peer's protocol version is too old", exit_code::protocol},
    rule{wire_errc::name_list_too_long, "overlong list of algorithm names", exit_code::unsupported},
    rule{wire_errc::string_too_long, "overlong string", exit_code::protocol},
    rule{wire_errc::bad_index, "file index out of range", exit_code::protocol},
    rule{wire_errc::unknown_tag, "unexpected message tag", exit_code::stream},
    rule{wire_errc::bad_message_length, "invalid message length", exit_code::stream},
    rule{wire_errc::message_too_long, "overlong message", exit_code::stream},
    rule{wire_errc::rule_too_long, "overlong filter rule", exit_code::memory},
    rule{wire_errc::name_too_long, "overlong file name", exit_code::memory},
    rule{wire_errc::bad_name, "malformed file name", exit_code::unsupported},
    rule{wire_errc::unsafe_name, "unsafe file name", exit_code::unsupported},
    rule{wire_errc::dot_not_directory, "the transfer root is not a directory", exit_code::protocol},
    rule{wire_errc::bad_mode, "invalid file mode", exit_code::protocol},
    rule{wire_errc::bad_nanoseconds, "invalid nanoseconds", exit_code::protocol},
    rule{wire_errc::negative_size, "negative file size", exit_code::unsupported},
    rule{wire_errc::bad_symlink_length, "invalid length of a symbolic link", exit_code::memory},
    rule{wire_errc::bad_link_index, "invalid hard-link reference", exit_code::protocol},
    rule{wire_errc::wrong_directory, "file list entry outside its directory", exit_code::unsupported},
    rule{wire_errc::bad_delete_count, "invalid count of deletions", exit_code::protocol},
    rule{wire_errc::bad_statistics, "invalid statistics", exit_code::protocol},
    rule{wire_errc::too_many_sums, "too many block checksums", exit_code::memory},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (static_cast<std::size_t>(rules[i].code) != i + 1) return false;
  }
  return static_cast<std::size_t>(wire_errc::too_many_sums) == rules.size();
}
static_assert(in_order());

rule const* find(int code) {
  return code >= 1 && static_cast<std::size_t>(code) <= rules.size() ? &rules[static_cast<std::size_t>(code) - 1]
                                                                     : nullptr;
}

class category final : public std::error_category {
 public:
  [[nodiscard]] char const* name() const noexcept override { return "volsync.wire"; }
  [[nodiscard]] std::string message(int code) const override {
    rule const* const broken = find(code);
    return broken != nullptr ? broken->text : "unknown wire error";
  }
};

category const wire_category;

}  // namespace

error_code make_error_code(wire_errc e) noexcept { return {static_cast<int>(e), wire_category}; }

exit_code exit_code_for(error_code violation) noexcept {
  if (violation.category() == wire_category) {
    rule const* const broken = find(violation.value());
    return broken != nullptr ? broken->exit : exit_code::stream;
  }
  if (violation.category() == make_error_code(delta::delta_errc::bad_count).category()) return exit_code::protocol;
  if (violation == checksum::negotiate_errc::list_too_long) return exit_code::protocol;
  if (violation.category() == make_error_code(checksum::negotiate_errc::no_common_name).category()) {
    return exit_code::unsupported;
  }
  return exit_code::stream;
}

}  // namespace volsync::wire
