// The five figures.
#include "wire/stats.hpp"

#include <array>

#include "wire/errc.hpp"
#include "wire/integers.hpp"

namespace volsync::wire {

namespace {

constexpr unsigned figure_min_bytes = 3;

}  // namespace

void write_statistics(writer& out, statistics const& figures) {
  for (std::int64_t const figure :
       {figures.bytes_read, figures.bytes_written, figures.total_size, std::int64_t{figures.list_generation.count()},
        std::int64_t{figures.list_transfer.count()}}) {
    write_varlong(out, figure, figure_min_bytes);
  }
}

result<statistics> read_statistics(cursor& in) {
  attempt whole{in};
  std::array<std::int64_t, 5> figures{};
  for (std::int64_t& figure : figures) {
    auto const read = read_varlong(in, figure_min_bytes);
    if (!read) return read.error();
    if (*read < 0) return wire_errc::bad_statistics;
    figure = *read;
  }
  whole.succeed();
  return statistics{figures[0], figures[1], figures[2], std::chrono::milliseconds{figures[3]},
                    std::chrono::milliseconds{figures[4]}};
}

}  // namespace volsync::wire
