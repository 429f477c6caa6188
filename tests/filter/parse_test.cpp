// The grammar of rules: what is understood, and the sentences for what is not.
#include "filter/errc.hpp"

#include "make_rules.hpp"

using namespace volsync;
using namespace volsync::filter;
using namespace volsync::filter::test;

namespace {

using lines = std::vector<std::string>;

std::string sentence_of(std::string const& rule, files const& content = {}) {
  return compile(with_rules({rule}), from_files(content)).sentence;
}

}  // namespace

TEST_CASE("letters, words, modifiers and separators", "[parse]") {
  struct {
    char const* rule;
    lines wire;
  } const table[] = {
      {"- a", {"- a"}},
      {"+ a", {"+ a"}},
      {"-_a", {"- a"}},
      {"exclude a", {"- a"}},
      {"include_a", {"+ a"}},
      {"exclude,p a", {"-p a"}},
      {"-,p a", {"-p a"}},
      {"-p_a", {"-p a"}},
      {"P b/", {"-r b/"}},
      {"R b", {"+r b"}},
      {"H b", {}},
      {"S b", {}},
      {"-s b", {}},
      {"-r b", {"-r b"}},
      {"-rs b", {"-sr b"}},
      {"-ss b", {}},
      {"protect,p b", {"-rp b"}},
      {"risk b", {"+r b"}},
      {"-! a", {"-! a"}},
      {"-/ /a", {"-/ /a"}},
      {"-/! a/", {"-/! a/"}},
      {"-x a", {"-x a"}},
      {"-  a", {"-  a"}},
      {"- a ", {"- a "}},
      {"- a b", {"- a b"}},
      {"- /", {"- /"}},
      {"- a//", {"- a//"}},
      {": .x", {": .x"}},
      {":n- .x", {":n- .x"}},
      {":w+ .x", {":w+ .x"}},
      {":C", {":C .cvsignore"}},
      {":C q", {":C q"}},
      {":Cp q", {":Cp q"}},
      {":r .x", {":r .x"}},
      {":s .x", {}},
      {"dir-merge,nw .x", {":nw .x"}},
      {":/ .x", {":/ .x"}},
      {":x .x", {":x .x"}},
      {":e .flt", {"- .flt", ": .flt"}},
      {":enw-p .x", {"- .x", ":nw-p .x"}},
      {":/e .x", {"- .x", ":/ .x"}},
      {": /.flt", {": /.flt"}},
      {":e /tmp/x/.flt", {"- .flt", ": /tmp/x/.flt"}},
      {"!", {}},
      {"clear", {}},
      {"clear,", {}},
      {"show a", {}},
      {"hide a", {}},
  };
  for (auto const& each : table) {
    INFO(each.rule);
    CHECK(wire_of(with_rules({each.rule})) == each.wire);
  }
  CHECK(wire_of(with_rules({"- a", "!", "- b"})) == lines{"- b"});
  CHECK(wire_of(with_rules({": .x", "- a", ":n .x", ": /.x"})) == lines{": .x", "- a"});  // a name counts once
}

