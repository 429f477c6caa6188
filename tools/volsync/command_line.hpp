// From argv to a job: rsync's command line, its defaults, its conflicts and its messages.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <volsync/exit_code.hpp>
#include <volsync/run.hpp>

namespace volsync::cli {

// How standard output is buffered (--outbuf).
enum class output_buffering : unsigned char { automatic, none, line, block };

// A job to run.
struct run_request {
  volsync::job job;
  output_buffering buffering = output_buffering::automatic;
};
// Text for standard output and nothing else to do.
struct text_request {
  std::string text;
};
// Nothing can be done: text for standard error, complete with the final line, and the exit code.
struct refusal {
  exit_code code = exit_code::syntax;
  std::string text;
};
using request = std::variant<run_request, text_request, refusal>;

// The environment: the value of a variable, or nothing.
using environment = std::function<std::optional<std::string>(char const* name)>;

// args: argv, with the program's name first.
[[nodiscard]] request parse_command_line(std::vector<std::string> const& args, environment const& variables);

// Texts of --help and --version.
[[nodiscard]] std::string help_text();
[[nodiscard]] std::string version_text();
inline constexpr std::string_view program_version = "0.1.0";

}  // namespace volsync::cli
