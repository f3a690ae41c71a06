//===- Memory.cpp - Watches what the threads read and write ---------------===//
//
// Kernels are compiled with AddressSanitizer's instrumentation in its form that
// calls a function at every access; these are the functions. Each access must
// lie in a buffer, an array of threadgroup memory, a constant table or the
// lane's own stack, and must not race: a cell beside every element remembers
// who wrote and read it since which barrier.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/shim/ShimRuntime.h"

#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <vector>

using namespace snap::shim;

namespace {
/// What the compiler says of a global: its layout in LLVM 19.
struct AsanGlobal {
  uintptr_t begin;
  uintptr_t size, sizeWithRedzone;
  const char *name, *module;
  uintptr_t hasDynamicInit;
  const void *location;
  uintptr_t odrIndicator;
};

constexpr uint32_t nobody = 0xffffffff, many = 0xfffffffe;

/// The last write and the reads of an element. Epochs grow with every barrier
/// and threadgroup, so an older one is ordered before, or of another threadgroup.
struct Cell {
  uint32_t writeEpoch = 0, writer = nobody, writeSimdEpoch = 0;
  uint32_t readEpoch = 0, reader = nobody, readSimdEpoch = 0;
  uint32_t readSimdgroup = nobody; // many: readers of several
};

struct Region {
  uintptr_t begin, bytes;
  bool device, writable;
  uint32_t shift; // a cell for 1 << shift bytes
  std::string name;
  std::vector<Cell> cells;

  bool holds(uintptr_t address) const { return address - begin < bytes; }
};

struct Memory {
  std::vector<AsanGlobal> globals; // of the library
  std::vector<Region> regions;     // of the launch
  Region *last = nullptr;
  uint32_t deviceEpoch = 1, threadgroupEpoch = 1;
  // The first epochs of this threadgroup, and the device's first of this launch.
  uint32_t deviceBegin = 1, threadgroupBegin = 1;
  uint32_t simdEpochs[maxSimdgroups] = {};
};
} // namespace

static Memory &memory() {
  static Memory instance; // the compiler's constructors run before ours
  return instance;
}

//===----------------------------------------------------------------------===//
// What the scheduler says
//===----------------------------------------------------------------------===//

/// Arrays declared in a kernel are statics of it: "kernel::As".
static bool isArrayOf(const AsanGlobal &global, const std::string &kernel) {
  return std::strncmp(global.name, (kernel + "::").c_str(), kernel.size() + 2) == 0;
}

std::string snap::shim::beginLaunch(const ShimLaunch &launch, const char *kernel) {
  Memory &m = memory();
  m.regions.clear();
  m.last = nullptr;
  m.deviceEpoch = m.threadgroupEpoch = 1;
  for (int32_t i = 0; i < launch.bufferCount; ++i) {
    const ShimBuffer &buffer = launch.buffers[i];
    auto begin = reinterpret_cast<uintptr_t>(buffer.data);
    auto same = std::find_if(m.regions.begin(), m.regions.end(), [&](const Region &r) { return r.begin == begin; });
    if (same != m.regions.end()) // the same memory at two indices
      same->writable |= buffer.writable;
    else if (buffer.data)
      m.regions.push_back({begin,
                           buffer.bytes,
                           true,
                           buffer.writable,
                           buffer.elementBytes >= 4 ? 2u : buffer.elementBytes >> 1,
                           "buffer " + std::to_string(i),
                           {}});
  }
  size_t total = 0;
  for (const AsanGlobal &global : m.globals)
    if (isArrayOf(global, kernel)) {
      m.regions.push_back({global.begin,
                           global.size,
                           false,
                           true,
                           1,
                           "threadgroup array '" + std::string(global.name + std::strlen(kernel) + 2) + "'",
                           {}});
      total += global.size;
    }
  if (total > launch.threadgroupLimit)
    return std::to_string(total) + " bytes of threadgroup memory, at most " + std::to_string(launch.threadgroupLimit) +
           " are allowed";
  for (Region &region : m.regions)
    region.cells.assign((region.bytes + (1 << region.shift) - 1) >> region.shift, Cell());
  return "";
}

void snap::shim::beginThreadgroup() {
  Memory &m = memory();
  m.deviceBegin = ++m.deviceEpoch;
  m.threadgroupBegin = ++m.threadgroupEpoch;
  std::fill(std::begin(m.simdEpochs), std::end(m.simdEpochs), 0);
  // Undefined on Metal; a NaN in every float type shows what reads it unseen.
  for (Region &region : m.regions)
    if (!region.device)
      std::memset(reinterpret_cast<void *>(region.begin), 0xff, region.bytes);
}

