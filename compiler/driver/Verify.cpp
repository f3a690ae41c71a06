//===- Verify.cpp - snapc verify ------------------------------------------===//
//
// Runs the imported graph on the reference interpreter and the compiled code on
// the same inputs. On a miss the model is compiled once more with the value of
// every node as an output, and the first node that differs is named.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Compiler.h"
#include "compiler/driver/Diagnostics.h"
#include "compiler/driver/Inputs.h"
#include "compiler/driver/TemporaryFolder.h"
#include "dialects/reference/Interpreter.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"

#include <cmath>
#include <random>

using namespace llvm;

namespace snap {
namespace {

/// How far `actual` is from `expected`: relative L2 and the largest error over
/// the largest expected magnitude. NaN where only one of them has one: infinite.
struct Difference {
  double relativeL2 = 0, largest = 0;
};

Difference compare(const Tensor &actual, const Tensor &expected) {
  double error = 0, norm = 0, maxError = 0, maxValue = 0;
  for (int64_t i = 0, e = expected.elements(); i < e; ++i) {
    double a = actual.getDouble(i), b = expected.getDouble(i);
    if (std::isnan(a) && std::isnan(b))
      continue;
    double d = a == b ? 0 : std::fabs(a - b);
    if (std::isnan(d))
      return {INFINITY, INFINITY};
    error += d * d;
    norm += b * b;
    maxError = std::max(maxError, d);
    maxValue = std::max(maxValue, std::fabs(b));
  }
  auto ratio = [](double a, double b) { return b > 0 ? a / b : (a > 0 ? INFINITY : 0.0); };
  return {std::sqrt(ratio(error, norm)), ratio(maxError, maxValue)};
}

/// Random inputs for those not given: floats from a normal distribution,
/// integers from 0 to 99.
Tensor randomTensor(mlir::RankedTensorType type, std::mt19937_64 &generator) {
  Tensor tensor(elementTypeOf(type.getElementType()), type.getShape().vec());
  std::normal_distribution<double> normal;
  bool isFloat = isa<mlir::FloatType>(type.getElementType());
  for (int64_t i = 0, e = tensor.elements(); i < e; ++i)
    if (isFloat)
      tensor.set(i, normal(generator));
    else
      tensor.setInt(i, generator() % (tensor.type() == ElementType::I1 ? 2 : 100));
  return tensor;
}

std::string nameOf(mlir::func::FuncOp func, bool result, unsigned index) {
  auto name = result ? func.getResultAttrOfType<mlir::StringAttr>(index, "snap.name")
                     : func.getArgAttrOfType<mlir::StringAttr>(index, "snap.name");
  return name ? name.str() : "";
}

/// Compiles the module as it is and runs it on the host.
Expected<std::vector<std::pair<std::string, Tensor>>> runCompiled(Compiler &compiler,
                                                                  const std::map<std::string, Tensor> &inputs) {
  if (Error error = compiler.runPasses(EmitKind::Library))
    return std::move(error);
  Expected<CompileSummary> summary = compiler.emit();
  if (!summary)
    return summary.takeError();
  Expected<HostModel> host = HostModel::open(summary->files, 0);
  if (!host)
    return host.takeError();
  return host->run(inputs);
}

/// Makes every operation's value an output, named by its position; returns the
/// nodes in order.
std::vector<std::string> exposeEveryNode(mlir::func::FuncOp func) {
  std::vector<std::string> nodes;
  mlir::Block &body = func.getBody().front();
  mlir::Operation *end = body.getTerminator();
  SmallVector<mlir::Value> values;
  SmallVector<mlir::DictionaryAttr> attrs;
  mlir::Builder builder(func.getContext());
  for (mlir::Operation &op : body.without_terminator()) {
    if (isa<WeightOp, ConstantOp, IotaOp>(op))
      continue;
    for (mlir::Value value : op.getResults()) {
      std::string node = describeLocation(op.getLoc());
      attrs.push_back(builder.getDictionaryAttr(
          builder.getNamedAttr("snap.name", builder.getStringAttr("node" + Twine(nodes.size())))));
      values.push_back(value);
      nodes.push_back(node + " (" + op.getName().getStringRef().str() + ")");
    }
  }
  end->setOperands(values);
  SmallVector<mlir::Type> types;
  for (mlir::Value value : values)
    types.push_back(value.getType());
  func.setFunctionType(builder.getFunctionType(func.getFunctionType().getInputs(), types));
  func.setAllResultAttrs(attrs);
  return nodes;
}

} // namespace

Error runVerify(const VerifyOptions &options, Progress &progress) {
  Expected<std::map<std::string, Tensor>> given = readInputs(options.inputs);
  if (!given)
    return given.takeError();
  TemporaryFolder temporary;
  if (Error error = temporary.create())
    return error;
  CompileOptions compile = options.compile;
  compile.input = options.model;
  compile.output = temporary.path();
  if (Error error = bindDims(options.model, *given, compile.dims))
    return error;
  double tolerance = options.tolerance;
  if (tolerance == 0)
    tolerance = compile.precision == ElementType::F16 ? 2e-2 : 1e-4;

  Compiler compiler(compile, progress);
  if (Error error = compiler.import())
    return error;
  auto func = *compiler.module().getOps<mlir::func::FuncOp>().begin();

  std::mt19937_64 generator(options.seed);
  std::map<std::string, Tensor> inputs;
  SmallVector<Tensor> arguments;
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes())) {
    std::string name = nameOf(func, /*result=*/false, i);
    auto it = given->find(name);
    Tensor tensor = it != given->end() ? it->second : randomTensor(cast<mlir::RankedTensorType>(type), generator);
    inputs[name] = tensor;
    arguments.push_back(tensor);
  }
  for (const auto &[name, tensor] : *given)
    if (!inputs.count(name))
      return createStringError(options.model + ": has no input '" + name + "'");

  auto source = [&](mlir::Operation *op, StringRef name, mlir::RankedTensorType) -> mlir::FailureOr<Tensor> {
    Expected<Tensor> tensor = compiler.weights().get(name);
    if (tensor)
      return *tensor;
    op->emitError(toString(tensor.takeError()));
    return mlir::failure();
  };
  progress.begin("interpret");
  DiagnosticCollector diagnostics(compiler.module().getContext());
  mlir::FailureOr<SmallVector<Tensor>> expected = interpret(func, arguments, source);
  if (mlir::failed(expected))
    return diagnostics.takeError("the interpreter failed");
  progress.end();
  std::vector<std::string> names;
  for (unsigned i = 0; i < expected->size(); ++i)
    names.push_back(nameOf(func, /*result=*/true, i));

  auto actual = runCompiled(compiler, inputs);
  if (!actual)
    return actual.takeError();
  bool missed = false;
  for (unsigned i = 0; i < expected->size(); ++i) {
    Difference difference = compare((*actual)[i].second, (*expected)[i]);
    bool ok = difference.relativeL2 <= tolerance;
    missed |= !ok;
    outs() << names[i]
           << format(": relative L2 %.3g, largest %.3g of the largest value, ", difference.relativeL2,
                     difference.largest)
           << (ok ? "equal" : "DIFFERENT") << '\n';
  }
  if (!missed)
    return Error::success();

  Compiler again(compile, progress);
  if (Error error = again.import())
    return error;
  func = *again.module().getOps<mlir::func::FuncOp>().begin();
  std::vector<std::string> nodes = exposeEveryNode(func);
  progress.begin("interpret node by node");
  DiagnosticCollector againDiagnostics(again.module().getContext());
  mlir::FailureOr<SmallVector<Tensor>> every = interpret(func, arguments, source);
  if (mlir::failed(every))
    return againDiagnostics.takeError("the interpreter failed");
  auto values = runCompiled(again, inputs);
  if (!values)
    return values.takeError();
  for (unsigned i = 0; i < every->size(); ++i) {
    Difference difference = compare((*values)[i].second, (*every)[i]);
    if (difference.relativeL2 <= tolerance)
      continue;
    std::string message;
    raw_string_ostream(message) << "the first node that differs is " << nodes[i]
                                << format(": relative L2 %.3g, expected at most %.3g", difference.relativeL2,
                                          tolerance);
    return createStringError(message);
  }
  return createStringError(options.model + ": the outputs differ, but no node does when each is an output: the miss "
                                           "is in what fuses them; please report this model");
}

} // namespace snap
