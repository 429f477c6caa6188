// How two peers agree on a name (a checksum, later a compression) from the lists they send each other.
//
// Every list we send keeps the canonical order. Peers differ in whose order decides, so only lists in one common order
// make both ends arrive at the same name; a user's list can remove names but never reorder them.
// Source: lib/wire/FORMAT.md, negotiated strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "volsync/result.hpp"

#include "checksum/algorithm.hpp"

namespace volsync::checksum {

enum class negotiate_errc {
  no_common_name = 1,  // the peers' lists share no name (exit 4)
  unknown_name,        // a name chosen by the user is not known (exit 4)
  list_too_long,       // the peer's list is longer than max_list_length (exit 2)
};
[[nodiscard]] error_code make_error_code(negotiate_errc e) noexcept;

inline constexpr std::size_t max_list_length = 255;  // bytes of a list on the wire

enum class side : std::uint8_t { client, server };

// Another spelling of a name: accepted, never sent.
struct synonym {
  std::string_view text;
  std::string_view name;
};

// The names of one kind, best first. "none" is known to both sides but offered only by servers.
struct vocabulary {
  std::span<std::string_view const> names;
  std::span<synonym const> synonyms;

  // The canonical spelling, with static lifetime; empty when the text is unknown.
  [[nodiscard]] std::string_view canonical(std::string_view text) const noexcept;
};
[[nodiscard]] vocabulary const& checksum_vocabulary() noexcept;

// The list we send: names separated by single spaces, canonical order. restriction: value of RSYNC_CHECKSUM_LIST or
// RSYNC_COMPRESS_LIST ("" for none), names separated by white space, unknown ones ignored; the part before '&' is for
// clients, the part after it for servers (no '&': for both), an empty part restricts nothing. A part without any known
// name gives "INVALID", which no peer accepts. "none" is in a client's list only if the restriction names it.
[[nodiscard]] std::string offer(vocabulary const& words, side we_are, std::string_view restriction = {});

// The name both peers use, with static lifetime. ours: what offer() gave; theirs: the peer's list (untrusted).
// Errors: list_too_long, no_common_name.
[[nodiscard]] result<std::string_view> choose(vocabulary const& words, side we_are, std::string_view ours,
                                              std::string_view theirs);

// The checksums of a session: for blocks and files in transfer, and for -c in the file list.
struct choice {
  algorithm transfer = algorithm::md5;
  algorithm flist = algorithm::md5;
  friend bool operator==(choice const&, choice const&) = default;
};
// What peers use that exchange no list, protocol 30 and later.
inline constexpr algorithm implied_algorithm = algorithm::md5;

// The user's --checksum-choice=TRANSFER[,FLIST]; one name stands for both, case does not matter. Nothing for "auto":
// lists are exchanged. Any other choice exchanges none, so "auto" as one of two names means implied_algorithm.
// Errors: unknown_name.
[[nodiscard]] result<std::optional<choice>> parse_choice(std::string_view text);

}  // namespace volsync::checksum

template <>
struct std::is_error_code_enum<volsync::checksum::negotiate_errc> : std::true_type {};
