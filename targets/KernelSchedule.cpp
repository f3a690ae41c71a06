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

/// Fewer rows than the registers hold leave room for loads to run ahead.
static Candidates tilesOf(const KernelKey &key, const TargetModel &target) {
  int64_t panel = key.inputs[1].shape.back(), vectors = std::max<int64_t>(1, panel / target.lanes(4));
  if (key.op == KernelOp::Attention)
    vectors = std::max<int64_t>(1, key.getInt("tile_queries", target.lanes(4)) / target.lanes(4));
  int64_t most = std::clamp<int64_t>((target.vectorRegisters - 1 - vectors) / vectors, 1, 14);
  Candidates tiles = {"tile", {}};
  for (int64_t rows = std::max<int64_t>(1, most - 2); rows <= most; ++rows)
    tiles.sizes.push_back(rows);
  return tiles;
}

static std::vector<Candidates> candidatesOf(const KernelKey &key, const TargetModel &target) {
  switch (key.op) {
  case KernelOp::Matmul:
    return {{"depth", {64, 128, 192, 256, 384, 512}},
            {"rows", {32, 64, 96, 128, 256, 512}},
            {"panels", {2, 4, 8}},
            tilesOf(key, target)};
  case KernelOp::Conv2d:
    if (key.algorithm == Algorithm::Direct)
      return {{"channels", {32, 64, 128, 256}},
              {"columns", {16, 32, 64, 128}},
              {"rows", {1, 2, 4, 8, 16}},
              {"panels", {1, 2, 4}},
              tilesOf(key, target)};
    return {{"tiles", {16, 32, 64, 128}}, {"by_outputs", {0, 1}}, {"panels", {1, 2, 4}}, tilesOf(key, target)};
  case KernelOp::Attention:
    return {{"keys", {64, 128, 256, 512, 1024}}, {"pack", {0, 1}}, tilesOf(key, target)};
  default:
    return {};
  }
}

std::vector<KernelSchedule> snap::candidateSchedules(const KernelKey &key, const TargetModel &target) {
  std::vector<KernelSchedule> schedules;
  for (const Candidates &candidates : candidatesOf(key, target))
    for (int64_t size : candidates.sizes) {
      KernelSchedule schedule;
      schedule.set(candidates.name, size);
      schedules.push_back(std::move(schedule));
    }
  return schedules;
}
