//===- BlockMoments.cpp - Moments of blocks of a kernel's output ----------===//
//
// Sums are relative to a block's first value, so that a mean far from zero costs
// no digits, in f32 whatever the storage.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/cpu/BlockMoments.h"
#include "targets/cpu/GemmBlocks.h"
#include "targets/cpu/Schedules.h"

#include <map>
#include <numeric>
#include <stdexcept>

using namespace snap;
using Halide::cast;
using Halide::Func;
using Halide::TailStrategy;
using Halide::Tuple;
using Halide::Var;
using HExpr = Halide::Expr;

template <typename T> static std::vector<T> joined(std::vector<T> first, const std::vector<Var> &more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

BlockMoments::BlockMoments(KernelBuilder &builder)
    : b(builder), image(b.key.op == KernelOp::Conv2d), high(image ? static_cast<int>(b.key.ints.at("moments")[0]) : 1),
      wide(static_cast<int>(b.key.ints.at("moments").back())), across(b.outExtent(1) / wide),
      blocks(b.vars.begin() + 1, b.vars.end()), c(b.vars[0]), r(0, wide, 0, high, "r") {
  std::vector<Var> at = joined<Var>({c}, blocks);
  first(at) = value(0, 0);
  HExpr shifted = value(r.x, r.y) - first(at);
  sums(at) = Tuple(0.0f, 0.0f);
  sums(at) = Tuple(sums(at)[0] + shifted, sums(at)[1] + shifted * shifted);
  auto count = static_cast<float>(wide * high);
  HExpr s1 = sums(at)[0], s2 = sums(at)[1];
  b.moments(joined<Var>({c, which}, blocks)) =
      select(which == 0, first(at) + s1 / count, max(s2 - s1 * s1 / count, 0.0f));
  // Blocks by row and column, so that Halide sees which pixels one has.
  TensorSpec spec = b.key.outputs[1];
  if (image)
    spec.shape = {spec.shape[0], b.outExtent(2) / high, across, 2, spec.shape[3]};
  b.constrainMoments(spec);
}

/// The output's element at row y, column x of the block.
HExpr BlockMoments::value(const HExpr &x, const HExpr &y) const {
  std::vector<HExpr> at(blocks.begin(), blocks.end());
  at[0] = at[0] * wide + x;
  if (image)
    at[1] = at[1] * high + y;
  at.insert(at.begin(), c);
  return cast<float>(b.output(at));
}

/// Groups of channels, of which a few vectors stay in registers down a block; how many groups.
int BlockMoments::splitChannels(int group) {
  const int width = static_cast<int>(vectorDivisor(b.outExtent(0), b.lanes())), lines = b.outExtent(0) / width;
  auto guard = [](int extent, int by) { return extent % by ? TailStrategy::GuardWithIf : TailStrategy::RoundUp; };
  const int groupLines = std::min(group / width, lines);
  const int few = static_cast<int>(largestDivisor(std::gcd(lines, groupLines), streamedVectors(b)));
  b.moments.split(c, vector, lane, width, TailStrategy::RoundUp).vectorize(lane);
  b.moments.split(vector, vectors, vector, few, TailStrategy::RoundUp).unroll(vector);
  b.moments.split(vectors, channels, vectors, groupLines / few, guard(lines, groupLines));
  b.moments.bound(which, 0, 2).unroll(which);
  for (Func f : {first, sums})
    f.compute_at(b.moments, vectors).bound_extent(c, width * few).vectorize(c, width).unroll(c);
  sums.update().reorder(c, r.x, r.y).vectorize(c, width).unroll(c);
  return static_cast<int>(ceilDiv(lines, groupLines));
}

/// One loop over the blocks of all images, `task`, and where the loop over groups of channels goes.
void BlockMoments::fuseBlocks(bool channelsOutside) {
  std::vector<Halide::VarOrRVar> order = {lane, vector, which, vectors};
  order.insert(order.end(), blocks.begin(), blocks.end());
  order.insert(channelsOutside ? order.end() : order.begin() + 4, channels);
  b.moments.reorder(order).rename(blocks[0], task);
  for (size_t i = 1; i < blocks.size(); ++i)
    b.moments.fuse(task, blocks[i], task);
}

void BlockMoments::placeAtRoot() {
  splitChannels(b.outExtent(0));
  fuseBlocks(/*channelsOutside=*/false);
  if (KernelBuilder::worthParallel(b.key.outputs[0].elements()))
    b.moments.parallel(task);
  b.output.compute_root();
}

void BlockMoments::placeAround(int group, Loops loops) {
  const bool blocksInside = loops == Loops::BlocksInChannels;
  const int groups = splitChannels(group);
  fuseBlocks(blocksInside);
  if (loops == Loops::Together)
    b.moments.fuse(channels, task, task);
  b.moments.parallel(blocksInside ? channels : task);

  // Where a block begins, in terms of these loops.
  HExpr at = blocksInside ? HExpr(0) : HExpr(task), firstChannel = HExpr(channels) * group;
  if (loops == Loops::Together) {
    firstChannel = at % groups * group;
    at = at / groups;
  }
  const int line = b.outExtent(0), ofImage = across * (image ? b.outExtent(2) / high : 1);
  HExpr inImage = at % ofImage, points = inImage * wide;
  int imagePoints = b.outExtent(1);
  if (image) {
    points = inImage / across * (high * b.outExtent(1)) + inImage % across * wide;
    imagePoints *= b.outExtent(2);
  }
  b.outputOrigin = firstChannel + (points + at / ofImage * imagePoints) * line;
  for (int d = 0; d < b.outRank(); ++d) // strides of the whole
    b.output.bound_storage(b.vars[d], b.outExtent(d));
}

namespace {
/// Puts a function that Halide would allocate for each block where the block belongs in a
/// buffer that the kernel is given.
class PlaceInBuffer : public Halide::Internal::IRMutator {
public:
  /// `origin`: of the block, in terms of loops of `around`.
  PlaceInBuffer(std::string name, const TensorSpec &spec, std::string around, HExpr origin)
      : name(std::move(name)), spec(spec), around(std::move(around)), origin(std::move(origin)) {}

private:
  using IRMutator::visit;
  using Stmt = Halide::Internal::Stmt;
  Stmt visit(const Halide::Internal::For *op) override {
    using namespace Halide::Internal;
    if (!starts_with(op->name, around + ".s0."))
      return IRMutator::visit(op);
    std::string var = op->name.substr(op->name.rfind('.') + 1);
    loops[var] = Variable::make(Halide::Int(32), op->name);
    Stmt result = IRMutator::visit(op);
    loops.erase(var);
    return result;
  }
  Stmt visit(const Halide::Internal::Allocate *op) override {
    using namespace Halide::Internal;
    if (op->name != name)
      return IRMutator::visit(op);
    for (size_t d = 0; d + 1 < op->extents.size(); ++d)
      if (!is_const(op->extents[d], spec.shape[spec.shape.size() - 1 - d]))
        throw std::logic_error("a block of output 0 has not the strides of all of it");
    HExpr begin = origin;
    for (const char *var : {"task", "channels"}) // loops of one iteration are gone
      begin = substitute(var, loops.count(var) ? loops[var] : HExpr(0), begin);
    HExpr buffer = Variable::make(Halide::type_of<halide_buffer_t *>(), name + ".buffer");
    HExpr host = Call::make(Halide::Handle(), Call::buffer_get_host, {buffer}, Call::Extern);
    HExpr address = reinterpret(Halide::UInt(64), host) +
                    cast<uint64_t>(simplify(begin)) * make_const(Halide::UInt(64), op->type.bytes());
    return LetStmt::make(name, reinterpret(Halide::Handle(), address), mutate(op->body));
  }
  Stmt visit(const Halide::Internal::Free *op) override {
    return op->name == name ? Halide::Internal::Evaluate::make(0) : IRMutator::visit(op);
  }
  // What Halide allocates is aligned to vectors, the buffer to its elements.
  HExpr visit(const Halide::Internal::Load *op) override {
    if (op->name != name)
      return IRMutator::visit(op);
    return Halide::Internal::Load::make(op->type, name, mutate(op->index), op->image, op->param, mutate(op->predicate),
                                        {});
  }
  Stmt visit(const Halide::Internal::Store *op) override {
    if (op->name != name)
      return IRMutator::visit(op);
    return Halide::Internal::Store::make(name, mutate(op->value), mutate(op->index), op->param, mutate(op->predicate),
                                         {});
  }

  const std::string name;
  const TensorSpec &spec;
  const std::string around;
  const HExpr origin;
  std::map<std::string, HExpr> loops;
};
} // namespace

Halide::Module BlockMoments::compile(KernelBuilder &b, std::vector<Halide::Argument> arguments,
                                     const std::string &symbol) {
  auto linkage = Halide::LinkageType::ExternalPlusArgv;
  if (!b.outputOrigin.defined())
    return Halide::Pipeline({b.output, b.moments}).compile_to_module(arguments, symbol, b.target, linkage);
  const TensorSpec &out = b.key.outputs[0];
  arguments.emplace_back(b.output.name(), Halide::Argument::InputBuffer, storageType(out.type),
                         static_cast<int>(out.shape.size()), Halide::ArgumentEstimates{});
  Halide::Pipeline pipeline(b.moments);
  pipeline.add_custom_lowering_pass(new PlaceInBuffer(b.output.name(), out, b.moments.name(), b.outputOrigin));
  return pipeline.compile_to_module(arguments, symbol, b.target, linkage);
}
