// Open files of the running system: one being read, one being written.
#pragma once

#include <memory>
#include <optional>

#include "volsync/tree.hpp"

#include "base/unique_fd.hpp"

#include "fs/posix_directory.hpp"

namespace volsync::fs {

// Its status is that of the first time it is asked for; what is no regular file has none.
[[nodiscard]] std::unique_ptr<file> make_posix_file(unique_fd fd);

// where: the directory that it lies in. temporary: the name to be removed unless it is placed; none: written in place.
[[nodiscard]] std::unique_ptr<output_file> make_posix_output(unique_fd fd, std::shared_ptr<posix_directory const> where,
                                                             std::optional<leaf_name> temporary);

}  // namespace volsync::fs
