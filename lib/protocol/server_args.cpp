// Words of the remote command in rsync's order. The order is observable (batch scripts and forced commands match it),
// so each group below stands where stock 3.5.0 writes it.
#include "protocol/server_args.hpp"

#include <algorithm>
#include <cstdint>

#include "text/info_words.hpp"
#include "text/out_format.hpp"

namespace volsync::protocol {
namespace {

constexpr std::string_view shell_characters = "!#$&;|<>(){}\"'` \t\n\r\\";
constexpr std::string_view wildcards = "*?[]";
constexpr int lowest_with_letters = 30;  // older servers take no `e` value

[[nodiscard]] bool contains(std::string_view set, char c) noexcept { return set.find(c) != std::string_view::npos; }

// A word and how much of it is the user's text.
struct word {
  std::string text;
  enum class quoting : std::uint8_t {
    none,    // ours
    value,   // all of it, or what follows the first '='
    remote,  // a -M word: as value, but raw with --old-args
    path,
  } how = quoting::none;
};

class word_list {
 public:
  void add(std::string text) { words_.push_back({std::move(text)}); }
  void add_if(bool condition, std::string_view text) {
    if (condition) words_.push_back({std::string{text}});
  }
  void add_number(std::string_view name, std::int64_t value) { add(std::string{name} + std::to_string(value)); }
  void add_value(std::string text) { words_.push_back({std::move(text), word::quoting::value}); }
  void add_remote(std::string text) { words_.push_back({std::move(text), word::quoting::remote}); }
  void add_path(std::string text) { words_.push_back({std::move(text), word::quoting::path}); }
  [[nodiscard]] std::vector<word> take() { return std::move(words_); }

