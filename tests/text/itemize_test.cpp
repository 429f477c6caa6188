#include "text/itemize.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <ctime>

#include "flist/item_flags.hpp"

#include "text/out_format.hpp"

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::text;
namespace flag = volsync::flist::item;

namespace {

item entry(unsigned flags, std::uint32_t mode, std::string name = "n") {
  item made;
  made.flags = static_cast<std::uint16_t>(flags);
  made.mode = mode;
  made.name = std::move(name);
  return made;
}

constexpr std::uint32_t file = S_IFREG | 0644, directory = S_IFDIR | 0755, symbolic = S_IFLNK | 0777;

}  // namespace

TEST_CASE("columns seen from stock rsync") {
  struct row {
    unsigned flags;
    std::uint32_t mode;
    bool times;
    char const* columns;
  };
  row const rows[] = {
      {flag::transfer | flag::is_new, file, true, "<f+++++++++"},
      {flag::local_change | flag::is_new, directory, true, "cd+++++++++"},
      {flag::local_change | flag::is_new | flag::report_change, symbolic, true, "cL+++++++++"},
      {flag::local_change | flag::report_change, symbolic, true, "cLc........"},
      {flag::local_change | flag::is_new | flag::xname_follows, file, true, "hf+++++++++"},
      {flag::local_change | flag::xname_follows, file, true, "hf         "},
      {flag::local_change | flag::xname_follows | flag::report_time, file, true, "hf..t......"},
      {flag::report_perms, file, true, ".f...p....."},
      {flag::report_owner | flag::report_group, file, true, ".f....og..."},
      {flag::report_time, directory, true, ".d..t......"},
      {flag::report_time | flag::report_perms, directory, true, ".d..tp....."},
      {flag::report_time, symbolic, true, ".L..t......"},
      {flag::report_time | flag::report_size, symbolic, true, ".L..T......"},
      {flag::transfer | flag::report_size, file, true, "<f.s......."},
      {flag::transfer | flag::report_size | flag::report_time, file, true, "<f.st......"},
      {flag::transfer | flag::report_size | flag::report_time, file, false, "<f.sT......"},
      {flag::transfer, file, true, "<f........."},
      {flag::transfer | flag::report_change, file, true, "<fc........"},
      {0, file, true, ".f         "},
      {flag::local_change | flag::is_new, S_IFSOCK, true, "cS+++++++++"},
      {flag::local_change | flag::is_new, S_IFIFO, true, "cS+++++++++"},
      {flag::local_change | flag::is_new, S_IFCHR, true, "cD+++++++++"},
      {flag::local_change | flag::is_new, S_IFBLK, true, "cD+++++++++"},
      {flag::report_acl, file, true, ".f.......a."},
      {flag::report_xattr, file, true, ".f........x"},
      {flag::report_atime, file, true, ".f......u.."},
      {flag::report_crtime, file, true, ".f......n.."},
      {flag::report_atime | flag::report_crtime, file, true, ".f......b.."},
  };
  for (row const& each : rows) CHECK(itemize(entry(each.flags, each.mode), each.times) == each.columns);
}

TEST_CASE("direction and deletion") {
  item received = entry(flag::transfer | flag::is_new, file);
  received.sending = false;
  CHECK(itemize(received, true) == ">f+++++++++");
  item gone = entry(0, directory);
  gone.what = item::action::remove;
  CHECK(itemize(gone, true) == "*deleting  ");
}

TEST_CASE("names and links") {
  CHECK(shown_name(entry(0, directory, "a/b")) == "a/b/");
  CHECK(shown_name(entry(0, directory, ".")) == "./");
  CHECK(shown_name(entry(0, file, "a")) == "a");
  item link = entry(0, symbolic);
  CHECK(shown_link(link).empty());
  link.link = "x";
  CHECK(shown_link(link) == " -> x");
  link.hard_link = true;
  CHECK(shown_link(link) == " => x");
}

