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
constexpr std::array<word_meaning, 9> words{{{"exclude", '-'},
                                             {"include", '+'},
                                             {"hide", 'H'},
                                             {"show", 'S'},
                                             {"protect", 'P'},
                                             {"risk", 'R'},
                                             {"merge", '.'},
                                             {"dir-merge", ':'},
                                             {"clear", '!'}}};

// The rule as it may be shown: the text of a file is not.
std::string shown(std::string_view text, rule_context const& where) {
  return where.origin.empty() ? std::string{text} : "<rule from " + where.origin + ">";
}

error_code fail(filter_errc why, std::string sentence, std::string_view text, rule_context const& where,
                std::string& error_text) {
  error_text = std::move(sentence) + shown(text, where);
  return make_error_code(why);
}

void clear(std::vector<element>& rules, rule_context const& where) {
  rules.clear();
  if (where.cleared) *where.cleared = true;
}

// One modifier of a rule; false: this kind of rule does not have it, or it contradicts one before it.
bool apply(char m, char letter, rule& r) {
  bool const merges = letter == '.' || letter == ':';
  bool const sided = letter == 'H' || letter == 'S' || letter == 'P' || letter == 'R';
  bool const contents_said = r.merge.literal || r.cvs_list;  // one of C, - and +, and once
  switch (m) {
    case '/':
      r.absolute = true;
      return true;
    case '!':
      r.negated = true;
      return !merges;
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
    case 'p':
      r.perishable = true;
      return true;
    case 'x':
      r.xattr = true;
      return true;
    case 'e':
      r.excludes_self = true;
      return merges;
    case 'n':
      r.merge.no_inherit = true;
      return merges;
    case 'w':
      r.merge.word_split = true;
      return merges;
    case '-':
    case '+':
      if (!merges || contents_said) return false;
      (m == '-' ? r.merge.only_excludes : r.merge.only_includes) = r.merge.literal = true;
      return true;
    default:
      return false;
  }
}

result<void> merge_now(rule const& r, rule_context const& where, std::vector<element>& into, std::string& error_text) {
  if (where.depth >= max_merge_depth) {
    return fail(filter_errc::too_deep, "merge-file include depth limit (32) exceeded at ", r.pattern, where,
                error_text);
  }
  if (!where.read) return {};
  auto text = where.read(r.pattern);
  if (!text) {
    error_text = "failed to open exclude file " + shown(r.pattern, where);
    if (where.origin.empty())
      error_text += ": " + text.error().message() + " (" + std::to_string(text.error().value()) + ")";
    return text.error();
  }
  rule_context inner = where;
  inner.style = r.merge;
  inner.defaults = r;
  inner.origin = where.origin.empty() ? r.pattern : "a file named at " + where.origin;
  inner.says_line = where.origin.empty();
  inner.base.clear();  // its place says nothing about what it is for: it anchors at the transfer root
  ++inner.depth;
  return parse_file(*text, where.nul && !r.merge.cvs, inner, into, error_text);
}

void take_defaults(rule& r, rule const& from) {
  if (from.sided && !r.sided) {
    r.sided = true;
    r.at_sender = from.at_sender;
    r.at_receiver = from.at_receiver;
  }
  r.perishable = r.perishable || from.perishable;
  r.negated = r.negated || from.negated;  // only -C can have it to give
  r.absolute = r.absolute || from.absolute;
}

result<void> add(rule r, std::string_view text, rule_context const& where, std::vector<element>& into,
                 std::string& error_text) {
  auto const start = text.substr(0, 64);
  if (r.pattern.size() > max_rule_length)
    return fail(filter_errc::too_long, "over-long filter: ", start, where, error_text);
  if (into.size() >= max_rules) return fail(filter_errc::too_many, "too many filter rules: ", start, where, error_text);
  if (r.what == rule::kind::match && r.pattern.starts_with('/') && !r.absolute && !where.base.empty()) {
    r.absolute = where.base.front() == '/';
    if (where.base != "/") r.pattern = (r.absolute ? "" : "/") + where.base + r.pattern;
  }
  r.analyse();
  into.push_back({std::move(r), {}});
  return {};
}

result<void> add_merge(char letter, rule r, std::string_view text, rule_context const& where,
                       std::vector<element>& into, std::string& error_text) {
  if (r.pattern.empty() && r.merge.cvs) r.pattern = ".cvsignore";
  if (r.pattern.empty())
    return fail(filter_errc::unexpected_end, "unexpected end of filter rule: ", text, where, error_text);
  if (r.excludes_self) {
    rule self;
    self.pattern = r.pattern.substr(r.pattern.rfind('/') + 1);
    if (self.pattern.empty())
      return fail(filter_errc::unexpected_end, "unexpected end of filter rule: ", text, where, error_text);
    if (auto const added = add(std::move(self), text, where, into, error_text); !added) return added.error();
    r.excludes_self = false;
  }
  if (letter == '.') return merge_now(r, where, into, error_text);
  r.what = rule::kind::directory_merge;
  r.merge.nul = where.nul && !r.merge.cvs;
  std::size_t const slash = r.pattern.rfind('/');
  if (slash != std::string::npos && slash + 1 == r.pattern.size()) {
    return fail(filter_errc::merge_path, "merge file of a directory has no plain name: ", text, where, error_text);
  }
  if (slash != std::string::npos) {
    r.merge.above = r.pattern.substr(0, slash + 1);  // a relative one means nothing, as with rsync, but travels
    r.pattern.erase(0, slash + 1);
  }
  bool const named = std::any_of(into.begin(), into.end(), [&](element const& e) {
    return e.what.what == rule::kind::directory_merge && e.what.pattern == r.pattern;
  });
  if (named || (where.merged && where.merged(r.pattern))) return {};
  return add(std::move(r), text, where, into, error_text);
}

}  // namespace

