// The receiving side's clean-up of a sorted list.
#include "flist/duplicates.hpp"

#include <algorithm>

namespace volsync::flist {
namespace {

bool same_name(list const& of, entry const& a, entry const& b) {
  if (of.name(a) != of.name(b)) return false;
  return a.parent == b.parent || of.parent(a).path == of.parent(b).path;
}

// What the first of two directories takes over from the second.
void merge(entry& kept, entry const& dropped) {
  auto flags = static_cast<unsigned>(kept.flags);
  auto const other = static_cast<unsigned>(dropped.flags);
  auto const no_content = static_cast<unsigned>(entry_flags::no_content);
  auto const implied = static_cast<unsigned>(entry_flags::implied);
  auto const top = static_cast<unsigned>(entry_flags::top);
  if ((other & no_content) == 0) flags &= ~no_content;
  if ((other & implied) == 0) flags &= ~implied;
  flags |= other & top;
  kept.flags = static_cast<entry_flags>(flags);
}

// The active entry of that name that is no directory, or null.
entry* find_other(list& of, std::string const& path) {
  std::uint32_t low = 0, high = static_cast<std::uint32_t>(of.size());
  while (low < high) {
    std::uint32_t const middle = low + (high - low) / 2;
    entry const& e = of.at(static_cast<position>(middle));
    auto const order = compare_names(of.path(e), e.is_directory(), path, false);
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == of.size()) return nullptr;
  entry& found = of.at(of.slot_of(static_cast<position>(low)));
  return !found.is_directory() && of.path(found) == path ? &found : nullptr;
}

}  // namespace

void mark_duplicates(list& of) {
  entry* kept = nullptr;
  for (std::uint32_t i = 0; i < of.size(); ++i) {
    entry& e = of.at(of.slot_of(static_cast<position>(i)));
    if (kept != nullptr && kept->is_directory() == e.is_directory() && same_name(of, *kept, e)) {
      if (e.is_directory()) merge(*kept, e);
      e.flags |= entry_flags::duplicate;
      continue;
    }
    kept = &e;
    if (!e.is_directory() || of.name(e) == ".") continue;
    for (entry* other = find_other(of, of.path(e)); other != nullptr; other = nullptr)
      other->flags |= entry_flags::duplicate;
  }
}

}  // namespace volsync::flist