TEST_CASE("permissions") {
  CHECK(permissions(0644) == "rw-r--r--");
  CHECK(permissions(0) == "---------");
  CHECK(permissions(07777) == "rwsrwsrwt");
  CHECK(permissions(07000) == "--S--S--T");
}

TEST_CASE("listing lines are aligned as rsync's") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  item what = entry(0, file, "big");
  what.size = 3000000;
  what.mtime = 1795405130;
  CHECK(list_line(what, {1, false}) == "-rw-r--r--      3,000,000 2026/11/23 03:38:50 big");
  CHECK(list_line(what, {2, false}) == "-rw-r--r--          3.00M 2026/11/23 03:38:50 big");
  CHECK(list_line(what, {0, false}) == "-rw-r--r--     3000000 2026/11/23 03:38:50 big");
  what.mode = symbolic;
  what.link = "a";
  what.size = 1;
  CHECK(list_line(what, {1, false}) == "lrwxrwxrwx              1 2026/11/23 03:38:50 big -> a");
  what.size = 1234567890123456;
  CHECK(list_line(what, {0, false}).starts_with("lrwxrwxrwx 1234567890123456 2026"));
  for (auto const& [mode, letter] :
       {std::pair{S_IFDIR, 'd'}, {S_IFCHR, 'c'}, {S_IFBLK, 'b'}, {S_IFSOCK, 's'}, {S_IFIFO, 'p'}}) {
    CHECK(type_letter(static_cast<std::uint32_t>(mode)) == letter);
  }
}

TEST_CASE("every escape of --out-format") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  item what = entry(flag::transfer | flag::is_new, file, "big");
  what.path = "/src/big";
  what.size = 3000000;
  what.mtime = 1795405130;
  what.uid = 5;
  what.gid = 6;
  format_facts facts;
  facts.clock = 1795405189;
  facts.process_id = 77;
  facts.preserve_times = true;
  auto const spelled = [&](char const* format) { return out_format{format}.spell(what, facts); };
  CHECK(spelled("%o %i %n %f %l") == "send <f+++++++++ big src/big 3000000");
  CHECK(spelled("%B %M %t %p") == "rw-r--r-- 2026/11/23-03:38:50 2026/11/23 03:39:49 77");
  CHECK(spelled("%U %G [%m] %a %h %P %u %q %% %") == "5 DEFAULT [] %a %h %P %u %q % %");
  CHECK(spelled("%'l %''l %'''l %''''l") == "3,000,000 3.00M 2.86M 2.86M");
  CHECK(spelled("%-10l| %10n| %2n|") == "3000000   |        big| big|");
  CHECK(spelled("%99999n").size() == 255);
  CHECK(spelled("%'-9l|") == "3,000,000|");
  CHECK(spelled("%5") == "%5");
  CHECK(spelled("") == "");
  facts.preserve_group = true;
  CHECK(spelled("%G") == "6");
  what.link = "x";
  what.path.clear();
  CHECK(spelled("%n%L %f") == "big -> x big");
  what.what = item::action::remove;
  CHECK(spelled("%o:%i:%n") == "del.:*deleting  :big");
  what.sending = false;
  what.what = item::action::change;
  CHECK(spelled("%o") == "recv");
}

TEST_CASE("which escapes a format has") {
  CHECK(out_format{"%-5i"}.has('i'));
  CHECK(out_format{"x%'i"}.has('i'));
  CHECK_FALSE(out_format{"%%i %%o"}.has('i'));
  CHECK_FALSE(out_format{"%n"}.has('o'));
  CHECK(unsupported_escape("%n %b") == 'b');
  CHECK(unsupported_escape("%'10c") == 'c');
  CHECK(unsupported_escape("%C") == 'C');
  CHECK(unsupported_escape("%%b %n") == 0);
  CHECK(unsupported_escape("%") == 0);
}
