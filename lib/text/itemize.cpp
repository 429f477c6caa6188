// Columns, names and listing lines.
#include "text/itemize.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "flist/item_flags.hpp"

namespace volsync::text {
namespace {

namespace flag = flist::item;

[[nodiscard]] char kind_letter(std::uint32_t mode) {
  if (S_ISDIR(mode)) return 'd';
  if (S_ISLNK(mode)) return 'L';
  if (S_ISCHR(mode) || S_ISBLK(mode)) return 'D';
  if (S_ISFIFO(mode) || S_ISSOCK(mode)) return 'S';
  return 'f';
}

[[nodiscard]] char update_letter(item const& what) {
  if ((what.flags & flag::local_change) != 0)
    return (what.flags & flag::xname_follows) != 0 || what.hard_link ? 'h' : 'c';
  if ((what.flags & flag::transfer) == 0) return '.';
  return what.sending && !what.local ? '<' : '>';
}

[[nodiscard]] char time_letter(item const& what, bool preserve_times) {
  if ((what.flags & flag::report_time) == 0) return '.';
  // On a symlink the size bit says that its times could not be set.
  bool const failed = S_ISLNK(what.mode) && (what.flags & flag::report_size) != 0;
  return !preserve_times || failed ? 'T' : 't';
}

[[nodiscard]] char other_time_letter(std::uint16_t flags) {
  bool const access = (flags & flag::report_atime) != 0;
  bool const creation = (flags & flag::report_crtime) != 0;
  if (access && creation) return 'b';
  if (access) return 'u';
  return creation ? 'n' : '.';
}

}  // namespace

std::string itemize(item const& what, bool preserve_times) {
  if (what.what == item::action::remove) return "*deleting  ";
  std::string columns(11, '.');
  columns[0] = update_letter(what);
  columns[1] = kind_letter(what.mode);
  if ((what.flags & flag::is_new) != 0) {
    std::fill(columns.begin() + 2, columns.end(), '+');
    return columns;
  }
  auto const set = [&](std::size_t column, std::uint16_t bit, char letter) {
    if ((what.flags & bit) != 0) columns[column] = letter;
  };
  set(2, flag::report_change, 'c');
  if (!S_ISLNK(what.mode)) set(3, flag::report_size, 's');
  columns[4] = time_letter(what, preserve_times);
  set(5, flag::report_perms, 'p');
  set(6, flag::report_owner, 'o');
  set(7, flag::report_group, 'g');
  columns[8] = other_time_letter(what.flags);
  set(9, flag::report_acl, 'a');
  set(10, flag::report_xattr, 'x');
  bool const moved = columns[0] == '<' || columns[0] == '>';
  if (!moved && columns.find_first_not_of('.', 2) == std::string::npos)
    std::fill(columns.begin() + 2, columns.end(), ' ');
  return columns;
}

std::string shown_name(item const& what) {
  return S_ISDIR(what.mode) && !what.name.ends_with('/') ? what.name + "/" : what.name;
}

std::string shown_link(item const& what) {
  if (what.link.empty()) return {};
  return (what.hard_link ? " => " : " -> ") + what.link;
}

std::string permissions(std::uint32_t mode) {
  std::string made = "rwxrwxrwx";
  for (std::size_t i = 0; i < made.size(); ++i) {
    if ((mode & (0400U >> i)) == 0) made[i] = '-';
  }
  auto const special = [&made, mode](std::size_t at, std::uint32_t bit, char with_x, char without) {
    if ((mode & bit) != 0) made[at] = made[at] == 'x' ? with_x : without;
  };
  special(2, S_ISUID, 's', 'S');
  special(5, S_ISGID, 's', 'S');
  special(8, S_ISVTX, 't', 'T');
  return made;
}

char type_letter(std::uint32_t mode) {
  if (S_ISDIR(mode)) return 'd';
  if (S_ISLNK(mode)) return 'l';
  if (S_ISCHR(mode)) return 'c';
  if (S_ISBLK(mode)) return 'b';
  if (S_ISSOCK(mode)) return 's';
  if (S_ISFIFO(mode)) return 'p';
  return '-';
}

std::string local_time(std::int64_t seconds, char between) {
  auto const when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (::localtime_r(&when, &parts) == nullptr) return std::to_string(seconds);  // a year that does not fit
  std::array<char, 64> room{};
  char const format[] = {'%', 'Y', '/', '%', 'm', '/', '%', 'd', between, '%', 'H', ':', '%', 'M', ':', '%', 'S', '\0'};
  return {room.data(), std::strftime(room.data(), room.size(), format, &parts)};
}

std::string list_line(item const& what, number_style style) {
  std::string const size = big_number(what.size, style);
  std::size_t const width = style.human == 0 ? 11 : 14;  // rsync leaves room for separators
  std::string line{type_letter(what.mode)};
  line += permissions(what.mode) + " ";
  line.append(width - std::min(width, size.size()), ' ');
  line += size + " " + local_time(what.mtime, ' ') + " " + what.name;
  return S_ISLNK(what.mode) && !what.link.empty() ? line + " -> " + what.link : line;
}

}  // namespace volsync::text
