// Refusals against those of stock rsync, which is run here: same first line, same exit code. A missing rsync is a
// failure.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "volsync/command_line.hpp"

#include "support/catch.hpp"

using namespace volsync::cli;
using words = std::vector<std::string>;

namespace {

struct outcome {
  int code = -1;
  std::string first_line;
};

outcome stock(words args) {
  args.insert(args.begin(), "rsync");
  std::vector<char*> argv;
  for (std::string& each : args) argv.push_back(each.data());
  argv.push_back(nullptr);
  // `false` as the remote shell: a command line that is not refused goes nowhere.
  std::string path = std::string{"PATH="} + (std::getenv("PATH") != nullptr ? std::getenv("PATH") : "/usr/bin");
  std::string shell = "RSYNC_RSH=false";
  char* environment[] = {path.data(), shell.data(), nullptr};
  std::array<int, 2> pipe{};
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, pipe[1], 2);
  pid_t child = -1;
  REQUIRE(::posix_spawnp(&child, "rsync", &files, nullptr, argv.data(), environment) == 0);
  posix_spawn_file_actions_destroy(&files);
  ::close(pipe[1]);
  std::string text;
  std::array<char, 4096> room{};
  for (ssize_t count = 0; (count = ::read(pipe[0], room.data(), room.size())) > 0;)
    text.append(room.data(), static_cast<std::size_t>(count));
  ::close(pipe[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) != 127);
  return {WEXITSTATUS(status), text.substr(0, text.find('\n'))};
}

outcome ours(words args) {
  args.insert(args.begin(), "volsync");
  auto const made = parse_command_line(args, [](char const*) { return std::nullopt; });
  if (auto const* no = std::get_if<refusal>(&made))
    return {static_cast<int>(no->code), no->text.substr(0, no->text.find('\n'))};
  return {0, "accepted"};
}

}  // namespace

TEST_CASE("refusals are stock rsync's") {
  for (words const& args : std::initializer_list<words>{
           {"--bogus", "a", "h:b"},
           {"-Q", "a", "h:b"},
           {"-avQ", "a", "h:b"},
           {"--no-bogus", "a", "h:b"},
           {"--no-exclude", "a", "h:b"},
           {"-h:b"},
           {"--exclude"},
           {"-e"},
           {"--verbose=3", "a", "h:b"},
           {"--size-only=1", "a", "h:b"},
           {"-av", "--delete-before", "--delete-after", "a", "h:b"},
           {"-av", "--del", "--delete-after", "a", "h:b"},
           {"--delete", "a", "h:b"},
           {"--delete-excluded", "a", "h:b"},
           {"-a", "--no-r", "--delete-after", "a", "h:b"},
           {"-a", "--inplace", "--partial-dir=x", "a", "h:b"},
           {"-a", "--inplace", "--delay-updates", "a", "h:b"},
           {"-s", "--old-args", "a", "h:b"},
           {"--timeout=1K", "a", "h:b"},
           {"--timeout=x", "a", "h:b"},
           {"--max-delete=99999999999", "a", "h:b"},
           {"--max-delete=x", "a", "h:b"},
           {"--modify-window=x", "a", "h:b"},
           {"--checksum-seed=x", "a", "h:b"},
           {"--protocol=x", "a", "h:b"},
           {"--max-size=1x", "a", "h:b"},
           {"--min-size=-1", "a", "h:b"},
           {"-B", "1m", "a", "h:b"},
           {"--block-size=x", "a", "h:b"},
           {"--bwlimit=1x", "a", "h:b"},
           {"--bwlimit=0.1", "a", "h:b"},
           {"--cc=foo", "a", "h:b"},
           {"--cc=", "a", "h:b"},
           {"--cc=md5,xxh3,md4", "a", "h:b"},
           {"--stderr=x", "a", "h:b"},
           {"--stderr=ALL", "a", "h:b"},
           {"--outbuf=Z", "a", "h:b"},
           {"--info=bogus", "a", "h:b"},
           {"--info=name,del7x", "a", "h:b"},
           {"h:a", "h:b"},
           {"a", "h:b", "h:c"},
           {"a", "h:b", "c"},
           {"", "h:b"},
           {"--", "a", "-h:b"},
           {"--files-from=i:x", "a", "h:b"},
       }) {
    std::string shown;
    for (std::string const& each : args) shown += "[" + each + "] ";
    INFO(shown);
    outcome const theirs = stock(args);
    outcome const mine = ours(args);
    CHECK(mine.code == theirs.code);
    std::size_t const hint = mine.first_line.find(" (did you mean ");  // the only thing we add
    CHECK(mine.first_line.substr(0, hint) == theirs.first_line);
  }
}
