//===- ArenaTest.cpp - The arenas of the full-size models -----------------===//
//
// The graphs of models/ without weights, through the whole pipeline: what the
// documentation promises of memory holds, and placement wastes little.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/onnx/OnnxImporter.h"
#include "passes/Passes.h"
#include "test/support/RandomProgram.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace snap;

namespace {

struct Limit {
  const char *name, *model;
  std::map<std::string, int64_t> dims;
  int64_t megabytes; // f32; f16 takes half
};

const Limit limits[] = {
    {"unet_guided", "snapfusion/unet", {{"batch", 2}, {"height", 64}, {"width", 64}}, 110},
    {"decoder_512", "snapfusion/vae_decoder", {{"batch", 1}, {"height", 64}, {"width", 64}}, 300},
    {"text_encoder", "snapfusion/text_encoder", {{"batch", 1}}, 4},
};

class Arena : public testing::TestWithParam<Limit> {};

TEST_P(Arena, StaysWithinItsLimit) {
  for (ElementType precision : {ElementType::F32, ElementType::F16}) {
    MLIRContext context;
    test::loadDialects(context);
    OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
    WeightStore weights;
    ImportOptions import;
    import.dims = GetParam().dims;
    std::string path = std::string(SNAP_MODELS) + "/" + GetParam().model + "/model.onnx";
    ASSERT_TRUE(succeeded(importOnnx(*module, path, import, weights)));

    PipelineOptions options;
    std::string error;
    options.target = *TargetModel::get("arm64-ios", "", error);
    options.precision = precision;
    PassManager passes(&context);
    buildPipeline(passes, options);
    ASSERT_TRUE(succeeded(passes.run(*module)));

    auto program = *module->getOps<plan::ProgramOp>().begin();
    auto bytes = static_cast<int64_t>(*program.getArenaBytes()),
         bound = static_cast<int64_t>(*program.getArenaLowerBound());
    std::printf("%s in %s: arena of %.1f MB, no less than %.1f MB\n", GetParam().name, toString(precision),
                static_cast<double>(bytes) / 1e6, static_cast<double>(bound) / 1e6);
    EXPECT_LE(bytes, GetParam().megabytes * 1000000 / (precision == ElementType::F16 ? 2 : 1));
    EXPECT_LE(bound, bytes);
    EXPECT_LE(static_cast<double>(bytes), 1.05 * static_cast<double>(bound));
  }
}

std::string testName(const testing::TestParamInfo<Limit> &info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Models, Arena, testing::ValuesIn(limits), testName);

} // namespace