void snap::shim::passBarrier(bool deviceMemory, bool threadgroupMemory) {
  memory().deviceEpoch += deviceMemory;
  memory().threadgroupEpoch += threadgroupMemory;
}

void snap::shim::passSimdgroupBarrier(uint32_t simdgroup) { ++memory().simdEpochs[simdgroup]; }

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// "@0x1234": where the access is in the library, which the host turns into a line.
static std::string codePlace(const void *caller) {
  Dl_info info;
  if (!dladdr(caller, &info))
    return "";
  char text[40];
  std::snprintf(text, sizeof text, "@0x%zx",
                reinterpret_cast<uintptr_t>(caller) - reinterpret_cast<uintptr_t>(info.dli_fbase) - 1);
  return text;
}

[[noreturn]] static void outside(uintptr_t address, size_t size, bool write, const void *caller) {
  std::string message = std::string("out of bounds: ") + (write ? "write" : "read") + " of " + std::to_string(size) +
                        " bytes at " + codePlace(caller) + " by " + describeLane(currentLane.index);
  const Region *nearest = nullptr;
  auto distance = [&](const Region &region) {
    return address < region.begin ? region.begin - address : address - region.begin - region.bytes;
  };
  for (const Region &region : memory().regions)
    if (!nearest || distance(region) < distance(*nearest))
      nearest = &region;
  if (nearest && nearest->holds(address))
    message += ", the last bytes beyond the end of " + nearest->name;
  else if (nearest)
    message += ", " + std::to_string(distance(*nearest)) + " bytes " +
               (address < nearest->begin ? "before " : "beyond the end of ") + nearest->name;
  fail(message);
}

[[noreturn]] static void race(const Region &region, size_t cell, const char *what, uint32_t other, bool otherGroup,
                              const void *caller) {
  std::string message = std::string("race: ") + what + " of " + region.name + " at byte " +
                        std::to_string(cell << region.shift) + " at " + codePlace(caller) + " by " +
                        describeLane(currentLane.index) + ", without a barrier after ";
  if (otherGroup)
    fail(message + "another threadgroup");
  fail(message + (other < maxThreads ? "thread " + std::to_string(other) : std::string("several threads")));
}

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

namespace {
/// One access, seen against a cell.
struct Access {
  Region &region;
  const void *caller;
  uint32_t epoch, begin; // of the region's kind of memory: now, and when this threadgroup began
  uint32_t thread, simdgroup, simdEpoch;

  /// Whether a write of this epoch happened unordered with us.
  bool racesWithWrite(const Cell &cell) const {
    if (cell.writeEpoch < epoch || cell.writer == thread)
      return false;
    return cell.writer / simdWidth != simdgroup || cell.writeSimdEpoch == simdEpoch;
  }
  bool racesWithReads(const Cell &cell) const {
    if (cell.readEpoch < epoch || cell.reader == thread)
      return false;
    return cell.readSimdgroup != simdgroup || cell.readSimdEpoch == simdEpoch;
  }
  bool otherGroup(uint32_t cellEpoch) const { return region.device && cellEpoch && cellEpoch < begin; }

  void read(Cell &cell, size_t at) const {
    if (otherGroup(cell.writeEpoch))
      race(region, at, "read", nobody, true, caller);
    if (!region.device && cell.writeEpoch < begin)
      fail("uninitialised: " + region.name + " read at byte " + std::to_string(at << region.shift) + " at " +
           codePlace(caller) + " by " + describeLane(thread) + ", not yet written in this threadgroup");
    if (racesWithWrite(cell))
      race(region, at, "read", cell.writer, false, caller);
    if (cell.readEpoch < epoch || cell.reader == nobody)
      cell.readEpoch = epoch, cell.reader = thread, cell.readSimdgroup = simdgroup, cell.readSimdEpoch = simdEpoch;
    else if (cell.reader != thread)
      cell.reader = many, cell.readSimdgroup = cell.readSimdgroup == simdgroup ? simdgroup : many;
    cell.readSimdEpoch = simdEpoch;
  }
  void write(Cell &cell, size_t at) const {
    if (otherGroup(cell.writeEpoch) || otherGroup(cell.readEpoch))
      race(region, at, "write", nobody, true, caller);
    if (racesWithWrite(cell))
      race(region, at, "write", cell.writer, false, caller);
    if (racesWithReads(cell))
      race(region, at, "write", cell.reader, false, caller);
    cell.writeEpoch = epoch, cell.writer = thread, cell.writeSimdEpoch = simdEpoch;
  }
};
} // namespace

