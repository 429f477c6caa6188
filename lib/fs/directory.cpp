// What a tree that cannot be written or has no shorter way answers, and names for temporaries.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <random>

#include "volsync/tree.hpp"

namespace volsync {
namespace {

error_code read_only() { return {EROFS, std::generic_category()}; }

}  // namespace

result<std::int64_t> output_file::copy_from(file&, std::int64_t, std::int64_t) {
  return std::make_error_code(std::errc::operation_not_supported);
}
result<void> output_file::clone_from(file&) { return std::make_error_code(std::errc::operation_not_supported); }

result<std::unique_ptr<file>> directory::open_listed(leaf_name const& name, bool follow) const {
  return open_file(name, follow);
}
result<std::unique_ptr<output_file>> directory::create_temporary(leaf_name const&, std::uint32_t) const {
  return read_only();
}
result<std::unique_ptr<output_file>> directory::open_in_place(leaf_name const&, std::uint32_t) const {
  return read_only();
}
result<void> directory::make_directory(leaf_name const&, std::uint32_t) const { return read_only(); }
result<void> directory::make_link(leaf_name const&, std::string const&) const { return read_only(); }
result<void> directory::make_node(leaf_name const&, std::uint32_t, std::uint64_t) const { return read_only(); }
result<void> directory::make_hard_link(leaf_name const&, directory const&, leaf_name const&) const {
  return read_only();
}
result<void> directory::rename(leaf_name const&, directory const&, leaf_name const&) const { return read_only(); }
result<void> directory::remove_file(leaf_name const&) const { return read_only(); }
result<void> directory::remove_directory(leaf_name const&) const { return read_only(); }
result<void> directory::set_owner(leaf_name const&, std::uint32_t, std::uint32_t) const { return read_only(); }
result<void> directory::set_mode(leaf_name const&, std::uint32_t) const { return read_only(); }
result<void> directory::set_mtime(leaf_name const&, time_point) const { return read_only(); }
result<void> directory::set_owner(std::uint32_t, std::uint32_t) const { return read_only(); }
result<void> directory::set_mode(std::uint32_t) const { return read_only(); }
result<void> directory::set_mtime(time_point) const { return read_only(); }
result<void> directory::sync() const { return read_only(); }
result<void> tree::make_directory(std::string const&, std::uint32_t) { return read_only(); }

// The letters are a number that begins at random and is counted up: no system call a name, and no two alike here.
leaf_name directory::temporary_name(leaf_name const& name) const {
  static constexpr std::string_view letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  static constexpr std::size_t tail = 7;  // ".XXXXXX"
  static constexpr std::size_t longest = 255;
  static std::atomic<std::uint64_t> next{std::random_device{}() | (std::uint64_t{std::random_device{}()} << 32)};
  std::string text{name.view()};
  if (text.front() != '.') text.insert(text.begin(), '.');
  text.resize(std::min(text.size(), longest - tail));
  // A cut sequence of UTF-8 is left out whole, since some file systems refuse a broken one.
  if (text.size() == longest - tail) {
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) text.pop_back();
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0U) text.pop_back();
  }
  text.push_back('.');
  // An odd factor spreads consecutive numbers over all six letters.
  std::uint64_t number = next.fetch_add(1, std::memory_order_relaxed) * 0x9E3779B97F4A7C15U;
  number >>= 16;
  for (std::size_t i = 1; i < tail; ++i) {
    text.push_back(letters[number % letters.size()]);
    number /= letters.size();
  }
  return *leaf_name::make(text);
}

}  // namespace volsync
