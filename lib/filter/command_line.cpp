// Options in their order become rules. Source: lib/wire/FORMAT.md, filter list.
#include "filter/command_line.hpp"

#include "filter/errc.hpp"
#include "filter/parse.hpp"

namespace volsync::filter {
namespace {

rule_context context(bool nul, sources const& from) {
  rule_context where;
  where.read = from.read_file;
  where.nul = nul;
  where.home_cvsignore = from.home_cvsignore;
  where.cvsignore_variable = from.cvsignore_variable;
  return where;
}

result<void> add_option(filter_option const& each, bool from0, sources const& from, int& per_directory,
                        std::vector<element>& rules, std::string& error_text) {
  rule_context where = context(from0, from);
  using kind = filter_option::kind;
  switch (each.what) {
    case kind::rule:
      return parse_rule(each.text, where, rules, error_text);
    case kind::exclude:
    case kind::include:
      (each.what == kind::include ? where.style.only_includes : where.style.only_excludes) = true;
      return parse_pattern(each.text, where, rules, error_text);
    case kind::per_directory:
      // The first -F looks for files, the second keeps them out of the transfer, further ones say nothing new.
      if (++per_directory > 2) return {};
      return parse_rule(per_directory == 1 ? ": /.rsync-filter" : "- .rsync-filter", where, rules, error_text);
    case kind::exclude_from:
    case kind::include_from:
      break;
  }
  bool const includes = each.what == kind::include_from;
  auto const text = from.read_file(each.text);
  if (!text) {
    error_text = std::string{"failed to open "} + (includes ? "include" : "exclude") + " file " + each.text + ": " +
                 text.error().message() + " (" + std::to_string(text.error().value()) + ")";
    return text.error();
  }
  (includes ? where.style.only_includes : where.style.only_excludes) = true;
  where.origin = each.text;
  return parse_file(*text, from0, where, rules, error_text);
}

// -C stands behind all other rules. A "!" among its words forgets its own list and nothing else.
result<void> add_cvs(sources const& from, std::vector<element>& rules, std::string& error_text) {
  rule_context const where = context(false, from);
  if (auto const added = parse_rule(":C", where, rules, error_text); !added) return added.error();
  std::vector<element> own;
  if (auto const added = append_cvs(rule{}, where, own, error_text); !added) return added.error();
  rules.insert(rules.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  return {};
}

}  // namespace

wire_rule to_wire(rule const& r) {
  wire_rule made;
  bool const merges = r.what == rule::kind::directory_merge;
  made.prefix = merges ? ":" : r.include ? "+" : "-";
  if (r.absolute) made.prefix += '/';
  if (r.negated) made.prefix += '!';
  if (merges && r.merge.cvs) {
    made.prefix += 'C';
  } else if (merges) {
    if (r.merge.no_inherit) made.prefix += 'n';
    if (r.merge.word_split) made.prefix += 'w';
    if (r.merge.only_excludes) made.prefix += '-';
    if (r.merge.only_includes) made.prefix += '+';
  }
  if (r.excludes_self) made.prefix += 'e';
  if (r.xattr) made.prefix += 'x';
  if (r.sided && r.at_sender) made.prefix += 's';
  if (r.sided && r.at_receiver) made.prefix += 'r';
  if (r.perishable) made.prefix += 'p';
  made.pattern = (merges ? r.merge.above : "") + r.pattern;
  made.directory_only = r.directory_only;
  return made;
}

namespace {

// --delete-excluded: what is excluded is not protected. A merge file of bare patterns is as good as those.
void stop_protecting(std::vector<element>& rules) {
  for (element& each : rules) {
    rule& r = each.what;
    bool const plain = r.what == rule::kind::match || r.merge.only_excludes || r.merge.only_includes;
    if (r.sided || !plain) continue;
    r.sided = true;
    r.at_receiver = false;
  }
}

// All rules of the options, in order, with those that options bring along.
result<std::vector<element>> rules_of(options const& what, sources const& from, std::string& error_text) {
  std::vector<element> rules;
  int per_directory = 0;
  for (filter_option const& each : what.filters) {
    if (auto const added = add_option(each, what.from0, from, per_directory, rules, error_text); !added)
      return added.error();
  }
  if (what.cvs_exclude) {
    if (auto const added = add_cvs(from, rules, error_text); !added) return added.error();
  }
  if (!what.partial_dir.empty() && what.partial_dir.front() != '/') {
    rule keep;
    keep.perishable = true;
    keep.pattern = what.partial_dir + (what.partial_dir.back() == '/' ? "" : "/");
    keep.analyse();
    rules.push_back({std::move(keep), {}});
  }
  if (what.delete_excluded) stop_protecting(rules);
  return rules;
}

std::shared_ptr<rule_set const> make_set(std::vector<element> rules, sources const& from) {
  ignore_words words{from.home_cvsignore, from.cvsignore_variable};
  return std::make_shared<rule_set const>(std::move(rules), from.current_directory, std::move(words));
}

}  // namespace

result<compiled> compile_for_push(options const& what, sources const& from, std::string& error_text) {
  auto rules = rules_of(what, from, error_text);
  if (!rules) return rules.error();
  compiled made;
  made.send = what.deletion != delete_mode::none || what.delete_excluded;
  for (element const& each : *rules) {
    if (each.what.at_receiver) made.wire.push_back(to_wire(each.what));
  }
  made.rules = make_set(std::move(*rules), from);
  return made;
}

result<compiled> compile_for_pull(options const& what, sources const& from, std::string& error_text) {
  auto rules = rules_of(what, from, error_text);
  if (!rules) return rules.error();
  compiled made;
  made.send = true;
  // The server sees -C among its arguments and adds those rules itself.
  options without_cvs = what;
  without_cvs.cvs_exclude = false;
  auto travelling = what.cvs_exclude ? rules_of(without_cvs, from, error_text) : rules;
  if (!travelling) return travelling.error();
  for (element const& each : *travelling) {
    if (each.what.at_sender) made.wire.push_back(to_wire(each.what));
  }
  // rsync lets the words of -C protect here even with --delete-excluded, and only here.
  if (what.cvs_exclude && what.delete_excluded) {
    *rules = *travelling;
    if (auto const added = add_cvs(from, *rules, error_text); !added) return added.error();
  }
  made.sent = make_set(std::move(*travelling), from);
  made.rules = make_set(std::move(*rules), from);
  return made;
}

result<std::shared_ptr<rule_set const>> compile_received(std::vector<wire_rule> const& received, options const& what,
                                                         sources const& from, std::string& error_text) {
  std::vector<element> rules;
  rule_context where = context(false, from);
  where.read = nullptr;  // a peer names no file of ours
  for (wire_rule const& each : received) {
    std::string text = each.prefix.empty() ? each.pattern : each.prefix + " " + each.pattern;
    if (each.directory_only) text += '/';
    if (auto const added = parse_rule(text, where, rules, error_text); !added) return added.error();
  }
  if (what.cvs_exclude) {
    std::vector<element> own;
    if (auto const added = add_cvs(from, own, error_text); !added) return added.error();
    if (what.delete_excluded) stop_protecting(own);
    rules.insert(rules.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  }
  return make_set(std::move(rules), from);
}

}  // namespace volsync::filter
