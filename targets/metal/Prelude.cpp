//===- Prelude.cpp - What every Metal source begins with ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/Prelude.h"

// KernelParams.h as a string, written by CMake.
#include "targets/metal/KernelParamsText.h"

static const char *const includes = R"(// Kernels of a compiled pipeline, written by snapc.
#include <metal_stdlib>
#include <metal_simdgroup>
#include <metal_simdgroup_matrix>
using namespace metal;

)";

static const char *const floatFunctions = R"msl(
// Before loops over arrays of matrices, which else would not stay in registers.
#define SNAP_UNROLL _Pragma("clang loop unroll(full)")

// Tests look at bits: fast math may assume that there is no NaN.
inline bool snap_is_nan(float x) { return (as_type<uint>(x) & 0x7fffffffu) > 0x7f800000u; }
inline bool snap_is_inf(float x) { return (as_type<uint>(x) & 0x7fffffffu) == 0x7f800000u; }
inline float snap_max(float a, float b) { return a > b || snap_is_nan(a) ? a : b; }
inline float snap_min(float a, float b) { return a < b || snap_is_nan(a) ? a : b; }
inline float snap_sign(float x) { return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x; }
inline float snap_mod(float a, float b) {
  float r = fmod(a, b);
  return r != 0.0f && (r < 0.0f) != (b < 0.0f) ? r + b : r;
}
inline float snap_sigmoid(float x) { return 1.0f / (1.0f + exp(-x)); }
inline float snap_silu_scaled(float x, float scale) { return x / (1.0f + exp(-scale * x)); }
// log(1 + e) of a small e keeps its digits: Goldberg's correction of 1 + e rounded.
inline float snap_log1p(float e) {
  float u = 1.0f + e;
  return u == 1.0f ? e : log(u) * (e / (u - 1.0f));
}
inline float snap_softplus(float x) { return max(x, 0.0f) + snap_log1p(exp(-fabs(x))); }
// Abramowitz and Stegun 7.1.26; absolute error at most 6e-7 in f32.
inline float snap_erf(float x) {
  float m = fabs(x);
  float t = 1.0f / (1.0f + 0.3275911f * m);
  float p = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
  float y = 1.0f - p * exp(-m * m);
  return x < 0.0f ? -y : y;
}
inline float snap_gelu(float x) { return 0.5f * x * (1.0f + snap_erf(x * 0.70710678118654752f)); }
// 1 + tanh(z) as 2 / (1 + exp(-2 z)), which keeps its digits where tanh is near -1.
inline float snap_gelu_tanh(float x) {
  return x / (1.0f + exp(-1.59576912160573071f * (x + 0.044715f * x * x * x)));
}
)msl";

static const char *const integerFunctions = R"(
// Integers are computed in 64 bits and wrap.
inline long snap_add(long a, long b) { return long(ulong(a) + ulong(b)); }
inline long snap_sub(long a, long b) { return long(ulong(a) - ulong(b)); }
inline long snap_mul(long a, long b) { return long(ulong(a) * ulong(b)); }
inline long snap_div(long a, long b) { return b == 0 ? 0l : b == -1 ? snap_sub(0l, a) : a / b; }
inline long snap_fmod(long a, long b) { return b == 0 || b == -1 ? 0l : a % b; }
inline long snap_mod(long a, long b) {
  long r = snap_fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
inline long snap_pow(long base, long exponent) {
  if (exponent < 0)
    return base == 1 ? 1l : base == -1 ? (exponent % 2 != 0 ? -1l : 1l) : 0l;
  ulong result = 1, power = ulong(base);
  for (; exponent != 0; exponent >>= 1, power *= power)
    if ((exponent & 1) != 0)
      result *= power;
  return long(result);
}
inline long snap_shift_left(long a, long b) { return b < 0 || b > 63 ? 0l : long(ulong(a) << ulong(b)); }
inline long snap_shift_right(long a, long b) { return b < 0 || b > 63 ? (a < 0 ? -1l : 0l) : a >> b; }
// Truncates and saturates; NaN is 0.
inline long snap_to_long(float x) {
  if (snap_is_nan(x))
    return 0l;
  if (x >= 9223372036854775808.0f)
    return 0x7fffffffffffffffl;
  if (x <= -9223372036854775808.0f)
    return long(0x8000000000000000ul);
  return long(x);
}
)";

static const char *const groupFunctions = R"(
// Over a threadgroup of SIMDS simdgroups; all threads get the result, and `partial` may be used again.
inline float snap_group_sum(float x, threadgroup float *partial, uint lane, uint simd_index, uint simds) {
  float sum = simd_sum(x);
  if (lane == 0)
    partial[simd_index] = sum;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  sum = 0.0f;
  for (uint i = 0; i < simds; ++i)
    sum += partial[i];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  return sum;
}
// Lanes are columns: each gets the sum of its own over all simdgroups.
inline float snap_column_sum(float x, threadgroup float *partial, uint lane, uint simd_index, uint simds) {
  partial[simd_index * 32 + lane] = x;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  float sum = 0.0f;
  for (uint i = 0; i < simds; ++i)
    sum += partial[i * 32 + lane];
  threadgroup_barrier(mem_flags::mem_threadgroup);
  return sum;
}
// Of moments [blocks, 2, channels]: a lane's share of the sum of the means of channels begin, begin + 1, …
inline float snap_block_means(device const float *moments, uint blocks, uint channels, uint begin, uint size, uint lane) {
  float sum = 0.0f;
  for (uint i = lane; i < blocks * size; i += 32)
    sum += moments[i / size * 2 * channels + begin + i % size];
  return sum;
}
// A lane's share of the squared deviations from `mean`: each block's own, and those of its `points` times its mean.
inline float snap_block_squares(device const float *moments, uint blocks, uint channels, uint begin, uint size, uint lane,
                                float points, float mean) {
  float sum = 0.0f;
  for (uint i = lane; i < blocks * size; i += 32) {
    device const float *block = moments + i / size * 2 * channels + begin + i % size;
    float shift = block[0] - mean;
    sum += block[channels] + points * shift * shift;
  }
  return sum;
}
inline float snap_group_max(float x, threadgroup float *partial, uint lane, uint simd_index, uint simds) {
  float most = simd_max(x);
  if (lane == 0)
    partial[simd_index] = most;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  for (uint i = 0; i < simds; ++i)
    most = max(most, partial[i]);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  return most;
}
)";

std::string snap::metal::prelude() {
  return std::string(includes) + kernelParamsText + floatFunctions + integerFunctions + groupFunctions;
}
