// The list's arena and its order.
#include "flist/list.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace volsync::flist {
namespace {

// A name seen as rsync compares it: components in turn, where a directory (each component but the last, and a last one
// that is a directory) sorts after what is not and compares with a slash at its end. The directory part may stand
// apart, so that nothing has to be put together for a comparison.
class spelled {
 public:
  struct component {
    std::string_view name;
    bool directory = false;
  };

  spelled(std::string_view directory, std::string_view name, bool is_directory) noexcept
      : rest_{directory.empty() ? name : directory},
        name_{name},
        in_directory_{!directory.empty()},
        is_directory_{is_directory} {}

  [[nodiscard]] bool done() const noexcept { return done_; }
  component next() noexcept {
    auto const slash = rest_.find('/');
    component part{rest_.substr(0, slash), true};
    if (slash != std::string_view::npos) {
      rest_.remove_prefix(slash + 1);
    } else if (in_directory_) {
      in_directory_ = false;
      rest_ = name_;
    } else {
      done_ = true;
      part.directory = is_directory_;
    }
    return part;
  }

 private:
  std::string_view rest_, name_;
  bool in_directory_, is_directory_, done_ = false;
};

std::strong_ordering compare_bytes(std::string_view a, std::string_view b) noexcept {
  std::size_t const common = std::min(a.size(), b.size());
  int const first = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  if (first != 0) return first < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
  return a.size() <=> b.size();
}

// Directories compare as if "/" stood at their end.
std::strong_ordering compare_directories(std::string_view a, std::string_view b) noexcept {
  std::size_t const common = std::min(a.size(), b.size());
  int const first = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  if (first != 0) return first < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
  if (a.size() == b.size()) return std::strong_ordering::equal;
  auto const byte = [](std::string_view longer, std::size_t at) { return static_cast<unsigned char>(longer[at]); };
  if (a.size() < b.size()) {
    return byte(b, common) == '/' ? std::strong_ordering::less : static_cast<unsigned char>('/') <=> byte(b, common);
  }
  return byte(a, common) == '/' ? std::strong_ordering::greater : byte(a, common) <=> static_cast<unsigned char>('/');
}

std::strong_ordering compare_components(spelled::component a, spelled::component b) noexcept {
  if (a.directory != b.directory) return a.directory ? std::strong_ordering::greater : std::strong_ordering::less;
  return a.directory ? compare_directories(a.name, b.name) : compare_bytes(a.name, b.name);
}

std::strong_ordering compare(spelled a, spelled b) noexcept {
  while (!a.done() && !b.done()) {
    if (auto const order = compare_components(a.next(), b.next()); order != std::strong_ordering::equal) return order;
  }
  return b.done() <=> a.done();
}

}  // namespace

std::strong_ordering compare_names(std::string_view a_path, bool a_is_directory, std::string_view b_path,
                                   bool b_is_directory) {
  bool const a_root = a_is_directory && a_path == ".", b_root = b_is_directory && b_path == ".";
  if (a_root || b_root) return b_root <=> a_root;
  return compare({{}, a_path, a_is_directory}, {{}, b_path, b_is_directory});
}

std::uint32_t list::add_parent(std::string_view path, std::uint16_t root) {
  if (!parents_.empty() && parents_.back().root == root && parents_.back().path == path) {
    return static_cast<std::uint32_t>(parents_.size() - 1);
  }
  parents_.push_back({std::string{path}, root});
  return static_cast<std::uint32_t>(parents_.size() - 1);
}

slot list::append(entry e, std::string_view name, std::string_view extra) {
  e.name = static_cast<std::uint32_t>(arena_.size());
  e.name_length = static_cast<std::uint16_t>(name.size());
  arena_.insert(arena_.end(), name.begin(), name.end());
  e.extra = static_cast<std::uint32_t>(arena_.size());
  e.extra_length = static_cast<std::uint16_t>(extra.size());
  arena_.insert(arena_.end(), extra.begin(), extra.end());
  entries_.push_back(e);
  return static_cast<slot>(entries_.size() - 1);
}

void list::finish(ndx ndx_start, order how) {
  first_ = ndx_start;
  sorted_.clear();
  if (how == order::transmission) return;
  std::vector<std::uint32_t> places(entries_.size());
  std::iota(places.begin(), places.end(), 0U);
  auto const before = [this](std::uint32_t i, std::uint32_t j) {
    entry const &a = entries_[i], &b = entries_[j];
    std::string_view const in_a = parents_[a.parent].path, in_b = parents_[b.parent].path;
    if (a.parent == b.parent || in_a == in_b) {
      if (!in_a.empty()) return compare({{}, name(a), a.is_directory()}, {{}, name(b), b.is_directory()}) < 0;
      return compare_names(name(a), a.is_directory(), name(b), b.is_directory()) < 0;
    }
    // The transfer root comes before everything, wherever that is.
    bool const a_root = in_a.empty() && a.is_directory() && name(a) == ".";
    if (a_root || (in_b.empty() && b.is_directory() && name(b) == ".")) return a_root;
    return compare({in_a, name(a), a.is_directory()}, {in_b, name(b), b.is_directory()}) < 0;
  };
  if (std::is_sorted(places.begin(), places.end(), before)) return;
  std::stable_sort(places.begin(), places.end(), before);
  sorted_ = std::move(places);
}

std::string list::path(entry const& e) const {
  std::string const& directory = parents_[e.parent].path;
  if (directory.empty()) return std::string{name(e)};
  std::string full;
  full.reserve(directory.size() + 1 + e.name_length);
  full += directory;
  full += '/';
  full += name(e);
  return full;
}

std::size_t list::memory() const noexcept {
  std::size_t parents = 0;
  for (auto const& each : parents_) parents += sizeof each + each.path.capacity();
  return sizeof *this + entries_.capacity() * sizeof(entry) + sorted_.capacity() * sizeof(std::uint32_t) +
         arena_.capacity() + parents;
}

}  // namespace volsync::flist
