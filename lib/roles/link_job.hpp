// Gives members of hard-link groups their names, once their groups' leaders are what they should be.
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
  std::shared_ptr<std::string const> leader;  // path below the destination
  bool is_new = false;                        // whatever was there is gone, or counts as gone
};

struct linked {
  enum class how : std::uint8_t { made, in_place, left, failed };  // left: by --existing
  how what = how::made;
  std::uint32_t member = 0;     // which task
  flist::item_flags flags = 0;  // of its record
};

class link_job final : public job {
 public:
  link_job(std::shared_ptr<examine_context const> context, std::vector<link_task> members)
      : context_{std::move(context)}, members_{std::move(members)} {}
  void step() override;

  // Between steps.
  [[nodiscard]] std::vector<linked> take_outcomes() { return std::exchange(outcomes_, {}); }
  [[nodiscard]] std::vector<event> take_events() { return std::exchange(events_, {}); }
  [[nodiscard]] std::vector<std::string> take_touched() { return std::exchange(touched_, {}); }
  [[nodiscard]] std::vector<link_task> const& members() const noexcept { return members_; }
  // Entries removed to make way for links.
  [[nodiscard]] entry_counts take_removed() { return std::exchange(removed_, {}); }

 private:
  struct place {
    directory const& in;
    leaf_name const& name;
  };
  [[nodiscard]] linked link(link_task const& member);
  [[nodiscard]] bool replace(place const& at, place const& from, std::string const& path, flist::entry const& e,
                             file_status const* there);
  void problem(std::string const& path, std::string step, error_code why);

  std::shared_ptr<examine_context const> context_;
  std::vector<link_task> members_;
  std::uint32_t at_ = 0;
  std::vector<linked> outcomes_;
  std::vector<event> events_;
  std::vector<std::string> touched_;
  entry_counts removed_;
};

}  // namespace volsync::roles
