// SPDX-License-Identifier: Apache-2.0
// The two ways to run a fuzz target: under libFuzzer, or over files.
//
// usage of the latter: fuzz_TARGET [--mutations N] FILE|FOLDER...
// Each file is run as it is, cut to each of some lengths, and with N seeded mutations. Equal files give equal runs.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "fuzz.hpp"

#ifdef NEIGH_LIBFUZZER

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  neigh::fuzz::run({data, std::min(size, neigh::fuzz::kLongest)});
  return 0;
}

#else

namespace {

namespace fs = std::filesystem;
using neigh::fuzz::Bytes;

std::size_t inputs = 0;

void run(std::span<const std::uint8_t> data) {
  ++inputs;
  // On the heap and of exactly its size, as libFuzzer gives it.
  const Bytes exact(data.begin(),
                    data.begin() + static_cast<std::ptrdiff_t>(std::min(data.size(), neigh::fuzz::kLongest)));
  neigh::fuzz::run(exact);
}

Bytes mutated(Bytes data, std::mt19937& random) {
  const auto below = [&](std::size_t limit) { return random() % limit; };
  for (std::size_t changes = 1 + below(4); changes > 0 && !data.empty(); --changes) {
    const std::size_t at = below(data.size());
    const auto position = data.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(5)) {
      case 0:
        data[at] = static_cast<std::uint8_t>(below(256));
        break;
      case 1:
        data[at] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 2:
        data.insert(position, static_cast<std::uint8_t>(below(256)));
        break;
      case 3:
        data.erase(position);
        break;
      default: {
        const std::size_t from = below(data.size());
        const std::size_t count = std::min(data.size() - std::max(from, at), 1 + below(8));
        std::copy_n(Bytes(data).begin() + static_cast<std::ptrdiff_t>(from), count, position);
        break;
      }
    }
  }
  return data;
}

bool run_file(const fs::path& path, unsigned mutations) {
  std::ifstream file(path, std::ios::binary);
  const Bytes data{std::istreambuf_iterator<char>(file), {}};
  if (!file) return false;
  std::printf("%s\n", path.filename().c_str());
  std::fflush(stdout);
  run(data);
  const std::size_t step = std::max<std::size_t>(1, data.size() / 64);
  for (std::size_t size = 0; size < data.size(); size += step) run(std::span(data).first(size));
  std::mt19937 random(static_cast<std::uint32_t>(data.size()));
  for (unsigned i = 0; i < mutations; ++i) run(mutated(data, random));
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> files;
  unsigned mutations = 200;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--mutations" && i + 1 < argc) {
      mutations = static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10));
    } else if (fs::is_directory(argument)) {
      for (const auto& entry : fs::directory_iterator(argument)) files.push_back(entry.path());
    } else {
      files.emplace_back(argument);
    }
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& path : files) {
    if (!run_file(path, mutations)) {
      std::fprintf(stderr, "%s cannot be read\n", path.c_str());
      return 1;
    }
  }
  std::printf("%zu inputs from %zu files\n", inputs, files.size());
  return files.empty() ? 1 : 0;
}

#endif