TEST_CASE("sentences for what is not a rule", "[parse]") {
  struct {
    std::string rule, sentence;
    filter_errc code;
  } const table[] = {
      {"", "Unknown filter rule: ", filter_errc::unknown_rule},
      {"x", "Unknown filter rule: x", filter_errc::unknown_rule},
      {"excludes a", "Unknown filter rule: excludes a", filter_errc::unknown_rule},
      {"exclude", "unexpected end of filter rule: exclude", filter_errc::unexpected_end},
      {"exclude,", "unexpected end of filter rule: exclude,", filter_errc::unexpected_end},
      {"-", "unexpected end of filter rule: -", filter_errc::unexpected_end},
      {"- ", "unexpected end of filter rule: - ", filter_errc::unexpected_end},
      {":n", "unexpected end of filter rule: :n", filter_errc::unexpected_end},
      {".s", "unexpected end of filter rule: .s", filter_errc::unexpected_end},
      {".e x/", "unexpected end of filter rule: .e x/", filter_errc::unexpected_end},
      {"! ", "'!' rule has trailing characters: ! ", filter_errc::trailing_characters},
      {"!x", "'!' rule has trailing characters: !x", filter_errc::trailing_characters},
      {"clear x", "'!' rule has trailing characters: clear x", filter_errc::trailing_characters},
      {"exclude,sa", "invalid modifier 'a' at position 9 in filter rule: exclude,sa", filter_errc::invalid_modifier},
      {"-q a", "invalid modifier 'q' at position 1 in filter rule: -q a", filter_errc::invalid_modifier},
      {"-s,p a", "invalid modifier ',' at position 2 in filter rule: -s,p a", filter_errc::invalid_modifier},
      {"-,a", "invalid modifier 'a' at position 2 in filter rule: -,a", filter_errc::invalid_modifier},
      {"Hs a", "invalid modifier 's' at position 1 in filter rule: Hs a", filter_errc::invalid_modifier},
      {"Pr a", "invalid modifier 'r' at position 1 in filter rule: Pr a", filter_errc::invalid_modifier},
      {"HC", "invalid modifier 'C' at position 1 in filter rule: HC", filter_errc::invalid_modifier},
      {"-n a", "invalid modifier 'n' at position 1 in filter rule: -n a", filter_errc::invalid_modifier},
      {"-e a", "invalid modifier 'e' at position 1 in filter rule: -e a", filter_errc::invalid_modifier},
      {"-- a", "invalid modifier '-' at position 1 in filter rule: -- a", filter_errc::invalid_modifier},
      {".! a", "invalid modifier '!' at position 1 in filter rule: .! a", filter_errc::invalid_modifier},
      {".-+ a", "invalid modifier '+' at position 2 in filter rule: .-+ a", filter_errc::invalid_modifier},
      {":C+ a", "invalid modifier '+' at position 2 in filter rule: :C+ a", filter_errc::invalid_modifier},
      {": /sub/", "merge file of a directory has no plain name: : /sub/", filter_errc::merge_path},
      {": .x/", "merge file of a directory has no plain name: : .x/", filter_errc::merge_path},
  };
  for (auto const& each : table) {
    auto const all = compile(with_rules({each.rule}));
    CHECK(all.sentence == each.sentence);
    CHECK(all.error == each.code);
    CHECK_FALSE(all.error.message().empty());
  }
}

TEST_CASE("errors in files name the line and not its text", "[parse]") {
  CHECK(sentence_of(". one", {{"one", "- a\nsecret x\n"}}) == "Unknown filter rule: <rule from one line 2>");
  CHECK(sentence_of(". one", {{"one", "\r\n# c\r\n-q secret\r\n"}}) ==
        "invalid modifier in filter rule: <rule from one line 3>");
  CHECK(sentence_of(".w one", {{"one", "- a"}}) == "unexpected end of filter rule: <rule from one>");
  CHECK(sentence_of(".s one", {{"one", "-s a"}}) ==
        "specified-side merge file contains specified-side filter: <rule from one line 1>");
  CHECK(sentence_of(":s .x") == "");
  CHECK(sentence_of(". two", {{"two", "\n. three"}}) == "failed to open exclude file <rule from two line 2>");
  auto const missing = compile(with_rules({". nosuch"}));
  CHECK(missing.sentence == "failed to open exclude file nosuch: No such file or directory (2)");
  CHECK(missing.error == std::errc::no_such_file_or_directory);
  CHECK(sentence_of(". two", {{"two", "#\n. three"}, {"three", "- a\n- b\nbad\n"}}) ==
        "Unknown filter rule: <rule from a file named at two line 2>");
  auto const endless = compile(with_rules({". one"}), from_files({{"one", ". one\n"}}));
  CHECK(endless.error == filter_errc::too_deep);
  CHECK(endless.sentence.find("merge-file include depth limit (32) exceeded at <rule from a file named at ") == 0);
}

