// Whole lines. Their shapes are rsync's, because scripts read them.
#include "text/sentences.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <system_error>

namespace volsync::text {
namespace {

[[nodiscard]] std::string right(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ').append(text);
}

// "   0:00:00": hours without bound on the left of a width of 4.
[[nodiscard]] std::string duration(double seconds) {
  constexpr double longest = 9999.0 * 3600;
  if (!(seconds >= 0) || seconds > longest) return "  ??:??:??";
  auto const whole = static_cast<unsigned>(seconds);
  std::array<char, 40> room{};
  int const length =
      std::snprintf(room.data(), room.size(), "%4u:%02u:%02u", whole / 3600, whole / 60 % 60, whole % 60);
  return {room.data(), static_cast<std::size_t>(length)};
}

// "   6.00MB/s"
[[nodiscard]] std::string rate_text(double bytes_a_second, number_style style) {
  double rate = bytes_a_second / 1024;
  std::string_view unit = "kB/s";
  if (rate > 1024.0 * 1024) {
    rate /= 1024.0 * 1024;
    unit = "GB/s";
  } else if (rate > 1024.0) {
    rate /= 1024.0;
    unit = "MB/s";
  }
  number_style plain = style;
  plain.human = 0;
  return right(decimal_number(rate, 2, plain), 7).append(unit);
}

// "9 (reg: 6, dir: 2, link: 1)"
[[nodiscard]] std::string counts(entry_counts const& what, number_style style) {
  struct part {
    std::string_view name;
    std::int64_t value;
  };
  std::array<part, 5> const parts{{{"reg", what.regular},
                                   {"dir", what.directories},
                                   {"link", what.symlinks},
                                   {"dev", what.devices},
                                   {"special", what.specials}}};
  std::string text = count_number(what.total(), style);
  if (what.total() == 0) return text;
  std::string_view before = " (";
  for (part const& each : parts) {
    if (each.value == 0) continue;
    text.append(before).append(each.name).append(": ").append(count_number(each.value, style));
    before = ", ";
  }
  return text + ")";
}

void add_bytes(std::string& block, std::string_view title, std::int64_t value, number_style style) {
  block.append(title).append(": ").append(big_number(value, style)).append(" bytes\n");
}

void add_seconds(std::string& block, std::string_view title, std::chrono::milliseconds value, number_style style) {
  number_style plain = style;
  plain.human = 1;
  block.append(title).append(": ");
  block.append(decimal_number(std::chrono::duration<double>(value).count(), 3, plain)).append(" seconds\n");
}

}  // namespace

std::string error_line(std::string_view role, std::string_view what, int error) {
  std::string line = "rsync: [";
  line.append(role).append("] ").append(what);
  if (error == 0) return line;
  return line + ": " + std::generic_category().message(error) + " (" + std::to_string(error) + ")";
}

std::string problem_line(problem const& what) {
  std::string const name = "\"" + what.path + "\"";
  if (what.vanished) return (what.directory ? "directory has vanished: " : "file has vanished: ") + name;
  if (what.step == "readlink_stat") return error_line(what.role, "readlink_stat(" + name + ") failed", what.error);
  if (what.step == "readdir") return error_line(what.role, "readdir(" + name + ")", what.error);
  bool const says_failed = what.step.find("failed") != std::string::npos;
  return error_line(what.role, what.step + " " + name + (says_failed ? "" : " failed"), what.error);
}

std::string match_line(std::int64_t matches, std::int64_t hash_hits, std::int64_t false_alarms, std::int64_t data) {
  return "total: matches=" + std::to_string(matches) + "  hash_hits=" + std::to_string(hash_hits) +
         "  false_alarms=" + std::to_string(false_alarms) + " data=" + std::to_string(data);
}

std::string progress_line(progress_figures const& what, number_style style) {
  int percent = 100;
  if (what.size > 0 && what.done < what.size) {
    percent = static_cast<int>(100.0L * static_cast<long double>(what.done) / static_cast<long double>(what.size));
  }
  std::string const figure = right(std::to_string(percent), 3) + "%";
  return right(big_number(what.done, style), 15) + " " + figure + " " + rate_text(what.rate, style) + " " +
         duration(what.seconds);
}

std::string transfer_count(std::int64_t transfers, std::int64_t to_check, std::int64_t entries, bool list_complete) {
  return " (xfr#" + std::to_string(transfers) + (list_complete ? ", to-chk=" : ", ir-chk=") + std::to_string(to_check) +
         "/" + std::to_string(entries) + ")";
}

std::string stats_block(report const& what, number_style style) {
  std::string block = "\nNumber of files: " + counts(what.files, style) + "\n";
  block += "Number of created files: " + counts(what.created, style) + "\n";
  if (what.deleted_known) block += "Number of deleted files: " + counts(what.deleted, style) + "\n";
  block += "Number of regular files transferred: " + count_number(what.transferred_files, style) + "\n";
  add_bytes(block, "Total file size", what.total_size, style);
  add_bytes(block, "Total transferred file size", what.transferred_size, style);
  add_bytes(block, "Literal data", what.literal_data, style);
  add_bytes(block, "Matched data", what.matched_data, style);
  block += "File list size: " + big_number(what.list_size, style) + "\n";
  if (what.list_generation.count() > 0) {
    add_seconds(block, "File list generation time", what.list_generation, style);
    add_seconds(block, "File list transfer time", what.list_transfer, style);
  }
  block += "Total bytes sent: " + big_number(what.sent, style) + "\n";
  return block + "Total bytes received: " + big_number(what.received, style) + "\n";
}

std::string summary(report const& what, number_style style) {
  std::int64_t const moved = what.sent + what.received;
  // Half a second is what rsync allows for a clock of whole seconds.
  double const rate = static_cast<double>(moved) / (0.5 + std::floor(std::max(0.0, what.elapsed.count())));
  double const speedup = moved == 0 ? 0.0 : static_cast<double>(what.total_size) / static_cast<double>(moved);
  std::string text = "\nsent " + big_number(what.sent, style) + " bytes  received " + big_number(what.received, style) +
                     " bytes  " + decimal_number(rate, 2, style) + " bytes/sec\n";
  text +=
      "total size is " + big_number(what.total_size, style) + "  speedup is " + separated_decimal(speedup, 2, style);
  return text + (what.dry_run ? " (DRY RUN)\n" : "\n");
}

}  // namespace volsync::text
