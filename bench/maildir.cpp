#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "bench/mail.hpp"

namespace volsync::bench {
namespace {

struct user_plan {
  std::string domain, user;
  std::uint64_t mails = 0;
};

// Skewed: most users have few mails, and the first holds a tenth of everything.
std::vector<user_plan> plan_users(parameters const& p) {
  random_stream random{p.seed, "users"};
  std::uint64_t const count = std::clamp<std::uint64_t>(p.files / 1'500, 2, 2'000);
  std::vector<double> weights(count);
  double total = 0;
  for (auto& w : weights) total += w = std::min(40.0, random.heavy_tail());
  std::uint64_t const shared = p.files - p.files / 10;
  std::uint64_t left = p.files;
  std::vector<user_plan> plan;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto share = static_cast<std::uint64_t>(static_cast<double>(shared) * weights[i] / total);
    if (i == 0) share += p.files / 10;
    share = std::min(share, left);
    left -= share;
    std::string const number = std::to_string(10'000 + i);
    plan.push_back({"domain" + std::to_string(i % std::max<std::uint64_t>(1, count / 12)) + ".example",
                    "user" + number.substr(1), share});
  }
  plan.back().mails += left;
  return plan;
}

class user_writer {
 public:
  user_writer(tree_writer& out, std::string home, user_plan const& plan, parameters const& p, made& report)
      : out_{out},
        base_{home + "/Maildir"},
        plan_{plan},
        p_{p},
        report_{report},
        random_{p.seed, "user " + plan.domain + " " + plan.user} {
    out_.directory(home, owned(0700));
    out_.directory(base_, owned(0700));
  }

  void write() {
    std::vector<std::pair<std::string, std::uint64_t>> folders = {{"", 45},      {"/.Sent", 15}, {"/.Archive", 20},
                                                                  {"/.Junk", 8}, {"/.Trash", 7}, {"/.Drafts", 1}};
    std::uint64_t const years = random_.below(8);
    for (std::uint64_t i = 0; i < years; ++i) folders.emplace_back("/.Archive." + std::to_string(2'015 + i), 3);
    if (plan_.user == "user0000") folders[2].second = 300;  // one folder far larger than the others
    std::uint64_t total = 0;
    for (auto const& f : folders) total += f.second;
    std::string subscriptions;
    for (std::size_t i = 0; i < folders.size(); ++i) {
      bool const last = i + 1 == folders.size();
      folder(folders[i].first, last ? plan_.mails - written_ : plan_.mails * folders[i].second / total);
      if (!folders[i].first.empty()) subscriptions += folders[i].first.substr(2) + "\n";
    }
    out_.file(base_ + "/subscriptions", owned(0600), subscriptions);
    out_.file(base_ + "/maildirsize", owned(0600), "10737418240S\n" + std::to_string(written_) + "\n");
  }

 private:
  attributes owned(std::uint32_t mode, std::int64_t when = base_time) {
    return {mode, mail_owner, mail_owner, moment(random_, when)};
  }

  void folder(std::string const& name, std::uint64_t mails) {
    std::string const path = base_ + name;
    if (!name.empty()) out_.directory(path, owned(0700));
    for (char const* sub : {"/cur", "/new", "/tmp"}) out_.directory(path + sub, owned(0700));
    for (std::uint64_t i = 0; i < mails && !out_.failed(); ++i) mail(path, name.empty());
    out_.file(path + "/dovecot-uidlist", owned(0600), uid_list(random_, mails));
    out_.file(path + "/dovecot.index", owned(0600), index_content(random_, mails));
    out_.file(path + "/dovecot.index.cache", owned(0600), raw_bytes(random_, 256 + 150 * mails));
    out_.file(path + "/dovecot.index.log", owned(0600),
              raw_bytes(random_, 512 + 24 * std::min<std::uint64_t>(mails, 1'000)));
    if (!name.empty()) out_.file(path + "/maildirfolder", owned(0600, base_time - 86'400), "");
  }

  void mail(std::string const& folder, bool inbox) {
    ++written_, ++report_.mails;
    std::uint64_t const size = mail_size(random_, p_);
    std::int64_t const when = base_time - static_cast<std::int64_t>(random_.below(5ull * 365 * 86'400));
    std::string const name = mail_name(random_, when, size);
    bool const fresh = random_.chance(0.02);
    std::string const path = fresh ? folder + "/new/" + name : folder + "/cur/" + name + ":2," + flags(random_);
    if (!linkable_.empty() && random_.chance(0.01)) {  // a copy between folders is a hard link
      out_.hard_link(path, linkable_[random_.below(linkable_.size())]);
      return;
    }
    out_.file(path, owned(0600, when), mail_content(random_, size));
    report_.bytes += size;
    if (inbox && linkable_.size() < 500) linkable_.push_back(path);
  }

  tree_writer& out_;
  std::string base_;
  user_plan const& plan_;
  parameters const& p_;
  made& report_;
  random_stream random_;
  std::uint64_t written_ = 0;
  std::vector<std::string> linkable_;
};

}  // namespace

parameters small_scale() { return {}; }

parameters full_scale() {
  parameters p;
  p.files = 200'000;
  p.table_mib = {1'024, 256, 256};
  p.sparse_mib = 1'024;
  return p;
}

result<void> require_empty(std::string const& root, std::string& failed_path) {
  failed_path = root;
  if (::mkdir(root.c_str(), 0755) == 0) return {};
  if (errno != EEXIST) return last_error();
  DIR* const dir = ::opendir(root.c_str());
  if (dir == nullptr) return last_error();
  bool empty = true;
  while (dirent const* child = ::readdir(dir)) {
    std::string_view const name = child->d_name;
    if (name != "." && name != "..") empty = false;
  }
  ::closedir(dir);
  if (!empty) return error_code{EEXIST, std::system_category()};
  return {};
}

void write_mail_store(tree_writer& out, std::string const& root, parameters const& p, made& report) {
  auto const plan = plan_users(p);
  random_stream random{p.seed, "domains"};
  std::vector<std::string> domains;
  for (auto const& user : plan) domains.push_back(user.domain);
  std::sort(domains.begin(), domains.end());
  domains.erase(std::unique(domains.begin(), domains.end()), domains.end());
  for (auto const& domain : domains) {
    out.directory(root + "/" + domain, {0700, mail_owner, mail_owner, moment(random, base_time - 3'600)});
  }
  for (auto const& user : plan) {
    user_writer{out, root + "/" + user.domain + "/" + user.user, user, p, report}.write();
  }
}

result<void> make_maildir(std::string const& root, parameters const& p, made& report) {
  if (auto empty = require_empty(root, report.failed_path); !empty) return empty;
  tree_writer out;
  random_stream random{p.seed, "maildir"};
  out.directory(root, {0755, mail_owner, mail_owner, moment(random, base_time - 3'600)});
  write_mail_store(out, root, p, report);
  auto const finished = out.finish();
  report.failed_path = out.failed_path();
  report.owners_skipped = out.owners_skipped();
  return finished;
}

}  // namespace volsync::bench
