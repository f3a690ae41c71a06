//===- SnapDialect.td - What a program is, as tensors ---------*- tablegen -*-===//
//
// The snap dialect: tensors in, tensors out, no side effects, static shapes.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_SNAP_SNAPDIALECT
#define SNAP_DIALECTS_SNAP_SNAPDIALECT

include "mlir/IR/OpBase.td"

def Snap_Dialect : Dialect {
  let name = "snap";
  let cppNamespace = "::snap";
  let summary = "tensor programs of text-to-image models";
  let description = [{
    About 35 operations, each on ranked tensors of static shape. A program is a
    `func.func` whose arguments and results carry a `snap.name` attribute, the
    name of the graph's input or output. Weights are named by `snap.weight` and
    never held in the IR. The location of an operation is the name of the ONNX
    node that it came from.

    Element types: f32, f16, i64, i32, i8, ui8, i1. Statistics of norms and
    softmax and the accumulation of attention are in f32 whatever the element
    type. So is that of matmul and conv2d, but for blocks of f16 products, which
    a target may add up in f16 within a stated bound (docs/decisions/0015).
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
  let useDefaultAttributePrinterParser = 0;
  let hasConstantMaterializer = 1;
}

#endif // SNAP_DIALECTS_SNAP_SNAPDIALECT
