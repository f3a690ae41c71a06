//===- Inspect.cpp - snapc inspect ----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Commands.h"
#include "compiler/driver/HostModel.h"
#include "plan_generated.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace snap {
namespace {

/// NAME.snap with its plan checked by FlatBuffers' own verifier.
struct SnapView {
  std::unique_ptr<MemoryBuffer> buffer;
  const plan::Plan *plan = nullptr;
  uint64_t planBytes = 0, dataBytes = 0, fileBytes = 0;
};

Expected<SnapView> open(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError(path + ": " + buffer.getError().message());
  SnapView view;
  view.buffer = std::move(*buffer);
  const char *bytes = view.buffer->getBufferStart();
  view.fileBytes = view.buffer->getBufferSize();
  if (view.fileBytes < 64 || StringRef(bytes, 8) != "SNAPPLAN")
    return createStringError(path + ": not a NAME.snap: expected it to begin with SNAPPLAN");
  uint64_t planOffset = support::endian::read64le(bytes + 16);
  view.planBytes = support::endian::read64le(bytes + 24);
  view.dataBytes = support::endian::read64le(bytes + 40);
  if (planOffset > view.fileBytes || view.planBytes > view.fileBytes - planOffset)
    return createStringError(path + ": corrupt: its plan lies outside the file");
  auto *begin = reinterpret_cast<const uint8_t *>(bytes) + planOffset;
  flatbuffers::Verifier verifier(begin, view.planBytes);
  if (!plan::VerifyPlanBuffer(verifier))
    return createStringError(path + ": corrupt: its plan does not verify");
  view.plan = plan::GetPlan(begin);
  return view;
}

StringRef text(const flatbuffers::String *string) {
  return string ? StringRef(string->c_str(), string->size()) : StringRef();
}

template <typename T> auto range(const flatbuffers::Vector<T> *vector) {
  using Iterator = typename flatbuffers::Vector<T>::const_iterator;
  return vector ? make_range(vector->begin(), vector->end()) : make_range(Iterator(nullptr, 0), Iterator(nullptr, 0));
}

std::string typeOf(const plan::Tensor *tensor) {
  std::vector<int64_t> shape(tensor->shape()->begin(), tensor->shape()->end());
  return typeText(static_cast<ElementType>(tensor->type()), shape);
}

struct ProgramTotals {
  uint64_t calls = 0, macs = 0, weightBytes = 0;
};

ProgramTotals totals(const plan::Plan &plan, const plan::Program &program) {
  ProgramTotals sum;
  DenseMap<uint64_t, uint64_t> segments; // a weight read twice counts once
  for (const plan::Call *call : range(program.calls())) {
    ++sum.calls;
    sum.macs += plan.kernels()->Get(call->kernel())->macs();
    for (const plan::Slice *slice : range(call->args()))
      if (slice->space() == plan::Space::Data)
        segments[slice->offset()] = slice->bytes();
  }
  for (auto [offset, bytes] : segments)
    sum.weightBytes += bytes;
  return sum;
}

json::Object toJson(const SnapView &view) {
  const plan::Plan &plan = *view.plan;
  json::Array kernels, programs;
  for (const plan::Kernel *kernel : range(plan.kernels()))
    kernels.push_back(json::Object{{"symbol", text(kernel->symbol())},
                                   {"key", text(kernel->key())},
                                   {"scratch_bytes", kernel->scratch()},
                                   {"macs", kernel->macs()}});
  auto tensors = [](const flatbuffers::Vector<flatbuffers::Offset<plan::Tensor>> *list) {
    json::Array array;
    for (const plan::Tensor *tensor : range(list))
      array.push_back(json::Object{{"name", text(tensor->name())},
                                   {"type", typeOf(tensor)},
                                   {"offset", tensor->offset()},
                                   {"bytes", tensor->bytes()}});
    return array;
  };
  for (const plan::Program *program : range(plan.programs())) {
    ProgramTotals sum = totals(plan, *program);
    json::Array calls;
    for (const plan::Call *call : range(program->calls())) {
      json::Array args;
      for (const plan::Slice *slice : range(call->args()))
        args.push_back(json::Object{{"space", StringRef(plan::EnumNameSpace(slice->space())).lower()},
                                    {"offset", slice->offset()},
                                    {"bytes", slice->bytes()}});
      calls.push_back(
          json::Object{{"kernel", int64_t(call->kernel())}, {"block", text(call->block())}, {"args", std::move(args)}});
    }
    programs.push_back(json::Object{{"name", text(program->name())},
                                    {"inputs", tensors(program->inputs())},
                                    {"outputs", tensors(program->outputs())},
                                    {"arena_bytes", program->arena()},
                                    {"scratch_bytes_per_thread", program->scratch()},
                                    {"weight_bytes", sum.weightBytes},
                                    {"macs", sum.macs},
                                    {"calls", std::move(calls)}});
  }
  json::Object root{
      {"name", text(plan.name())},     {"build_id", text(plan.build_id())}, {"target", text(plan.target())},
      {"cpu", text(plan.cpu())},       {"compiler", text(plan.compiler())}, {"file_bytes", view.fileBytes},
      {"plan_bytes", view.planBytes},  {"state_bytes", plan.state()},       {"weight_bytes", view.dataBytes},
      {"kernels", std::move(kernels)}, {"programs", std::move(programs)}};
  if (const plan::Pipeline *pipeline = plan.pipeline())
    root["pipeline"] = json::Object{{"width", int64_t(pipeline->width())},
                                    {"height", int64_t(pipeline->height())},
                                    {"default_steps", int64_t(pipeline->default_steps())},
                                    {"default_guidance", pipeline->default_guidance()},
                                    {"scaling_factor", pipeline->scaling_factor()}};
  return root;
}

void print(const SnapView &view, raw_ostream &os) {
  const plan::Plan &plan = *view.plan;
  constexpr double mib = 1 << 20;
  os << text(plan.name()) << " for " << text(plan.target());
  if (!text(plan.cpu()).empty())
    os << " (" << text(plan.cpu()) << ')';
  os << ", by " << text(plan.compiler()) << ", build " << text(plan.build_id()) << '\n';
  os << format("file %.1f MiB: plan %.1f KiB, weights %.1f MiB; %u kernels\n", view.fileBytes / mib,
               view.planBytes / 1024.0, view.dataBytes / mib, unsigned(plan.kernels()->size()));
  if (plan.state())
    os << format("handed on between programs: %.1f MiB\n", plan.state() / mib);
  if (const plan::Pipeline *pipeline = plan.pipeline())
    os << format("text to image: %u x %u pixels, %u steps, guidance %g\n", pipeline->width(), pipeline->height(),
                 pipeline->default_steps(), pipeline->default_guidance());
  for (const plan::Program *program : range(plan.programs())) {
    ProgramTotals sum = totals(plan, *program);
    os << "\nprogram " << text(program->name())
       << format(": %llu calls, %.2f GMAC, weights %.1f MiB, arena %.1f MiB, scratch %.1f MiB a thread\n",
                 (unsigned long long)sum.calls, sum.macs / 1e9, sum.weightBytes / mib, program->arena() / mib,
                 program->scratch() / mib);
    for (const plan::Tensor *tensor : range(program->inputs()))
      os << "  in  " << text(tensor->name()) << ": " << typeOf(tensor) << '\n';
    for (const plan::Tensor *tensor : range(program->outputs()))
      os << "  out " << text(tensor->name()) << ": " << typeOf(tensor) << '\n';

    // Work by kernel, the heaviest first.
    struct Row {
      uint64_t calls = 0, macs = 0;
    };
    MapVector<uint32_t, Row> rows;
    for (const plan::Call *call : range(program->calls())) {
      Row &row = rows[call->kernel()];
      ++row.calls;
      row.macs += plan.kernels()->Get(call->kernel())->macs();
    }
    auto sorted = rows.takeVector();
    llvm::sort(sorted, [](const auto &a, const auto &b) {
      return std::tuple(b.second.macs, a.first) < std::tuple(a.second.macs, b.first);
    });
    os << "   calls     GMAC  kernel\n";
    for (const auto &[kernel, row] : sorted)
      os << format("  %6llu %8.3f  ", (unsigned long long)row.calls, row.macs / 1e9)
         << text(plan.kernels()->Get(kernel)->key()) << '\n';
  }
}

} // namespace

Error runInspect(const InspectOptions &options) {
  Expected<CompiledFiles> files = CompiledFiles::find(options.model);
  if (!files)
    return files.takeError();
  Expected<SnapView> view = open(files->snap);
  if (!view)
    return view.takeError();
  if (options.json)
    outs() << formatv("{0:2}", json::Value(toJson(*view))) << '\n';
  else
    print(*view, outs());
  return Error::success();
}

} // namespace snap
