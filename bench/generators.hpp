// The trees that measurements, tests and the quickstart use. Same parameters, same tree: names, contents, modes,
// owners, modification times with nanoseconds and links. Nothing depends on the clock, on the directory order or on
// earlier runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <volsync/result.hpp>

namespace volsync::bench {

inline constexpr std::int64_t base_time = 1'700'000'000;  // seconds; every time in a tree is relative to it

struct parameters {
  std::uint64_t seed = 1;
  std::uint64_t files = 2'000;                       // mails
  std::vector<std::uint64_t> table_mib = {8, 2, 2};  // big database files
  std::uint64_t sparse_mib = 16;
  double median_mail = 8'000, deviation = 1.4;  // bytes; base-2 logarithm
  double large_mails = 0.0006;                  // share of mails of 256 KiB to 8 MiB
};
[[nodiscard]] parameters small_scale();  // seconds, about 50 MiB
[[nodiscard]] parameters full_scale();   // 200 000 mails; tables of 1.5 GiB

struct made {
  std::uint64_t mails = 0, bytes = 0;
  std::string failed_path;  // of an error
  bool owners_skipped = false;
};

// A mail store below `root`, which must be missing or empty (else EEXIST): domains, users, Maildir folders with cur,
// new and tmp, Dovecot names and index files; owner 5000:5000. Errors: errno; `report` then names the path.
result<void> make_maildir(std::string const& root, parameters const& p, made& report);

// The container volumes of a mail server, NAME/_data each: mail store, tables, redis dump, rspamd cache, mail queue,
// keys; sockets, fifos, symbolic links (one dangling), hard links, a sparse file, setgid and sticky directories, empty
// ones.
result<void> make_volumes(std::string const& root, parameters const& p, made& report);

struct churn_rates {
  double added = 0.01;     // new mails per mail
  double flagged = 0.02;   // renames for a changed flag, per mail in cur
  double removed = 0.005;  // deletions per mail in cur
  double seen = 0.5;       // moves from new to cur, per mail in new
  double pages = 0.01;     // 16 KiB pages rewritten, per page of a table
};

struct churned {
  std::uint64_t added = 0, flagged = 0, removed = 0, seen = 0;  // mails
  std::uint64_t pages = 0;                                      // table pages
  std::uint64_t indexes = 0, logs = 0, dumps = 0;               // files rewritten or grown
  std::string failed_path;
  bool owners_skipped = false;
};

// What a running system does to such a tree between two passes. Each round changes other things. Errors: errno.
result<void> churn(std::string const& root, parameters const& p, churn_rates const& rates, std::uint64_t round,
                   churned& report);

}  // namespace volsync::bench
