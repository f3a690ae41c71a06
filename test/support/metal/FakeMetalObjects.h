//===- FakeMetalObjects.h - The objects of the tests' device ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_METAL_FAKEMETALOBJECTS_H
#define SNAP_TEST_SUPPORT_METAL_FAKEMETALOBJECTS_H

#include "FakeMetal.h"

#include <memory>
#include <set>

namespace snap::fake {

struct Library : Object {
  explicit Library(std::shared_ptr<shim::ShimLibrary> code);
  std::shared_ptr<shim::ShimLibrary> code;
  std::set<std::string> functions;
};

struct Function : Object {
  Function(Library *library, std::string name);
  ~Function() override;
  Library *library;
  std::string name;
};

/// Holds the names of functions that the driver has compiled.
struct Archive : Object {
  Archive();
  std::set<std::string> functions;
};

struct ArchiveDescriptor : Object {
  ArchiveDescriptor();
  ~ArchiveDescriptor() override;
  Url *url = nullptr;
};

struct PipelineDescriptor : Object {
  PipelineDescriptor();
  ~PipelineDescriptor() override;
  Function *function = nullptr;
  Array *archives = nullptr;
};

struct Pipeline : Object {
  explicit Pipeline(Function *function);
  ~Pipeline() override;
  Function *function;
};

struct Buffer : Object {
  Buffer(unsigned char *data, uint64_t length, bool owned);
  ~Buffer() override;
  unsigned char *data;
  uint64_t length;
  bool owned;
};

struct Queue : Object {
  Queue();
};

} // namespace snap::fake

#endif // SNAP_TEST_SUPPORT_METAL_FAKEMETALOBJECTS_H
