// The generator's rules, one line each.
#include "roles/decide.hpp"

#include <sys/stat.h>

#include "support/catch.hpp"

using namespace volsync;
using namespace volsync::roles;
using namespace volsync::flist::item;

namespace {

flist::entry entry(std::uint32_t mode, std::int64_t size = 5, std::int64_t mtime = 1000) {
  flist::entry e;
  e.mode = mode;
  e.size = size;
  e.mtime = mtime;
  e.mtime_ns = 7;
  e.uid = 5000;
  e.gid = 999;
  return e;
}

// What the entry is when it was copied completely.
present like(flist::entry const& e) {
  present p;
  p.status.mode = e.mode;
  p.status.size = e.size;
  p.status.mtime = e.mtime;
  p.status.mtime_ns = e.mtime_ns;
  p.status.uid = e.uid;
  p.status.gid = e.gid;
  p.status.link_count = 1;
  return p;
}

receive_options archive() {
  receive_options o;
  o.links = o.perms = o.times = o.group = o.owner = o.devices = o.specials = o.as_root = true;
  return o;
}

decision of(flist::entry const& e, present const* there, receive_options const& o = archive(),
            std::string_view target = {}) {
  return decide(e, "a/x", target, there, o);
}

constexpr std::uint32_t regular = S_IFREG | 0600, folder = S_IFDIR | 0755, soft_link = S_IFLNK | 0777;

}  // namespace

TEST_CASE("a regular file is asked for when it is missing, or differs in size or time") {
  auto const e = entry(regular);
  auto d = of(e, nullptr);
  CHECK((d.what == step_kind::transfer && d.flags == (transfer | is_new) && !d.clear_way));
  auto same = like(e);
  d = of(e, &same);
  CHECK((d.what == step_kind::keep && d.flags == 0));
  auto other = like(e);
  other.status.size = 6;
  CHECK(of(e, &other).flags == (transfer | report_size));
  other = like(e);
  other.status.mtime = 999;
  CHECK(of(e, &other).flags == (transfer | report_time));
  other = like(e);
  other.status.mtime_ns = 8;
  CHECK(of(e, &other).what == step_kind::keep);
  auto exact = archive();
  exact.modify_window = -1;
  CHECK(of(e, &other, exact).what == step_kind::transfer);
  exact.modify_window = 2;
  other.status.mtime = 1002;
  CHECK(of(e, &other, exact).what == step_kind::keep);
  other.status.mtime = 1003;
  CHECK(of(e, &other, exact).what == step_kind::transfer);
}

TEST_CASE("what stands in the way of a file is of another type") {
  auto const e = entry(regular);
  auto there = like(entry(soft_link));
  auto const d = of(e, &there);
  CHECK((d.what == step_kind::transfer && d.flags == (transfer | is_new) && d.clear_way));
}

TEST_CASE("options that look at size, time or content") {
  auto const e = entry(regular);
  auto there = like(e);
  auto o = archive();
  o.ignore_times = true;
  CHECK(of(e, &there, o).what == step_kind::transfer);
  o = archive();
  o.size_only = true;
  there.status.mtime = 5;
  CHECK(of(e, &there, o).what == step_kind::keep);
  o = archive();
  o.checksum = true;
  there = like(e);
  CHECK(wants_digest(e, there.status, o));
  CHECK(of(e, &there, o).flags == (transfer | report_change));
  there.same_content = true;
  there.status.mtime = 5;
  CHECK((of(e, &there, o).what == step_kind::keep && of(e, &there, o).flags == report_time));
  there.status.size = 6;
  CHECK_FALSE(wants_digest(e, there.status, o));
}

