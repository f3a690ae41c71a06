//===- MslWriter.h - Writes the text of a Metal function --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TARGETS_METAL_MSLWRITER_H
#define SNAP_TARGETS_METAL_MSLWRITER_H

#include "targets/KernelKey.h"
#include "targets/metal/MetalKernel.h"

#include <initializer_list>
#include <map>
#include <string>
#include <utility>

namespace snap::metal {

/// Lines with indentation, which follows the braces they hold.
class MslWriter {
public:
  using Words = std::map<std::string, std::string>;

  /// A line, or several; "$NAME" stands for a word.
  void write(const std::string &text, const Words &words = {});
  const std::string &text() const { return lines; }

private:
  std::string lines;
  int depth = 0;
};

/// Every "$NAME" by its word; an unknown one is an assertion.
std::string expand(const std::string &text, const MslWriter::Words &words);

/// Storage of an element: "half", "float", "long", …; i1 is a byte.
const char *storageType(ElementType type);
inline bool isFloating(ElementType type) { return type == ElementType::F32 || type == ElementType::F16; }

/// A literal that reads back to the same float.
std::string floatLiteral(double value);

/// Gathers a function's parameters and a dispatch's bindings side by side.
class FunctionBuilder {
public:
  /// Adds a buffer at the next index. `type` is an element's, or a params struct's name.
  void input(const std::string &name, const KernelKey &key, size_t input);
  void output(const std::string &name, const KernelKey &key, size_t output = 0);
  /// An output that an earlier dispatch of the kernel wrote.
  void written(const std::string &name, const KernelKey &key, size_t output = 0);
  void scratch(const std::string &name, const std::string &type, int64_t byteOffset, int64_t bytes, bool writable);
  void constants(const std::string &name, const std::string &type, std::string bytes, bool isStruct);
  template <typename Params> void params(const std::string &type, const Params &params, const std::string &name = "p") {
    constants(name, type, std::string(reinterpret_cast<const char *>(&params), sizeof params), true);
  }

  /// Names the function after its text and adds both to `kernel`. `stem` carries op, types and tile; `body` is what
  /// stands between the braces.
  void finish(MetalKernel &kernel, const std::string &stem, const std::string &body, int64_t threadgroupBytes,
              std::array<uint32_t, 3> groups, std::array<uint32_t, 3> threads);

private:
  void add(const std::string &declaration, MetalBinding binding);

  std::string parameters;
  MetalDispatch dispatch;
};

inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

} // namespace snap::metal

#endif // SNAP_TARGETS_METAL_MSLWRITER_H
