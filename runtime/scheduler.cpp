//===- scheduler.cpp - DDIM -----------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/scheduler.h"

#include "runtime/buffer.h"
#include "runtime/errors.h"
#include "runtime/portable_math.h"

using namespace snap::runtime;

namespace {

double squareRoot(double x) { return __builtin_sqrt(x); }

/// Half to even, as numpy rounds; for 0 <= x < 2^51.
double roundToEven(double x) {
  constexpr double magic = 4503599627370496.0; // 2^52
  return (x + magic) - magic;
}

/// cos^2((t + 0.008) / 1.008 * pi/2), of Nichol and Dhariwal 2021.
double cosineAlphaBar(double t) {
  double sine, cosine;
  sineCosine((t + 0.008) / 1.008 * 0.25, sine, cosine);
  return cosine * cosine;
}

/// `i` of `count` numbers from first to last.
double evenlySpaced(double first, double last, uint32_t i, uint32_t count) {
  return count > 1 ? first + (last - first) * i / (count - 1) : first;
}

double betaAt(const SchedulerConfig &config, uint32_t i) {
  if (config.trainedBetas)
    return config.trainedBetas[i];
  uint32_t count = config.trainSteps;
  switch (config.betaSchedule) {
  case BetaSchedule::Linear:
    return evenlySpaced(config.betaStart, config.betaEnd, i, count);
  case BetaSchedule::ScaledLinear: {
    double root = evenlySpaced(squareRoot(config.betaStart), squareRoot(config.betaEnd), i, count);
    return root * root;
  }
  case BetaSchedule::SquaredCosCapV2: {
    double beta = 1 - cosineAlphaBar((i + 1.0) / count) / cosineAlphaBar(static_cast<double>(i) / count);
    return beta < 0.999 ? beta : 0.999;
  }
  }
  return 0;
}

/// alphas[t]: how much of the image's variance is left at training step t.
void cumulateAlphas(const SchedulerConfig &config, double *alphas) {
  uint32_t count = config.trainSteps;
  double product = 1;
  for (uint32_t i = 0; i < count; ++i)
    alphas[i] = product *= 1 - betaAt(config, i);
  if (!config.rescaleBetasZeroSnr)
    return;
  // Shift the roots so that the last is zero, scale so that the first stays.
  double first = squareRoot(alphas[0]), last = squareRoot(alphas[count - 1]);
  for (uint32_t i = 0; i < count; ++i) {
    double root = (squareRoot(alphas[i]) - last) * (first / (first - last));
    alphas[i] = root * root;
  }
}

/// The training step of denoising step i of count, from noise to image; may lie
/// outside the schedule.
int64_t timestepAt(const SchedulerConfig &config, uint32_t i, uint32_t count) {
  double train = config.trainSteps;
  uint32_t fromEnd = count - 1 - i;
  switch (config.spacing) {
  case Spacing::Leading:
    return static_cast<int64_t>(config.trainSteps / count) * fromEnd + config.stepsOffset;
  case Spacing::Trailing: {
    // numpy.arange(train, 0, -train / count) steps by what the first step is
    // after rounding.
    double second = train - train / count;
    double at = train + i * (second - train);
    return static_cast<int64_t>(roundToEven(at > 0 ? at : 0)) - 1;
  }
  case Spacing::Linspace:
    return static_cast<int64_t>(roundToEven(count > 1 ? fromEnd * ((train - 1) / (count - 1)) : 0));
  }
  return -1;
}

snap_status fillStep(const SchedulerConfig &config, const double *alphas, uint32_t count, int64_t timestep, Step &step,
                     snap_error *error) {
  double alpha = alphas[timestep];
  int64_t previous = timestep - config.trainSteps / count;
  double next = previous >= 0 ? alphas[previous] : config.setAlphaToOne ? 1 : alphas[0];
  if (!(alpha >= 0 && alpha <= 1 && next >= 0 && next <= 1))
    return fail(error, SNAP_ERROR_ARGUMENT, "the noise schedule leaves the range 0 to 1 at timestep ", timestep);
  double image = squareRoot(alpha), noise = squareRoot(1 - alpha);
  step.timestep = static_cast<uint32_t>(timestep);
  step.limit = config.clipSample ? config.clipSampleRange : 0;
  step.nextImage = squareRoot(next);
  step.nextNoise = squareRoot(1 - next);
  switch (config.prediction) {
  case Prediction::Epsilon: // x = image * x0 + noise * o
    if (image == 0)
      return fail(error, SNAP_ERROR_ARGUMENT, "timestep ", timestep,
                  " holds noise alone, from which epsilon prediction cannot start; use fewer steps or v-prediction");
    step.imageX = 1 / image, step.imageO = -noise / image;
    step.noiseX = 0, step.noiseO = 1;
    return SNAP_OK;
  case Prediction::Sample: // o = x0
    if (noise == 0)
      return fail(error, SNAP_ERROR_ARGUMENT, "timestep ", timestep,
                  " holds no noise, which sample prediction divides by; use fewer steps");
    step.imageX = 0, step.imageO = 1;
    step.noiseX = 1 / noise, step.noiseO = -image / noise;
    return SNAP_OK;
  case Prediction::VPrediction: // Salimans and Ho 2022, appendix D
    step.imageX = image, step.imageO = -noise;
    step.noiseX = noise, step.noiseO = image;
    return SNAP_OK;
  }
  return fail(error, SNAP_ERROR_FORMAT, "unknown prediction type");
}

} // namespace

snap_status snap::runtime::planSteps(const SchedulerConfig &config, const Allocator &allocator, uint32_t count,
                                     Step *steps, snap_error *error) {
  if (count == 0 || count > config.trainSteps)
    return fail(error, SNAP_ERROR_ARGUMENT, "expected 1 to ", config.trainSteps, " steps, got ", count);
  Buffer<double> alphas(allocator);
  if (!alphas.reserve(config.trainSteps))
    return fail(error, SNAP_ERROR_MEMORY, "no memory for a schedule of ", config.trainSteps, " steps");
  cumulateAlphas(config, alphas.data());
  for (uint32_t i = 0; i < count; ++i) {
    int64_t timestep = timestepAt(config, i, count);
    if (timestep < 0 || timestep >= config.trainSteps)
      return fail(error, SNAP_ERROR_ARGUMENT, count, " steps with an offset of ", config.stepsOffset,
                  " reach timestep ", timestep, ", expected 0 to ", config.trainSteps - 1, "; use fewer steps");
    if (snap_status status = fillStep(config, alphas.data(), count, timestep, steps[i], error))
      return status;
  }
  return SNAP_OK;
}