TEST_CASE("options that leave entries alone") {
  auto const e = entry(regular, 700);
  auto there = like(e);
  auto o = archive();
  o.existing = true;
  CHECK(of(e, nullptr, o).what == step_kind::leave);
  CHECK(of(entry(folder), nullptr, o).what == step_kind::leave);
  o = archive();
  o.ignore_existing = true;
  there.status.size = 1;
  CHECK(of(e, &there, o).what == step_kind::leave);
  auto dir = like(entry(folder));
  CHECK(of(entry(folder), &dir, o).what == step_kind::keep);
  o = archive();
  o.update = true;
  there = like(e);
  there.status.mtime = 1001;
  CHECK(of(e, &there, o).what == step_kind::leave);
  there.status.mtime = 999;
  CHECK(of(e, &there, o).what == step_kind::transfer);
  o = archive();
  o.max_size = 699;
  CHECK(of(e, nullptr, o).what == step_kind::leave);
  o = archive();
  o.min_size = 701;
  CHECK(of(e, nullptr, o).what == step_kind::leave);
}

TEST_CASE("attributes that differ are mended, those that are not kept are not looked at") {
  auto const e = entry(regular);
  auto there = like(e);
  there.status.mode = S_IFREG | 0644;
  there.status.uid = 0;
  there.status.gid = 0;
  CHECK(of(e, &there).flags == (report_perms | report_owner | report_group));
  auto const wanted = attributes_for(e, there.status, &there.status, archive());
  CHECK((wanted.uid == 5000 && wanted.gid == 999 && wanted.mode == 0600U && !wanted.mtime));
  auto o = archive();
  o.as_root = false;
  CHECK(of(e, &there, o).flags == report_perms);
  o.in_group = [](std::uint32_t g) { return g == 999; };
  CHECK(of(e, &there, o).flags == (report_perms | report_group));
  CHECK(attributes_for(e, there.status, &there.status, o).uid == keep_id);
  o.perms = o.group = false;
  CHECK(of(e, &there, o).flags == 0);
}

TEST_CASE("modes without -p") {
  auto o = archive();
  o.perms = false;
  o.umask = 027;
  auto const e = entry(S_IFREG | 04777);
  CHECK(final_mode(e, nullptr, o) == 0750);
  file_status was;
  was.mode = S_IFREG | 0644;
  CHECK(final_mode(e, &was, o) == 0644);
  o.executability = true;
  CHECK(final_mode(e, &was, o) == 0755);
  was.mode = S_IFREG | 0755;
  CHECK(final_mode(entry(regular), &was, o) == 0644);
  was.mode = S_IFLNK | 0777;
  CHECK(final_mode(e, &was, o) == 0750);
}

TEST_CASE("directories, links, devices and special files are made here") {
  CHECK(of(entry(folder), nullptr).flags == (is_new | local_change));
  auto in_the_way = like(entry(regular));
  auto d = of(entry(folder), &in_the_way);
  CHECK((d.what == step_kind::create && d.clear_way));

  auto const l = entry(soft_link);
  CHECK(of(l, nullptr, archive(), "t").flags == (local_change | report_change | is_new));
  auto old = like(l);
  old.link = "t";
  CHECK(of(l, &old, archive(), "t").what == step_kind::keep);
  CHECK(of(l, &old, archive(), "u").flags == (local_change | report_change));
  auto o = archive();
  o.safe_links = true;
  CHECK(of(l, nullptr, o, "/etc/passwd").what == step_kind::leave);
  o.safe_links = o.links = false;
  CHECK(of(l, nullptr, o, "t").what == step_kind::leave);

  auto const socket = entry(S_IFSOCK | 0600, 0);
  auto fifo = like(entry(S_IFIFO | 0600, 0));
  d = of(socket, &fifo);
  CHECK((d.what == step_kind::create && !d.clear_way && (d.flags & is_new) == 0));
  auto device = entry(S_IFCHR | 0600, 0x103);
  auto there = like(device);
  there.status.rdev = 0x103;
  CHECK(of(device, &there).what == step_kind::keep);
  there.status.rdev = 0x105;
  CHECK(of(device, &there).what == step_kind::create);
  o = archive();
  o.as_root = false;
  CHECK(of(device, nullptr, o).what == step_kind::leave);
}

TEST_CASE("implied directories keep their attributes with --no-implied-dirs") {
  auto e = entry(folder);
  e.flags |= flist::entry_flags::implied;
  auto there = like(e);
  there.status.mode = S_IFDIR | 0700;
  CHECK(of(e, &there).flags == report_perms);
  auto o = archive();
  o.implied_dirs = false;
  CHECK(of(e, &there, o).flags == 0);
}