result<void> parse_rule(std::string_view text, rule_context const& where, std::vector<element>& into,
                        std::string& error_text) {
  text = text.substr(0, text.find('\0'));  // a C string where rsync reads it
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
    if (text.substr(at) != "" && text.substr(at) != ",") {
      return fail(filter_errc::trailing_characters, "'!' rule has trailing characters: ", text, where, error_text);
    }
    clear(into, where);
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
      std::string const which = std::string{" '"} + text[at] + "' at position " + std::to_string(at);
      std::string const said = "invalid modifier" + (where.origin.empty() ? which : "") + " in filter rule: ";
      return fail(filter_errc::invalid_modifier, said, text, where, error_text);
    }
  }
  if (at < text.size()) ++at;  // the one space or underscore
  if (where.defaults.sided && r.sided) {
    return fail(filter_errc::invalid_modifier, "specified-side merge file contains specified-side filter: ", text,
                where, error_text);
  }
  take_defaults(r, where.defaults);
  r.pattern = text.substr(at);
  if (letter == '.' || letter == ':') return add_merge(letter, std::move(r), text, where, into, error_text);
  if (r.cvs_list) return append_cvs(r, where, into, error_text);
  if (r.pattern.empty())
    return fail(filter_errc::unexpected_end, "unexpected end of filter rule: ", text, where, error_text);
  return add(std::move(r), text, where, into, error_text);
}

result<void> parse_pattern(std::string_view text, rule_context const& where, std::vector<element>& into,
                           std::string& error_text) {
  text = text.substr(0, text.find('\0'));
  if (text.empty()) return {};  // --exclude= says nothing
  if (text == "!" && (!where.style.literal || where.style.cvs)) {
    clear(into, where);
    return {};
  }
  rule r;
  r.include = where.style.only_includes;
  r.pattern = text;
  if (!where.style.literal && (text.starts_with("- ") || text.starts_with("+ "))) {
    r.include = text[0] == '+';
    r.pattern = text.substr(2);
    if (r.pattern.empty())
      return fail(filter_errc::unexpected_end, "unexpected end of filter rule: ", text, where, error_text);
  }
  take_defaults(r, where.defaults);
  return add(std::move(r), text, where, into, error_text);
}

result<void> parse_file(std::string_view text, bool nul, rule_context const& where, std::vector<element>& into,
                        std::string& error_text) {
  bool const words_only = where.style.word_split && !nul;
  std::string_view const ends = nul          ? std::string_view{"\0", 1}
                                : words_only ? std::string_view{" \t\n\r\v\f"}
                                             : std::string_view{"\n\r"};
  bool const bare = where.style.only_excludes || where.style.only_includes;
  std::size_t line = 0;
  rule_context here = where;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const end = std::min(text.find_first_of(ends, at), text.size());
    auto each = text.substr(at, end - at);
    each = each.substr(0, each.find('\0'));  // a NUL ends a line as well; what follows it is lost
    at = end + 1;
    if (!nul && text.substr(end, 2) == "\r\n") ++at;
    ++line;
    if (each.empty() || (!words_only && (each[0] == '#' || each[0] == ';'))) continue;
    // In a file that a file names, the line that names it is what is said, and nothing nearer.
    if (!where.origin.empty() && !words_only && where.says_line)
      here.origin = where.origin + " line " + std::to_string(line);
    auto const parsed = bare ? parse_pattern(each, here, into, error_text) : parse_rule(each, here, into, error_text);
    if (!parsed) return parsed.error();
  }
  return {};
}

result<void> append_cvs(rule const& like, rule_context const& where, std::vector<element>& into,
                        std::string& error_text) {
  static constexpr std::string_view list =
      "RCS SCCS CVS CVS.adm RCSLOG cvslog.* tags TAGS .make.state .nse_depinfo *~ #* .#* ,* _$* *$ *.old *.bak *.BAK "
      "*.orig *.rej "
      ".del-* *.a *.olb *.o *.obj *.so *.exe *.Z *.elc *.ln core .svn/ .git/ .hg/ .bzr/";
  rule_context as_words = where;
  as_words.style = {};
  as_words.style.cvs = as_words.style.word_split = as_words.style.literal = true;
  (like.include ? as_words.style.only_includes : as_words.style.only_excludes) = true;
  as_words.defaults = like;
  as_words.defaults.perishable = true;
  if (auto const added = parse_file(list, false, as_words, into, error_text); !added) return added.error();
  as_words.defaults.perishable = like.perishable;
  if (auto const added = parse_file(where.home_cvsignore, false, as_words, into, error_text); !added)
    return added.error();
  return parse_file(where.cvsignore_variable, false, as_words, into, error_text);
}

}  // namespace volsync::filter
