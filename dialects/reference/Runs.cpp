//===- Runs.cpp - Runs of elements between tensors and buffers ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "dialects/reference/Runs.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

using namespace snap;

//===----------------------------------------------------------------------===//
// binary16
//===----------------------------------------------------------------------===//

// Both conversions are written as selects without branches, so that the loops
// below vectorise on any machine.

static inline uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

static inline float floatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

static inline float widen(uint16_t half) {
  uint32_t sign = (half & 0x8000u) << 16, magnitude = half & 0x7fffu;
  // The exponent moves by 112; the product with 2^112 does so for subnormals as well.
  uint32_t finite = bitsOf(floatOf(magnitude << 13) * 0x1p112f);
  uint32_t special = 0x7f800000u | (magnitude << 13);
  return floatOf(sign | (magnitude >= 0x7c00u ? special : finite));
}

static inline uint16_t narrow(float value) {
  uint32_t bits = bitsOf(value), sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
  // Normal: rebias the exponent and round to nearest even at bit 13.
  uint32_t normal = (magnitude - (112u << 23) + 0xfffu + ((magnitude >> 13) & 1)) >> 13;
  // Subnormal (below 2^-14): adding 0.5 puts the unit 2^-24 at the float's last bit, so the sum is rounded.
  uint32_t subnormal = bitsOf(floatOf(magnitude) + 0.5f) - bitsOf(0.5f);
  uint32_t special = magnitude > 0x7f800000u ? 0x7e00u : 0x7c00u;
  uint32_t result = magnitude < 0x38800000u ? subnormal : normal;
  result = magnitude >= 0x47800000u ? special : result;
  return uint16_t(sign | result);
}

float snap::halfToFloat(uint16_t half) { return widen(half); }
uint16_t snap::floatToHalf(float value) { return narrow(value); }

//===----------------------------------------------------------------------===//
// Elements as C++ sees them
//===----------------------------------------------------------------------===//

namespace {
struct Half {
  uint16_t bits;
};
struct Bool {
  uint8_t bits;
};
} // namespace

/// Calls `visit` with a null pointer to the C++ type of an element.
template <typename Visit> static void dispatch(ElementType type, Visit visit) {
  switch (type) {
  case ElementType::F32:
    return visit((float *)nullptr);
  case ElementType::F16:
    return visit((Half *)nullptr);
  case ElementType::I64:
    return visit((int64_t *)nullptr);
  case ElementType::I32:
    return visit((int32_t *)nullptr);
  case ElementType::I8:
    return visit((int8_t *)nullptr);
  case ElementType::U8:
    return visit((uint8_t *)nullptr);
  case ElementType::I1:
    return visit((Bool *)nullptr);
  }
}

template <typename Int, typename Float> static inline Int saturate(Float value) {
  // 2^63 is a float, INT64_MAX is not: compare with the power of two above.
  const Float above = Float(uint64_t(1) << std::numeric_limits<Int>::digits);
  const Float below = std::is_signed<Int>::value ? -above : Float(0);
  if (!(value > below)) // also NaN
    return std::isnan(value) ? Int(0) : Int(below);
  return value >= above ? std::numeric_limits<Int>::max() : Int(value);
}

template <typename To> static inline To read(float x) {
  if constexpr (std::is_integral<To>::value)
    return saturate<To>(x);
  else
    return To(x);
}
template <typename To> static inline To read(Half x) { return read<To>(widen(x.bits)); }
template <typename To> static inline To read(Bool x) { return To(x.bits != 0); }
template <typename To> static inline To read(int64_t x) { return To(x); }
template <typename To> static inline To read(int32_t x) { return To(x); }
template <typename To> static inline To read(int8_t x) { return To(x); }
template <typename To> static inline To read(uint8_t x) { return To(x); }

/// A double as a half, rounded once: through f32 it could be rounded twice, so
/// the intermediate float is rounded to odd, which a second rounding cannot mistake.
static inline uint16_t narrowDouble(double value) {
  float nearest = float(value);
  if (double(nearest) != value && std::isfinite(nearest)) {
    uint32_t bits = bitsOf(nearest);
    bool away = std::fabs(double(nearest)) > std::fabs(value);
    if (away)
      --bits; // towards zero
    nearest = floatOf(bits | 1);
  }
  return narrow(nearest);
}

template <typename From> static inline void write(From value, Half &x) {
  if constexpr (std::is_same<From, double>::value)
    x.bits = narrowDouble(value);
  else
    x.bits = narrow(float(value));
}
template <typename From> static inline void write(From value, Bool &x) { x.bits = value != 0; }
template <typename From> static inline void write(From value, float &x) { x = float(value); }
template <typename From, typename To> static inline void write(From value, To &x) {
  if constexpr (std::is_floating_point<From>::value)
    x = saturate<To>(value);
  else
    x = To(value);
}

template <typename To>
static void load(const Tensor &x, int64_t offset, int64_t stride, int64_t count, To *__restrict buffer) {
  dispatch(x.type(), [&](auto *tag) {
    using From = std::remove_pointer_t<decltype(tag)>;
    const From *from = static_cast<const From *>(x.raw()) + offset;
    if (stride == 1)
      for (int64_t i = 0; i < count; ++i)
        buffer[i] = read<To>(from[i]);
    else if (stride == 0)
      std::fill_n(buffer, count, read<To>(*from));
    else
      for (int64_t i = 0; i < count; ++i)
        buffer[i] = read<To>(from[i * stride]);
  });
}

template <typename From> static void store(const From *__restrict buffer, int64_t count, Tensor &x, int64_t offset) {
  dispatch(x.type(), [&](auto *tag) {
    using To = std::remove_pointer_t<decltype(tag)>;
    To *to = static_cast<To *>(x.mutableRaw()) + offset;
    for (int64_t i = 0; i < count; ++i)
      write(buffer[i], to[i]);
  });
}

namespace snap::reference {

void loadRun(const Tensor &x, int64_t offset, int64_t stride, int64_t count, float *buffer) {
  load(x, offset, stride, count, buffer);
}
void loadRun(const Tensor &x, int64_t offset, int64_t stride, int64_t count, double *buffer) {
  load(x, offset, stride, count, buffer);
}
void loadRun(const Tensor &x, int64_t offset, int64_t stride, int64_t count, int64_t *buffer) {
  load(x, offset, stride, count, buffer);
}
void storeRun(const float *buffer, int64_t count, Tensor &x, int64_t offset) { store(buffer, count, x, offset); }
void storeRun(const double *buffer, int64_t count, Tensor &x, int64_t offset) { store(buffer, count, x, offset); }
void storeRun(const int64_t *buffer, int64_t count, Tensor &x, int64_t offset) { store(buffer, count, x, offset); }

Tensor toFloat(const Tensor &x) {
  if (x.type() == ElementType::F32)
    return x;
  Tensor result(ElementType::F32, x.shape());
  loadRun(x, 0, 1, x.elements(), result.mutableData<float>());
  return result;
}

Tensor fromFloat(const Tensor &x, ElementType type) {
  assert(x.type() == ElementType::F32 && "takes f32");
  if (type == ElementType::F32)
    return x;
  Tensor result(type, x.shape());
  storeRun(x.data<float>(), x.elements(), result, 0);
  return result;
}

} // namespace snap::reference
