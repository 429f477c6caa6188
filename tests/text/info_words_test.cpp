#include "text/info_words.hpp"

#include <volsync/format.hpp>

#include "support/catch.hpp"

using namespace volsync;
using text::info;
using text::info_levels;

namespace {

options with(std::vector<std::string> words, int verbose = 0) {
  options made;
  made.info = std::move(words);
  made.verbose = verbose;
  return made;
}

}  // namespace

TEST_CASE("what -v, --progress and --stats switch on") {
  info_levels const quiet{options{}};
  CHECK(quiet[info::nonreg]);
  for (info const word : {info::name, info::stats, info::del, info::flist, info::progress, info::skip})
    CHECK_FALSE(quiet[word]);
  info_levels const one{with({}, 1)};
  for (info const word : {info::copy, info::del, info::flist, info::misc, info::name, info::stats, info::symsafe}) {
    CHECK(one.at(word) == 1);
    CHECK_FALSE(one.is_explicit(word));
  }
  CHECK_FALSE(one[info::skip]);
  info_levels const two{with({}, 5)};
  CHECK(two.at(info::name) == 2);
  CHECK(two.at(info::misc) == 2);
  for (info const word : {info::backup, info::mount, info::remove, info::skip}) CHECK(two.at(word) == 1);
  CHECK_FALSE(two[info::progress]);

  options progress;
  progress.progress = true;
  CHECK(info_levels{progress}.at(info::flist) == 2);
  CHECK(info_levels{progress}.at(info::name) == 1);
  CHECK(info_levels{progress}.at(info::progress) == 1);
  options stats;
  stats.stats = true;
  CHECK(info_levels{stats}.at(info::stats) == 2);
}

TEST_CASE("the user's words win over the other options") {
  options what = with({"flist0", "stats1,progress2"}, 2);
  what.progress = what.stats = true;
  info_levels const levels{what};
  CHECK(levels.at(info::flist) == 0);
  CHECK(levels.at(info::stats) == 1);
  CHECK(levels.at(info::progress) == 2);
  CHECK(levels.is_explicit(info::flist));
  CHECK(levels.at(info::name) == 2);
}

TEST_CASE("words are read as rsync reads them") {
  info_levels levels;
  std::string bad;
  CHECK(levels.apply("NAME2,del,,skip0,", &bad));
  CHECK(levels.at(info::name) == 2);
  CHECK(levels.at(info::del) == 1);
  CHECK(levels.apply("name12"));
  CHECK(levels.at(info::name) == 4);
  CHECK(levels.apply("name01"));
  CHECK(levels.at(info::name) == 1);
  CHECK(levels.apply("ALL3"));
  CHECK(levels.at(info::mount) == 3);
  CHECK(levels.apply("none2"));
  CHECK(levels.at(info::mount) == 0);
  CHECK(levels.apply(""));
  for (char const* each : {"nam", "name7x", "bogus", "7", "ALLx"}) {
    CHECK_FALSE(levels.apply(each, &bad));
    CHECK(bad == each);
  }
  CHECK_FALSE(levels.apply("del,x,name", &bad));
  CHECK(bad == "x");
}

TEST_CASE("what the doors say about words") {
  CHECK(check_info("name2,STATS").empty());
  CHECK(check_info("name,bogus") == "Unknown --info item: \"bogus\"");
  CHECK(asks_info_help("help"));
  CHECK(asks_info_help("name,HELP"));
  CHECK_FALSE(asks_info_help("name"));
  CHECK(info_help().find("SYMSAFE") != std::string::npos);
}

TEST_CASE("what a peer is told") {  // the full table is compared with stock rsync where the remote command is tested
  CHECK(text::forwarded_info(with({}), true).empty());
  CHECK(text::forwarded_info(with({}, 2), true).empty());
  CHECK(text::forwarded_info(with({"name0,skip2"}), true) == "--info=NAME0,SKIP2");
  CHECK(text::forwarded_info(with({"name0,skip2,remove"}), false) == "--info=NAME0,REMOVE");
  CHECK(text::forwarded_info(with({"all0"}), true) == "--info=NONE");
  CHECK(text::forwarded_info(with({"all,name2"}), true) == "--info=ALL,NAME2");
}
