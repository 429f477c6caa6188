// The grammar of filter rules.
#include "filter/parse.hpp"

#include <algorithm>
#include <array>

#include "filter/errc.hpp"

namespace volsync::filter {
namespace {

struct word_meaning {
  std::string_view word;
  char letter;
};
constexpr std::array<word_meaning, 9> words{{{"exclude", '-'}, {"include", '+'}, {"hide", 'H'}, {"show", 'S'}, {"protect", 'P'},
                                             {"risk", 'R'}, {"merge", '.'}, {"dir-merge", ':'}, {"clear", '!'}}};

error_code fail(filter_errc why, std::string sentence, std::string_view text, rule_context const& where, std::string& error_text) {
  error_text = std::move(sentence);
  error_text += where.origin.empty() ? std::string{text} : "<rule from " + where.origin + ">";
  return make_error_code(why);
}

// One modifier of a rule; false: this kind of rule does not have it, or it contradicts one before it.
bool apply(char m, char letter, rule& r) {
  bool const merges = letter == '.' || letter == ':';
  bool const sided = letter == 'H' || letter == 'S' || letter == 'P' || letter == 'R';
  bool const contents_said = r.merge.literal || r.cvs_list;   // one of C, - and +, and once
  switch (m) {
    case '/': r.absolute = true; return true;
    case '!': r.negated = true; return !merges;
    case 'C':
      if (sided || contents_said) return false;
      if (merges) {
        r.merge.cvs = r.merge.word_split = r.merge.only_excludes = r.merge.literal = r.merge.no_inherit = true;
      } else {
        r.cvs_list = true;
      }
      return true;
    case 's':
    case 'r':
      if (sided) return false;
      if (!r.sided) r.at_sender = r.at_receiver = false;
      r.sided = true;
      (m == 's' ? r.at_sender : r.at_receiver) = true;
      return true;
    case 'p': r.perishable = true; return true;
    case 'x': r.xattr = true; return true;
    case 'e': r.excludes_self = true; return merges;
    case 'n': r.merge.no_inherit = true; return merges;
    case 'w': r.merge.word_split = true; return merges;
    case '-':
    case '+':
      if (!merges || contents_said) return false;
      (m == '-' ? r.merge.only_excludes : r.merge.only_includes) = r.merge.literal = true;
      return true;
    default: return false;
  }
}

result<void> merge_now(rule const& r, rule_context const& where, std::vector<element>& into, std::string& error_text) {
  if (where.depth >= max_merge_depth) return fail(filter_errc::too_deep, "merge files are nested too deep: ", r.pattern, where, error_text);
  if (!where.read) return {};
  auto text = where.read(r.pattern);
  if (!text) {
    error_text = "failed to open exclude file " + r.pattern + ": " + text.error().message() + " (" + std::to_string(text.error().value()) + ")";
    return text.error();
  }
  rule_context inner = where;
  inner.style = r.merge;
  inner.defaults = r;
  inner.origin = r.pattern;
  ++inner.depth;
  return parse_file(*text, false, inner, into, error_text);
}

void take_defaults(rule& r, rule const& from) {
  if (from.sided && !r.sided) {
    r.sided = true;
    r.at_sender = from.at_sender;
    r.at_receiver = from.at_receiver;
  }
  r.perishable = r.perishable || from.perishable;
  r.absolute = r.absolute || from.absolute;
}

result<void> add(rule r, std::string_view text, rule_context const& where, std::vector<element>& into, std::string& error_text) {
  if (r.pattern.size() > max_rule_length) return fail(filter_errc::too_long, "discarding over-long filter: ", text.substr(0, 64), where, error_text);
  if (into.size() >= max_rules) return fail(filter_errc::too_many, "too many filter rules: ", text.substr(0, 64), where, error_text);
  r.base = where.base;
  r.analyse();
  into.push_back({std::move(r), {}});
  return {};
}

result<void> add_merge(char letter, rule r, std::string_view text, rule_context const& where, std::vector<element>& into,
                       std::string& error_text) {
  if (r.pattern.empty() && r.merge.cvs) r.pattern = ".cvsignore";
  if (r.pattern.empty()) return fail(filter_errc::unexpected_end, "unexpected end of filter rule: ", text, where, error_text);
  if (r.excludes_self) {
    rule self;
    self.pattern = r.pattern.substr(r.pattern.rfind('/') + 1);
    self.perishable = r.perishable;
    if (auto const added = add(std::move(self), text, where, into, error_text); !added) return added.error();
    r.excludes_self = false;
  }
  if (letter == '.') return merge_now(r, where, into, error_text);
  r.what = rule::kind::directory_merge;
  if (r.pattern.front() == '/') {
    r.merge.parents = true;
    r.pattern.erase(0, r.pattern.find_last_of('/') + 1);
  }
  return add(std::move(r), text, where, into, error_text);
}

}  // namespace

result<void> parse_rule(std::string_view text, rule_context const& where, std::vector<element>& into, std::string& error_text) {
  std::size_t at = 0;
  char letter = 0;
  bool const wordy = std::any_of(words.begin(), words.end(), [&](word_meaning const& w) {
    if (!text.starts_with(w.word)) return false;
    std::size_t const end = w.word.size();
    if (end < text.size() && text[end] != ' ' && text[end] != '_' && text[end] != ',') return false;
    letter = w.letter;
    at = end;
    return true;
  });
  if (!wordy) {
    if (text.empty() || std::string_view{"-+.:HSPR!"}.find(text[0]) == std::string_view::npos) {
      return fail(filter_errc::unknown_rule, "Unknown filter rule: ", text, where, error_text);
    }
    letter = text[0];
    at = 1;
  }
  if (letter == '!') {
    if (at != text.size()) return fail(filter_errc::trailing_characters, "'!' rule has trailing characters: ", text, where, error_text);
    into.clear();
    return {};
  }
  rule r;
  r.include = letter == '+' || letter == 'S' || letter == 'R';
  if (letter == 'H' || letter == 'S') r.at_receiver = false;
  if (letter == 'P' || letter == 'R') r.at_sender = false;
  r.sided = !r.at_sender || !r.at_receiver;
  bool const modifiers = !wordy || (at < text.size() && text[at] == ',');
  if (at < text.size() && text[at] == ',') ++at;
  for (; modifiers && at < text.size() && text[at] != ' ' && text[at] != '_'; ++at) {
    if (!apply(text[at], letter, r)) {
      std::string const said = std::string{"invalid modifier '"} + text[at] + "' at position " + std::to_string(at) + " in filter rule: ";
      return fail(filter_errc::invalid_modifier, said, text, where, error_text);
    }
  }
  if (at < text.size()) ++at;                      // the one space or underscore
  if (where.defaults.sided && r.sided) {
    return fail(filter_errc::invalid_modifier, "specified-side merge file contains specified-side filter: ", text, where, error_text);
  }
  take_defaults(r, where.defaults);
  r.pattern = text.substr(at);
  if (letter == '.' || letter == ':') return add_merge(letter, std::move(r), text, where, into, error_text);
  if (r.cvs_list) {
    append_cvs_defaults(into);
    return {};
  }
  if (r.pattern.empty()) return fail(filter_errc::unexpected_end, "unexpected end of filter rule: ", text, where, error_text);
  return add(std::move(r), text, where, into, error_text);
}

result<void> parse_pattern(std::string_view text, rule_context const& where, std::vector<element>& into, std::string& error_text) {
  if (text == "!" ) {
    into.clear();
    return {};
  }
  rule r;
  r.include = where.style.only_includes;
  if (!where.style.literal && text.size() > 2 && (text[0] == '-' || text[0] == '+') && text[1] == ' ') {
    r.include = text[0] == '+';
    text.remove_prefix(2);
  }
  if (text.empty()) return {};                     // --exclude= says nothing
  take_defaults(r, where.defaults);
  r.pattern = text;
  return add(std::move(r), text, where, into, error_text);
}

result<void> parse_file(std::string_view text, bool nul, rule_context const& where, std::vector<element>& into, std::string& error_text) {
  bool const words_only = where.style.word_split && !nul;
  std::string_view const ends = nul ? std::string_view{"\0", 1} : words_only ? std::string_view{" \t\n\r\v\f"} : std::string_view{"\n\r"};
  bool const bare = where.style.only_excludes || where.style.only_includes;
  std::size_t line = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const end = std::min(text.find_first_of(ends, at), text.size());
    auto const each = text.substr(at, end - at);
    at = end + 1;
    ++line;
    if (each.empty() || (!words_only && !nul && (each[0] == '#' || each[0] == ';'))) continue;
    rule_context here = where;
    if (!where.origin.empty()) here.origin = where.origin + " line " + std::to_string(line);
    auto const parsed = bare ? parse_pattern(each, here, into, error_text) : parse_rule(each, here, into, error_text);
    if (!parsed) return parsed.error();
  }
  return {};
}

void append_cvs_defaults(std::vector<element>& into) {
  static constexpr std::string_view list =
      "RCS SCCS CVS CVS.adm RCSLOG cvslog.* tags TAGS .make.state .nse_depinfo *~ #* .#* ,* _$* *$ *.old *.bak *.BAK *.orig *.rej "
      ".del-* *.a *.olb *.o *.obj *.so *.exe *.Z *.elc *.ln core .svn/ .git/ .hg/ .bzr/";
  for (std::size_t at = 0; at < list.size();) {
    std::size_t const end = std::min(list.find(' ', at), list.size());
    rule r;
    r.perishable = true;
    r.pattern = list.substr(at, end - at);
    r.analyse();
    into.push_back({std::move(r), {}});
    at = end + 1;
  }
}

}  // namespace volsync::filter
