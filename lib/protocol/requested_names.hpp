// Which names a sender may list: those that were asked for, and that our own rules do not hide.
//
// The peer expanded wildcards and applied the rules; this asks again, so that a peer who sends more cannot write here.
// Source: what rsync 3.5.0 refuses, lib/protocol/README.md, names that a sender may list.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "volsync/options.hpp"

#include "filter/rules.hpp"

namespace volsync::protocol {

class requested_names {
 public:
  enum class verdict : std::uint8_t { fine, unrequested, excluded };

  // operands: paths as typed, without the module of a daemon. rules: those that the sender was told of, in their order;
  // null: none. Names are not compared with the operands under --old-args, where the remote shell may make anything of
  // them.
  requested_names(std::vector<std::string> const& operands, options const& what,
                  std::shared_ptr<filter::rule_set const> rules);

  // path: of a list, below the transfer root; "." is that root itself.
  [[nodiscard]] verdict judge(std::string_view path, bool is_directory) const;

 private:
  struct pattern {
    std::vector<std::string> components;  // empty: anything
    bool wild = false;
  };
  [[nodiscard]] bool asked_for(std::string_view path, bool is_directory) const;

  bool relative_ = false;
  bool any_name_ = false;  // the content of a directory was asked for
  std::vector<pattern> patterns_;
  std::shared_ptr<filter::rule_set const> rules_;
};

// The rules of a client as far as it can tell what they mean at the sender: a rule file that only the sender has, or a
// rule about the sender's absolute paths, could let any name in, so what stands behind the first of these is left out.
[[nodiscard]] std::shared_ptr<filter::rule_set const> rules_known_here(filter::rule_set const& all);

}  // namespace volsync::protocol