TEST_CASE("files of rules and files of patterns", "[parse]") {
  files const content{{"two", "a\n\n  # x\n#c\n;d\n- a\n+ a\r\n!\nd/\n"},
                      {"rules", "- a\r\n\r\n;c\n+ b c\n: .x"},
                      {"words", "- a +_b\t-p_c\n#d"},
                      {"bare", "a b\n#c ;d"},
                      {"nul", std::string{"- a\n\0#c\0", 8}}};
  auto const wire = [&](std::string const& rule) { return wire_of(with_rules({rule}), from_files(content)); };
  CHECK(wire_of(with_rules({". cut"}), from_files({{"cut", std::string{"- a\0b\n+ c", 10}}})) == lines{"- a", "+ c"});
  CHECK(wire(". rules") == lines{"- a", "+ b c", ": .x"});
  CHECK(wire(".- two") == lines{"- a", "-   # x", "- - a", "- + a", "- !", "- d/"});
  CHECK(wire(".+ bare") == lines{"+ a b"});
  CHECK(wire(".-r two") == lines{"-r a", "-r   # x", "-r - a", "-r + a", "-r !", "-r d/"});
  CHECK(wire(".s- two") == lines{});
  CHECK(wire(".-/p bare") == lines{"-/p a b"});
  CHECK(wire(".e- bare") == lines{"- bare", "- a b"});
  CHECK(wire(".w- bare") == lines{"- a", "- b", "- #c", "- ;d"});
  CHECK(wire(".C two") == lines{"- d/"});
  CHECK(wire(".C bare") == lines{"- a", "- b", "- #c", "- ;d"});
  options from_file;
  from_file.filters = {{filter_option::kind::exclude, "z"}, {filter_option::kind::exclude_from, "two"}};
  CHECK(wire_of(from_file, from_files(content)) == lines{"- d/"});
  from_file.filters = {{filter_option::kind::include_from, "bare"}};
  CHECK(wire_of(from_file, from_files(content)) == lines{"+ a b"});
  from_file.from0 = true;
  from_file.filters = {{filter_option::kind::exclude_from, "nul"}};
  CHECK(wire_of(from_file, from_files(content)) == lines{"- a\n"});
  from_file.filters = {rule_option(".- nul")};
  CHECK(wire_of(from_file, from_files(content)) == lines{"- - a\n"});
  from_file.from0 = false;
  CHECK(wire_of(from_file, from_files(content)) == lines{"- - a"});  // cut where a C string ends
}

TEST_CASE("patterns of --exclude and --include", "[parse]") {
  auto const wire = [](std::vector<filter_option> filters) {
    options what;
    what.filters = std::move(filters);
    return wire_of(what);
  };
  using kind = filter_option::kind;
  CHECK(wire({{kind::exclude, "a"}, {kind::include, "b"}}) == lines{"- a", "+ b"});
  CHECK(wire({{kind::exclude, "+ a"}, {kind::include, "- b/"}}) == lines{"+ a", "- b/"});
  CHECK(wire({{kind::exclude, ""}, {kind::exclude, "-"}, {kind::exclude, "-a"}, {kind::exclude, "!a"}}) ==
        lines{"- -", "- -a", "- !a"});
  CHECK(wire({{kind::exclude, "- - a"}, {kind::exclude, "-_a"}, {kind::exclude, "#c"}}) ==
        lines{"- - a", "- -_a", "- #c"});
  CHECK(wire({{kind::exclude, "a"}, {kind::exclude, "!"}, {kind::exclude, "b"}}) == lines{"- b"});
  CHECK(wire({{kind::exclude, "- "}}) == lines{"error: unexpected end of filter rule: - "});
  CHECK(wire({{kind::include, "+ "}}) == lines{"error: unexpected end of filter rule: + "});
  CHECK(wire({{kind::exclude, std::string(4095, 'x')}}) == lines{"- " + std::string(4095, 'x')});
  CHECK(wire({{kind::exclude, std::string(4096, 'x')}}) == lines{"error: over-long filter: " + std::string(64, 'x')});
  CHECK(wire({{kind::exclude_from, "no"}}) ==
        lines{"error: failed to open exclude file no: No such file or directory (2)"});
  CHECK(wire({{kind::include_from, "no"}}) ==
        lines{"error: failed to open include file no: No such file or directory (2)"});
}

TEST_CASE("the number of rules is bounded", "[parse]") {
  std::string many;
  for (std::size_t i = 0; i <= max_rules; ++i) many += "- a\n";
  auto const all = compile(with_rules({". many"}), from_files({{"many", many}}));
  CHECK(all.error == filter_errc::too_many);
}
