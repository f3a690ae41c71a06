//===- LowerToPlanBlocks.cpp - Which block of the model a call belongs to -===//
//
// Profiles and reports are read by block: a ResNet, a transformer, a layer. The
// names of weights say which ("down_blocks.0.resnets.1.conv1.weight"), in both
// exporters' graphs and unambiguously; those of nodes are a last resort, since
// one exporter leaves out lists within lists and the other every path.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToPlan.h"

#include "mlir/IR/SymbolTable.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

#include <map>
#include <set>

using namespace mlir;

namespace snap {

//===----------------------------------------------------------------------===//
// From a path of modules
//===----------------------------------------------------------------------===//

static bool isIndex(StringRef component) { return !component.empty() && llvm::all_of(component, llvm::isDigit); }

using Path = SmallVector<StringRef>;

/// The modules around an operation or parameter: [down_blocks, 0, resnets, 1] of "down_blocks.0.resnets.1.conv1". That
/// is up to the end of the first run of list members; where there is no list, the outermost two.
static Path listPrefix(ArrayRef<StringRef> path) {
  // diffusers' lists inside an attention block are parts of it.
  path = path.take_until([](StringRef part) { return part == "transformer_blocks" || part == "to_out"; });
  size_t begin = 0;
  auto isMember = [&](size_t at) { return at + 1 < path.size() && !isIndex(path[at]) && isIndex(path[at + 1]); };
  while (begin < path.size() && !isMember(begin))
    ++begin;
  size_t end = begin;
  while (end < path.size() && (isMember(end) || isIndex(path[end])))
    ++end;
  return Path(path.take_front(begin == path.size() ? 2 : end));
}

/// [down, 0, res, 1, conv1] of "unet:down.0.res.1.conv1.weight"; empty for a name that an exporter made up, as
/// "unet:onnx::MatMul_4894".
static Path pathOfWeight(StringRef name) {
  name = name.split(':').second;
  Path path;
  name.split(path, '.');
  path.pop_back(); // weight, bias
  return name.contains(':') ? Path() : path;
}

/// The ONNX node's name in a location, empty if there is none.
static StringRef nodeName(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName().getValue().split(':').second;
  if (auto call = dyn_cast<CallSiteLoc>(loc))
    return nodeName(call.getCallee());
  return "";
}

/// [down_blocks, 0, resnets, 1, conv1] of "unet/model.onnx:/down_blocks.0/resnets.1/conv1/Conv".
static Path pathOfNode(Location loc) {
  if (auto fused = dyn_cast<FusedLoc>(loc)) { // of the nodes of several blocks none
    Path common;
    for (Location part : fused.getLocations()) {
      Path path = pathOfNode(part);
      if (!path.empty() && !common.empty() && listPrefix(path) != listPrefix(common))
        return {};
      common = path.empty() ? common : path;
    }
    return common;
  }
  StringRef name = nodeName(loc);
  if (!name.consume_front("/"))
    return {};
  Path modules, path;
  name.split(modules, '/');
  modules.pop_back(); // the operation
  for (StringRef module : modules)
    module.split(path, '.');
  return path;
}

//===----------------------------------------------------------------------===//
// Of the calls of a program
//===----------------------------------------------------------------------===//

static Value rootBuffer(Value buffer) {
  while (auto view = buffer.getDefiningOp<plan::ViewOp>())
    buffer = view.getSource();
  return buffer;
}

/// The same for the same memory, also where programs hand it on.
static const void *memoryOf(Value buffer) {
  buffer = rootBuffer(buffer);
  if (auto state = buffer.getDefiningOp<plan::GetStateOp>())
    return state.getStateAttr().getAttr().getAsOpaquePointer();
  return buffer.getAsOpaquePointer();
}

namespace {

/// The blocks of the calls of all programs.
class BlockNames {
public:
  explicit BlockNames(ModuleOp module);
  void name();

private:
  void nameByWeights();
  void nameByNodes();
  void nameByNeighbours();
  std::string extended(ArrayRef<StringRef> path) const;
  llvm::SmallSetVector<StringRef, 4> neighbours(size_t index, bool readers);

