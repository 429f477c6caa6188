#include "bench/snapshot.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

namespace volsync::bench {
namespace {

class reader {
 public:
  reader(std::string root, std::vector<std::string> const& excluded, std::string& failed_path)
      : excluded_{excluded}, failed_path_{failed_path} {
    tree_.root = std::move(root);
  }

  result<snapshot> read() {
    if (auto entered = entry(""); !entered) return entered.error();
    std::sort(tree_.entries.begin(), tree_.entries.end(), [](auto const& a, auto const& b) { return a.path < b.path; });
    // Backwards, so that the first path of an inode is what remains.
    std::map<inode, std::string> first;
    for (auto at = tree_.entries.rbegin(); at != tree_.entries.rend(); ++at) {
      if (auto const known = linked_.find(at->path); known != linked_.end()) first[known->second] = at->path;
    }
    std::map<inode, int> members;
    for (auto const& [path, id] : linked_) ++members[id];
    for (auto& e : tree_.entries) {
      auto const known = linked_.find(e.path);
      if (known != linked_.end() && members[known->second] > 1) e.first_link = first[known->second];
    }
    return std::move(tree_);
  }

 private:
  using inode = std::pair<std::uint64_t, std::uint64_t>;

  bool is_excluded(std::string const& path) const {
    return std::any_of(excluded_.begin(), excluded_.end(), [&](std::string const& prefix) {
      return path.size() >= prefix.size() && path.compare(0, prefix.size(), prefix) == 0 &&
             (path.size() == prefix.size() || path[prefix.size()] == '/');
    });
  }

  result<void> entry(std::string const& path) {
    std::string const full = path.empty() ? tree_.root : tree_.root + "/" + path;
    failed_path_ = full;
    struct stat status {};
    // The operand itself may be a link to the tree.
    if ((path.empty() ? ::stat(full.c_str(), &status) : ::lstat(full.c_str(), &status)) != 0) return last_error();
    snapshot_entry e;
    e.path = path;
    e.mode = status.st_mode;
    e.uid = status.st_uid, e.gid = status.st_gid;
    e.mtime = status.st_mtim.tv_sec;
    e.mtime_ns = static_cast<std::uint32_t>(status.st_mtim.tv_nsec);
    if (S_ISREG(status.st_mode) || S_ISLNK(status.st_mode)) e.size = static_cast<std::uint64_t>(status.st_size);
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) e.device = status.st_rdev;
    if (S_ISLNK(status.st_mode)) {
      e.target.resize(e.size + 1);
      ssize_t const length = ::readlink(full.c_str(), e.target.data(), e.target.size());
      if (length < 0) return last_error();
      e.target.resize(static_cast<std::size_t>(length));
    }
    if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) linked_[path] = {status.st_dev, status.st_ino};
    tree_.entries.push_back(std::move(e));
    return S_ISDIR(status.st_mode) ? children(path, full) : result<void>{};
  }

  result<void> children(std::string const& path, std::string const& full) {
    DIR* const dir = ::opendir(full.c_str());
    if (dir == nullptr) return last_error();
    std::vector<std::string> names;
    errno = 0;
    while (dirent const* child = ::readdir(dir)) {
      std::string name = child->d_name;
      if (name != "." && name != "..") names.push_back(std::move(name));
      errno = 0;
    }
    int const read_error = errno;
    ::closedir(dir);
    if (read_error != 0) return error_code{read_error, std::system_category()};
    for (auto const& name : names) {
      std::string const child = path.empty() ? name : path + "/" + name;
      if (is_excluded(child)) continue;
      if (auto entered = entry(child); !entered) return entered;
    }
    return {};
  }

  std::vector<std::string> const& excluded_;
  std::string& failed_path_;
  snapshot tree_;
  std::map<std::string, inode> linked_;
};

}  // namespace

result<snapshot> take_snapshot(std::string const& root, std::vector<std::string> const& excluded,
                               std::string& failed_path) {
  return reader{root, excluded, failed_path}.read();
}

std::string counts(snapshot const& tree) {
  static constexpr std::pair<std::uint32_t, char const*> types[] = {
      {S_IFREG, "files"},    {S_IFDIR, "dirs"},         {S_IFLNK, "symlinks"},     {S_IFIFO, "fifos"},
      {S_IFSOCK, "sockets"}, {S_IFCHR, "char-devices"}, {S_IFBLK, "block-devices"}};
  std::string out;
  for (auto const& type : types) {
    auto const number = std::count_if(tree.entries.begin(), tree.entries.end(),
                                      [&](auto const& e) { return (e.mode & S_IFMT) == type.first; });
    if (number > 0) out += (out.empty() ? "" : " ") + std::string{type.second} + "=" + std::to_string(number);
  }
  return out;
}

std::string printable(std::string const& path) {
  std::string out;
  for (char const c : path) {
    auto const byte = static_cast<unsigned char>(c);
    if (byte >= 32 && byte < 127 && c != '\\') {
      out += c;
    } else {
      out += '\\';
      for (int shift = 6; shift >= 0; shift -= 3) out += static_cast<char>('0' + (byte >> shift & 7));
    }
  }
  return out;
}

}  // namespace volsync::bench
