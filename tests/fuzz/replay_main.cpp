// Runs a fuzz target over files: what a build without a fuzzer can still do with a corpus.
//
// Arguments: directories and files. It fails when it finds no input at all, so that a lost corpus does not pass.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

bool replay(fs::path const& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return false;
  std::string const input{std::istreambuf_iterator<char>{file}, {}};
  // An allocation of exactly the input's size, so that AddressSanitizer notices an overread.
  std::unique_ptr<std::uint8_t[]> const exact{new std::uint8_t[input.size()]};
  std::copy(input.begin(), input.end(), exact.get());
  LLVMFuzzerTestOneInput(exact.get(), input.size());
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<fs::path> inputs;
  for (int i = 1; i < count; ++i) {
    if (fs::is_directory(arguments[i])) {
      for (auto const& one : fs::recursive_directory_iterator{arguments[i]}) {
        if (one.is_regular_file()) inputs.push_back(one.path());
      }
    } else {
      inputs.emplace_back(arguments[i]);
    }
  }
  std::sort(inputs.begin(), inputs.end());
  for (auto const& path : inputs) {
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);  // names the input at which the target dies
    if (!replay(path)) {
      std::fprintf(stderr, "cannot read %s\n", path.c_str());
      return 1;
    }
  }
  if (inputs.empty()) std::fprintf(stderr, "no input to replay\n");
  return inputs.empty() ? 1 : 0;
}