 private:
  std::vector<word> words_;
};

// -q asks for nothing, but the count of -v still travels.
void add_verbosity(std::string& cluster, options const& what) {
  constexpr int most = 9;  // rsync sends no more
  cluster.append(static_cast<std::size_t>(std::clamp(what.verbose, 0, most)), 'v');
  if (what.quiet) cluster += 'q';
}

[[nodiscard]] bool is_whole_file(options const& what) {
  std::string_view const first = std::string_view{what.checksum_choice}.substr(0, what.checksum_choice.find(','));
  return what.whole_file.value_or(false) || first == "none";  // no digest: no blocks
}

// Whether the letter `d` travels. A list of names implies -d silently, unless the receiver has to know it to delete.
[[nodiscard]] bool tells_dirs(options const& what, bool push) {
  bool const listed = what.files_from.has_value() && !what.dirs && !what.list_only;
  return transfers_dirs(what) && (!listed || (push && what.deletion != delete_mode::none));
}

[[nodiscard]] std::string make_cluster(options const& what, bool push, std::string_view letters) {
  std::string cluster = "-";
  auto const put = [&cluster](bool condition, char letter) {
    if (condition) cluster += letter;
  };
  put(what.secluded_args, 's');
  add_verbosity(cluster, what);
  put(what.update, 'u');
  put(what.dry_run, 'n');
  put(what.links, 'l');
  put(tells_dirs(what, push), 'd');
  put(push && what.keep_dirlinks, 'K');
  put(push && what.omit_dir_times, 'O');
  put(push && what.omit_link_times, 'J');
  put(!push && what.copy_links, 'L');
  put(!push && what.copy_dirlinks, 'k');
  put(is_whole_file(what), 'W');
  put(what.hard_links, 'H');
  put(what.owner, 'o');
  put(what.group, 'g');
  put(what.devices, 'D');
  put(what.times, 't');
  put(what.perms, 'p');
  put(push && what.executability && !what.perms, 'E');
  put(what.recurse, 'r');
  put(what.checksum, 'c');
  put(what.cvs_exclude, 'C');
  put(what.ignore_times, 'I');
  put(what.relative, 'R');
  put(what.one_file_system > 0, 'x');
  put(what.one_file_system > 1, 'x');
  put(what.sparse, 'S');
  if (what.protocol >= lowest_with_letters && !letters.empty()) cluster.append("e").append(letters);
  return cluster;
}

// What the receiver shall report back: `X` when only names are wanted, so that it does not print them itself.
void add_log_format(word_list& words, options const& what) {
  text::out_format const given{what.out_format};
  bool const own = !what.out_format.empty();
  bool const names = text::info_levels{what}[text::info::name];
  if (own ? given.has('i') : what.itemize > 0) {
    words.add(what.itemize > 1 ? "--log-format=%i%I" : "--log-format=%i");
  } else if (given.has('o')) {
    words.add("--log-format=%o");
  } else if ((own || names) && what.verbose == 0) {
    words.add("--log-format=X");
  }
}

[[nodiscard]] std::int64_t kilobytes(std::int64_t bytes_per_second) {
  return std::max<std::int64_t>(1, (bytes_per_second + 512) / 1024);
}

void add_deletion(word_list& words, options const& what) {
  switch (what.deletion) {
    case delete_mode::none:
      break;
    case delete_mode::automatic:
      words.add_if(!what.delete_excluded, "--delete");
      break;
    case delete_mode::before:
      words.add("--delete-before");
      break;
    case delete_mode::during:
      words.add("--delete-during");
      break;
    case delete_mode::delay:
      words.add("--delete-delay");
      break;
    case delete_mode::after:
      words.add("--delete-after");
      break;
  }
  words.add_if(what.delete_excluded, "--delete-excluded");
}

void add_receiver_limits(word_list& words, options const& what) {
  if (what.max_delete) words.add_number("--max-delete=", *what.max_delete > 0 ? *what.max_delete : -1);
  if (what.min_size) words.add_number("--min-size=", *what.min_size);
  if (what.max_size) words.add_number("--max-size=", *what.max_size);
  add_deletion(words, what);
  words.add_if(what.force, "--force");
  words.add_if(what.size_only, "--size-only");
  words.add_if(what.stats, "--stats");
}

void add_modify_window(word_list& words, options const& what) {
  if (!what.modify_window) return;
  words.add_number(*what.modify_window < 0 ? "-@" : "--modify-window=", *what.modify_window);
}

void add_partial(word_list& words, options const& what) {
  if (!what.partial_dir.empty()) {
    words.add("--partial-dir");
    words.add_value(what.partial_dir);
  }
  if (what.delay_updates) {
    words.add("--delay-updates");
  } else {
    words.add_if(what.partial && !what.inplace && what.partial_dir.empty(), "--partial");
  }
}

void add_files_from(word_list& words, options const& what, bool push) {
  if (!what.files_from) return;
  if (names_come_from_server(what)) {
    words.add("--files-from");
    words.add_value(what.files_from->substr(what.files_from->find(':') + 1));
    words.add_if(what.from0, "--from0");
  } else if (!push) {
    words.add("--files-from=-");
    words.add("--from0");
  } else {
    return;
  }
  words.add_if(!what.relative, "--no-relative");
}

void add_transfer_words(word_list& words, options const& what, bool push) {
  words.add_if(what.list_only, "--list-only");
  words.add_if(push && what.deletion != delete_mode::none && !what.recurse, "--no-r");
  words.add_if(what.devices && !what.specials, "--no-specials");
  words.add_if(!what.devices && what.specials, "--specials");
  if (push) add_log_format(words, what);
  words.add_if(what.errors_to == options::stderr_mode::all, "--msgs2stderr");
  words.add_if(what.errors_to == options::stderr_mode::client, "--no-msgs2stderr");
  if (what.block_size != 0) words.add_number("-B", what.block_size);
  if (what.timeout.count() > 0) words.add_number("--timeout=", what.timeout.count());
  if (what.bandwidth_limit > 0) words.add_number("--bwlimit=", kilobytes(what.bandwidth_limit));
  if (!what.checksum_choice.empty() && what.checksum_choice != "auto") {
    words.add_value("--checksum-choice=" + what.checksum_choice);
  }
  if (push) add_receiver_limits(words, what);
  if (push) add_modify_window(words, what);
  if (what.checksum_seed != 0) words.add_number("--checksum-seed=", what.checksum_seed);
  if (push) add_partial(words, what);
}

void add_remaining_words(word_list& words, options const& what, bool push) {
  words.add_if(what.ignore_errors, "--ignore-errors");
  words.add_if(what.copy_unsafe_links, "--copy-unsafe-links");
  words.add_if(what.safe_links, "--safe-links");
  words.add_if(what.numeric_ids, "--numeric-ids");
  words.add_if(push && what.ignore_existing, "--ignore-existing");
  words.add_if(push && what.existing, "--existing");
  if (push && !what.temp_dir.empty()) {
    words.add("--temp-dir");
    words.add_value(what.temp_dir);
  }
  words.add_if(push && what.fsync, "--fsync");
  if (std::string info = text::forwarded_info(what, push); !info.empty()) words.add(std::move(info));
  words.add_if(what.inplace, "--inplace");
  words.add_if(push && what.inplace && what.sparse && what.whole_file.has_value() && !*what.whole_file, "--no-W");
  add_files_from(words, what, push);
  words.add_if(what.relative && !what.implied_dirs, "--no-implied-dirs");
  words.add_if(push && what.preallocate, "--preallocate");
  words.add_if(push && what.mkpath, "--mkpath");
  for (std::string const& each : what.remote_options) words.add_remote(each);
}

struct command_words {
  std::vector<word> visible;  // "--server", perhaps "--sender", the cluster
  std::vector<word> rest;     // long options, ".", paths
};

[[nodiscard]] command_words make_words(options const& what, bool push, std::string_view letters,
                                       std::vector<std::string> const& paths) {
  word_list visible;
  visible.add("--server");
  visible.add_if(!push, "--sender");
  if (std::string cluster = make_cluster(what, push, letters); cluster != "-") visible.add(std::move(cluster));
  word_list rest;
  add_transfer_words(rest, what, push);
  add_remaining_words(rest, what, push);
  rest.add(".");
  for (std::string const& each : paths) rest.add_path(each.empty() ? "." : each);
  return {visible.take(), rest.take()};
}

// What follows the '=' of a long option, or all of it.
[[nodiscard]] std::string quoted_option(std::string_view text) {
  std::size_t const equals = text.find('=');
  bool const option = text.starts_with("--") && equals != std::string_view::npos;
  std::size_t const from = option ? equals + 1 : 0;
  return std::string{text.substr(0, from)} + quoted_value(text.substr(from));
}

[[nodiscard]] std::string quoted(word const& each, options const& what, bool push, addressee reader) {
  switch (each.how) {
    case word::quoting::none:
      break;
    case word::quoting::value:
      return what.old_args > 1 ? each.text : quoted_option(each.text);
    case word::quoting::remote:
      return what.old_args > 0 ? each.text : quoted_option(each.text);
    case word::quoting::path:
      return reader == addressee::daemon ? daemon_path(each.text, what) : quoted_path(each.text, what, push);
  }
  return each.text;
}

// A daemon takes the module's root as "module/".
void complete_modules(std::vector<word>& words) {
  for (word& each : words) {
    bool const is_path = each.how == word::quoting::path;
    if (is_path && each.text.find('/') == std::string::npos) each.text += '/';
  }
}

}  // namespace

bool transfers_dirs(options const& what) {
  return !what.recurse && what.dirs.value_or(what.list_only || what.files_from.has_value());
}

bool names_come_from_server(options const& what) {
  if (!what.files_from) return false;
  auto const colon = what.files_from->find(':');
  return colon != std::string::npos && colon < what.files_from->find('/');
}

bool allows_incremental_recursion(options const& what, bool we_are_sender) {
  if (!what.recurse || !what.inc_recursive || what.protocol < lowest_with_letters) return false;
  // These need the whole list at the receiving side, which speaks for itself when it is the server.
  bool const whole_list =
      what.deletion == delete_mode::before || what.deletion == delete_mode::after || what.delay_updates;
  return we_are_sender || !whole_list;
}

std::string compatibility_letters(options const& what, bool we_are_sender) {
  if (what.protocol < lowest_with_letters) return {};
  return allows_incremental_recursion(what, we_are_sender) ? ".iLsfxCIvu" : ".LsfxCIvu";
}

std::vector<std::string> make_server_args(options const& what, bool we_are_sender, std::string_view letters,
                                          std::vector<std::string> const& paths) {
  command_words const words = make_words(what, we_are_sender, letters, paths);
  std::vector<std::string> all;
  for (word const& each : words.visible) all.push_back(each.text);
  for (word const& each : words.rest) all.push_back(each.text);
  return all;
}

server_command make_server_command(options const& what, bool we_are_sender, std::string_view letters,
                                   std::vector<std::string> const& paths, addressee reader) {
  command_words words = make_words(what, we_are_sender, letters, paths);
  if (reader == addressee::daemon) complete_modules(words.rest);
  server_command made;
  for (word const& each : words.visible) made.words.push_back(each.text);
  if (!what.secluded_args) {
    for (word const& each : words.rest) made.words.push_back(quoted(each, what, we_are_sender, reader));
    return made;
  }
  // Source: lib/protocol/README.md, quoting and secluded arguments. No shell sees these: nothing is quoted.
  auto const put = [&made](std::string_view text) {
    append(made.first_input, as_bytes(text));
    made.first_input.push_back(std::byte{0});
  };
  put("rsync");
  for (word const& each : words.rest) {
    bool const to_daemon = reader == addressee::daemon && each.how == word::quoting::path;
    put(each.text.empty() ? "." : to_daemon ? daemon_path(each.text, what) : each.text);
  }
  made.first_input.push_back(std::byte{0});
  return made;
}

std::string quoted_value(std::string_view value) {
  std::string made;
  for (char const c : value) {
    if (contains(shell_characters, c) || contains(wildcards, c)) made += '\\';
    made += c;
  }
  return made;
}

std::string quoted_path(std::string_view path, options const& what, bool we_are_sender) {
  std::string made;
  if (path.starts_with('-')) made = "./";
  if (what.old_args > 0 || what.secluded_args) return made.append(path);
  bool const in_place =
      what.relative ? path.find("/./") != std::string_view::npos : path.find('/') != std::string_view::npos;
  if (!we_are_sender && path.starts_with('~') && !in_place) made += '\\';
  for (std::size_t i = 0; i < path.size(); ++i) {
    // A backslash that already quotes a wildcard does so on the other side as well.
    bool const quotes_wildcard = path[i] == '\\' && i + 1 < path.size() && contains(wildcards, path[i + 1]);
    if (contains(shell_characters, path[i]) && !quotes_wildcard) made += '\\';
    made += path[i];
  }
  return made;
}

std::string daemon_path(std::string_view path, options const& what) {
  std::string made{path.starts_with('-') ? "./" : ""};
  made.append(path);
  if (what.old_args > 0) return made;
  std::string const cut = ' ' + std::string{path.substr(0, path.find('/'))} + '/';
  for (std::size_t at = 0; (at = made.find(cut, at)) != std::string::npos; at += 3) made.replace(at, 1, "[ ]");
  return made;
}

}  // namespace volsync::protocol
