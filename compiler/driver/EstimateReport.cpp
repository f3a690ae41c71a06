//===- EstimateReport.cpp - An estimate for people and as JSON ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Estimate.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace snap {

static constexpr unsigned kernelRows = 12;

static double peakFlops(const Estimate &estimate) { return 2 * estimate.processor.macs(estimate.precision); }

static StringRef convolutionsText(Convolutions convolutions) {
  switch (convolutions) {
  case Convolutions::Planned:
    return "planned";
  case Convolutions::Direct:
    return "direct";
  case Convolutions::Fastest:
    break;
  }
  return "fastest";
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void printHead(const Estimate &e, raw_ostream &os) {
  os << formatv("{0} on {1} ({2}): {3}, {4:f2} TFLOPS in {5}, {6:f1} GB/s\n", e.model, e.device, e.about,
                e.processor.about, peakFlops(e) / 1e12, toString(e.precision), e.processor.memoryBytes / 1e9);
  if (e.pipeline)
    os << formatv("{0}x{1} pixels, {2} steps, guidance {3}, ", e.pipeline->width, e.pipeline->height, e.variant.steps,
                  e.variant.single ? "single" : "pair");
  os << formatv("{0}; an estimate by a model, nothing was run\n\n", toString(e.precision));
}

static void printStages(const Estimate &e, raw_ostream &os) {
  os << formatv("  {0,-16}{1,5}{2,10}{3,10}{4,9}{5,11}{6,9}{7,13}  {8}\n", "stage", "runs", "GMAC", "kernels",
                "launches", "ms a run", "of peak", "s a picture", "bound by");
  for (const Stage &stage : e.stages) {
    std::string bounds;
    for (const auto &[bound, seconds] : stage.secondsBy)
      if (seconds >= 0.02 * stage.seconds)
        bounds += formatv("{0}{1} {2:f0}%", bounds.empty() ? "" : ", ", toString(bound), 100 * seconds / stage.seconds);
    double ofPeak = stage.seconds > 0 ? 2 * stage.macsDone / stage.seconds / peakFlops(e) : 0;
    os << formatv("  {0,-16}{1,5}{2,10:f2}{3,10}{4,9}{5,11:f2}{6,8:f0}%{7,13:f3}  {8}\n", stage.name, stage.runs,
                  stage.macs / 1e9, stage.calls, stage.launches, stage.seconds * 1e3, 100 * ofPeak,
                  stage.runs * stage.seconds, bounds);
  }
  if (e.pipeline)
    os << formatv("  {0,-16}{1,67:f2}\n", "picture", e.seconds());
  os << "  GMAC: of the direct algorithms. Of peak: multiplications that are done, padding and transforms among "
        "them.\n";
}

static void printGoal(const Estimate &e, raw_ostream &os) {
  if (!e.pipeline)
    return;
  os << '\n';
  if (e.variant.convolutions != Convolutions::Direct)
    os << formatv("With every convolution direct: {0:f2} s.\n", e.directSeconds);
  if (e.seconds() <= e.goal) {
    os << formatv("{0} s are within reach.\n", e.goal);
    return;
  }
  os << formatv("{0} s are out of reach: a picture takes {1:f2} s. By this model", e.goal, e.seconds());
  if (e.levers.empty()) {
    os << " nothing that we know of brings them nearer.\n";
    return;
  }
  os << " it would take\n";
  for (const Lever &lever : e.levers) {
    os << formatv("  {0,8:f2} s  {1}", lever.seconds, lever.what);
    if (lever.weightBytes > 1e6)
      os << formatv("; {0:f0} MB more of weights", lever.weightBytes / 1e6);
    os << (lever.seconds <= e.goal ? "  <- within it\n" : "\n");
  }
}

static void printKernels(const Estimate &e, raw_ostream &os) {
  for (const Stage &stage : e.stages) {
    os << formatv("\n{0}: the heaviest of {1} kernels\n", stage.name, stage.kernels.size());
    os << formatv("  {0,9}{1,7}{2,7}{3,9}{4,9}  {5,-8}{6}\n", "ms", "share", "calls", "GMAC", "of peak", "bound",
                  "kernel");
    for (const EstimatedKernel &kernel : ArrayRef(stage.kernels).take_front(kernelRows)) {
      double ofPeak = 2 * kernel.time.macsDone / kernel.time.seconds / peakFlops(e);
      os << formatv("  {0,9:f2}{1,6:f1}%{2,7}{3,9:f2}{4,8:f0}%  {5,-8}", kernel.seconds() * 1e3,
                    100 * kernel.seconds() / stage.seconds, kernel.calls, kernel.calls * kernel.macs / 1e9,
                    100 * ofPeak, toString(kernel.time.bound));
      if (kernel.algorithm != Algorithm::Default)
        os << "by " << toString(kernel.algorithm) << ": ";
      os << kernel.key << '\n';
    }
  }
}

static void printAssumptions(const Estimate &e, raw_ostream &os) {
  const Efficiency &f = *e.efficiency;
  os << formatv(
      "\nAssumed ({0}: {1}): of peak, products {2:f0}%, direct convolutions {3:f0}%, Winograd {4:f0}%, attention "
      "{5:f0}%; of bandwidth {6:f0}%; {7:f0} us a launch; full clocks, cool, nothing else running.\n",
      f.name, f.about, 100 * f.product, 100 * f.convolution, 100 * f.winograd, 100 * f.attention, 100 * f.bytes,
      f.launchSeconds * 1e6);
  os << "Known of its error: " << f.error << " (docs/guide/estimate.md).\n";
}

void print(const Estimate &estimate, bool kernels, raw_ostream &os) {
  printHead(estimate, os);
  printStages(estimate, os);
  if (kernels)
    printKernels(estimate, os);
  printGoal(estimate, os);
  printAssumptions(estimate, os);
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static json::Object toJson(const Stage &stage) {
  json::Array kernels;
  for (const EstimatedKernel &kernel : stage.kernels)
    kernels.push_back(json::Object{{"key", kernel.key},
                                   {"algorithm", toString(kernel.algorithm)},
                                   {"calls", kernel.calls},
                                   {"macs", kernel.macs},
                                   {"macs_done", kernel.time.macsDone},
                                   {"memory_bytes", kernel.time.memoryBytes},
                                   {"launches", kernel.time.launches},
                                   {"bound", toString(kernel.time.bound)},
                                   {"seconds", kernel.time.seconds}});
  return json::Object{{"name", stage.name},         {"runs", stage.runs},           {"calls", stage.calls},
                      {"launches", stage.launches}, {"macs", stage.macs},           {"macs_done", stage.macsDone},
                      {"seconds", stage.seconds},   {"kernels", std::move(kernels)}};
}

json::Object toJson(const Estimate &e) {
  json::Array stages, levers;
  for (const Stage &stage : e.stages)
    stages.push_back(toJson(stage));
  for (const Lever &lever : e.levers)
    levers.push_back(json::Object{{"name", lever.name},
                                  {"what", lever.what},
                                  {"steps", lever.variant.steps},
                                  {"seconds", lever.seconds},
                                  {"weight_bytes_added", lever.weightBytes}});
  const Efficiency &f = *e.efficiency;
  json::Object root{{"schema", 1},
                    {"model", e.model},
                    {"device", e.device},
                    {"about", e.about},
                    {"processor", e.processor.isGpu ? "gpu" : "cpu"},
                    {"processor_about", e.processor.about},
                    {"precision", toString(e.precision)},
                    {"convolutions", convolutionsText(e.variant.convolutions)},
                    {"peak_gflops", peakFlops(e) / 1e9},
                    {"memory_gb_per_second", e.processor.memoryBytes / 1e9},
                    {"efficiency", json::Object{{"name", f.name},
                                                {"product", f.product},
                                                {"convolution", f.convolution},
                                                {"winograd", f.winograd},
                                                {"attention", f.attention},
                                                {"bytes", f.bytes},
                                                {"launch_seconds", f.launchSeconds},
                                                {"fused", f.fused},
                                                {"error", f.error}}},
                    {"stages", std::move(stages)},
                    {"seconds", e.seconds()},
                    {"seconds_direct", e.directSeconds}};
  if (e.pipeline) {
    root["pipeline"] = json::Object{{"width", e.pipeline->width},
                                    {"height", e.pipeline->height},
                                    {"steps", e.variant.steps},
                                    {"guidance", e.variant.single ? "single" : "pair"}};
    root["goal_seconds"] = e.goal;
    root["within_goal"] = e.seconds() <= e.goal;
    root["levers"] = std::move(levers);
  }
  return root;
}

} // namespace snap
