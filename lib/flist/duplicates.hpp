// Names that occur twice in a list: one entry stays, the others keep their index and are inactive.
#pragma once

#include "flist/list.hpp"

namespace volsync::flist {

// Marks the duplicates of a finished list. Of two of a kind the first stays (directories then share their content and
// their place among the arguments); of a directory and something else the directory stays.
// Source: lib/wire/FORMAT.md, order of the list.
void mark_duplicates(list& of);

}  // namespace volsync::flist
