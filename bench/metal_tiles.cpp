//===- metal_tiles.cpp - The heaviest Metal kernels of a plan, counted ----===//
//
// usage: snap-metal-tiles PLAN [PROGRAM [COUNT]]
//
// PLAN is what `snapc compile … --emit plan` wrote. Prints a table in Markdown
// of the kernels that are predicted to take the most cycles of a program.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/TileCost.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

using namespace snap;
using namespace snap::metal;

namespace {
struct Row {
  KernelKey key;
  TileCost cost;
  int64_t calls;
};
} // namespace

/// The text between `begin` and the next `end`; empty if it is not there.
static std::string between(const std::string &line, const std::string &begin, char end) {
  size_t at = line.find(begin);
  return at == std::string::npos
             ? ""
             : line.substr(at + begin.size(), line.find(end, at + begin.size()) - at - begin.size());
}

/// How often a program calls each key.
static std::map<std::string, int64_t> callsOf(std::ifstream &plan, const std::string &program) {
  std::map<std::string, int64_t> calls;
  bool inside = false;
  for (std::string line; std::getline(plan, line);) {
    if (std::string name = between(line, "plan.program @", ' '); !name.empty())
      inside = name == program;
    if (std::string key = between(line, "plan.call \"", '"'); inside && !key.empty())
      ++calls[key];
  }
  return calls;
}

/// "2x32x32x1280, 36x40x1920x16 -> 2x32x32x640"
static std::string shapesOf(const KernelKey &key) {
  auto text = [](const TensorSpec &spec) {
    std::string s;
    for (int64_t extent : spec.shape)
      s += (s.empty() ? "" : "x") + std::to_string(extent);
    return s;
  };
  return text(key.inputs[0]) + ", " + text(key.inputs[1]) + " -> " + text(key.outputs[0]);
}

static int usage() {
  std::fprintf(stderr, "usage: snap-metal-tiles PLAN [PROGRAM [COUNT]]\n");
  return 2;
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 4)
    return usage();
  std::ifstream plan(argv[1]);
  std::string program = argc > 2 ? argv[2] : "step";
  long count = argc > 3 ? std::atol(argv[3]) : 10;
  if (!plan || count <= 0) {
    std::fprintf(stderr, "%s: cannot be read, or not a count of kernels\n", argv[1]);
    return 1;
  }
  std::vector<Row> rows;
  double all = 0;
  for (const auto &[text, calls] : callsOf(plan, program)) {
    std::string error;
    std::optional<KernelKey> key = KernelKey::parse(text, error);
    std::optional<TileCost> cost = key ? tileCost(*key, MetalModel()) : std::nullopt;
    if (!cost)
      continue;
    rows.push_back({*key, *cost, calls});
    all += cost->cycles * static_cast<double>(calls);
  }
  if (rows.empty()) {
    std::fprintf(stderr, "%s: no products, convolutions or attentions in a program '%s'\n", argv[1], program.c_str());
    return 1;
  }
  auto total = [](const Row &row) { return row.cost.cycles * static_cast<double>(row.calls); };
  std::sort(rows.begin(), rows.end(), [&](const Row &a, const Row &b) { return total(a) > total(b); });
  std::printf(
      "| kernel | calls | of the cycles | multiplies per load | threadgroup bytes per MAC | registers | threadgroup "
      "memory | threads, resident | share of ALU peak |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
  for (size_t i = 0; i < rows.size() && i < static_cast<size_t>(count); ++i) {
    const TileCost &c = rows[i].cost;
    std::printf("| `%s` %s | %lld | %.0f %% | %.2f | %.2f | %lld | %lld | %lld x %lld | %.0f %% |\n", c.tile.c_str(),
                shapesOf(rows[i].key).c_str(), static_cast<long long>(rows[i].calls), 100 * total(rows[i]) / all,
                c.multipliesPerLoad, c.bytesPerMac, static_cast<long long>(c.registers),
                static_cast<long long>(c.threadgroupBytes), static_cast<long long>(c.threads),
                static_cast<long long>(c.resident), 100 * c.aluShare());
  }
  std::printf("\nAll products, convolutions and attentions of `%s`: %.0f million cycles of a core.\n", program.c_str(),
              all / 1e6);
  return 0;
}
