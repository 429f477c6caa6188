// Events to lines. What is printed depends on the --info levels and the output format; how, the room's other files.
//
// Invariant: half_line_ says that the last text on standard output ended inside a line (progress, "building file
// list ... "). Whatever comes next begins with a newline then, on the stream it goes to itself, as rsync does.
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <volsync/format.hpp>

#include "flist/item_flags.hpp"

#include "text/info_words.hpp"
#include "text/itemize.hpp"
#include "text/out_format.hpp"
#include "text/progress_meter.hpp"
#include "text/sentences.hpp"

namespace volsync {
namespace {

using text::info;
namespace flag = flist::item;

[[nodiscard]] text::number_style style_of(options const& what, format_settings const& settings) {
  return {what.human_readable, settings.decimal_comma};
}

// -i is a format of its own; a given one wins.
[[nodiscard]] std::string format_of(options const& what) {
  if (!what.out_format.empty()) return what.out_format;
  return what.itemize > 0 ? "%i %n%L" : "%n%L";
}

}  // namespace

class text_formatter::state {
 public:
  state(options const& what, format_settings settings)
      : options_{what},
        settings_{std::move(settings)},
        levels_{what},
        style_{style_of(what, settings_)},
        line_{format_of(what)},
        has_format_{what.itemize > 0 || !what.out_format.empty()},
        shows_progress_{settings_.show_progress} {
    if (what.eight_bit_output) settings_.names = charset::raw;
  }

  formatted format(event const& what, time_point now, std::int64_t clock) {
    made_ = {};
    clock_ = clock;
    std::visit([this, now](auto const& each) { on(each, now); }, what);
    return std::exchange(made_, {});
  }

  void show_progress(bool show) noexcept { shows_progress_ = show; }

 private:
  void on(item const& what, time_point) {
    if (what.what == item::action::list) return out(text::list_line(what, style_));
    if (what.what == item::action::remove) return on_removal(what);
    if (wants(what)) out(line_.spell(what, facts()));
  }

  void on_removal(item const& what) {
    if (line_.has('i') || line_.has('o')) return out(line_.spell(what, facts()));
    if (levels_[info::del] || levels_[info::name] || has_format_) out("deleting " + text::shown_name(what));
  }

  // With %i every entry that differs is shown; without it only what is made or sent, and directories that change.
  [[nodiscard]] bool wants(item const& what) const {
    if (!has_format_ && !levels_[info::name]) return false;
    bool const linked = what.hard_link && !what.link.empty();  // now; a symbolic link has a target, too
    bool const differs = (what.flags & flag::significant) != 0 || linked;
    if (line_.has('i')) return differs || options_.itemize > 1 || levels_.at(info::name) > 1;
    bool const made = (what.flags & (flag::local_change | flag::transfer)) != 0;
    return differs && (made || S_ISDIR(what.mode));
  }

  void on(progress const& what, time_point now) {
    if (levels_.at(info::progress) == 0 || !shows_progress_ || options_.quiet) return;
    if (levels_.at(info::progress) > 1) {
      whole_run_line(what, now);
    } else {
      file_line(what, now);
    }
  }

  void file_line(progress const& what, time_point now) {
    if (what.name != file_) meter_.restart();
    file_ = what.name;
    if (!meter_.due(now, what.finished)) return;
    // rsync reports a file's first block even where it is the only one.
    bool const only = what.finished && meter_.fresh();
    if (only) put_progress(text::progress_line(meter_.update(what.done, what.size, false, now), style_) + "  ");
    put_progress(text::progress_line(meter_.update(what.done, what.size, what.finished, now), style_));
    if (what.finished) {
      target() += count_of(what) + "\n";
      file_.clear();
      half_line_ = false;
      meter_.restart();
    } else {
      target() += "  ";
    }
  }

  void whole_run_line(progress const& what, time_point now) {
    if (!meter_.due(now, what.finished)) return;
    text::progress_figures const figures = meter_.update(what.total_done, what.total_size, false, now);
    put_progress(text::progress_line(figures, style_) + (what.finished ? count_of(what) : "  "));
  }

  // --info=progress2 ends with what the whole run did.
  void put_whole_run(report const& what, time_point now) {
    if (levels_.at(info::progress) < 2 || !shows_progress_ || options_.quiet) return;
    text::progress_figures const figures = meter_.update(what.transferred_size, what.total_size, false, now);
    put_progress(text::progress_line(figures, style_) +
                 text::transfer_count(what.transferred_files, 0, what.files.total(), true));
  }

  void put_progress(std::string const& line) {
    target() += "\r" + line;
    half_line_ = true;
  }

