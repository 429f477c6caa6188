// Sends a directory to a program that stands in for another host: consumer SHELL SOURCE DESTINATION.
// SHELL is called as a remote shell is: SHELL HOST COMMAND...
#include <cstdio>
#include <variant>

#include <volsync/run.hpp>

namespace {

struct counter : volsync::observer {
  int items = 0;
  void on_event(volsync::event const& what) override {
    if (std::holds_alternative<volsync::item>(what)) ++items;
    if (auto const* said = std::get_if<volsync::message>(&what)) std::fprintf(stderr, "%s\n", said->text.c_str());
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 1;
  volsync::job what;
  what.options.recurse = what.options.links = what.options.times = what.options.perms = true;
  what.options.remote_shell = argv[1];
  what.options.remote_shell_given = true;
  what.sources.resize(1);
  what.sources[0].path = argv[2];
  what.destination.host = "there";
  what.destination.path = argv[3];
  counter seen;
  volsync::cancellation cancel;
  auto const end = volsync::run(what, seen, cancel);
  std::printf("%d entries changed, %lld files sent, exit code %d %s\n", seen.items,
              static_cast<long long>(end.result.transferred_files), static_cast<int>(end.code), end.text.c_str());
  return static_cast<int>(end.code);
}
