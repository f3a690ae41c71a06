//===- SnapFile.cpp - NAME.snap: the plan and the packed weights ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/SnapFile.h"

#include "compiler/emit/AtomicFile.h"
#include "compiler/emit/MetalPlan.h"
#include "compiler/weights/PackWeights.h"
#include "dialects/plan/Plan.h"
#include "dialects/reference/Interpreter.h"
#include "plan_generated.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;

namespace snap {
namespace {

constexpr uint64_t headerBytes = 64;
constexpr uint64_t pageBytes = 16384; // the largest page of the targets (Apple's)
constexpr uint64_t weightAlignment = 64;

uint64_t alignUp(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }

uint64_t fnv1a(const uint8_t *bytes, size_t count, uint64_t hash = 0xcbf29ce484222325) {
  for (size_t i = 0; i < count; ++i)
    hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}

/// A buffer as the plan file names it.
struct Place {
  plan::Space space;
  uint64_t offset, bytes;
};

/// Translates plan.program operations into the schema's objects.
class PlanWriter {
public:
  explicit PlanWriter(const SnapFileInput &input) : input(input) {
    for (auto [index, kernel] : enumerate(input.kernels))
      kernelIndex[kernel.key.str()] = index;
  }

  /// Lays out the data segment; the tokenizer's tables follow the weights.
  void layOutData() {
    mlir::ModuleOp module = input.plan;
    mlir::OpBuilder builder(module.getContext());
    for (auto weight : module.getOps<plan::WeightOp>()) {
      auto type = cast<mlir::RankedTensorType>(weight.getType());
      uint64_t bytes = type.getNumElements() * byteSize(elementTypeOf(type.getElementType()));
      weight.setOffsetAttr(builder.getI64IntegerAttr(dataBytes));
      places[weight.getSymName()] = {plan::Space::Data, dataBytes, bytes};
      dataBytes = alignUp(dataBytes + bytes, weightAlignment);
    }
    weightBytes = dataBytes;
    for (auto state : module.getOps<plan::StateOp>()) {
      auto type = cast<mlir::MemRefType>(state.getType());
      uint64_t bytes = type.getNumElements() * byteSize(elementTypeOf(type.getElementType()));
      places[state.getSymName()] = {plan::Space::State, *state.getOffset(), bytes};
      stateBytes = std::max(stateBytes, alignUp(*state.getOffset() + bytes, weightAlignment));
    }
    if (input.pipeline) {
      tokenizerOffset = dataBytes;
      dataBytes = alignUp(dataBytes + input.tokenizer.size(), weightAlignment);
    }
  }

  flatbuffers::DetachedBuffer write(StringRef buildId) {
    plan::PlanT root;
    root.name = input.name;
    root.build_id = buildId.str();
    root.target = input.target.target;
    root.cpu = input.target.cpu;
    root.compiler = "snapc " SNAPC_VERSION;
    root.state = stateBytes;
    for (const PlanKernel &kernel : input.kernels) {
      auto row = std::make_unique<plan::KernelT>();
      row->symbol = kernel.key.symbol();
      row->key = kernel.key.str();
      row->scratch = kernel.scratch;
      row->macs = kernel.key.macs();
      row->outputs = static_cast<uint32_t>(kernel.key.outputs.size());
      if (!kernel.schedule.isOwn())
        row->schedule = kernel.schedule.str();
      root.kernels.push_back(std::move(row));
    }
    mlir::ModuleOp module = input.plan;
    for (auto program : module.getOps<plan::ProgramOp>())
      root.programs.push_back(writeProgram(program));
    if (input.pipeline)
      root.pipeline = writePipeline(*input.pipeline);
    if (input.metal)
      root.metal = writeMetalPlan(*input.metal, root);
    for (const WorkRecord &record : input.work) {
      auto row = std::make_unique<plan::PassWorkT>();
      row->pass = record.pass;
      row->program = record.program;
      row->kernels = record.work.kernels;
      row->macs = record.work.macs;
      row->bytes = record.work.bytes;
      root.work.push_back(std::move(row));
    }
    flatbuffers::FlatBufferBuilder builder;
    plan::FinishPlanBuffer(builder, plan::Plan::Pack(builder, &root));
    return builder.Release();
  }