  [[nodiscard]] static std::string count_of(progress const& what) {
    return text::transfer_count(what.transfers, what.to_check, what.entries, what.list_complete);
  }

  void on(message const& what, time_point) {
    switch (what.what) {
      case message::level::info:
        return out(what.text);
      case message::level::warning:
      case message::level::error:
        return err(what.text);
      case message::level::remote_error:
        break;
    }
    end_half_line(made_.err);
    made_.err += what.text;
  }

  void on(problem const& what, time_point) { err(text::problem_line(what)); }

  void on(phase const& what, time_point) {
    if (!levels_[info::flist] || options_.quiet || !lists_directories()) return;
    switch (what.what) {
      case phase::step::connected:
        break;
      case phase::step::list_started:
        if (what.incremental) {
          out(settings_.sending ? "sending incremental file list" : "receiving incremental file list");
        } else {
          list_started();
        }
        break;
      case phase::step::list_complete:
        if (!what.incremental) list_complete(what.entries);
        break;
    }
  }

  // rsync has no word to say about a list of plain files.
  [[nodiscard]] bool lists_directories() const {
    return options_.recurse || options_.dirs.value_or(options_.list_only || options_.files_from.has_value());
  }

  void list_started() {
    target() += settings_.sending ? "building file list ... " : "receiving file list ... ";
    half_line_ = true;
  }

  void list_complete(std::int64_t entries) {
    half_line_ = false;
    if (levels_.at(info::flist) > 1) {
      if (entries != 0 && settings_.sending) target() += "\n 0 files...\r";
      target() += std::to_string(entries) + (entries == 1 ? " file to consider\n" : " files to consider\n");
    } else {
      target() += "done\n";
    }
  }

  void on(finished const& what, time_point now) {
    if (keeps_figures(what.code) && !what.no_session) {
      put_whole_run(what.result, now);
      end_half_line(target());
      put_figures(what.result);
    }
    std::string_view before = what.text.starts_with("rsync: ") ? "" : "rsync: ";
    for_each_line(what.text, [&](std::string_view line) { err(std::string{std::exchange(before, "")}.append(line)); });
    end_half_line(made_.err);
    if (what.code == exit_code::success || what.peer_told) return;
    made_.err += final_line(what.code, settings_.sending ? "sender" : "receiver", settings_.version);
  }

  // The codes with which a run reaches its end.
  [[nodiscard]] static bool keeps_figures(exit_code code) {
    return code == exit_code::success || code == exit_code::partial || code == exit_code::vanished ||
           code == exit_code::delete_limit;
  }

  void put_figures(report const& what) {
    if (options_.quiet) return;
    report shown = what;
    shown.dry_run = shown.dry_run || options_.dry_run;
    if (levels_.at(info::stats) > 1) target() += text::stats_block(shown, style_);
    if (levels_[info::stats]) target() += text::summary(shown, style_);
  }

  template <class Function>
  static void for_each_line(std::string_view text, Function&& function) {
    while (!text.empty()) {
      std::size_t const end = std::min(text.find('\n'), text.size());
      function(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  [[nodiscard]] text::format_facts facts() const {
    return {clock_, settings_.process_id, options_.times, options_.group, settings_.decimal_comma};
  }

  // Where text for standard output goes.
  [[nodiscard]] std::string& target() {
    return options_.errors_to == options::stderr_mode::all ? made_.err : made_.out;
  }

  void end_half_line(std::string& on_stream) {
    if (std::exchange(half_line_, false)) on_stream += "\n";
  }

  void out(std::string_view line) {
    if (!options_.quiet) put(target(), line);
  }
  void err(std::string_view line) { put(made_.err, line); }

  void put(std::string& to, std::string_view line) {
    end_half_line(to);
    to += escaped(line, settings_.names) + "\n";
  }

  options options_;
  format_settings settings_;
  text::info_levels levels_;
  text::number_style style_;
  text::out_format line_;
  bool has_format_;
  bool shows_progress_;
  formatted made_;
  std::int64_t clock_ = 0;
  bool half_line_ = false;
  std::string file_;  // of the last per-file progress line
  text::progress_meter meter_;
};

text_formatter::text_formatter(options const& what, format_settings settings)
    : state_{std::make_unique<state>(what, std::move(settings))} {}
text_formatter::~text_formatter() = default;
text_formatter::text_formatter(text_formatter&&) noexcept = default;
text_formatter& text_formatter::operator=(text_formatter&&) noexcept = default;

formatted text_formatter::format(event const& what, time_point now, std::int64_t clock) {
  return state_->format(what, now, clock);
}

void text_formatter::show_progress(bool show) noexcept { state_->show_progress(show); }

}  // namespace volsync
