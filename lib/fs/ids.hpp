// Names of users and groups on this host.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace volsync::fs {

// Remembers what it looked up. Any thread.
class id_names {
 public:
  // Empty if the id has no name, or one longer than 255 bytes.
  [[nodiscard]] std::string user(std::uint32_t id);
  [[nodiscard]] std::string group(std::uint32_t id);

 private:
  std::mutex lock_;
  std::unordered_map<std::uint32_t, std::string> users_, groups_;
};

}  // namespace volsync::fs
