//===- AllocateArena.cpp - Offsets of a plan's buffers --------------------===//
//
// Live ranges over the straight line of calls, then ArenaPlanner. An
// elementwise kernel may write over an input that dies there.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/ArenaPlanner.h"
#include "passes/Passes.h"

#include "dialects/reference/Interpreter.h"

using namespace mlir;

namespace snap {

#define GEN_PASS_DEF_ALLOCATEARENA
#include "passes/Passes.h.inc"

static int64_t bytesOf(Type buffer) {
  auto type = cast<MemRefType>(buffer);
  return type.getNumElements() * byteSize(elementTypeOf(type.getElementType()));
}

static int64_t bytesOf(Value buffer) { return bytesOf(buffer.getType()); }

namespace {
/// When and where the storage behind one input or alloc lives. Buffers that
/// share storage in place have the same Storage.
struct Storage {
  int64_t bytes = 0;
  int32_t first = 0, last = 0;
  size_t number = 0; // in the planner
};

class ProgramArena {
public:
  explicit ProgramArena(plan::ProgramOp program) : program(program) {}
  /// Writes offsets; returns the map for people.
  std::string allocate();

private:
  void findLifetimes();
  void shareInPlace();
  /// The input or alloc that a view looks into.
  static Value root(Value buffer);
  Storage &storageOf(Value root) { return storage[owner.at(root)]; }

  plan::ProgramOp program;
  std::vector<Storage> storage;
  llvm::DenseMap<Value, size_t> owner; // root buffer to its storage
};

struct AllocateArena : impl::AllocateArenaBase<AllocateArena> {
  using AllocateArenaBase::AllocateArenaBase;

  void runOnOperation() override {
    placeState();
    for (auto program : getOperation().getOps<plan::ProgramOp>()) {
      std::string map = ProgramArena(program).allocate();
      if (dump)
        llvm::errs() << '@' << program.getSymName() << ": " << map;
    }
  }

  /// One after the other: any program may run next.
  void placeState() {
    Builder builder(&getContext());
    int64_t end = 0;
    for (auto state : getOperation().getOps<plan::StateOp>()) {
      state.setOffsetAttr(builder.getI64IntegerAttr(end));
      end = llvm::alignTo(end + bytesOf(state.getType()), 64);
    }
  }
};
} // namespace

Value ProgramArena::root(Value buffer) {
  while (auto view = buffer.getDefiningOp<plan::ViewOp>())
    buffer = view.getSource();
  return buffer;
}

void ProgramArena::findLifetimes() {
  // Step 0 is the caller filling the inputs, step i the i-th call, and the
  // last one the caller reading the outputs.
  int32_t step = 0;
  auto use = [&](Value buffer) {
    auto it = owner.find(root(buffer));
    if (it != owner.end())
      storage[it->second].last = step;
  };
  auto define = [&](Value buffer) {
    owner[buffer] = storage.size();
    storage.push_back({bytesOf(buffer), step, step, 0});
  };
  for (Operation &op : program.getBody().front()) {
    if (auto input = dyn_cast<plan::InputOp>(op)) {
      define(input.getBuffer());
      storage.back().first = 0;
    }
    auto call = dyn_cast<plan::CallOp>(op);
    if (!call)
      continue;
    ++step;
    for (Value output : call.getOutputs())
      if (!owner.contains(root(output)) && !root(output).getDefiningOp<plan::GetStateOp>())
        define(root(output));
    for (Value operand : call->getOperands())
      use(operand);
  }
  ++step;
  for (auto output : program.getBody().getOps<plan::OutputOp>()) {
    if (!owner.contains(root(output.getBuffer())))
      define(root(output.getBuffer()));
    use(output.getBuffer());
  }
}

/// The input that the call may write its output over, element by element: the
/// kernel reads each of its elements once, just before it writes the same one.
static std::optional<unsigned> inPlaceInput(plan::CallOp call, llvm::function_ref<bool(Value)> dies) {
  std::string error;
  std::optional<KernelKey> key = KernelKey::parse(call.getKey().str(), error);
  if (!key || key->op != KernelOp::Elementwise || call.getOutputs().size() != 1)
    return std::nullopt;
  for (auto [i, input] : llvm::enumerate(call.getInputs())) {
    const TensorSpec &spec = key->inputs[i];
    if (!spec.isDense() || spec.shape != key->outputs[0].shape ||
        byteSize(spec.type) != byteSize(key->outputs[0].type) || bytesOf(input) != spec.bytes() || !dies(input))
      continue;
    return i;
  }
  return std::nullopt;
}

void ProgramArena::shareInPlace() {
  int32_t step = 0;
  for (auto call : program.getBody().getOps<plan::CallOp>()) {
    ++step;
    auto isWhole = [&](Value buffer) {
      Value base = root(buffer);
      return owner.contains(base) && bytesOf(base) == bytesOf(buffer);
    };
    Value output = call.getOutputs().empty() ? Value() : call.getOutputs()[0];
    if (!output || !isWhole(output) || storageOf(root(output)).first != step)
      continue;
    auto dies = [&](Value input) {
      // Nothing else may read that buffer, in another order.
      return isWhole(input) && storageOf(root(input)).last == step && storageOf(root(input)).first < step &&
             llvm::count_if(call.getInputs(), [&](Value other) { return root(other) == root(input); }) == 1;
    };
    std::optional<unsigned> input = inPlaceInput(call, dies);
    if (!input)
      continue;
    Value target = root(output);
    size_t kept = owner.at(root(call.getInputs()[*input])), gone = owner.at(target);
    storage[kept].last = storage[gone].last;
    storage[gone].bytes = 0;
    owner[target] = kept;
  }
}

std::string ProgramArena::allocate() {
  findLifetimes();
  shareInPlace();
  ArenaPlanner planner;
  for (Storage &one : storage)
    one.number = planner.add(one.bytes, one.first, one.last);
  planner.plan();

  Builder builder(program.getContext());
  for (Operation &op : program.getBody().front()) {
    auto offset = [&](Value buffer) {
      // A buffer no call touches and no output names takes no room.
      return builder.getI64IntegerAttr(owner.contains(buffer) ? planner.offset(storageOf(buffer).number) : 0);
    };
    if (auto input = dyn_cast<plan::InputOp>(op))
      input.setOffsetAttr(offset(input.getBuffer()));
    else if (auto alloc = dyn_cast<plan::AllocOp>(op))
      alloc.setOffsetAttr(offset(alloc.getBuffer()));
  }
  program.setArenaBytes(planner.peak());
  program.setArenaLowerBound(planner.lowerBound());
  return planner.dump();
}

} // namespace snap
