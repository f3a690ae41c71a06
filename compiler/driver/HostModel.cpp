//===- HostModel.cpp - A compiled model opened in this process ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/HostModel.h"

#include "compiler/emit/HostLibrary.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <chrono>
#include <cstring>
#include <dlfcn.h>

using namespace llvm;

namespace snap {

CompiledFiles CompiledFiles::in(StringRef folder, StringRef name) {
  CompiledFiles files;
  files.folder = folder.str();
  files.name = name.str();
  auto at = [&](const Twine &file) {
    SmallString<256> path(folder);
    sys::path::append(path, file);
    return std::string(path);
  };
  files.archive = at("lib" + name + ".a");
  files.header = at(name + ".h");
  files.snap = at(name + ".snap");
  files.metal = at(name + ".metal");
  return files;
}

Expected<CompiledFiles> CompiledFiles::find(StringRef path) {
  if (sys::path::extension(path) == ".snap" && sys::fs::exists(path)) {
    StringRef folder = sys::path::parent_path(path);
    return in(folder.empty() ? "." : folder, sys::path::stem(path));
  }
  if (!sys::fs::is_directory(path))
    return createStringError(path + ": no such folder; expected the OUT of `snapc compile … -o OUT`, or a NAME.snap");
  std::vector<std::string> names;
  std::error_code error;
  for (sys::fs::directory_iterator it(path, error), end; it != end && !error; it.increment(error))
    if (sys::path::extension(it->path()) == ".snap")
      names.push_back(sys::path::stem(it->path()).str());
  if (names.empty())
    return createStringError(path + ": holds no NAME.snap; make one with `snapc compile MODEL -o " + path + "`");
  if (names.size() > 1) {
    llvm::sort(names);
    return createStringError(path + ": holds " + Twine(names.size()) + " compiled models (" + join(names, ", ") +
                             "); name one: " + path + "/" + names.front() + ".snap");
  }
  return in(path, names.front());
}

Expected<HostModel> HostModel::open(const CompiledFiles &files, unsigned threads) {
  Expected<std::string> shared = linkHostLibrary(files.archive);
  if (!shared)
    return shared.takeError();
  HostModel host;
  host.library = dlopen(shared->c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!host.library)
    return createStringError(*shared + ": cannot load: " + dlerror());
  std::string missing;
  auto bind = [&](auto &function, const char *symbol) {
    void *address = dlsym(host.library, symbol);
    if (!address)
      missing = symbol;
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(address);
  };
  bind(host.api.open, "snap_open");
  bind(host.api.close, "snap_close");
  bind(host.api.cancel, "snap_cancel");
  bind(host.api.getModelInfo, "snap_get_model_info");
  bind(host.api.programCount, "snap_program_count");
  bind(host.api.programAt, "snap_program_at");
  bind(host.api.findProgram, "snap_find_program");
  bind(host.api.programName, "snap_program_name");
  bind(host.api.programCalls, "snap_program_calls");
  bind(host.api.programInputs, "snap_program_inputs");
  bind(host.api.programOutputs, "snap_program_outputs");
  bind(host.api.run, "snap_run");
  bind(host.api.getPipelineInfo, "snap_get_pipeline_info");
  bind(host.api.tokenize, "snap_tokenize");
  bind(host.api.generate, "snap_generate");
  std::string librarySymbol = files.name + "_library";
  auto *descriptor = static_cast<const snap_library *>(dlsym(host.library, librarySymbol.c_str()));
  if (!descriptor)
    missing = librarySymbol;
  if (!missing.empty())
    return createStringError(*shared + ": has no symbol " + missing + "; compile the model again");

  snap_options options = {};
  options.size = sizeof options;
  options.threads = threads;
  snap_error error = {};
  auto start = std::chrono::steady_clock::now();
  snap_status status = host.api.open(descriptor, files.snap.c_str(), &options, &host.model, &error);
  host.openSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (status != SNAP_OK)
    return createStringError(files.snap + ": " + error.message);
  return host;
}

HostModel::HostModel(HostModel &&other) noexcept
    : api(other.api), model(other.model), openSeconds(other.openSeconds), library(other.library) {
  other.model = nullptr;
  other.library = nullptr;
}

HostModel::~HostModel() {
  if (model)
    api.close(model);
  if (library)
    dlclose(library);
}

std::string typeText(ElementType type, ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t dim : shape)
    text += std::to_string(dim) + "x";
  return text + toString(type);
}

/// snap_type and ElementType list the same types in the same order.
static ElementType elementType(snap_type type) { return static_cast<ElementType>(type); }

Tensor copyTensor(const snap_tensor &tensor) {
  Tensor copy(elementType(tensor.type), std::vector<int64_t>(tensor.shape, tensor.shape + tensor.rank));
  std::memcpy(copy.mutableRaw(), tensor.data, tensor.bytes);
  return copy;
}

Expected<std::vector<std::pair<std::string, Tensor>>> HostModel::run(const std::map<std::string, Tensor> &inputs,
                                                                     const char *programName) {
  snap_program *program = programName ? api.findProgram(model, programName) : api.programAt(model, 0);
  if (!program)
    return createStringError(Twine("no program '") + (programName ? programName : "") + "' in this model");
  uint32_t count = 0;
  const snap_tensor *slots = api.programInputs(program, &count);
  ArrayRef<snap_tensor> wanted(slots, count);
  auto describe = [](const snap_tensor &slot) {
    return std::string(slot.name) + ": " + typeText(elementType(slot.type), ArrayRef(slot.shape, slot.rank));
  };
  std::string list;
  for (const snap_tensor &slot : wanted)
    list += "\n  " + describe(slot);
  for (const auto &given : inputs)
    if (llvm::none_of(wanted, [&](const snap_tensor &slot) { return given.first == slot.name; }))
      return createStringError("the model has no input '" + given.first + "'; its inputs are" + list);
  for (const snap_tensor &slot : wanted) {
    auto it = inputs.find(slot.name);
    if (it == inputs.end())
      return createStringError("input '" + Twine(slot.name) + "' is missing: give --input " + slot.name +
                               "=FILE.npy; the inputs are" + list);
    const Tensor &given = it->second;
    if (given.type() != elementType(slot.type) || ArrayRef<int64_t>(given.shape()) != ArrayRef(slot.shape, slot.rank))
      return createStringError("input '" + Twine(slot.name) + "' is " + typeText(given.type(), given.shape()) +
                               ", expected " + typeText(elementType(slot.type), ArrayRef(slot.shape, slot.rank)));
    std::memcpy(slot.data, given.raw(), slot.bytes);
  }
  snap_error error = {};
  if (api.run(model, program, nullptr, &error) != SNAP_OK)
    return createStringError(error.message);
  std::vector<std::pair<std::string, Tensor>> results;
  const snap_tensor *outputs = api.programOutputs(program, &count);
  for (const snap_tensor &slot : ArrayRef(outputs, count))
    results.emplace_back(slot.name, copyTensor(slot));
  return results;
}

} // namespace snap