  uint64_t dataBytes = 0, weightBytes = 0, tokenizerOffset = 0, stateBytes = 0;

private:
  static uint64_t bytesOf(mlir::Value buffer) {
    auto type = cast<mlir::MemRefType>(buffer.getType());
    return type.getNumElements() * byteSize(elementTypeOf(type.getElementType()));
  }

  Place placeOf(mlir::Value buffer) const {
    mlir::Operation *op = buffer.getDefiningOp();
    if (auto data = dyn_cast<plan::DataOp>(op))
      return places.lookup(data.getWeight());
    if (auto state = dyn_cast<plan::GetStateOp>(op))
      return places.lookup(state.getState());
    if (auto view = dyn_cast<plan::ViewOp>(op)) {
      Place place = placeOf(view.getSource());
      return {place.space, place.offset + view.getByteOffset(), bytesOf(buffer)};
    }
    auto offset = op->getAttrOfType<mlir::IntegerAttr>("offset");
    assert(offset && "allocate-arena has run");
    return {plan::Space::Arena, uint64_t(offset.getInt()), bytesOf(buffer)};
  }

  std::unique_ptr<plan::TensorT> writeTensor(StringRef name, mlir::Value buffer) const {
    auto type = cast<mlir::MemRefType>(buffer.getType());
    auto tensor = std::make_unique<plan::TensorT>();
    tensor->name = name.str();
    tensor->type = static_cast<plan::ElementType>(elementTypeOf(type.getElementType()));
    tensor->shape = type.getShape().vec();
    Place place = placeOf(buffer);
    assert(place.space == plan::Space::Arena && "inputs and outputs are in the arena");
    tensor->offset = place.offset;
    tensor->bytes = place.bytes;
    return tensor;
  }

  std::unique_ptr<plan::ProgramT> writeProgram(plan::ProgramOp program) const {
    auto result = std::make_unique<plan::ProgramT>();
    result->name = program.getSymName().str();
    result->arena = program.getArenaBytes().value_or(0);
    DenseMap<mlir::Operation *, uint64_t> parameters = parametersOf(program);
    for (mlir::Operation &op : program.getBody().front()) {
      if (auto in = dyn_cast<plan::InputOp>(op))
        result->inputs.push_back(writeTensor(in.getName(), in.getBuffer()));
      if (auto out = dyn_cast<plan::OutputOp>(op))
        result->outputs.push_back(writeTensor(out.getName(), out.getBuffer()));
      auto call = dyn_cast<plan::CallOp>(op);
      if (!call)
        continue;
      auto row = std::make_unique<plan::CallT>();
      row->kernel = kernelIndex.lookup(call.getKey());
      row->block = call.getBlock().value_or("").str();
      row->parameters = parameters.lookup(call);
      for (mlir::Value buffer : call->getOperands()) {
        Place place = placeOf(buffer);
        auto slice = std::make_unique<plan::SliceT>();
        slice->space = place.space;
        slice->offset = place.offset;
        slice->bytes = place.bytes;
        row->args.push_back(std::move(slice));
      }
      result->scratch = std::max(result->scratch, input.kernels[row->kernel].scratch);
      result->calls.push_back(std::move(row));
    }
    return result;
  }

  std::unique_ptr<plan::PipelineT> writePipeline(const PipelineConfig &config) const {
    auto scheduler = std::make_unique<plan::SchedulerT>();
    scheduler->train_steps = config.scheduler.trainSteps;
    scheduler->beta_start = config.scheduler.betaStart;
    scheduler->beta_end = config.scheduler.betaEnd;
    scheduler->beta_schedule = static_cast<plan::BetaSchedule>(config.scheduler.betaSchedule);
    scheduler->trained_betas = config.scheduler.trainedBetas;
    scheduler->spacing = static_cast<plan::Spacing>(config.scheduler.spacing);
    scheduler->prediction = static_cast<plan::Prediction>(config.scheduler.prediction);
    scheduler->steps_offset = config.scheduler.stepsOffset;
    scheduler->set_alpha_to_one = config.scheduler.setAlphaToOne;
    scheduler->rescale_betas_zero_snr = config.scheduler.rescaleBetasZeroSnr;
    scheduler->clip_sample = config.scheduler.clipSample;
    scheduler->clip_sample_range = config.scheduler.clipSampleRange;

    auto pipeline = std::make_unique<plan::PipelineT>();
    pipeline->scheduler = std::move(scheduler);
    pipeline->scaling_factor = config.scalingFactor;
    pipeline->default_steps = config.defaultSteps;
    pipeline->fixed_steps = config.fixedSteps;
    pipeline->default_guidance = config.defaultGuidance;
    pipeline->width = config.width;
    pipeline->height = config.height;
    pipeline->latent_channels = config.latentChannels;
    pipeline->tokenizer_offset = tokenizerOffset;
    pipeline->tokenizer_bytes = input.tokenizer.size();
    pipeline->max_tokens = config.maxTokens;
    return pipeline;
  }

