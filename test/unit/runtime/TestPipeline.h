//===- TestPipeline.h - A text-to-image pipeline made by hand ---*- C++ -*-===//
//
// Programs encode_text, step and decode with kernels of a line each, on 8
// tokens, latents of 4x2x3 and a picture of 12x8 pixels:
//
//   encode_text: e[t, d] = ((7 id[t] + 3 d + t) mod 13 - 6) / 8
//   step:        o[b, i] = x[b, i] / 2 + mean(e[b]) + timestep / 4096 - i / 64;
//                then its inputs are overwritten, as a real plan may
//   prepare:     leaves e for step
//   decode:      p[c, y, x] = l[c, y/4, x/4] / 4 + c / 8
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_RUNTIME_TESTPIPELINE_H
#define SNAP_TEST_RUNTIME_TESTPIPELINE_H

#include "TestPlan.h"

namespace snap::test {

constexpr int kTokens = 8, kEmbedding = 4;
constexpr int kChannels = 4, kLatentHeight = 2, kLatentWidth = 3;
constexpr int kLatents = kChannels * kLatentHeight * kLatentWidth;
constexpr int kPictureWidth = 12, kPictureHeight = 8;
constexpr int kPixels = kPictureWidth * kPictureHeight;

struct TestPipeline {
  struct Types {
    plan::ElementType number = plan::ElementType::F32; // of everything but the next two
    plan::ElementType ids = plan::ElementType::I64;
    plan::ElementType timestep = plan::ElementType::F32;
  };

  TestPipeline() : TestPipeline(Types()) {}
  explicit TestPipeline(Types types);

  TestPlan file; // with its plan and data replaced
  /// Adds a program prepare that leaves the embeddings for step, which takes them no more.
  void addPrepare();
  /// Gives step one set of latents for both rows.
  void shareSample();
  /// Adds a program step_single for a prompt alone; its calls are known as "single".
  void addSingle();
  /// step takes the index of one of these timesteps.
  void fixSteps(std::vector<uint32_t> timesteps);
  plan::ProgramT &program(const std::string &name);
  std::vector<uint8_t> bytes() const { return file.bytes(); }

  /// Computes as the kernels do. `ids` has kTokens numbers.
  static std::vector<double> embed(const std::vector<int32_t> &ids);
  static std::vector<double> predict(const std::vector<double> &x, const std::vector<double> &embedding,
                                     uint32_t timestep);
  static std::vector<double> draw(const std::vector<double> &latents); // [3, height, width]
};

/// The kernels' library; they work on the types of the last TestPipeline made.
const snap_library &pipelineLibrary();

/// Called by each kernel before it works; a nonzero result is the kernel's.
extern std::function<int(const std::string &kernel)> onPipelineCall;

} // namespace snap::test

#endif // SNAP_TEST_RUNTIME_TESTPIPELINE_H
