// The volumes of a mail server's containers. Each volume draws from a stream of its own, so that one can be changed
// without changing the others.
#include <sys/stat.h>

#include <algorithm>

#include "bench/mail.hpp"

namespace volsync::bench {
namespace {

class volume_set {
 public:
  volume_set(tree_writer& out, std::string root, parameters const& p, made& report)
      : out_{out}, root_{std::move(root)}, p_{p}, report_{report} {}

  void write() {
    mail();
    encryption_keys();
    database();
    redis();
    rspamd();
    postfix();
    small_ones();
  }

 private:
  // "<root>/mailcowdockerized_<name>/_data"; the directory above it belongs to root and has mode 0701.
  std::string volume(std::string const& name, attributes a) {
    random_ = random_stream{p_.seed, "volume " + name};
    std::string const path = root_ + "/mailcowdockerized_" + name;
    out_.directory(path, at(0701, 0, 0));
    a.mtime_ns = moment(random_, base_time);
    out_.directory(path + "/_data", a);
    return path + "/_data";
  }

  attributes at(std::uint32_t mode, std::uint32_t uid, std::uint32_t gid, std::int64_t age = 0) {
    return {mode, uid, gid, moment(random_, base_time - age)};
  }

  void mail() {
    write_mail_store(out_, volume("vmail-vol-1", {0755, mail_owner, mail_owner, 0}), p_, report_);
    std::string const index = volume("vmail-index-vol-1", {0755, mail_owner, mail_owner, 0});
    for (int i = 0; i < 20; ++i) {
      std::string const user = index + "/user" + std::to_string(i) + "@domain0.example";
      out_.directory(user, at(0700, mail_owner, mail_owner));
      out_.file(user + "/dovecot.list.index.log", at(0600, mail_owner, mail_owner),
                raw_bytes(random_, 400 + random_.below(29'600)));
    }
  }

  void encryption_keys() {
    std::string const keys = volume("crypt-vol-1", {0755, 0, 0, 0});
    out_.file(keys + "/ecprivkey.pem", at(0600, 401, 401, 10'000'000), base64_text(random_, 227));
    out_.file(keys + "/ecpubkey.pem", at(0644, 401, 401, 10'000'000), base64_text(random_, 174));
  }

  void table(std::string const& path, std::uint32_t space, std::uint64_t pages) {
    random_stream random{p_.seed, "table " + std::to_string(space)};
    std::uint32_t number = 0;
    out_.file(path, at(0660, 999, 999), [&](std::string& into) {
      if (number == pages) return false;
      into = table_page(random, number, space, 1'000'000 + number * 512ull);
      ++number;
      return true;
    });
  }

  void database() {
    std::string const data = volume("mysql-vol-1", {0755, 999, 999, 0});
    for (char const* name : {"/mailcow", "/mysql"}) out_.directory(data + name, at(0700, 999, 999));
    for (std::size_t i = 0; i < p_.table_mib.size(); ++i) {
      std::string const name = i == 1 ? "/ibdata1" : "/mailcow/table" + std::to_string(i) + ".ibd";
      table(data + name, static_cast<std::uint32_t>(i + 1), p_.table_mib[i] * 64);
    }
    for (std::uint32_t i = 0; i < 20; ++i) {
      std::string const name = data + (i % 2 != 0 ? "/mysql/small" : "/mailcow/small") + std::to_string(i);
      table(name + ".ibd", 100 + i, 6 + i % 5);
      out_.file(name + ".frm", at(0660, 999, 999, 1'000'000), raw_bytes(random_, 8'000 + 37 * i));
    }
    redo_log(data + "/ib_logfile0", 8);
    out_.file(data + "/general.log", at(0640, 999, 999), plain_text(random_, 1u << 20));
    std::uint64_t const size = p_.sparse_mib << 20;
    std::vector<std::pair<std::uint64_t, std::string>> pages;
    for (std::uint32_t i = 0; i < 12; ++i) {
      pages.emplace_back(i * (size / 12 / page_size) * page_size, table_page(random_, i, 9, i));
    }
    out_.sparse_file(data + "/ibtmp1", at(0640, 999, 999), size, pages);
    std::string const socket = volume("mysql-socket-vol-1", {0755, 999, 999, 0});
    out_.socket(socket + "/mysqld.sock", at(0777, 999, 999));
  }

  void redo_log(std::string const& path, int mib) {
    out_.file(path, at(0660, 999, 999), [&, mib](std::string& into) mutable {
      if (mib-- == 0) return false;
      into = raw_bytes(random_, 1u << 20);
      return true;
    });
  }

  void redis() {
    std::string const data = volume("redis-vol-1", {0755, 999, 1'000, 0});
    out_.file(data + "/dump.rdb", at(0600, 999, 1'000),
              "REDIS0009" + raw_bytes(random_, 1u << 20) + plain_text(random_, 1u << 20));
  }

  void rspamd() {
    std::string const data = volume("rspamd-vol-1", {02755, 101, 82, 0});
    for (int i = 0; i < 30; ++i) {
      std::string const name = i % 2 != 0 ? random_.hex(32) + ".hs" : random_.hex(40) + ".map";
      out_.file(data + "/" + name, at(0644, 101, 82, 500'000), raw_bytes(random_, 500 + random_.below(50'000)));
    }
    out_.file(data + "/rspamd.rrd", at(0644, 101, 82), raw_bytes(random_, 1u << 20));
    out_.file(data + "/stats.ucl", at(0644, 101, 82), "scanned = 12345;\n");
    out_.symlink(data + "/current.rrd", at(0777, 101, 82), "rspamd.rrd");
    out_.symlink(data + "/dangling.map", at(0777, 101, 82), "/nonexistent/maps/none.map");
    out_.socket(data + "/rspamd.sock", at(0666, 101, 82));
  }

  void postfix() {
    std::string const queue = volume("postfix-vol-1", {0755, 0, 0, 0});
    for (std::string const name : {"active", "bounce", "corrupt", "deferred", "flush", "hold", "incoming", "saved"}) {
      out_.directory(queue + "/" + name, at(0700, 101, 0));
    }
    for (char const letter : std::string{"0123456789ABCDEF"}) {
      std::string const bucket = queue + "/deferred/" + letter;
      out_.directory(bucket, at(0700, 101, 101));
      std::uint64_t const waiting = random_.below(4);
      for (std::uint64_t i = 0; i < waiting; ++i) {
        out_.file(bucket + "/" + letter + random_.hex(10), at(0700, 101, 101, 3'600),
                  plain_text(random_, 300 + random_.below(19'700)));
      }
    }
    out_.directory(queue + "/maildrop", at(01730, 101, 103));
    out_.directory(queue + "/public", at(02710, 101, 103));
    out_.directory(queue + "/private", at(0700, 101, 0));
    for (char const* name : {"pickup", "qmgr"}) out_.fifo(queue + "/public/" + name, at(0622, 101, 101));
    for (char const* name : {"bounce", "defer", "lmtp", "smtp", "tlsmgr", "virtual"}) {
      out_.socket(queue + "/private/" + name, at(0666, 101, 101));
    }
  }

  void small_ones() {
    std::string const web = volume("sogo-web-vol-1", {02775, 999, 82, 0});
    out_.directory(web + "/css", at(02755, 82, 82));
    out_.file(web + "/css/theme.css", at(0664, 82, 82), plain_text(random_, 9'000));
    out_.hard_link(web + "/css/theme-default.css", web + "/css/theme.css");
    out_.file(web + "/name with spaces \xc3\xa9.js", at(0644, 82, 82), plain_text(random_, 500));
    out_.symlink(web + "/theme.css", at(0777, 82, 82), "css/theme.css");
    volume("sogo-userdata-backup-vol-1", {0755, 999, 999, 0});  // empty
    std::string const clam = volume("clamd-db-vol-1", {0755, 700, 700, 0});
    out_.file(clam + "/freshclam.dat", at(0644, 700, 700), raw_bytes(random_, 69));
    out_.directory(clam + "/tmp", at(01777, 700, 700));
  }

  tree_writer& out_;
  std::string root_;
  parameters const& p_;
  made& report_;
  random_stream random_{0, ""};
};

}  // namespace

result<void> make_volumes(std::string const& root, parameters const& p, made& report) {
  if (auto empty = require_empty(root, report.failed_path); !empty) return empty;
  tree_writer out;
  random_stream random{p.seed, "volumes"};
  out.directory(root, {0701, 0, 0, moment(random, base_time)});
  volume_set{out, root, p, report}.write();
  auto const finished = out.finish();
  report.failed_path = out.failed_path();
  report.owners_skipped = out.owners_skipped();
  return finished;
}

}  // namespace volsync::bench
