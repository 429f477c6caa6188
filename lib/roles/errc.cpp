// Sentences of the role errors.
#include "roles/errc.hpp"

#include <string>

namespace volsync::roles {
namespace {

class category final : public std::error_category {
  char const* name() const noexcept override { return "roles"; }
  std::string message(int value) const override {
    switch (static_cast<role_errc>(value)) {
      case role_errc::no_such_index:
        return "the peer named a file index that no open list holds";
      case role_errc::inactive_index:
        return "the peer named the index of a dropped duplicate";
      case role_errc::transfer_of_other:
        return "the peer requested the content of something that is not a regular file";
      case role_errc::transfer_in_last_phase:
        return "the peer requested a file after the redo phase";
      case role_errc::done_too_early:
        return "the peer finished a list before the next one was sent";
      case role_errc::not_goodbye:
        return "the peer sent something else in place of its goodbye";
      case role_errc::bad_directory:
        return "the peer sent a list for a directory that cannot have one";
      case role_errc::unexpected_list:
        return "the peer sent a file list where none may come";
      case role_errc::not_requested:
        return "the peer sent a file that was not requested";
      case role_errc::bad_echo:
        return "the peer's answer does not fit the request";
      case role_errc::done_unasked:
        return "the peer ended a phase that is not over";
    }
    return "unknown role error";
  }
};

}  // namespace

std::error_code make_error_code(role_errc e) noexcept {
  static category const words;
  return {static_cast<int>(e), words};
}

}  // namespace volsync::roles
