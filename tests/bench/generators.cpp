// The generated trees: the same numbers give the same tree, other numbers another one, and both contain what is
// promised.
#include "bench/generators.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "scratch.hpp"

using namespace volsync::bench;

namespace {

parameters tiny(std::uint64_t seed) {
  parameters p;
  p.seed = seed;
  p.files = 120;
  p.table_mib = {1, 1};
  p.sparse_mib = 4;
  return p;
}

void make(volsync::result<void> (*maker)(std::string const&, parameters const&, made&), std::string const& root,
          parameters const& p, made& report) {
  auto const done = maker(root, p, report);
  INFO(report.failed_path << ": " << done.error().message());
  REQUIRE(done);
}

std::uint64_t mails_in(snapshot const& tree, std::string const& directory) {
  return static_cast<std::uint64_t>(std::count_if(tree.entries.begin(), tree.entries.end(), [&](auto const& e) {
    return e.path.find(directory) != std::string::npos && e.path.find(".mail01,S=") != std::string::npos;
  }));
}

std::set<std::string> mail_names(snapshot const& tree) {
  std::set<std::string> names;
  for (auto const& e : tree.entries) {
    if (e.path.find(".mail01,S=") != std::string::npos) names.insert(e.path.substr(e.path.rfind('/') + 1));
  }
  return names;
}

}  // namespace

TEST_CASE("a mail store is the same for the same seed and another one for another seed") {
  scratch const dir;
  made report;
  make(make_maildir, dir / "a", tiny(7), report);
  make(make_maildir, dir / "b", tiny(7), report);
  make(make_maildir, dir / "c", tiny(8), report);
  CHECK(digest_of(dir / "a") == digest_of(dir / "b"));
  CHECK_FALSE(mail_names(look(dir / "a")).empty());
  for (auto const& name : mail_names(look(dir / "a"))) CHECK(mail_names(look(dir / "c")).count(name) == 0);
}

TEST_CASE("a volume set is the same for the same seed and another one for another seed") {
  scratch const dir;
  made report;
  make(make_volumes, dir / "a", tiny(7), report);
  make(make_volumes, dir / "b", tiny(7), report);
  make(make_volumes, dir / "c", tiny(8), report);
  auto const first = digest_of(dir / "a");
  CHECK(first == digest_of(dir / "b"));
  CHECK(first != digest_of(dir / "c"));
}

