// A receiving session over a tree in memory, whose jobs run at once: what its tests and its fuzz target share.
#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filter/command_line.hpp"

#include "fs/memory_tree.hpp"

#include "protocol/receiving_session.hpp"
#include "protocol/server_args.hpp"

namespace volsync::protocol {

// Everything below a directory, a line for each name: path, mode, time, and content or target.
inline void list_tree(directory const& where, std::string const& path, std::string& to) {
  std::vector<directory_entry> children;
  if (!where.read(children)) return;
  std::sort(children.begin(), children.end(), [](auto const& a, auto const& b) { return a.name < b.name; });
  for (auto const& child : children) {
    auto const name = leaf_name::make(child.name);
    if (!name) continue;
    auto const status = where.status_of(*name);
    if (!status) continue;
    std::string const full = path + "/" + child.name;
    to += full + " " + std::to_string(status->mode) + " " + std::to_string(status->mtime) + " " +
          std::to_string(status->link_count) + " ";
    if (S_ISLNK(status->mode)) {
      to += where.read_link(*name).value_or("?");
    } else if (S_ISREG(status->mode)) {
      std::string content(static_cast<std::size_t>(status->size), '\0');
      auto const opened = where.open_file(*name);
      if (opened) static_cast<void>((*opened)->read_at(0, std::as_writable_bytes(std::span{content})));
      to += content;
    }
    to += "\n";
    if (!S_ISDIR(status->mode)) continue;
    if (auto const below = where.open_directory(*name)) list_tree(**below, full, to);
  }
}

// What the golden sessions were recorded with.
inline options golden_options(std::string_view name) {
  options o;
  o.recurse = o.links = o.times = true;
  bool const archive = name.find("unreadable") == name.npos;
  o.perms = o.group = o.owner = o.devices = o.specials = archive;
  o.hard_links = name.find("links") != name.npos || name.find("types") != name.npos;
  if (name.find("delete") != name.npos) o.deletion = delete_mode::automatic;
  bool const incremental = name.find("incremental") != name.npos || name.find("delta") != name.npos ||
                           name.find("delete") != name.npos || name.find("unreadable") != name.npos;
  o.inc_recursive = incremental;
  o.numeric_ids = name.find("numeric") != name.npos;
  o.protocol = name.starts_with("p30") ? 30 : name.starts_with("p31") ? 31 : 32;
  o.checksum_seed = 1;
  return o;
}

inline std::string counted_lines(int count, int changed = -1) {
  std::string made;
  for (int i = 0; i < count; ++i) {
    std::string number = std::to_string(i);
    number.insert(0, 4 - number.size(), '0');
    made += i == changed ? "CHANGED\n" : "line " + number + "\n";
  }
  return made;
}

// The destinations of the golden sessions: "/to", and something beside it.
inline std::shared_ptr<fs::memory_tree> golden_destination(std::string_view name) {
  auto files = std::make_shared<fs::memory_tree>();
  files->add_directory("/to");
  files->add_file("/beside", "not yours");
  auto const dated = [&files](std::string const& path, std::string content) {
    files->add_file(path, std::move(content));
    files->edit(path, [](file_status& s) { s.mtime = 1714979289; });
  };
  if (name.find("delta") != name.npos) {
    dated("/to/grown", counted_lines(200));
    dated("/to/same", counted_lines(20));
    dated("/to/now-empty", "was not");
  }
  if (name.find("delete") != name.npos) {
    dated("/to/one", "first\n");
    dated("/to/two", "second\n");
    files->edit("/to/two", [](file_status& s) { s.mtime += 5; });
    dated("/to/dir/three", "");
    files->edit("/to/dir/three", [](file_status& s) { s.mode = S_IFREG | 0755; });
    files->add_link("/to/link", "one");
    files->add_file("/to/gone", "");
    files->add_file("/to/kept.o", "");
    files->add_file("/to/gone-dir/inner", "");
  }
  return files;
}

struct receiving_play {
  std::shared_ptr<fs::memory_tree> files;
  std::vector<event> events;
  bytes said;
  std::unique_ptr<receiving_session> session;

  receiving_play(options const& o, bool server, std::shared_ptr<fs::memory_tree> over,
                 std::shared_ptr<requested_names const> expected = nullptr)
      : files{std::move(over)} {
    receiving_setup setup;
    setup.options = o;
    setup.we_are_server = server;
    setup.handshake.server = server;
    setup.handshake.protocol = o.protocol;
    setup.handshake.may_recurse_incrementally = allows_incremental_recursion(o, false);
    if (server) setup.handshake.client_letters = o.inc_recursive ? ".iLsfxCIvu" : ".LsfxCIvu";
    setup.handshake.seed = o.checksum_seed;
    setup.filter = std::make_shared<filter::rule_set const>();
    setup.compile = [](std::vector<filter::wire_rule> const& rules, std::string& text) {
      return filter::compile_received(rules, options{}, {}, text);
    };
    setup.files = files;
    setup.destination = "/to";
    setup.expected = std::move(expected);
    setup.here.as_root = true;
    session =
        std::make_unique<receiving_session>(std::move(setup), [this](event&& e) { events.push_back(std::move(e)); });
  }

  // Everything that can be done before more is heard.
  [[nodiscard]] result<void> settle() {
    for (bool moved = true; moved && !session->fatal();) {
      moved = false;
      while (auto job = session->next_job()) {
        job->step();
        session->take(std::move(job));
        moved = true;
      }
      if (auto const done = session->advance(1 << 20); !done) return done.error();
      if (bytes const more = session->take_output(); !more.empty()) {
        append(said, more);
        moved = true;
      }
    }
    return {};
  }
  // An allocation of exactly the input's size, so that an overread is seen.
  [[nodiscard]] result<void> hear(byte_view input) {
    bytes const exact(input.begin(), input.end());
    if (auto const taken = session->take_input(exact); !taken) return taken.error();
    return settle();
  }
  [[nodiscard]] std::string tree() const {
    std::string made;
    if (auto const root = files->open_root("/")) list_tree(**root, "", made);
    return made;
  }
};

}  // namespace volsync::protocol
