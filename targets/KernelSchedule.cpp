//===- KernelSchedule.cpp - Sizes in place of a kernel's own --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/KernelSchedule.h"

#include <algorithm>
#include <sstream>

using namespace snap;

int64_t KernelSchedule::get(const char *name, int64_t own) const {
  auto it = sizes.find(name);
  return it == sizes.end() ? own : it->second;
}

std::string KernelSchedule::str() const {
  std::string text;
  for (const auto &[name, size] : sizes)
    text += (text.empty() ? "" : " ") + name + "=" + std::to_string(size);
  return text.empty() ? "own" : text;
}

std::optional<KernelSchedule> KernelSchedule::parse(const std::string &text, std::string &error) {
  KernelSchedule schedule;
  if (text == "own")
    return schedule;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    size_t equals = word.find('=');
    std::string name = word.substr(0, equals), digits = equals == std::string::npos ? "" : word.substr(equals + 1);
    bool number = !digits.empty() && digits.size() <= 9 && digits.find_first_not_of("0123456789") == std::string::npos;
    if (name.empty() || !number || schedule.sizes.count(name)) {
      error = "expected NAME=SIZE of every name once, got '" + word + "'";
      return std::nullopt;
    }
    schedule.sizes[name] = std::stoll(digits);
  }
  if (schedule.isOwn()) {
    error = "expected 'own' or NAME=SIZE";
    return std::nullopt;
  }
  return schedule;
}

namespace {
struct Candidates {
  const char *name;
  std::vector<int64_t> sizes;
};
} // namespace

/// Those of `sizes` that are smaller than the extent, and the first that is not.
static std::vector<int64_t> within(std::vector<int64_t> sizes, int64_t extent) {
  auto whole = std::find_if(sizes.begin(), sizes.end(), [&](int64_t size) { return size >= extent; });
  if (whole != sizes.end())
    sizes.erase(whole + 1, sizes.end());
  return sizes;
}

/// Fewer rows than the registers hold leave room for loads to run ahead.
static Candidates tilesOf(int64_t columns, int64_t rows, const TargetModel &target) {
  int64_t vectors = std::max<int64_t>(1, columns / target.lanes(4));
  int64_t most = std::clamp<int64_t>((target.vectorRegisters - 1 - vectors) / vectors, 1, 14);
  Candidates tiles = {"tile", {}};
  for (int64_t tile = std::max<int64_t>(1, most - 2); tile <= most; ++tile)
    tiles.sizes.push_back(tile);
  return {"tile", within(tiles.sizes, rows)};
}

static std::vector<Candidates> candidatesOf(const KernelKey &key, const TargetModel &target) {
  const std::vector<int64_t> &out = key.outputs[0].shape, &weight = key.inputs[1].shape;
  switch (key.op) {
  case KernelOp::Matmul: {
    int64_t rows = out[out.size() - 2],
            panel = key.getInt("packed", 0) ? weight.back() : target.gemmTile(rows, out.back()).columns;
    return {{"depth", within({64, 128, 192, 256, 384, 512}, key.rootChannels())},
            {"rows", within({32, 64, 96, 128, 256, 512}, rows)},
            {"panels", within({2, 4, 8}, out.back() / panel)},
            tilesOf(panel, rows, target)};
  }
  case KernelOp::Conv2d: {
    int64_t panels = weight[key.algorithm == Algorithm::Direct ? 0 : 1];
    if (key.algorithm == Algorithm::Direct)
      return {{"channels", within({32, 64, 128, 256}, key.rootChannels())},
              {"columns", within({16, 32, 64, 128}, out[2])},
              {"rows", within({1, 2, 4, 8, 16}, out[1])},
              {"panels", within({1, 2, 4}, panels)},
              tilesOf(weight.back(), out[2], target)};
    int64_t side = key.algorithm == Algorithm::Winograd4 ? 4 : 2;
    int64_t tiles = out[0] * ((out[1] + side - 1) / side) * ((out[2] + side - 1) / side);
    return {{"tiles", within({16, 32, 64, 128}, tiles)},
            {"by_outputs", {0, 1}},
            {"panels", within({1, 2, 4}, panels)},
            tilesOf(weight.back(), tiles, target)};
  }
  case KernelOp::Attention: {
    int64_t queries = key.getInt("tile_queries", target.lanes(4));
    return {
        {"keys", within({64, 128, 256, 512, 1024}, weight[1])}, {"pack", {0, 1}}, tilesOf(queries, weight[1], target)};
  }
  default:
    return {};
  }
}

std::vector<KernelSchedule> snap::candidateSchedules(const KernelKey &key, const TargetModel &target) {
  std::vector<KernelSchedule> schedules;
  if (key.inputs.size() < 2)
    return schedules;
  for (const Candidates &candidates : candidatesOf(key, target))
    for (int64_t size : candidates.sizes) {
      KernelSchedule schedule;
      schedule.set(candidates.name, size);
      schedules.push_back(std::move(schedule));
    }
  return schedules;
}