  const SnapFileInput &input;
  StringMap<uint32_t> kernelIndex;
  StringMap<Place> places;
};

void pad(raw_ostream &os, uint64_t to) {
  assert(os.tell() <= to && "the data is laid out in order");
  os.write_zeros(to - os.tell());
}

} // namespace

Expected<SnapFileSummary> writeSnapFile(StringRef path, const SnapFileInput &input) {
  PlanWriter writer(input);
  writer.layOutData();
  // The build id has a fixed length, so the plan's size is known before it is.
  flatbuffers::DetachedBuffer draft = writer.write(std::string(32, '0'));
  uint64_t dataOffset = alignUp(headerBytes + draft.size(), pageBytes);

  SnapFileSummary summary;
  Error error = writeFileAtomically(path, [&](raw_pwrite_stream &os) -> Error {
    pad(os, dataOffset);
    uint64_t identity = xxh3_64bits(ArrayRef(draft.data(), draft.size()));
    auto append = [&](uint64_t offset, const void *bytes, uint64_t count) {
      pad(os, dataOffset + offset);
      os.write(static_cast<const char *>(bytes), count);
      // 16 GB/s: the identity of the weights costs nothing beside writing them.
      uint64_t hashes[] = {identity, xxh3_64bits(ArrayRef(static_cast<const uint8_t *>(bytes), count))};
      identity = xxh3_64bits(ArrayRef(reinterpret_cast<const uint8_t *>(hashes), sizeof hashes));
    };
    if (Error problem = packWeights(
            input.plan, *input.weights,
            [&](plan::WeightOp weight, const Tensor &tensor) -> Error {
              append(*weight.getOffset(), tensor.raw(), tensor.bytes());
              return Error::success();
            },
            input.progress))
      return problem;
    if (input.pipeline)
      append(writer.tokenizerOffset, input.tokenizer.data(), input.tokenizer.size());
    pad(os, dataOffset + writer.dataBytes);
    uint64_t fileBytes = os.tell();

    uint64_t targetHash =
        xxh3_64bits(SNAPC_VERSION + std::string(1, '\0') + input.target.target + '\0' + input.target.cpu);
    summary.buildId = utohexstr(identity, /*LowerCase=*/true, 16) + utohexstr(targetHash, /*LowerCase=*/true, 16);
    flatbuffers::DetachedBuffer plan = writer.write(summary.buildId);
    assert(plan.size() == draft.size() && "only the build id differs");

    char header[headerBytes] = {};
    constexpr char magic[8] = {'S', 'N', 'A', 'P', 'P', 'L', 'A', 'N'};
    std::memcpy(header, magic, sizeof(magic));
    support::endian::write32le(header + 8, 1);
    support::endian::write32le(header + 12, headerBytes);
    support::endian::write64le(header + 16, headerBytes);
    support::endian::write64le(header + 24, plan.size());
    support::endian::write64le(header + 32, dataOffset);
    support::endian::write64le(header + 40, writer.dataBytes);
    support::endian::write64le(header + 48, fileBytes);
    uint64_t checksum = fnv1a(reinterpret_cast<const uint8_t *>(header), 56);
    support::endian::write64le(header + 56, fnv1a(plan.data(), plan.size(), checksum));
    os.pwrite(header, headerBytes, 0);
    os.pwrite(reinterpret_cast<const char *>(plan.data()), plan.size(), headerBytes);
    summary.fileBytes = fileBytes;
    summary.planBytes = plan.size();
    summary.weightBytes = writer.weightBytes;
    summary.stateBytes = writer.stateBytes;
    return Error::success();
  });
  if (error)
    return std::move(error);
  return summary;
}

} // namespace snap
