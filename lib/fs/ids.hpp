// Names of users and groups on this host.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace volsync::fs {

// Remembers what it looked up. Any thread.
class id_names {
 public:
  // Empty if the id has no name, or one longer than 255 bytes.
  [[nodiscard]] std::string user(std::uint32_t id);
  [[nodiscard]] std::string group(std::uint32_t id);
  // The id of a name; nothing: no such name here.
  [[nodiscard]] std::optional<std::uint32_t> user_id(std::string const& name);
  [[nodiscard]] std::optional<std::uint32_t> group_id(std::string const& name);

 private:
  std::mutex lock_;
  std::unordered_map<std::uint32_t, std::string> users_, groups_;
  std::unordered_map<std::string, std::optional<std::uint32_t>> user_ids_, group_ids_;
};

// Whether this process acts as root, and whether it may give files to a group without being root.
[[nodiscard]] bool is_root() noexcept;
[[nodiscard]] bool is_member(std::uint32_t group);

}  // namespace volsync::fs
