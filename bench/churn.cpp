// What a running mail server does to its files between two passes. Directories are visited in sorted order and each
// file draws from a stream named after its path and the round, so that the outcome depends on the tree alone.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "bench/mail.hpp"

namespace volsync::bench {
namespace {

namespace stdfs = std::filesystem;

struct found {
  std::vector<std::string> folders, tables, logs, dumps;  // absolute, sorted
};

bool ends_with(std::string const& text, std::string_view end) {
  return text.size() >= end.size() && std::string_view{text}.substr(text.size() - end.size()) == end;
}

result<std::vector<std::string>> children(std::string const& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (stdfs::directory_iterator at{path, error}, end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error) return error;
  std::sort(names.begin(), names.end());
  return names;
}

result<void> search(std::string const& path, found& into, std::string& failed_path) {
  auto const names = children(path);
  failed_path = path;
  if (!names) return names.error();
  auto const has = [&](char const* name) { return std::binary_search(names->begin(), names->end(), name); };
  bool const folder = has("cur") && has("new") && has("tmp");
  if (folder) into.folders.push_back(path);
  for (auto const& name : *names) {
    if (folder && (name == "cur" || name == "new" || name == "tmp")) continue;
    std::string const full = path + "/" + name;
    std::error_code error;
    auto const status = stdfs::symlink_status(full, error);
    if (error) return error;
    if (status.type() == stdfs::file_type::directory) {
      if (auto below = search(full, into, failed_path); !below) return below;
    } else if (status.type() == stdfs::file_type::regular) {
      if (ends_with(name, ".ibd") || name == "ibdata1") into.tables.push_back(full);
      if (ends_with(name, ".log") && name.substr(0, 7) != "dovecot") into.logs.push_back(full);
      if (ends_with(name, ".rdb")) into.dumps.push_back(full);
    }
  }
  return {};
}

// `count` different positions below `limit`, ascending.
std::vector<std::uint64_t> sample(random_stream& random, std::uint64_t limit, std::uint64_t count) {
  std::set<std::uint64_t> chosen;
  while (chosen.size() < std::min(limit, count)) chosen.insert(random.below(limit));
  return {chosen.begin(), chosen.end()};
}

class change {
 public:
  change(std::string root, parameters const& p, churn_rates const& rates, std::uint64_t round, churned& report)
      : root_{std::move(root)},
        p_{p},
        rates_{rates},
        round_{round},
        report_{report},
        when_{base_time + 86'400 * static_cast<std::int64_t>(round)} {}

  result<void> run() {
    found all;
    if (auto searched = search(root_, all, report_.failed_path); !searched) return searched;
    for (auto const& path : all.folders) {
      if (auto changed = folder(path); !changed) return changed;
    }
    for (auto const& path : all.tables) table(path);
    for (auto const& path : all.logs) log(path);
    for (auto const& path : all.dumps) dump(path);
    auto const finished = out_.finish();
    report_.failed_path = out_.failed_path();
    report_.owners_skipped = out_.owners_skipped();
    return finished;
  }

 private:
  random_stream stream(std::string const& path) const {
    return {p_.seed, "churn " + std::to_string(round_) + " " + path.substr(root_.size())};
  }

  static std::string with_other_flag(random_stream& random, std::string const& name) {
    auto const colon = name.rfind(":2,");
    std::string flags = colon == std::string::npos ? "" : name.substr(colon + 3);
    char const flag = "FRST"[random.below(4)];
    if (auto const at = flags.find(flag); at != std::string::npos) {
      flags.erase(at, 1);
    } else {
      flags.insert(std::upper_bound(flags.begin(), flags.end(), flag), flag);
    }
    return name.substr(0, colon) + ":2," + flags;
  }

  result<void> folder(std::string const& path) {
    report_.failed_path = path;
    auto const read = children(path + "/cur");
    auto const fresh = children(path + "/new");
    if (!read) return read.error();
    if (!fresh) return fresh.error();
    auto random = stream(path);
    std::uint64_t const total = read->size() + fresh->size();
    std::uint64_t const added = random.whole(static_cast<double>(total) * rates_.added);
    std::uint64_t const flagged = random.whole(static_cast<double>(read->size()) * rates_.flagged);
    std::uint64_t const removed = random.whole(static_cast<double>(read->size()) * rates_.removed);
    std::uint64_t const seen = random.whole(static_cast<double>(fresh->size()) * rates_.seen);
    auto const picked = sample(random, read->size(), flagged + removed);
    std::set<std::string> taken{read->begin(), read->end()};
    std::uint64_t removals = 0;
    for (std::size_t i = 0; i < picked.size(); ++i) {
      std::string const& name = (*read)[picked[i]];
      if (i * (flagged + removed) < removed * picked.size() && removals < removed) {
        out_.unlink(path + "/cur/" + name);
        ++removals;
        continue;
      }
      std::string const to = with_other_flag(random, name);
      if (!taken.insert(to).second) continue;  // never over another mail
      out_.rename(path + "/cur/" + name, path + "/cur/" + to);
      ++report_.flagged;
    }
    report_.removed += removals;
    for (auto const at : sample(random, fresh->size(), seen)) {
      out_.rename(path + "/new/" + (*fresh)[at], path + "/cur/" + (*fresh)[at] + ":2,S");
      ++report_.seen;
    }
    deliver(path, random, added);
    if (added + seen + picked.size() > 0) indexes(path, random, total + added - removals, added);
    return {};
  }

  void deliver(std::string const& path, random_stream& random, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint64_t const size = mail_size(random, p_);
      std::int64_t const when = when_ - static_cast<std::int64_t>(random.below(3'600));
      out_.file(path + "/new/" + mail_name(random, when, size), {0600, mail_owner, mail_owner, moment(random, when)},
                mail_content(random, size));
      ++report_.added;
    }
  }

  void indexes(std::string const& path, random_stream& random, std::uint64_t mails, std::uint64_t added) {
    out_.replace(path + "/dovecot-uidlist", moment(random, when_), uid_list(random, mails));
    out_.replace(path + "/dovecot.index", moment(random, when_), index_content(random, mails));
    out_.append(path + "/dovecot.index.log", moment(random, when_), raw_bytes(random, 24 * (added + 1)));
    out_.append(path + "/dovecot.index.cache", moment(random, when_), raw_bytes(random, 150 * added + 1));
    for (char const* sub : {"", "/cur", "/new"}) out_.touch_directory(path + sub, moment(random, when_));
    report_.indexes += 4;
  }

  std::uint64_t size_of(std::string const& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }

  void table(std::string const& path) {
    auto random = stream(path);
    std::uint64_t const total = size_of(path) / page_size;
    auto const changed = sample(random, total, random.whole(static_cast<double>(total) * rates_.pages));
    if (changed.empty()) return;
    std::vector<std::pair<std::uint64_t, std::string>> pieces;
    for (auto const number : changed) {
      pieces.emplace_back(number * page_size,
                          table_page(random, static_cast<std::uint32_t>(number), 1, 1'000'000'000 + number));
    }
    out_.overwrite(path, moment(random, when_), pieces);
    report_.pages += changed.size();
  }

  void log(std::string const& path) {
    auto random = stream(path);
    out_.append(path, moment(random, when_), plain_text(random, std::max<std::uint64_t>(1'000, size_of(path) / 50)));
    ++report_.logs;
  }

  // A new dump shares most of its bytes with the old one, but at other offsets.
  void dump(std::string const& path) {
    auto random = stream(path);
    std::ifstream in{path, std::ios::binary};
    std::string content{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
    content.insert(random.below(content.size() + 1), raw_bytes(random, content.size() / 50 + 1));
    out_.replace(path, moment(random, when_), content);
    out_.touch_directory(path.substr(0, path.rfind('/')), moment(random, when_));
    ++report_.dumps;
  }

  std::string root_;
  parameters const& p_;
  churn_rates const& rates_;
  std::uint64_t round_;
  churned& report_;
  std::int64_t when_;
  tree_writer out_;
};

}  // namespace

result<void> churn(std::string const& root, parameters const& p, churn_rates const& rates, std::uint64_t round,
                   churned& report) {
  return change{root, p, rates, round, report}.run();
}

}  // namespace volsync::bench
