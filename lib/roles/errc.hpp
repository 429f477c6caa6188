// How a peer can break the rules of the conversation; each ends the session.
#pragma once

#include <system_error>

namespace volsync::roles {

enum class role_errc {
  no_such_index = 1,       // an index that no open list holds (exit 2)
  inactive_index,          // an index of a dropped duplicate (exit 2)
  transfer_of_other,       // the content of something that is not a regular file was requested (exit 2)
  transfer_in_last_phase,  // a file was requested after the redo phase (exit 2)
  done_too_early,          // a list was declared finished before the next was sent (exit 2)
  not_goodbye,             // something else where only the goodbye may come (exit 2)
  bad_directory,           // a list for a directory that is not known, not active, or listed already (exit 2)
  unexpected_list,         // a list, or the end of lists, where none may come (exit 2)
  not_requested,           // content or an answer for an index that is not outstanding (exit 2)
  bad_echo,                // an answer that is not what the record asked for (exit 2)
  done_unasked,            // the end of a phase that we have not ended (exit 2)
};
[[nodiscard]] std::error_code make_error_code(role_errc e) noexcept;

}  // namespace volsync::roles

template <>
struct std::is_error_code_enum<volsync::roles::role_errc> : std::true_type {};
