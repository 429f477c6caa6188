// The table of options. A row's function is small enough to stand in the table itself.
#include "volsync/option_table.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "volsync/size.hpp"
#include <volsync/format.hpp>

namespace volsync::cli {
namespace {

using state = option_state;
using text = std::string_view;

void refuse(state& s, exit_code code, std::string message) {
  if (!s.refused) s.refused = make_refusal(code, message);
}

// --NAME=VALUE as an integer; a wrong one is refused in popt's words.
std::int64_t integer(state& s, text name, text value, std::int64_t low, std::int64_t high) {
  parsed_number const parsed = parse_integer(value, low, high);
  std::string const shown = "--" + std::string{name} + "=" + std::string{value};
  if (parsed.problem == number_problem::invalid) refuse(s, exit_code::syntax, shown + ": invalid numeric value");
  if (parsed.problem == number_problem::too_large || parsed.problem == number_problem::too_small) {
    refuse(s, exit_code::syntax, shown + ": number too large or too small");
  }
  return parsed.value;
}
std::int64_t integer(state& s, text name, text value) {
  return integer(s, name, value, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
}

std::int64_t size(state& s, text name, text value, char default_unit = 'b') {
  parsed_number const parsed = parse_size(value, default_unit);
  std::string const shown = "--" + std::string{name} + "=" + std::string{value};
  if (parsed.problem == number_problem::invalid) refuse(s, exit_code::syntax, shown + " is invalid");
  if (parsed.problem == number_problem::too_large) refuse(s, exit_code::syntax, shown + " is too large");
  return parsed.value;
}

void set_archive(state& s, text) {
  options& o = s.what;
  o.recurse = o.links = o.perms = o.times = o.group = o.owner = o.devices = o.specials = true;
}

void set_block_size(state& s, text value) {
  constexpr std::int64_t largest = 131072;  // what protocol 30 and later allow
  std::int64_t const bytes = size(s, "block-size", value);
  if (bytes > largest) {
    refuse(s, exit_code::syntax, "--block-size=" + std::string{value} + " is too large (max: 128.00K)");
    return;
  }
  s.what.block_size = static_cast<std::int32_t>(bytes);
}

void set_bandwidth(state& s, text value) {
  constexpr std::int64_t smallest = 512;
  std::int64_t const rate = size(s, "bwlimit", value, 'K');
  if (rate > 0 && rate < smallest) {
    refuse(s, exit_code::syntax, "--bwlimit=" + std::string{value} + " is too small (min: 512 or 0 for unlimited)");
  }
  s.what.bandwidth_limit = rate;
}

void set_delete_when(state& s, delete_mode mode) {
  delete_mode& now = s.what.deletion;
  auto const while_going = [](delete_mode m) { return m == delete_mode::during || m == delete_mode::delay; };
  bool const given = now != delete_mode::none && now != delete_mode::automatic;
  // Both of these look while the transfer goes on: the last one counts.
  if (given && now != mode && !(while_going(now) && while_going(mode))) s.second_delete = mode;
  now = mode;
}

void set_checksum_choice(state& s, text value) {
  constexpr std::array<text, 9> names{"auto", "xxh128", "xxh3", "xxh64", "xxhash", "md5", "md4", "sha1", "none"};
  auto const known = [&names](std::string name) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::size_t const comma = std::min(value.find(','), value.size());
  std::string const first{value.substr(0, comma)};
  std::string const second{value.substr(std::min(comma + 1, value.size()))};
  if (!known(first) || (comma < value.size() && !known(second))) {
    if (!s.refused) {
      s.refused = refusal{exit_code::unsupported,
                          "unknown checksum name: " + escaped(known(first) ? second : first, charset::ascii) + "\n" +
                              final_line(exit_code::unsupported, "client", program_version)};
    }
    return;
  }
  s.what.checksum_choice = value;
}

void set_stderr(state& s, text value) {
  using mode = options::stderr_mode;
  auto const is = [value](text word) { return !value.empty() && word.starts_with(value); };
  if (is("errors")) {
    s.what.errors_to = mode::errors;
  } else if (is("all")) {
    s.what.errors_to = mode::all;
  } else if (is("client")) {
    s.what.errors_to = mode::client;
  } else {
    refuse(s, exit_code::syntax, "--stderr mode \"" + std::string{value} + "\" is not one of errors, all, or client");
  }
}

void set_outbuf(state& s, text value) {
  char const letter = value.empty() ? '\0' : static_cast<char>(std::toupper(static_cast<unsigned char>(value[0])));
  switch (letter) {
    case 'N':
      s.buffering = output_buffering::none;
      break;
    case 'L':
      s.buffering = output_buffering::line;
      break;
    case 'B':
    case 'F':
      s.buffering = output_buffering::block;
      break;
    default:
      refuse(s, exit_code::syntax, "Invalid --outbuf setting -- specify N, L, or B.");
  }
}

void set_info(state& s, text value) {
  if (asks_info_help(value)) {
    s.task = state::asked::info_help;
  } else if (std::string const problem = check_info(value); !problem.empty()) {
    if (!s.refused)
      s.refused = refusal{exit_code::syntax, escaped(problem, charset::ascii) + "\n" +
                                                 final_line(exit_code::syntax, "client", program_version)};
  }
  s.what.info.emplace_back(value);
}

void set_out_format(state& s, text value) {
  if (char const letter = unsupported_out_format(value); letter != 0) {
    refuse(s, exit_code::unsupported, std::string{"--out-format: %"} + letter + " is not supported in this version");
  }
  s.what.out_format = value;
}

void set_protocol(state& s, text value) {
  constexpr int oldest = 30, newest = 32;
  std::int64_t const number = integer(s, "protocol", value);
  if (s.refused) return;
  if (number < oldest || number > newest) {
    refuse(s, exit_code::protocol, "--protocol=" + std::string{value} + " is not supported: it must be 30, 31 or 32");
    return;
  }
  s.what.protocol = static_cast<int>(number);
}

void set_transport(state& s, text value) {
  using choice = options::transport_choice;
  if (value == "auto") {
    s.what.transport = choice::automatic;
  } else if (value == "libssh") {
    s.what.transport = choice::libssh;
  } else if (value == "ssh") {
    s.what.transport = choice::ssh;
  } else {
    refuse(s, exit_code::syntax, "--transport=" + std::string{value} + " is not one of auto, libssh or ssh");
  }
}

void set_threads(state& s, text value) {
  constexpr std::int64_t most = 1024;
  s.what.threads = static_cast<int>(integer(s, "threads", value, 0, most));
}

void add_filter(state& s, filter_option::kind kind, text value) {
  s.what.filters.push_back({kind, std::string{value}});
}

// -F: the first time a rule for each directory's own file, the second time one that leaves these files out.
void add_per_directory(state& s, text) {
  if (++s.per_directory > 2) return;
  add_filter(s, filter_option::kind::per_directory, s.per_directory == 1 ? ": /.rsync-filter" : "- .rsync-filter");
}

void set_partial_dir(state& s, text value) {
  while (value.size() > 1 && value.ends_with('/')) value.remove_suffix(1);
  s.what.partial_dir = value;
}

void set_human(state& s, text) { s.what.human_readable = std::min(3, s.what.human_readable + 1); }
void set_devices(state& s, bool on) { s.what.devices = s.what.specials = on; }
void set_recurse(state& s, bool on) { s.what.recurse = s.recurse_given = on; }
void nothing(state&, text) {}

using kind = filter_option::kind;

#define VOLSYNC_SET(member, value) [](state& s, text) { s.what.member = value; }
#define VOLSYNC_TAKE(member) [](state& s, text value) { s.what.member = value; }

constexpr option_row rows[] = {
    {"help", 0, false, [](state& s, text) { s.task = state::asked::help; }},
    {"version", 'V', false, [](state& s, text) { s.task = state::asked::version_text; }},
    // What is said.
    {"verbose", 'v', false, [](state& s, text) { ++s.what.verbose; }},
    {"no-verbose", 0, false, VOLSYNC_SET(verbose, 0)},
    {"no-v", 0, false, VOLSYNC_SET(verbose, 0)},
    {"quiet", 'q', false, VOLSYNC_SET(quiet, true)},
    {"info", 0, true, set_info},
    {"stderr", 0, true, set_stderr},
    {"msgs2stderr", 0, false, VOLSYNC_SET(errors_to, options::stderr_mode::all)},
    {"no-msgs2stderr", 0, false, VOLSYNC_SET(errors_to, options::stderr_mode::client)},
    {"motd", 0, false, VOLSYNC_SET(motd, true)},
    {"no-motd", 0, false, VOLSYNC_SET(motd, false)},
    {"stats", 0, false, VOLSYNC_SET(stats, true)},
    {"human-readable", 'h', false, set_human},
    {"no-human-readable", 0, false, VOLSYNC_SET(human_readable, 0)},
    {"no-h", 0, false, VOLSYNC_SET(human_readable, 0)},
    {"progress", 0, false, VOLSYNC_SET(progress, true)},
    {"no-progress", 0, false, VOLSYNC_SET(progress, false)},
    {nullptr, 'P', false, [](state& s, text) { s.what.partial = s.what.progress = true; }},
    {"itemize-changes", 'i', false, [](state& s, text) { ++s.what.itemize; }},
    {"no-itemize-changes", 0, false, VOLSYNC_SET(itemize, 0)},
    {"no-i", 0, false, VOLSYNC_SET(itemize, 0)},
    {"out-format", 0, true, set_out_format},
    {"log-format", 0, true, set_out_format},
    {"list-only", 0, false, VOLSYNC_SET(list_only, true)},
    {"8-bit-output", '8', false, VOLSYNC_SET(eight_bit_output, true)},
    {"no-8-bit-output", 0, false, VOLSYNC_SET(eight_bit_output, false)},
    {"no-8", 0, false, VOLSYNC_SET(eight_bit_output, false)},
    {"outbuf", 0, true, set_outbuf},
    // What is looked at.
    {"archive", 'a', false, set_archive},
    {"recursive", 'r', false, [](state& s, text) { set_recurse(s, true); }},
    {"no-recursive", 0, false, [](state& s, text) { set_recurse(s, false); }},
    {"no-r", 0, false, [](state& s, text) { set_recurse(s, false); }},
    {"inc-recursive", 0, false, VOLSYNC_SET(inc_recursive, true)},
    {"i-r", 0, false, VOLSYNC_SET(inc_recursive, true)},
    {"no-inc-recursive", 0, false, VOLSYNC_SET(inc_recursive, false)},
    {"no-i-r", 0, false, VOLSYNC_SET(inc_recursive, false)},
    {"dirs", 'd', false, VOLSYNC_SET(dirs, true)},
    {"no-dirs", 0, false, VOLSYNC_SET(dirs, false)},
    {"no-d", 0, false, VOLSYNC_SET(dirs, false)},
    {"relative", 'R', false, [](state& s, text) { s.relative = true; }},
    {"no-relative", 0, false, [](state& s, text) { s.relative = false; }},
    {"no-R", 0, false, [](state& s, text) { s.relative = false; }},
    {"implied-dirs", 0, false, VOLSYNC_SET(implied_dirs, true)},
    {"i-d", 0, false, VOLSYNC_SET(implied_dirs, true)},
    {"no-implied-dirs", 0, false, VOLSYNC_SET(implied_dirs, false)},
    {"no-i-d", 0, false, VOLSYNC_SET(implied_dirs, false)},
    {"one-file-system", 'x', false, [](state& s, text) { ++s.what.one_file_system; }},
    {"no-one-file-system", 0, false, VOLSYNC_SET(one_file_system, 0)},
    {"no-x", 0, false, VOLSYNC_SET(one_file_system, 0)},
    {"copy-links", 'L', false, VOLSYNC_SET(copy_links, true)},
    {"copy-unsafe-links", 0, false, VOLSYNC_SET(copy_unsafe_links, true)},
    {"safe-links", 0, false, VOLSYNC_SET(safe_links, true)},
    {"copy-dirlinks", 'k', false, VOLSYNC_SET(copy_dirlinks, true)},
    {"keep-dirlinks", 'K', false, VOLSYNC_SET(keep_dirlinks, true)},
    {"cvs-exclude", 'C', false, VOLSYNC_SET(cvs_exclude, true)},
    {"filter", 'f', true, [](state& s, text value) { add_filter(s, kind::rule, value); }},
    {nullptr, 'F', false, add_per_directory},
    {"exclude", 0, true, [](state& s, text value) { add_filter(s, kind::exclude, value); }},
    {"include", 0, true, [](state& s, text value) { add_filter(s, kind::include, value); }},
    {"exclude-from", 0, true, [](state& s, text value) { add_filter(s, kind::exclude_from, value); }},
    {"include-from", 0, true, [](state& s, text value) { add_filter(s, kind::include_from, value); }},
    {"files-from", 0, true, VOLSYNC_TAKE(files_from)},
    {"from0", '0', false, VOLSYNC_SET(from0, true)},
    {"no-from0", 0, false, VOLSYNC_SET(from0, false)},
    // What is kept.
    {"links", 'l', false, VOLSYNC_SET(links, true)},
    {"no-links", 0, false, VOLSYNC_SET(links, false)},
    {"no-l", 0, false, VOLSYNC_SET(links, false)},
    {"hard-links", 'H', false, VOLSYNC_SET(hard_links, true)},
    {"no-hard-links", 0, false, VOLSYNC_SET(hard_links, false)},
    {"no-H", 0, false, VOLSYNC_SET(hard_links, false)},
    {"perms", 'p', false, VOLSYNC_SET(perms, true)},
    {"no-perms", 0, false, VOLSYNC_SET(perms, false)},
    {"no-p", 0, false, VOLSYNC_SET(perms, false)},
    {"executability", 'E', false, VOLSYNC_SET(executability, true)},
    {"times", 't', false, VOLSYNC_SET(times, true)},
    {"no-times", 0, false, VOLSYNC_SET(times, false)},
    {"no-t", 0, false, VOLSYNC_SET(times, false)},
    {"omit-dir-times", 'O', false, VOLSYNC_SET(omit_dir_times, true)},
    {"no-omit-dir-times", 0, false, VOLSYNC_SET(omit_dir_times, false)},
    {"no-O", 0, false, VOLSYNC_SET(omit_dir_times, false)},
    {"omit-link-times", 'J', false, VOLSYNC_SET(omit_link_times, true)},
    {"no-omit-link-times", 0, false, VOLSYNC_SET(omit_link_times, false)},
    {"no-J", 0, false, VOLSYNC_SET(omit_link_times, false)},
    {"group", 'g', false, VOLSYNC_SET(group, true)},
    {"no-group", 0, false, VOLSYNC_SET(group, false)},
    {"no-g", 0, false, VOLSYNC_SET(group, false)},
    {"owner", 'o', false, VOLSYNC_SET(owner, true)},
    {"no-owner", 0, false, VOLSYNC_SET(owner, false)},
    {"no-o", 0, false, VOLSYNC_SET(owner, false)},
    {nullptr, 'D', false, [](state& s, text) { set_devices(s, true); }},
    {"no-D", 0, false, [](state& s, text) { set_devices(s, false); }},
    {"devices", 0, false, VOLSYNC_SET(devices, true)},
    {"no-devices", 0, false, VOLSYNC_SET(devices, false)},
    {"specials", 0, false, VOLSYNC_SET(specials, true)},
    {"no-specials", 0, false, VOLSYNC_SET(specials, false)},
    {"numeric-ids", 0, false, VOLSYNC_SET(numeric_ids, true)},
    {"no-numeric-ids", 0, false, VOLSYNC_SET(numeric_ids, false)},
    // What is transferred.
    {"checksum", 'c', false, VOLSYNC_SET(checksum, true)},
    {"no-checksum", 0, false, VOLSYNC_SET(checksum, false)},
    {"no-c", 0, false, VOLSYNC_SET(checksum, false)},
    {"ignore-times", 'I', false, VOLSYNC_SET(ignore_times, true)},
    {"size-only", 0, false, VOLSYNC_SET(size_only, true)},
    {"modify-window", '@', true, [](state& s, text v) { s.what.modify_window = integer(s, "modify-window", v); }},
    {"update", 'u', false, VOLSYNC_SET(update, true)},
    {"existing", 0, false, VOLSYNC_SET(existing, true)},
    {"ignore-non-existing", 0, false, VOLSYNC_SET(existing, true)},
    {"ignore-existing", 0, false, VOLSYNC_SET(ignore_existing, true)},
    {"min-size", 0, true,
     [](state& s, text v) { s.what.min_size = size(s, "min-size", v), s.what.min_size_text = v; }},
    {"max-size", 0, true,
     [](state& s, text v) { s.what.max_size = size(s, "max-size", v), s.what.max_size_text = v; }},
    {"whole-file", 'W', false, VOLSYNC_SET(whole_file, true)},
    {"no-whole-file", 0, false, VOLSYNC_SET(whole_file, false)},
    {"no-W", 0, false, VOLSYNC_SET(whole_file, false)},
    {"block-size", 'B', true, set_block_size},
    {"checksum-choice", 0, true, set_checksum_choice},
    {"cc", 0, true, set_checksum_choice},
    {"checksum-seed", 0, true,
     [](state& s, text v) { s.what.checksum_seed = static_cast<std::int32_t>(integer(s, "checksum-seed", v)); }},
    // What is removed.
    {"delete", 0, false,
     [](state& s, text) {
       if (s.what.deletion == delete_mode::none) s.what.deletion = delete_mode::automatic;
     }},
    {"delete-before", 0, false, [](state& s, text) { set_delete_when(s, delete_mode::before); }},
    {"delete-during", 0, false, [](state& s, text) { set_delete_when(s, delete_mode::during); }},
    {"del", 0, false, [](state& s, text) { set_delete_when(s, delete_mode::during); }},
    {"delete-delay", 0, false, [](state& s, text) { set_delete_when(s, delete_mode::delay); }},
    {"delete-after", 0, false, [](state& s, text) { set_delete_when(s, delete_mode::after); }},
    {"delete-excluded", 0, false, VOLSYNC_SET(delete_excluded, true)},
    {"max-delete", 0, true,
     [](state& s, text v) { s.what.max_delete = std::max<std::int64_t>(0, integer(s, "max-delete", v)); }},
    {"ignore-errors", 0, false, VOLSYNC_SET(ignore_errors, true)},
    {"no-ignore-errors", 0, false, VOLSYNC_SET(ignore_errors, false)},
    {"force", 0, false, VOLSYNC_SET(force, true)},
    {"no-force", 0, false, VOLSYNC_SET(force, false)},
    // How it is written.
    {"dry-run", 'n', false, VOLSYNC_SET(dry_run, true)},
    {"partial", 0, false, VOLSYNC_SET(partial, true)},
    {"no-partial", 0, false, VOLSYNC_SET(partial, false)},
    {"partial-dir", 0, true, set_partial_dir},
    {"inplace", 0, false, VOLSYNC_SET(inplace, true)},
    {"no-inplace", 0, false, VOLSYNC_SET(inplace, false)},
    {"temp-dir", 'T', true, VOLSYNC_TAKE(temp_dir)},
    {"sparse", 'S', false, VOLSYNC_SET(sparse, true)},
    {"no-sparse", 0, false, VOLSYNC_SET(sparse, false)},
    {"no-S", 0, false, VOLSYNC_SET(sparse, false)},
    {"preallocate", 0, false, VOLSYNC_SET(preallocate, true)},
    {"delay-updates", 0, false, VOLSYNC_SET(delay_updates, true)},
    {"no-delay-updates", 0, false, VOLSYNC_SET(delay_updates, false)},
    {"fsync", 0, false, VOLSYNC_SET(fsync, true)},
    {"mkpath", 0, false, VOLSYNC_SET(mkpath, true)},
    {"no-mkpath", 0, false, VOLSYNC_SET(mkpath, false)},
    // How the peer is reached.
    {"rsh", 'e', true, [](state& s, text v) { s.what.remote_shell = v, s.what.remote_shell_given = true; }},
    {"rsync-path", 0, true, VOLSYNC_TAKE(remote_program)},
    {"remote-option", 'M', true, [](state& s, text v) { s.what.remote_options.emplace_back(v); }},
    {"ipv4", '4', false, VOLSYNC_SET(address_family, 4)},
    {"ipv6", '6', false, VOLSYNC_SET(address_family, 6)},
    {"timeout", 0, true,
     [](state& s, text v) {
       s.what.timeout = std::chrono::seconds{std::max<std::int64_t>(0, integer(s, "timeout", v))};
     }},
    {"no-timeout", 0, false, VOLSYNC_SET(timeout, std::chrono::seconds{0})},
    {"contimeout", 0, true,
     [](state& s, text v) {
       s.what.connect_timeout = std::chrono::seconds{std::max<std::int64_t>(0, integer(s, "contimeout", v))};
     }},
    {"no-contimeout", 0, false, VOLSYNC_SET(connect_timeout, std::chrono::seconds{0})},
    {"port", 0, true, [](state& s, text v) { s.what.daemon_port = static_cast<int>(integer(s, "port", v, 0, 65535)); }},
    {"address", 0, true, VOLSYNC_TAKE(bind_address)},
    {"password-file", 0, true, VOLSYNC_TAKE(password_file)},
    {"bwlimit", 0, true, set_bandwidth},
    {"no-bwlimit", 0, false, VOLSYNC_SET(bandwidth_limit, 0)},
    {"protocol", 0, true, set_protocol},
    {"secluded-args", 's', false, [](state& s, text) { s.secluded_args = true; }},
    {"protect-args", 0, false, [](state& s, text) { s.secluded_args = true; }},
    {"no-secluded-args", 0, false, [](state& s, text) { s.secluded_args = false; }},
    {"no-protect-args", 0, false, [](state& s, text) { s.secluded_args = false; }},
    {"no-s", 0, false, [](state& s, text) { s.secluded_args = false; }},
    {"old-args", 0, false, [](state& s, text) { s.old_args = s.old_args.value_or(0) + 1; }},
    {"no-old-args", 0, false, [](state& s, text) { s.old_args = 0; }},
    {"blocking-io", 0, false, nothing},
    {"no-blocking-io", 0, false, nothing},
    {"ssh-config", 0, true, VOLSYNC_TAKE(ssh_config)},
    {"transport", 0, true, set_transport},
    {"threads", 0, true, set_threads},
    // Turning off what is off anyway.
    {"no-acls", 0, false, nothing},
    {"no-A", 0, false, nothing},
    {"no-xattrs", 0, false, nothing},
    {"no-X", 0, false, nothing},
    {"no-atimes", 0, false, nothing},
    {"no-U", 0, false, nothing},
    {"no-crtimes", 0, false, nothing},
    {"no-N", 0, false, nothing},
    {"no-compress", 0, false, nothing},
    {"no-z", 0, false, nothing},
    {"no-backup", 0, false, nothing},
    {"no-fuzzy", 0, false, nothing},
    {"no-y", 0, false, nothing},
    {"no-append", 0, false, nothing},
    {"no-prune-empty-dirs", 0, false, nothing},
    {"no-m", 0, false, nothing},
    {"no-iconv", 0, false, nothing},
    {"no-super", 0, false, nothing},
    {"no-munge-links", 0, false, nothing},
    {"no-write-devices", 0, false, nothing},
    {"no-drop-D", 0, false, nothing},
    {"no-open-noatime", 0, false, nothing},
    // Known to rsync, not supported here yet.
    {"acls", 'A', false, nullptr},
    {"xattrs", 'X', false, nullptr},
    {"atimes", 'U', false, nullptr},
    {"crtimes", 'N', false, nullptr},
    {"open-noatime", 0, false, nullptr},
    {"compress", 'z', false, nullptr},
    {"old-compress", 0, false, nullptr},
    {"new-compress", 0, false, nullptr},
    {"compress-choice", 0, true, nullptr},
    {"zc", 0, true, nullptr},
    {"compress-level", 0, true, nullptr},
    {"zl", 0, true, nullptr},
    {"compress-threads", 0, true, nullptr},
    {"zt", 0, true, nullptr},
    {"skip-compress", 0, true, nullptr},
    {"backup", 'b', false, nullptr},
    {"backup-dir", 0, true, nullptr},
    {"suffix", 0, true, nullptr},
    {"fuzzy", 'y', false, nullptr},
    {"compare-dest", 0, true, nullptr},
    {"copy-dest", 0, true, nullptr},
    {"link-dest", 0, true, nullptr},
    {"append", 0, false, nullptr},
    {"append-verify", 0, false, nullptr},
    {"remove-source-files", 0, false, nullptr},
    {"remove-sent-files", 0, false, nullptr},
    {"prune-empty-dirs", 'm', false, nullptr},
    {"old-dirs", 0, false, nullptr},
    {"old-d", 0, false, nullptr},
    {"ignore-missing-args", 0, false, nullptr},
    {"delete-missing-args", 0, false, nullptr},
    {"munge-links", 0, false, nullptr},
    {"insecure-links", 0, false, nullptr},
    {"confine-root", 0, true, nullptr},
    {"chown", 0, true, nullptr},
    {"usermap", 0, true, nullptr},
    {"groupmap", 0, true, nullptr},
    {"chmod", 0, true, nullptr},
    {"copy-as", 0, true, nullptr},
    {"copy-devices", 0, false, nullptr},
    {"write-devices", 0, false, nullptr},
    {"drop-D", 0, false, nullptr},
    {"super", 0, false, nullptr},
    {"fake-super", 0, false, nullptr},
    {"write-batch", 0, true, nullptr},
    {"only-write-batch", 0, true, nullptr},
    {"read-batch", 0, true, nullptr},
    {"iconv", 0, true, nullptr},
    {"debug", 0, true, nullptr},
    {"log-file", 0, true, nullptr},
    {"log-file-format", 0, true, nullptr},
    {"max-alloc", 0, true, nullptr},
    {"stop-after", 0, true, nullptr},
    {"time-limit", 0, true, nullptr},
    {"stop-at", 0, true, nullptr},
    {"qsort", 0, false, nullptr},
    {"trust-sender", 0, false, VOLSYNC_SET(trust_sender, true)},
    {"no-trust-sender", 0, false, VOLSYNC_SET(trust_sender, false)},
    {"daemon", 0, false, nullptr},
    {"server", 0, false, nullptr},
    {"sender", 0, false, nullptr},
    {"config", 0, true, nullptr},
    {"sockopts", 0, true, nullptr},
    {"early-input", 0, true, nullptr},
};

#undef VOLSYNC_SET
#undef VOLSYNC_TAKE

// Insertions, deletions, replacements and swaps of neighbours that turn a into b.
std::size_t distance(text a, text b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  std::iota(cost[0].begin(), cost[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t const replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::span<option_row const> option_table() { return rows; }

refusal make_refusal(exit_code code, std::string_view message) {
  return {code, escaped("rsync: " + std::string{message}, charset::ascii) + "\n" +
                    final_line(code, "client", program_version)};
}

std::string nearest_option(std::string_view name) {
  constexpr std::size_t longest = 40;  // a name typed by hand; the table of costs stays small
  if (name.size() < 2 || name.size() > longest) return {};
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (option_row const& each : rows) {
    if (each.name == nullptr) continue;
    std::string_view const known = each.name;
    // A beginning counts as one mistake, however much of the name is missing.
    std::size_t const apart = known.starts_with(name) && name.size() >= 3 ? 1 : distance(name, known);
    if (apart < best_distance) {
      best_distance = apart;
      best = known;
    }
  }
  return best;
}

}  // namespace volsync::cli
