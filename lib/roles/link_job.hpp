// Gives members of a hard-link group their names, once the group's leader is what it should be.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "roles/examine_job.hpp"

namespace volsync::roles {

// One member: an entry of a list.
struct link_task {
  std::shared_ptr<received_list const> list;
  std::uint32_t position = 0;
};

struct linked {
  enum class how : std::uint8_t { made, in_place, failed };
  how what = how::made;
  std::uint32_t member = 0;              // which task
  flist::item_flags flags = 0;           // of its record
};

class link_job final : public job {
 public:
  // leader: path below the destination.
  link_job(std::shared_ptr<examine_context const> context, std::string leader, std::vector<link_task> members)
      : context_{std::move(context)}, leader_{std::move(leader)}, members_{std::move(members)} {}
  void step() override;

  // Between steps.
  [[nodiscard]] std::vector<linked> take_outcomes() { return std::exchange(outcomes_, {}); }
  [[nodiscard]] std::vector<event> take_events() { return std::exchange(events_, {}); }
  [[nodiscard]] std::vector<std::string> take_touched() { return std::exchange(touched_, {}); }
  [[nodiscard]] std::vector<link_task> const& members() const noexcept { return members_; }
  [[nodiscard]] std::string const& leader() const noexcept { return leader_; }

 private:
  [[nodiscard]] linked link(link_task const& member);
  [[nodiscard]] bool replace(directory const& in, leaf_name const& name, directory const& from, leaf_name const& leader,
                             std::string const& path, file_status const* there);
  void problem(std::string const& path, std::string step, error_code why);

  std::shared_ptr<examine_context const> context_;
  std::string leader_;
  std::vector<link_task> members_;
  std::uint32_t at_ = 0;
  std::vector<linked> outcomes_;
  std::vector<event> events_;
  std::vector<std::string> touched_;
};

}  // namespace volsync::roles