TEST_CASE("a mail store has as many mails as were asked for and Dovecot's names") {
  scratch const dir;
  made report;
  make(make_maildir, dir / "a", tiny(7), report);
  auto const tree = look(dir / "a");
  CHECK(report.mails == 120);
  CHECK(mails_in(tree, "/cur/") + mails_in(tree, "/new/") == 120);
  for (auto const& e : tree.entries) {
    bool const in_cur = e.path.find("/cur/") != std::string::npos;
    if (in_cur) CHECK(e.path.find(":2,") != std::string::npos);
    auto const size_at = e.path.find(",S=");
    if (size_at != std::string::npos && e.first_link.empty()) CHECK(std::stoull(e.path.substr(size_at + 3)) == e.size);
    if (e.path.size() > 0 && ::geteuid() == 0) CHECK(e.uid == 5'000);
  }
}

TEST_CASE("a volume set has every kind of entry that containers leave behind") {
  scratch const dir;
  made report;
  auto p = tiny(7);
  p.files = 2'000;  // enough for mails that are hard links
  make(make_volumes, dir / "a", p, report);
  auto const tree = look(dir / "a");
  std::map<std::uint32_t, int> types;
  std::map<std::string, std::uint32_t> modes;
  std::set<std::uint32_t> owners, groups;
  int setgid = 0, sticky = 0, linked = 0, dangling = 0;
  for (auto const& e : tree.entries) {
    ++types[e.mode & S_IFMT];
    modes[e.path] = e.mode & 07777;
    owners.insert(e.uid), groups.insert(e.gid);
    setgid += (e.mode & 02000) != 0;
    sticky += (e.mode & 01000) != 0;
    linked += !e.first_link.empty();
    dangling += e.target == "/nonexistent/maps/none.map";
  }
  for (auto const type : {S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFSOCK})
    CHECK(types[static_cast<std::uint32_t>(type)] > 0);
  CHECK(setgid > 0);
  CHECK(modes["mailcowdockerized_rspamd-vol-1/_data"] == 02755);
  CHECK(modes["mailcowdockerized_postfix-vol-1/_data/maildrop"] == 01730);
  CHECK(sticky > 0);
  CHECK(linked > 2);
  CHECK(dangling == 1);
  if (::geteuid() == 0) {
    for (std::uint32_t const owner : {999u, 5'000u, 82u, 0u}) CHECK(owners.count(owner) == 1);
    CHECK(groups.count(82) == 1);
    CHECK_FALSE(report.owners_skipped);
  } else {
    CHECK(report.owners_skipped);
  }
  struct stat sparse {};
  REQUIRE(::stat((dir / "a/mailcowdockerized_mysql-vol-1/_data/ibtmp1").c_str(), &sparse) == 0);
  CHECK(sparse.st_size == 4 << 20);
  CHECK(sparse.st_blocks * 512 < sparse.st_size);
  auto const empty = look(dir / "a/mailcowdockerized_sogo-userdata-backup-vol-1/_data");
  CHECK(empty.entries.size() == 1);
}

TEST_CASE("a directory that is in use is not generated into") {
  scratch const dir;
  std::filesystem::create_directory(dir / "a");
  write(dir / "a/kept", "x");
  made report;
  auto const done = make_maildir(dir / "a", tiny(1), report);
  CHECK(done.error() == std::errc::file_exists);
  CHECK(look(dir / "a").entries.size() == 2);
}

TEST_CASE("churn changes what it says and nothing else") {
  scratch const dir;
  made report;
  auto p = tiny(3);
  p.files = 800;
  make(make_volumes, dir / "before", p, report);
  make(make_volumes, dir / "after", p, report);
  churn_rates rates;
  rates.pages = 0.05;
  churned done;
  REQUIRE(churn(dir / "after", p, rates, 1, done));
  CHECK(done.added > 0);
  CHECK(done.flagged > 0);
  CHECK(done.removed > 0);
  CHECK(done.seen > 0);

  auto const before = look(dir / "before");
  auto const after = look(dir / "after");
  std::set<std::string> old_names, new_names;
  for (auto const& e : before.entries) old_names.insert(e.path);
  for (auto const& e : after.entries) new_names.insert(e.path);
  std::uint64_t gone = 0, appeared = 0;
  for (auto const& name : old_names) gone += new_names.count(name) == 0;
  for (auto const& name : new_names) appeared += old_names.count(name) == 0;
  CHECK(gone == done.flagged + done.removed + done.seen);
  CHECK(appeared == done.flagged + done.added + done.seen);

  std::string failed_path;
  auto const differences = compare(before, after, failed_path);
  REQUIRE(differences);
  std::set<std::string> changed_tables;
  std::uint64_t logs = 0, dumps = 0, indexes = 0;
  for (auto const& d : *differences) {
    bool const file_changed = d.what == difference::kind::content || d.what == difference::kind::size;
    if (!file_changed) continue;
    if (d.path.find(".ibd") != std::string::npos || d.path.find("ibdata1") != std::string::npos) {
      CHECK(d.what == difference::kind::content);
      changed_tables.insert(d.path);
    } else if (d.path.find("dovecot") != std::string::npos) {
      ++indexes;
    } else if (d.path.find("general.log") != std::string::npos) {
      ++logs;
    } else {
      CHECK(d.path.find("dump.rdb") != std::string::npos);
      ++dumps;
    }
  }
  CHECK(logs == done.logs);
  CHECK(dumps == done.dumps);
  CHECK(indexes == done.indexes);

  std::uint64_t pages = 0;
  for (auto const& table : changed_tables) {
    std::ifstream left{dir / ("before/" + table), std::ios::binary}, right{dir / ("after/" + table), std::ios::binary};
    std::string x(16'384, '\0'), y(16'384, '\0');
    while (left.read(x.data(), 16'384) && right.read(y.data(), 16'384)) pages += x != y;
  }
  CHECK(pages == done.pages);
  CHECK(pages > 0);
}

TEST_CASE("churn is the same for the same round and another one for another round") {
  scratch const dir;
  made report;
  auto const p = tiny(3);
  for (std::string const name : {"a", "b", "c"}) make(make_maildir, dir / name, p, report);
  churned done;
  churn_rates rates;
  rates.removed = 0.2;
  REQUIRE(churn(dir / "a", p, rates, 1, done));
  REQUIRE(churn(dir / "b", p, rates, 1, done));
  REQUIRE(churn(dir / "c", p, rates, 2, done));
  CHECK(digest_of(dir / "a") == digest_of(dir / "b"));
  // Other mails are removed and renamed; new ones, named after the round's time, would differ anyway.
  auto const old_mails = [&](std::string const& name) {
    std::set<std::string> names;
    for (auto const& mail : mail_names(look(dir / name))) {
      if (std::stoll(mail) < base_time) names.insert(mail);
    }
    return names;
  };
  CHECK(old_mails("a") != old_mails("c"));
}

TEST_CASE("churn of what is not there says which path") {
  churned done;
  auto const failed = churn("/nonexistent/tree", tiny(1), {}, 1, done);
  CHECK(failed.error() == std::errc::no_such_file_or_directory);
  CHECK(done.failed_path == "/nonexistent/tree");
}
