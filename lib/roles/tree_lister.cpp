// Listing over a real (or any other) tree.
#include "roles/tree_lister.hpp"

#include <algorithm>
#include <iterator>

namespace volsync::roles {
namespace {

constexpr std::size_t entries_a_step = 1024;
constexpr std::int64_t opening_costs = 4096;  // bytes that a file counts for, however small

class lister final : public directory_lister {
 public:
  lister(fs::source_roots& roots, lister_options const& how, scan_target what)
      : roots_{roots}, how_{how}, what_{std::move(what)} {}

  bool step(scanned& into) override {
    if (!into.list) {
      into.list = std::make_shared<flist::list>();
      for (auto const& each : what_.planned) append_planned(into, each, what_.path, how_.hard_links);
    }
    while (place_ < what_.places.size() && into.fatal.empty()) {
      if (!list_place(into)) return true;
    }
    into.list->finish(flist::ndx{0});
    return false;
  }

 private:
  // One step of the current place; true when it is complete.
  bool list_place(scanned& into) {
    scan_place const& place = what_.places[place_];
    if (!scan_) {
      scan_.emplace(roots_, how_.scan, place.root, what_.path, place.rules, place.device);
      parent_ = into.list->add_parent(what_.path, place.root);
      more_ = true;
    }
    if (at_ == found_.size()) {
      found_.clear();
      at_ = 0;
      if (more_) more_ = scan_->step(found_, entries_a_step);
    }
    std::int64_t budget = digested_a_step;
    while (at_ < found_.size() && budget > 0 && append_found(into, place, found_[at_], budget)) ++at_;
    if (at_ < found_.size() || more_) return false;
    for (auto const& each : scan_->problems()) note_problem(into, each, place.root, roots_);
    into.fatal = scan_->failure();
    scan_.reset();
    ++place_;
    return true;
  }

  // False: its digest takes another step.
  bool append_found(scanned& into, scan_place const& place, fs::scanned_entry const& found, std::int64_t& budget) {
    bool const is_directory = S_ISDIR(found.status.mode);
    bool const has_content = is_directory && place.recurse && !found.mount_point;
    std::string digest;
    if (how_.digest && S_ISREG(found.status.mode)) {
      if (!digest_) digest_.emplace(roots_, place.root, what_.path, found.name, *how_.digest);
      if (!digest_->step(budget)) return false;
      digest = digest_->take();
      digest_.reset();
    }
    auto const flags = is_directory && !has_content ? flist::entry_flags::no_content : flist::entry_flags::none;
    auto const slot = append_scanned(into, found, parent_, digest, flags, how_.hard_links);
    if (is_directory) {
      into.children.push_back({slot, {place.root, scan_->rules(), place.device, place.recurse}, has_content});
    }
    return true;
  }

  fs::source_roots& roots_;
  lister_options how_;
  scan_target what_;
  std::size_t place_ = 0;
  std::optional<fs::directory_scan> scan_;
  std::uint32_t parent_ = 0;
  bool more_ = false;
  std::vector<fs::scanned_entry> found_;
  std::size_t at_ = 0;
  std::optional<content_digest> digest_;  // of found_[at_]
};

}  // namespace

std::unique_ptr<directory_lister> tree_lister::list(scan_target const& what) const {
  return std::make_unique<lister>(*roots_, how_, what);
}

flist::entry make_entry(file_status const& status) noexcept {
  flist::entry e;
  e.mode = status.mode;
  e.uid = status.uid;
  e.gid = status.gid;
  e.mtime = status.mtime;
  e.mtime_ns = status.mtime_ns;
  e.size = e.is_device() ? static_cast<std::int64_t>(status.rdev) : e.is_special() ? 0 : status.size;
  return e;
}

flist::slot append_scanned(scanned& into, fs::scanned_entry const& found, std::uint32_t parent, std::string_view digest,
                           flist::entry_flags flags, bool hard_links) {
  flist::entry e = make_entry(found.status);
  e.parent = parent;
  e.flags = flags;
  auto const slot = into.list->append(e, found.name, e.is_symlink() ? std::string_view{found.link} : digest);
  if (hard_links && !e.is_directory() && found.status.link_count > 1) {
    into.links.push_back({slot, found.status.device, found.status.inode});
  }
  return slot;
}

void append_planned(scanned& into, planned_entry const& what, std::string const& parent, bool hard_links) {
  flist::entry e = what.what;
  e.parent = into.list->add_parent(parent, what.root);
  auto const slot = into.list->append(e, what.name, what.link);
  if (hard_links && what.inode != 0) into.links.push_back({slot, what.device, what.inode});
  if (e.is_directory() && what.content) into.children.push_back({slot, *what.content, true});
}

content_digest::content_digest(fs::source_roots& roots, std::uint16_t root, std::string const& parent,
                               std::string const& name, checksum::algorithm which)
    : which_{which}, whole_{which} {
  auto opened = roots.open_file(root, parent, name);
  auto const status = opened ? (*opened)->status() : result<file_status>{opened.error()};
  if (!status) return;
  source_ = std::move(*opened);
  left_ = status->size;
}

bool content_digest::step(std::int64_t& budget) {
  budget -= opening_costs;
  if (source_) buffer_.resize(static_cast<std::size_t>(std::clamp<std::int64_t>(left_, 0, 256 << 10)));
  while (source_ && left_ > 0) {
    if (budget <= 0) return false;
    auto const wanted = static_cast<std::size_t>(std::min<std::int64_t>(left_, std::ssize(buffer_)));
    auto const got = source_->read(std::span{buffer_}.first(wanted));
    if (!got) source_.reset();
    if (!got || *got == 0) return true;
    whole_.update(std::span{buffer_}.first(*got));
    budget -= static_cast<std::int64_t>(*got);
    left_ -= static_cast<std::int64_t>(*got);
  }
  return true;
}

std::string content_digest::take() {
  if (!source_) return std::string(checksum::digest_length(which_), '\0');
  return std::string{as_text(whole_.finish().view())};
}

void note_problem(scanned& into, fs::scan_problem const& what, std::uint16_t root, fs::source_roots const& roots) {
  if (what.counts) into.io_error |= what.vanished ? io_error_vanished : io_error_general;
  if (!what.target.empty()) {
    std::string text = what.step + (" \"" + what.path) + "\" -> \"" + what.target + "\"";
    into.events.push_back(message{message::level::info, std::move(text), false});
    return;
  }
  std::string const path = roots.full_path(root, what.path);
  if (std::string_view{what.step}.starts_with("refusing")) {
    into.events.push_back(message{message::level::error, std::string{what.step} + ": \"" + path + "\"", false});
    return;
  }
  if (std::string_view{what.step} == "symlink has no referent") {
    into.events.push_back(message{message::level::error, "symlink has no referent: \"" + path + "\"", false});
    return;
  }
  if (std::string_view{what.step} == "filename overflows max-path len") {
    std::string const by = std::to_string(what.path.size() - 4095);
    into.events.push_back(message{message::level::error, what.step + (" by " + by) + ": " + what.path, false});
    return;
  }
  problem said;
  said.path = path;
  // The content of an argument is read through its ".", and rsync says so.
  if (what.path.empty() && what.directory && !what.vanished) said.path += "/.";
  said.step = what.step;
  said.error = what.why.value();
  said.vanished = what.vanished;
  said.directory = what.directory;
  into.events.push_back(std::move(said));
}

}  // namespace volsync::roles
