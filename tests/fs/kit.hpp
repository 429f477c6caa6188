// Trees to test with: the same content on disk and in memory.
#pragma once

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fs/memory_tree.hpp"
#include "fs/posix_tree.hpp"

#include "support/catch.hpp"

namespace volsync::fs::test {

// A directory on disk that goes with this object.
class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "volsync-fs-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string const& path() const noexcept { return path_; }

 private:
  std::string path_;
};

// Somewhere to build: `top` is an existing empty directory of `files`.
class world {
 public:
  virtual ~world() = default;
  [[nodiscard]] virtual std::shared_ptr<tree> files() const = 0;
  [[nodiscard]] virtual std::string top() const = 0;
  // Paths are relative to top; parents exist.
  virtual void directory_at(std::string const& path) = 0;
  virtual void file_at(std::string const& path, std::string const& content) = 0;
  virtual void link_at(std::string const& path, std::string const& target) = 0;
  virtual void node_at(std::string const& path, mode_t mode) = 0;
  virtual void second_name(std::string const& path, std::string const& existing) = 0;
  virtual void remove(std::string const& path) = 0;
};

class disk_world final : public world {
 public:
  [[nodiscard]] std::shared_ptr<tree> files() const override { return make_posix_tree(); }
  [[nodiscard]] std::string top() const override { return here_.path(); }
  void directory_at(std::string const& path) override { REQUIRE(::mkdir(at(path).c_str(), 0755) == 0); }
  void file_at(std::string const& path, std::string const& content) override {
    std::ofstream out{at(path), std::ios::binary};
    out << content;
    out.close();
    REQUIRE(out);
  }
  void link_at(std::string const& path, std::string const& target) override {
    REQUIRE(::symlink(target.c_str(), at(path).c_str()) == 0);
  }
  void node_at(std::string const& path, mode_t mode) override { REQUIRE(::mknod(at(path).c_str(), mode, 0) == 0); }
  void second_name(std::string const& path, std::string const& existing) override {
    REQUIRE(::link(at(existing).c_str(), at(path).c_str()) == 0);
  }
  void remove(std::string const& path) override { REQUIRE(std::filesystem::remove_all(at(path)) > 0); }

 private:
  [[nodiscard]] std::string at(std::string const& path) const { return here_.path() + "/" + path; }
  scratch here_;
};

class memory_world final : public world {
 public:
  memory_world() { REQUIRE(tree_->add_directory("/top")); }
  [[nodiscard]] std::shared_ptr<tree> files() const override { return tree_; }
  [[nodiscard]] std::string top() const override { return "/top"; }
  void directory_at(std::string const& path) override { REQUIRE(tree_->add_directory("/top/" + path)); }
  void file_at(std::string const& path, std::string const& content) override {
    REQUIRE(tree_->add_file("/top/" + path, content));
  }
  void link_at(std::string const& path, std::string const& target) override {
    REQUIRE(tree_->add_link("/top/" + path, target));
  }
  void node_at(std::string const& path, mode_t mode) override { REQUIRE(tree_->add_node("/top/" + path, mode)); }
  void second_name(std::string const& path, std::string const& existing) override {
    REQUIRE(tree_->add_hard_link("/top/" + path, "/top/" + existing));
  }
  void remove(std::string const& path) override { REQUIRE(tree_->remove("/top/" + path)); }
  [[nodiscard]] memory_tree& inside() noexcept { return *tree_; }

 private:
  std::shared_ptr<memory_tree> tree_ = std::make_shared<memory_tree>();
};

[[nodiscard]] inline leaf_name leaf(std::string_view text) {
  auto made = leaf_name::make(text);
  REQUIRE(made);
  return *made;
}

// Runs `what` without root's power over files (which belongs to a thread). Without root it is just run.
template <class What>
void as_nobody(What what) {
  std::thread{[&] {
    ::setfsgid(65534);
    ::setfsuid(65534);
    what();
  }}.join();
}

// All bytes of an open file, read in pieces of that size.
[[nodiscard]] inline std::string content_of(file& from, std::size_t piece = 3) {
  std::string all;
  std::vector<std::byte> buffer(piece);
  for (;;) {
    auto const got = from.read(buffer);
    REQUIRE(got);
    if (*got == 0) return all;
    all.append(reinterpret_cast<char const*>(buffer.data()), *got);
  }
}

}  // namespace volsync::fs::test
