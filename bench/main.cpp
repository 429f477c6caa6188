// volsync-bench: makes test trees, changes them, and says whether two trees are equal.
#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/generators.hpp"
#include "bench/snapshot.hpp"

namespace {

using namespace volsync::bench;

constexpr char const* usage =
    "usage: volsync-bench gen maildir DIR [--seed N] [--files N] [--scale small|full]\n"
    "       volsync-bench gen volumes DIR [--seed N] [--files N] [--scale small|full]\n"
    "       volsync-bench gen churn DIR   [--seed N] [--round N] [--scale small|full]\n"
    "       volsync-bench digest DIR      [--exclude PATH]...\n"
    "       volsync-bench compare A B     [--exclude PATH]...\n"
    "gen       makes a tree in a new or empty DIR; churn changes one that is there. Same numbers, same tree.\n"
    "digest    prints one SHA-256 over names, types, modes, owners, mtimes (ns), links, devices and contents.\n"
    "compare   prints each difference; ends with 0 when there is none, else with 1.\n"
    "--exclude leaves PATH (relative to DIR) and all below it out; it is not a pattern.\n"
    "--files   is the number of mails (small: 2000, full: 200000).\n";

struct arguments {
  std::vector<std::string> words;
  std::vector<std::string> excluded;
  std::optional<std::uint64_t> seed, files, round;
  bool full = false;
};

int fail(std::string const& text) {
  std::fprintf(stderr, "volsync-bench: %s\n", text.c_str());
  return 2;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The text of what is wrong, empty when nothing is.
std::string parse(int count, char** words, arguments& into) {
  for (int i = 1; i < count; ++i) {
    std::string word = words[i];
    if (word.substr(0, 2) != "--") {
      into.words.push_back(word);
      continue;
    }
    std::string value;
    if (auto const equals = word.find('='); equals != std::string::npos) {
      value = word.substr(equals + 1);
      word.resize(equals);
    } else if (i + 1 < count) {
      value = words[++i];
    } else {
      return word + " needs a value";
    }
    if (word == "--exclude") {
      into.excluded.push_back(value);
    } else if (word == "--scale") {
      if (value != "small" && value != "full") return "--scale is small or full";
      into.full = value == "full";
    } else if (word == "--seed" || word == "--files" || word == "--round") {
      auto const parsed = number(value);
      if (!parsed) return word + " needs a number, not \"" + value + "\"";
      (word == "--seed" ? into.seed : word == "--files" ? into.files : into.round) = *parsed;
    } else {
      return "unknown option " + word;
    }
  }
  return "";
}

std::string failure(volsync::error_code error, std::string const& path) {
  return printable(path) + ": " + error.message();
}

void say_owners_skipped(bool skipped) {
  if (skipped) std::fprintf(stderr, "volsync-bench: not run as root: owners are left as they are\n");
}

int generate(arguments const& a) {
  std::string const& kind = a.words[1];
  std::string const& root = a.words[2];
  auto p = a.full ? full_scale() : small_scale();
  p.seed = a.seed.value_or(p.seed);
  p.files = a.files.value_or(p.files);
  if (kind == "churn") {
    churned report;
    if (auto done = churn(root, p, {}, a.round.value_or(1), report); !done) {
      return fail(failure(done.error(), report.failed_path));
    }
    say_owners_skipped(report.owners_skipped);
    std::printf("new=%ju flags=%ju moved=%ju deleted=%ju pages=%ju indexes=%ju logs=%ju dumps=%ju\n",
                std::uintmax_t{report.added}, std::uintmax_t{report.flagged}, std::uintmax_t{report.seen},
                std::uintmax_t{report.removed}, std::uintmax_t{report.pages}, std::uintmax_t{report.indexes},
                std::uintmax_t{report.logs}, std::uintmax_t{report.dumps});
    return 0;
  }
  if (kind != "maildir" && kind != "volumes") return fail("unknown kind of tree " + kind);
  made report;
  auto const done = kind == "maildir" ? make_maildir(root, p, report) : make_volumes(root, p, report);
  if (!done) return fail(failure(done.error(), report.failed_path));
  say_owners_skipped(report.owners_skipped);
  std::printf("mails=%ju bytes=%ju\n", std::uintmax_t{report.mails}, std::uintmax_t{report.bytes});
  return 0;
}

int print_digest(arguments const& a) {
  std::string failed_path;
  auto const tree = take_snapshot(a.words[1], a.excluded, failed_path);
  if (!tree) return fail(failure(tree.error(), failed_path));
  auto const value = digest(*tree, failed_path);
  if (!value) return fail(failure(value.error(), failed_path));
  std::printf("%s %s\n", value->c_str(), counts(*tree).c_str());
  return 0;
}

int print_comparison(arguments const& a) {
  std::string failed_path;
  auto const left = take_snapshot(a.words[1], a.excluded, failed_path);
  if (!left) return fail(failure(left.error(), failed_path));
  auto const right = take_snapshot(a.words[2], a.excluded, failed_path);
  if (!right) return fail(failure(right.error(), failed_path));
  auto const found = compare(*left, *right, failed_path);
  if (!found) return fail(failure(found.error(), failed_path));
  for (auto const& d : *found) {
    std::printf("%-8s %s%s%s%s%s\n", name_of(d.what), d.path.empty() ? "." : printable(d.path).c_str(),
                d.left.empty() ? "" : "  ", d.left.c_str(), d.right.empty() ? "" : " -> ", d.right.c_str());
  }
  std::printf("%zu differences (%s)\n", found->size(), counts(*left).c_str());
  return found->empty() ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  arguments a;
  if (count == 2 && (std::string_view{words[1]} == "--help" || std::string_view{words[1]} == "-h")) {
    std::fputs(usage, stdout);
    return 0;
  }
  if (auto const wrong = parse(count, words, a); !wrong.empty()) return fail(wrong);
  std::string const command = a.words.empty() ? "" : a.words[0];
  if (command == "gen" && a.words.size() == 3) return generate(a);
  if (command == "digest" && a.words.size() == 2) return print_digest(a);
  if (command == "compare" && a.words.size() == 3) return print_comparison(a);
  std::fputs(usage, stderr);
  return 2;
}
