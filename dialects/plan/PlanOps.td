//===- PlanOps.td - What runs: kernel calls on one arena ------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_DIALECTS_PLAN_PLANOPS
#define SNAP_DIALECTS_PLAN_PLANOPS

include "mlir/IR/OpBase.td"
include "mlir/IR/CommonTypeConstraints.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let cppNamespace = "::snap::plan";
  let summary = "programs of kernel calls on slices of one arena";
  let description = [{
    A module of plan holds one `plan.weight` per packed weight, one `plan.state`
    per buffer that programs hand on, and one `plan.program` per entry point. Buffers are builtin memrefs with the
    identity layout: dense, row-major. Offsets are absent until allocate-arena.

    ```mlir
    plan.weight @w0 : tensor<14x2880x24xf32> { … snap ops … snap.yield %p : … }
    plan.program @step {arena_bytes = 1024 : i64} {
      %x = plan.input "sample" {offset = 0 : i64} : memref<2x4x64x64xf32>
      %w = plan.data @w0 : memref<14x2880x24xf32>
      %y = plan.alloc {offset = 512 : i64} : memref<2x64x64x320xf32>
      plan.call "conv2d.direct(…) -> …" (%x, %w) -> (%y) : …
      %v = plan.view %y : memref<2x64x64x320xf32> -> memref<2x4096x320xf32>
      plan.output "out_sample" %v : memref<2x4096x320xf32>
    }
    ```
  }];
}

class Plan_Op<string mnemonic, list<Trait> traits = []> : Op<Plan_Dialect, mnemonic, traits>;
defvar Plan_Buffer = AnyMemRef;

def Plan_WeightOp : Plan_Op<"weight", [Symbol, IsolatedFromAbove, SingleBlock]> {
  let summary = "a packed weight: a region of snap operations over snap.weight, run once at compile time";
  let description = [{
    The region ends in `snap.yield` of one tensor, whose bytes go into the data
    segment of NAME.snap. `offset` (bytes in the segment) is set by emission.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type, OptionalAttr<I64Attr>:$offset);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `:` $type attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Plan_StateOp : Plan_Op<"state", [Symbol]> {
  let summary = "a buffer that outlives a run: what one program writes, others read";
  let description = [{
    Lies outside every arena, in a block of its own that all programs see. Holds
    what the last program that wrote it left there. `offset` is in that block.

    ```mlir
    plan.state @prepared0 {offset = 0 : i64} : memref<2x77x640xf32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<AnyMemRef>:$type, OptionalAttr<I64Attr>:$offset);
  let assemblyFormat = "$sym_name attr-dict `:` $type";
  let hasVerifier = 1;
}

def Plan_ProgramOp : Plan_Op<"program", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator]> {
  let summary = "one entry point: straight-line kernel calls";
  let description = [{
    `arena_bytes` is the size of its arena, `arena_lower_bound` the most bytes
    alive at one call, which no placement can go below; both from allocate-arena.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<I64Attr>:$arena_bytes,
                       OptionalAttr<I64Attr>:$arena_lower_bound);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Plan_InputOp : Plan_Op<"input"> {
  let summary = "an input of the program: an arena slice that the caller fills";
  let arguments = (ins StrAttr:$name, OptionalAttr<I64Attr>:$offset);
  let results = (outs Plan_Buffer:$buffer);
  let assemblyFormat = "$name attr-dict `:` type($buffer)";
}

def Plan_OutputOp : Plan_Op<"output"> {
  let summary = "an output of the program: readable after it ran, until the next run of any program";
  let arguments = (ins StrAttr:$name, Plan_Buffer:$buffer);
  let assemblyFormat = "$name $buffer attr-dict `:` type($buffer)";
}

def Plan_DataOp : Plan_Op<"data", [Pure]> {
  let summary = "a packed weight in the mapped file";
  let arguments = (ins FlatSymbolRefAttr:$weight);
  let results = (outs Plan_Buffer:$buffer);
  let assemblyFormat = "$weight attr-dict `:` type($buffer)";
}

def Plan_GetStateOp : Plan_Op<"get_state", [Pure]> {
  let summary = "a buffer that outlives the run";
  let arguments = (ins FlatSymbolRefAttr:$state);
  let results = (outs Plan_Buffer:$buffer);
  let assemblyFormat = "$state attr-dict `:` type($buffer)";
}

def Plan_AllocOp : Plan_Op<"alloc"> {
  let summary = "a buffer in the arena, live from its first call to its last";
  let arguments = (ins OptionalAttr<I64Attr>:$offset);
  let results = (outs Plan_Buffer:$buffer);
  let assemblyFormat = "attr-dict `:` type($buffer)";
}

def Plan_ViewOp : Plan_Op<"view", [Pure]> {
  let summary = "the same bytes, from `byte_offset` on, under another type";
  let arguments = (ins Plan_Buffer:$source, DefaultValuedAttr<I64Attr, "0">:$byte_offset);
  let results = (outs Plan_Buffer:$buffer);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($buffer)";
  let hasVerifier = 1;
}

def Plan_CallOp : Plan_Op<"call", [AttrSizedOperandSegments]> {
  let summary = "runs the kernel of a KernelKey";
  let description = [{
    Inputs and outputs are those of the key, in its order; a buffer is at least
    as large as the key's TensorSpec touches. `block` names the part of the
    model the call came from. The location is that of the root operation.
  }];
  let arguments = (ins StrAttr:$key, Variadic<Plan_Buffer>:$inputs, Variadic<Plan_Buffer>:$outputs,
                       OptionalAttr<StrAttr>:$block);
  let assemblyFormat = "$key `(` $inputs `)` `->` `(` $outputs `)` attr-dict `:` type($inputs) `->` type($outputs)";
  let hasVerifier = 1;
}

#endif // SNAP_DIALECTS_PLAN_PLANOPS
