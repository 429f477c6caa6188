// Differences between two trees, and one digest of a tree. Both look at the same fields: what compare() finds changes
// the digest and the other way round.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bench/sha256.hpp"
#include "bench/snapshot.hpp"

namespace volsync::bench {
namespace {

constexpr std::size_t piece = 1u << 20;

class content_reader {
 public:
  explicit content_reader(std::string const& path) : fd_{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)} {
    if (fd_ < 0) error_ = last_error();
  }
  content_reader(content_reader const&) = delete;
  content_reader& operator=(content_reader const&) = delete;
  ~content_reader() {
    if (fd_ >= 0) ::close(fd_);
  }
  // Fills `into` up to one piece; it is shorter at the end of the file.
  result<void> next(std::string& into) {
    into.resize(piece);
    std::size_t held = 0;
    while (!error_ && held < piece) {
      ssize_t const got = ::read(fd_, into.data() + held, piece - held);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) error_ = last_error();
      if (got <= 0) break;
      held += static_cast<std::size_t>(got);
    }
    into.resize(held);
    if (error_) return error_;
    return {};
  }

 private:
  int fd_;
  error_code error_;
};

std::string path_of(snapshot const& tree, snapshot_entry const& e) { return tree.root + "/" + e.path; }

std::string octal(std::uint32_t value) {
  std::string out;
  do out.insert(out.begin(), static_cast<char>('0' + (value & 7)));
  while ((value >>= 3) != 0);
  return out;
}

std::string type_name(std::uint32_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "directory";
    case S_IFLNK:
      return "symlink";
    case S_IFIFO:
      return "fifo";
    case S_IFSOCK:
      return "socket";
    case S_IFCHR:
      return "char-device";
    case S_IFBLK:
      return "block-device";
    default:
      return "unknown";
  }
}

std::string time_text(snapshot_entry const& e) {
  std::string const ns = std::to_string(1'000'000'000u + e.mtime_ns);
  return std::to_string(e.mtime) + "." + ns.substr(1);
}

std::string owner_text(snapshot_entry const& e) { return std::to_string(e.uid) + ":" + std::to_string(e.gid); }

class comparison {
 public:
  comparison(snapshot const& left, snapshot const& right, std::string& failed_path)
      : left_{left}, right_{right}, failed_path_{failed_path} {}

  result<std::vector<difference>> run() {
    auto a = left_.entries.begin();
    auto b = right_.entries.begin();
    while (a != left_.entries.end() || b != right_.entries.end()) {
      int const order = a == left_.entries.end() ? 1 : b == right_.entries.end() ? -1 : a->path.compare(b->path);
      if (order < 0) {
        add(difference::kind::missing, a->path, type_name(a->mode), "");
        ++a;
      } else if (order > 0) {
        add(difference::kind::extra, b->path, "", type_name(b->mode));
        ++b;
      } else {
        if (auto done = pair(*a, *b); !done) return done.error();
        ++a, ++b;
      }
    }
    return std::move(found_);
  }

 private:
  using kind = difference::kind;

  void add(kind what, std::string const& path, std::string left, std::string right) {
    found_.push_back({what, path, std::move(left), std::move(right)});
  }

  void field(kind what, std::string const& path, std::string const& left, std::string const& right) {
    if (left != right) add(what, path, left, right);
  }

  result<void> pair(snapshot_entry const& a, snapshot_entry const& b) {
    std::string const& path = a.path;
    if ((a.mode & S_IFMT) != (b.mode & S_IFMT)) {
      add(kind::type, path, type_name(a.mode), type_name(b.mode));
      return {};
    }
    field(kind::mode, path, octal(a.mode & 07777), octal(b.mode & 07777));
    field(kind::owner, path, owner_text(a), owner_text(b));
    field(kind::mtime, path, time_text(a), time_text(b));
    field(kind::target, path, printable(a.target), printable(b.target));
    field(kind::device, path, std::to_string(a.device), std::to_string(b.device));
    field(kind::links, path, printable(a.first_link), printable(b.first_link));
    if (!S_ISREG(a.mode)) return {};
    field(kind::size, path, std::to_string(a.size), std::to_string(b.size));
    return a.size == b.size ? content(a, b) : result<void>{};
  }

  result<void> content(snapshot_entry const& a, snapshot_entry const& b) {
    content_reader left{path_of(left_, a)};
    content_reader right{path_of(right_, b)};
    std::string x, y;
    for (std::uint64_t offset = 0;; offset += x.size()) {
      failed_path_ = path_of(left_, a);
      if (auto read = left.next(x); !read) return read;
      failed_path_ = path_of(right_, b);
      if (auto read = right.next(y); !read) return read;
      if (x != y) {
        std::size_t at = 0;
        while (at < x.size() && at < y.size() && x[at] == y[at]) ++at;
        add(kind::content, a.path, "first at byte " + std::to_string(offset + at), "");
        return {};
      }
      if (x.size() < piece) return {};
    }
  }

  snapshot const& left_;
  snapshot const& right_;
  std::string& failed_path_;
  std::vector<difference> found_;
};

}  // namespace

result<std::vector<difference>> compare(snapshot const& left, snapshot const& right, std::string& failed_path) {
  return comparison{left, right, failed_path}.run();
}

result<std::string> digest(snapshot const& tree, std::string& failed_path) {
  sha256 sum;
  std::string bytes;
  // A NUL after each field and a newline after each entry: no two different trees give the same text.
  auto const field = [&](std::string const& text) {
    sum.update(text);
    sum.update(std::string_view{"\0", 1});
  };
  for (auto const& e : tree.entries) {
    field(e.path);
    field(octal(e.mode));
    field(owner_text(e));
    field(time_text(e));
    field(std::to_string(e.size));
    field(std::to_string(e.device));
    field(e.target);
    field(e.first_link);
    if (S_ISREG(e.mode)) {
      sha256 content;
      content_reader in{path_of(tree, e)};
      failed_path = path_of(tree, e);
      do {
        if (auto read = in.next(bytes); !read) return read.error();
        content.update(bytes);
      } while (bytes.size() == piece);
      field(content.finish());
    }
    sum.update("\n");
  }
  return sum.finish();
}

char const* name_of(difference::kind what) {
  switch (what) {
    case difference::kind::missing:
      return "missing";
    case difference::kind::extra:
      return "extra";
    case difference::kind::type:
      return "type";
    case difference::kind::mode:
      return "mode";
    case difference::kind::owner:
      return "owner";
    case difference::kind::mtime:
      return "mtime";
    case difference::kind::size:
      return "size";
    case difference::kind::content:
      return "content";
    case difference::kind::target:
      return "target";
    case difference::kind::device:
      return "device";
    case difference::kind::links:
      return "links";
  }
  return "unknown";
}

}  // namespace volsync::bench
