// --info: what is said, word by word, and how -v, --progress, --stats and -q set the words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <volsync/options.hpp>

namespace volsync::text {

// The words in the order in which rsync lists and forwards them.
enum class info : std::uint8_t {
  backup,
  copy,
  del,
  flist,
  misc,
  mount,
  name,
  nonreg,
  progress,
  remove,
  skip,
  stats,
  symsafe,
};
inline constexpr std::size_t info_count = 13;

// Levels of all words; 0: silent.
class info_levels {
 public:
  info_levels() = default;
  // As rsync derives them from -v, -q, --progress, --stats, --dry-run... and the --info words, which win.
  explicit info_levels(options const& what);
  [[nodiscard]] int at(info word) const noexcept { return level_[static_cast<std::size_t>(word)]; }
  // At least level 1.
  [[nodiscard]] bool operator[](info word) const noexcept { return at(word) > 0; }
  // Set by an --info word and not by -v or another option.
  [[nodiscard]] bool is_explicit(info word) const noexcept { return explicit_[static_cast<std::size_t>(word)]; }
  // Applies "NAME2,del,ALL0"; false at the first word that means nothing (the ones before it are applied).
  bool apply(std::string_view words, std::string* bad_word = nullptr);

 private:
  bool apply_word(std::string_view text);
  void set(info word, int level);
  void set_default(info word, int level);
  std::array<std::uint8_t, info_count> level_{};
  std::array<bool, info_count> explicit_{};
};

// What a peer is told: "--info=DEL2,NAME0" of the words the user set that concern the receiving (or sending) side;
// empty if none. Source: lib/protocol/README.md, arguments of the remote command.
[[nodiscard]] std::string forwarded_info(options const& what, bool peer_receives);

}  // namespace volsync::text
