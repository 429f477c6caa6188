/// @file
/// A value or an error code. Kept close to std::expected so that a later move to it stays small.
#pragma once

#include <cassert>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

namespace volsync {

using std::error_code;

/// The errno of the call that just failed, as an error code.
[[nodiscard]] inline error_code last_error() noexcept { return {errno, std::system_category()}; }

/// Either a T or the error_code that says why there is none. Never throws by itself; `*` and `->` require has_value().
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;
  result(T value) : held_{std::in_place_index<0>, std::move(value)} {}
  result(error_code error) noexcept : held_{std::in_place_index<1>, error} { assert(error); }
  // clang-format 14 does not know "requires".
  // clang-format off
  template <class Errc>
    requires std::is_error_code_enum<Errc>::value || std::is_error_condition_enum<Errc>::value
  result(Errc error) noexcept : result{make_error_code(error)} {}
  // clang-format on

  [[nodiscard]] bool has_value() const noexcept { return held_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  [[nodiscard]] T& operator*() & { return *std::get_if<0>(&held_); }
  [[nodiscard]] T const& operator*() const& { return *std::get_if<0>(&held_); }
  [[nodiscard]] T&& operator*() && { return std::move(*std::get_if<0>(&held_)); }
  [[nodiscard]] T* operator->() { return std::get_if<0>(&held_); }
  [[nodiscard]] T const* operator->() const { return std::get_if<0>(&held_); }
  [[nodiscard]] T value_or(T fallback) const { return has_value() ? **this : std::move(fallback); }
  /// The reason; a default error_code (no error) when there is a value.
  [[nodiscard]] error_code error() const noexcept { return has_value() ? error_code{} : *std::get_if<1>(&held_); }

 private:
  std::variant<T, error_code> held_;
};

/// Success, or the error code that says what failed.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;
  result() noexcept = default;
  result(error_code error) noexcept : error_{error} { assert(error); }
  // clang-format 14 does not know "requires".
  // clang-format off
  template <class Errc>
    requires std::is_error_code_enum<Errc>::value || std::is_error_condition_enum<Errc>::value
  result(Errc error) noexcept : result{make_error_code(error)} {}
  // clang-format on
  [[nodiscard]] bool has_value() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return has_value(); }
  [[nodiscard]] error_code error() const noexcept { return error_; }

 private:
  error_code error_;
};

}  // namespace volsync
