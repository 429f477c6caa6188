// Which names a rule meets. Paths with a slash at the end are directories; the transfer root is /srv/top.
#include "make_rules.hpp"

using namespace volsync;
using namespace volsync::filter;
using namespace volsync::filter::test;

namespace {

struct row {
  char const* rule;
  char const* path;
  bool hidden;
};

void check(std::vector<row> const& table) {
  for (auto const& each : table) {
    INFO(each.rule << " : " << each.path);
    CHECK(hides(each.rule, each.path) == each.hidden);
  }
}

}  // namespace

TEST_CASE("a pattern meets the part of the path it speaks of", "[rule]") {
  check({
      {"- foo", "foo", true},
      {"- foo", "a/foo", true},
      {"- foo", "foo/a", false},
      {"- foo", "foobar", false},
      {"- foo/", "foo", false},
      {"- foo/", "foo/", true},
      {"- foo/", "a/foo/", true},
      {"- /foo", "foo", true},
      {"- /foo", "a/foo", false},
      {"- a/foo", "a/foo", true},
      {"- a/foo", "x/a/foo", true},
      {"- a/foo", "foo", false},
      {"- a/foo", "xa/foo", false},
      {"- /", "a", false},
      {"- a//", "a", false},
      {"- foo/*/bar", "foo/a/bar", true},
      {"- foo/*/bar", "x/foo/b/bar", true},
      {"- foo/*/bar", "foo/a/b/bar", false},
      {"- /foo/**/bar", "foo/a/bar", true},
      {"- /foo/**/bar", "foo/a/b/bar", true},
      {"- /foo/**/bar", "foo/bar", false},
      {"- /foo/**/bar", "x/foo/a/bar", false},
      {"- foo/***", "foo/", true},
      {"- foo/***", "foo", false},
      {"- foo/***", "foo/a", true},
      {"- foo/***", "foo/a/b", true},
      {"- foo/***", "x/foo/", true},
      {"- foo/***", "x/foo/a", true},
      {"- foo/**", "foo/", false},
      {"- foo/**", "foo/a", true},
      {"- **/bar", "bar", true},
      {"- **/bar", "a/bar", true},
      {"- **/bar", "a/b/bar", true},
      {"- **/bar", "xbar", false},
      {"- f**r", "foo/bar", true},
      {"- f**r", "x/foo/bar", true},
      {"- f**r", "xfoo/bar", false},
      {"- *foo/a", "xfoo/a", true},
      {"- *foo/a", "b/xfoo/a", true},
      {"- *foo/a", "xfoo/b/a", false},
      {"- a[b]", "ab", true},
      {"- a[b]", "a[b]", false},
      {"- a\\[b\\]", "a[b]", true},
      {"- back\\slash", "back\\slash", true},
      {"- back\\slash", "backslash", false},
      {"- back\\sla?h", "backslash", true},
      {"- /t/foo", "t/foo", true},
      {"- /foo", "t/foo", false},
      {"-! *.c", "a.h", true},
      {"-! *.c", "a.c", false},
      {"-! */", "a/", false},
      {"-! */", "a", true},
      {"-x foo", "foo", false},
      {"-/ /srv/top/a", "a", true},
      {"-/ /a", "a", false},
      {"-/ top/a", "a", true},
      {"-/ a", "b/a", true},
      {"-/ /srv/**/a", "x/a", true},
      {"- /a", "/a", true},
  });
}

TEST_CASE("a pattern without a slash speaks of the last component at any depth", "[rule]") {
  check({
      {"- *rspamd-vol-1", "mailcowdockerized_rspamd-vol-1/", true},
      {"- *rspamd-vol-1", "rspamd-vol-1/", true},
      {"- *rspamd-vol-1", "other/_data/zrspamd-vol-1", true},
      {"- *rspamd-vol-1", "other/_data/my-rspamd-vol-1/", true},
      {"- *rspamd-vol-1", "keep_rspamd-vol-10/", false},
      {"- *rspamd-vol-1/", "other/_data/zrspamd-vol-1", false},
      {"- *rspamd-vol-1/", "other/_data/my-rspamd-vol-1/", true},
      {"- /*rspamd-vol-1", "a_rspamd-vol-1/", true},
      {"- /*rspamd-vol-1", "other/_data/zrspamd-vol-1", false},
  });
}

TEST_CASE("the first rule that matches decides, for its side", "[rule]") {
  auto const at = [](std::vector<std::string> const& rules, char const* path, side where) {
    return compile(with_rules(rules)).made.rules->excludes(path, false, where);
  };
  CHECK_FALSE(at({"+ a", "- *"}, "a", side::sender));
  CHECK(at({"+ a", "- *"}, "b", side::sender));
  CHECK(at({"- *", "+ a"}, "a", side::sender));
  CHECK_FALSE(at({}, "a", side::sender));
  struct {
    char const* rule;
    bool sender, receiver;
  } const sides[] = {{"- a", true, true},   {"H a", true, false},  {"P a", false, true},    {"-s a", true, false},
                     {"-r a", false, true}, {"-sr a", true, true}, {"hide a", true, false}, {"protect a", false, true}};
  for (auto const& each : sides) {
    INFO(each.rule);
    CHECK(at({each.rule}, "a", side::sender) == each.sender);
    CHECK(at({each.rule}, "a", side::receiver) == each.receiver);
  }
  CHECK_FALSE(at({"S a", "- a"}, "a", side::sender));
  CHECK(at({"S a", "- a"}, "a", side::receiver));
  CHECK_FALSE(at({"R a", "- a"}, "a", side::receiver));
  CHECK(at({"R a", "- a"}, "a", side::sender));
}
