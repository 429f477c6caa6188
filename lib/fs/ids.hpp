// Names of users and groups on this host, and who this process is.
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
  // Nothing if the name is unknown here. A number is looked up as a name like any other.
  [[nodiscard]] std::optional<std::uint32_t> user_id(std::string const& name);
  [[nodiscard]] std::optional<std::uint32_t> group_id(std::string const& name);

 private:
  std::mutex lock_;
  std::unordered_map<std::uint32_t, std::string> users_, groups_;
  std::unordered_map<std::string, std::optional<std::uint32_t>> user_ids_, group_ids_;
};

// Whether this process may give files away and make devices: its effective user is 0.
[[nodiscard]] bool is_root() noexcept;
// Whether this process is of that group: its effective one or one of the supplementary ones, as they were when this was
// first asked. Any thread.
[[nodiscard]] bool is_member(std::uint32_t group);

}  // namespace volsync::fs