static Region *regionOf(uintptr_t address) {
  Memory &m = memory();
  if (m.last && m.last->holds(address))
    return m.last;
  for (Region &region : m.regions)
    if (region.holds(address))
      return m.last = &region;
  return nullptr;
}

/// Constant tables and the like: parts of the library, and not a gap between threadgroup arrays.
static bool isConstant(uintptr_t address) {
  for (const AsanGlobal &global : memory().globals)
    if (address - global.begin < global.sizeWithRedzone)
      return address - global.begin < global.size && !std::strstr(global.name, "::");
  Dl_info here, there;
  return dladdr(reinterpret_cast<void *>(address), &there) && dladdr(reinterpret_cast<void *>(&isConstant), &here) &&
         here.dli_fbase == there.dli_fbase;
}

static void check(uintptr_t address, size_t size, bool write, const void *caller) {
  if (address - reinterpret_cast<uintptr_t>(currentLane.stackBegin) <
      static_cast<uintptr_t>(currentLane.stackEnd - currentLane.stackBegin))
    return;
  Region *region = regionOf(address);
  if (!region && !write && isConstant(address))
    return;
  if (!region || !region->holds(address + size - 1))
    outside(address, size, write, caller);
  if (write && !region->writable)
    fail("write to read-only " + region->name + " at " + codePlace(caller) + " by " + describeLane(currentLane.index));
  Memory &m = memory();
  Access access{*region,
                caller,
                region->device ? m.deviceEpoch : m.threadgroupEpoch,
                region->device ? m.deviceBegin : m.threadgroupBegin,
                currentLane.index,
                currentLane.simdgroup,
                m.simdEpochs[currentLane.simdgroup]};
  size_t first = (address - region->begin) >> region->shift,
         last = (address - region->begin + size - 1) >> region->shift;
  for (size_t i = first; i <= last; ++i)
    write ? access.write(region->cells[i], i) : access.read(region->cells[i], i);
}

//===----------------------------------------------------------------------===//
// What the compiler calls
//===----------------------------------------------------------------------===//

// NOLINTBEGIN(readability-identifier-naming,misc-unused-parameters): names and parameters are AddressSanitizer's.

#define SNAP_ACCESS(size)                                                                                              \
  extern "C" void __asan_load##size(uintptr_t address) { check(address, size, false, __builtin_return_address(0)); }   \
  extern "C" void __asan_store##size(uintptr_t address) { check(address, size, true, __builtin_return_address(0)); }
SNAP_ACCESS(1)
SNAP_ACCESS(2)
SNAP_ACCESS(4)
SNAP_ACCESS(8)
SNAP_ACCESS(16)

extern "C" void __asan_loadN(uintptr_t address, size_t size) {
  check(address, size, false, __builtin_return_address(0));
}
extern "C" void __asan_storeN(uintptr_t address, size_t size) {
  check(address, size, true, __builtin_return_address(0));
}
extern "C" void *__asan_memcpy(void *to, const void *from, size_t size) {
  if (size) {
    check(reinterpret_cast<uintptr_t>(from), size, false, __builtin_return_address(0));
    check(reinterpret_cast<uintptr_t>(to), size, true, __builtin_return_address(0));
  }
  return std::memcpy(to, from, size);
}
extern "C" void *__asan_memset(void *to, int value, size_t size) {
  if (size)
    check(reinterpret_cast<uintptr_t>(to), size, true, __builtin_return_address(0));
  return std::memset(to, value, size);
}

extern "C" void __asan_init() {}
extern "C" void __asan_version_mismatch_check_v8() {}
extern "C" void __asan_handle_no_return() {}
extern "C" void __asan_register_elf_globals(uintptr_t *registered, AsanGlobal *begin, AsanGlobal *end) {
  memory().globals.insert(memory().globals.end(), begin, end);
}
extern "C" void __asan_unregister_elf_globals(uintptr_t *registered, AsanGlobal *begin, AsanGlobal *end) {
  memory().globals.clear();
}
// NOLINTEND(readability-identifier-naming,misc-unused-parameters)
