//===- Work.cpp - What a program has to do --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "passes/Work.h"

#include "dialects/reference/Interpreter.h"
#include "targets/KernelKey.h"

#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/Pass.h"

#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace snap {

static uint64_t bytesOf(Value value) {
  auto type = cast<ShapedType>(value.getType());
  return uint64_t(type.getNumElements()) * byteSize(elementTypeOf(type.getElementType()));
}

/// A gather reads no more of its table than it writes.
static uint64_t unreadBytes(Value table, Value picked) {
  return bytesOf(table) - std::min(bytesOf(table), bytesOf(picked));
}

static int64_t dim(Value value, int64_t index) {
  ArrayRef<int64_t> shape = cast<ShapedType>(value.getType()).getShape();
  return shape[index < 0 ? shape.size() + index : index];
}

/// Multiply-accumulates of one operation; those of elementwise work and norms are not counted.
static uint64_t macsOf(Operation *op) {
  uint64_t macs = 0;
  if (auto fused = dyn_cast<FusedOp>(op)) {
    for (Operation &inner : fused.getBody().front())
      macs += macsOf(&inner);
  } else if (auto conv = dyn_cast<Conv2dOp>(op)) {
    Value filter = conv.getFilter(); // [O, C/groups, KH, KW]
    macs = cast<ShapedType>(conv.getType()).getNumElements() * dim(filter, 1) * dim(filter, 2) * dim(filter, 3);
  } else if (auto matmul = dyn_cast<MatmulOp>(op)) {
    macs =
        cast<ShapedType>(matmul.getType()).getNumElements() * dim(matmul.getLhs(), matmul.getTransposeLhs() ? -2 : -1);
  } else if (auto attention = dyn_cast<AttentionOp>(op)) {
    Value query = attention.getQuery(), key = attention.getKey();
    macs = uint64_t(dim(query, 0)) * dim(query, 1) * dim(key, 1) * (dim(query, 2) + dim(attention.getValue(), 2));
  }
  return macs;
}

Work workOf(func::FuncOp program) {
  Work work;
  DenseSet<Value> fixed; // by weights alone
  for (Operation &op : program.getBody().front().without_terminator()) {
    if (llvm::all_of(op.getOperands(), [&](Value operand) { return fixed.contains(operand); })) {
      fixed.insert(op.result_begin(), op.result_end());
      continue;
    }
    work.macs += macsOf(&op);
    if (isa<ReshapeOp, SliceOp>(op))
      continue;
    ++work.kernels;
    llvm::SmallPtrSet<Value, 4> touched(op.operand_begin(), op.operand_end());
    touched.insert(op.result_begin(), op.result_end());
    for (Value value : touched)
      work.bytes += bytesOf(value);
    if (auto gather = dyn_cast<GatherOp>(op))
      work.bytes -= unreadBytes(gather.getOperand(), gather.getResult());
  }
  return work;
}

Work workOf(plan::ProgramOp program) {
  Work work;
  program.walk([&](plan::CallOp call) {
    std::string error;
    std::optional<KernelKey> key = KernelKey::parse(call.getKey().str(), error);
    ++work.kernels;
    work.macs += key ? key->macs() : 0;
    llvm::SmallPtrSet<Value, 4> touched(call->operand_begin(), call->operand_end());
    for (Value buffer : touched)
      work.bytes += bytesOf(buffer);
    if (key && key->op == KernelOp::Gather)
      work.bytes -= unreadBytes(call.getInputs().front(), call.getOutputs().front());
  });
  return work;
}

DenseMap<Operation *, uint64_t> parametersOf(plan::ProgramOp program) {
  SymbolTable symbols(program->getParentOfType<ModuleOp>());
  struct Reader {
    Operation *call = nullptr;
    uint64_t elements = 0;
    bool inOwnBlock = false;
  };
  llvm::StringMap<Reader> readers; // by the weight's name
  program.walk([&](plan::CallOp call) {
    for (Value input : call.getInputs()) {
      while (auto view = input.getDefiningOp<plan::ViewOp>())
        input = view.getSource();
      auto data = input.getDefiningOp<plan::DataOp>();
      if (!data)
        continue;
      symbols.lookup<plan::WeightOp>(data.getWeight()).walk([&](WeightOp weight) {
        StringRef block = call.getBlock().value_or("");
        bool own = !block.empty() && weight.getName().split(':').second.starts_with((block + ".").str());
        Reader &reader = readers[weight.getName()];
        if (!reader.call || (own && !reader.inOwnBlock))
          reader = {call, uint64_t(cast<ShapedType>(weight.getType()).getNumElements()), own};
      });
    }
  });
  DenseMap<Operation *, uint64_t> parameters;
  for (const auto &entry : readers)
    parameters[entry.second.call] += entry.second.elements;
  return parameters;
}

void WorkRecorder::record(StringRef pass, Operation *op) {
  op->walk<WalkOrder::PreOrder>([&](Operation *program) {
    if (auto func = dyn_cast<func::FuncOp>(program))
      records.push_back({pass.str(), func.getName().str(), workOf(func)});
    else if (auto planned = dyn_cast<plan::ProgramOp>(program))
      records.push_back({pass.str(), planned.getSymName().str(), workOf(planned)});
    return isa<ModuleOp>(program) ? WalkResult::advance() : WalkResult::skip();
  });
}

// Adaptors, which run passes on what is nested, have no name of their own.
void WorkRecorder::runBeforePass(Pass *, Operation *op) {
  if (records.empty() && isa<ModuleOp>(op))
    record("import", op);
}

void WorkRecorder::runAfterPass(Pass *pass, Operation *op) {
  if (!pass->getArgument().empty())
    record(pass->getArgument(), op);
}

} // namespace snap