  SmallVector<plan::CallOp> calls; // in the order they run
  DenseMap<Operation *, std::string> blocks;
  DenseMap<Operation *, SmallVector<Path, 2>> weightPaths; // of the weights that no other call reads
  std::set<std::string> prefixes;                          // of all weights
};

} // namespace

BlockNames::BlockNames(ModuleOp module) {
  SymbolTable symbols(module);
  module.walk([&](plan::CallOp call) { calls.push_back(call); });
  // Exporters merge equal weights, all those biases of zero under the name of one: only a weight that one call of a
  // program reads tells whose it is.
  std::map<std::pair<StringRef, Operation *>, llvm::SmallSetVector<Operation *, 2>> readers;
  DenseSet<Operation *> shared;
  for (plan::CallOp call : calls)
    for (Value input : call.getInputs())
      if (auto data = rootBuffer(input).getDefiningOp<plan::DataOp>()) {
        std::set<std::string> together;
        symbols.lookup<plan::WeightOp>(data.getWeight()).walk([&](WeightOp weight) {
          readers[{weight.getName(), call->getParentOp()}].insert(call);
          if (Path path = pathOfWeight(weight.getName()); !path.empty())
            together.insert(llvm::join(listPrefix(path), "."));
        });
        if (together.size() > 1) // those of several blocks side by side
          shared.insert(call);
      }
  for (const auto &[weight, readingCalls] : readers) {
    Path path = pathOfWeight(weight.first);
    if (path.empty())
      continue;
    prefixes.insert(llvm::join(listPrefix(path), "."));
    if (readingCalls.size() == 1 && !shared.contains(readingCalls.front()))
      weightPaths[readingCalls.front()].push_back(path);
  }
}

/// The list prefix, or one module more where other blocks are inside it: "down.0.ds" of [down, 0, ds, conv] beside
/// "down.0.res.1".
std::string BlockNames::extended(ArrayRef<StringRef> path) const {
  Path prefix = listPrefix(path);
  std::string name = llvm::join(prefix, "."), inside = name + ".";
  auto next = prefixes.lower_bound(inside);
  bool hasBlocks = next != prefixes.end() && StringRef(*next).starts_with(inside);
  return hasBlocks && prefix.size() < path.size() ? inside + path[prefix.size()].str() : name;
}

void BlockNames::nameByWeights() {
  for (plan::CallOp call : calls)
    if (auto it = weightPaths.find(call); it != weightPaths.end())
      blocks[call] = extended(it->second.front());
}

/// By the node's name, unless it stands for several blocks: one exporter calls down.1.res.0 and down.2.res.0 "res.0".
void BlockNames::nameByNodes() {
  llvm::StringMap<std::set<std::string>> meanings;
  auto nodeBlock = [](plan::CallOp call) { return llvm::join(listPrefix(pathOfNode(call.getLoc())), "."); };
  for (plan::CallOp call : calls)
    if (!blocks[call].empty())
      meanings[nodeBlock(call)].insert(blocks[call]);
  for (plan::CallOp call : calls) {
    std::string node = nodeBlock(call);
    if (node.empty() || !blocks[call].empty())
      continue;
    const std::set<std::string> &known = meanings[node];
    if (known.size() <= 1)
      blocks[call] = known.empty() ? node : *known.begin();
  }
}

/// The blocks of the later calls that read what a call writes, or of the earlier ones that write what it reads.
llvm::SmallSetVector<StringRef, 4> BlockNames::neighbours(size_t index, bool readers) {
  llvm::SmallSetVector<StringRef, 4> names;
  llvm::SmallPtrSet<const void *, 4> memory;
  plan::CallOp call = calls[index];
  for (Value buffer : readers ? ValueRange(call.getOutputs()) : ValueRange(call.getInputs()))
    memory.insert(memoryOf(buffer));
  for (size_t other = readers ? index + 1 : 0, end = readers ? calls.size() : index; other != end; ++other) {
    ValueRange theirs = readers ? ValueRange(calls[other].getInputs()) : ValueRange(calls[other].getOutputs());
    if (!blocks[calls[other]].empty() && llvm::any_of(theirs, [&](Value v) { return memory.contains(memoryOf(v)); }))
      names.insert(blocks[calls[other]]);
  }
  return names;
}

/// An attention belongs to its output projection, its query's product to the attention; where the readers differ, a
/// call belongs to what it reads.
void BlockNames::nameByNeighbours() {
  for (size_t i = calls.size(); i-- > 0;)
    if (blocks[calls[i]].empty())
      if (auto names = neighbours(i, /*readers=*/true); names.size() == 1)
        blocks[calls[i]] = names.front().str();
  for (size_t i = 0; i < calls.size(); ++i)
    if (blocks[calls[i]].empty())
      if (auto names = neighbours(i, /*readers=*/false); !names.empty())
        blocks[calls[i]] = names.back().str();
}

void BlockNames::name() {
  nameByWeights();
  nameByNodes();
  nameByNeighbours();
  for (plan::CallOp call : calls)
    if (!blocks[call].empty())
      call.setBlock(blocks[call]);
}

void nameBlocks(ModuleOp module) { BlockNames(module).name(); }

} // namespace snap
