// Every option: its names, whether it takes a value, and what it does to the options of a run.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "volsync/command_line.hpp"

namespace volsync::cli {

// What the options on the way have said, where the last word is spoken only after all of them were read.
struct option_state {
  options what;
  output_buffering buffering = output_buffering::automatic;
  enum class asked : unsigned char { run, help, version_text, info_help } task = asked::run;
  bool recurse_given = false;                     // -r itself, not only -a: survives --files-from
  std::optional<bool> relative;                   // -R, --no-R
  std::optional<bool> secluded_args;              // -s, --no-s
  std::optional<int> old_args;                    // --old-args, --no-old-args
  delete_mode second_delete = delete_mode::none;  // a further, other --delete-WHEN
  int per_directory = 0;                          // count of -F
  std::optional<refusal> refused;                 // the first option whose value is wrong, or that is not supported
};

struct option_row {
  char const* name;  // without dashes; null: only a letter
  char letter;       // 0: none
  bool takes_value;
  void (*apply)(option_state& state, std::string_view value);  // null: known, but not supported in this version
};

[[nodiscard]] std::span<option_row const> option_table();

// "rsync: TEXT" and the final line of a refusal.
[[nodiscard]] refusal make_refusal(exit_code code, std::string_view text);
// The known long option nearest to `name` (without dashes), or an empty text if none is near.
[[nodiscard]] std::string nearest_option(std::string_view name);

}  // namespace volsync::cli
