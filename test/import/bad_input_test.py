#!/usr/bin/env python3
"""Models that must be refused, each with the message a user gets.

usage: bad_input_test.py SNAP_IMPORT
SPDX-License-Identifier: Apache-2.0
"""
import os, subprocess, sys, tempfile
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TOOL = sys.argv[1]
FAILURES = []


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def model(nodes, inputs, initializers=(), outputs=None, opset=17, **extra):
    outputs = outputs or [value(nodes[-1].output[0], None)]
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializer=list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], **extra)


def run(folder, content, flags=()):
    path = os.path.join(folder, "model.onnx")
    with open(path, "wb") as f:
        f.write(content if isinstance(content, bytes) else content.SerializeToString())
    return subprocess.run([TOOL, path, "--name", "unet/model.onnx", *flags], capture_output=True, text=True,
                          errors="replace")


def refuse(title, content, *expected, flags=(), prepare=None):
    """The import fails (and does not crash) with every text of `expected`."""
    with tempfile.TemporaryDirectory() as folder:
        if prepare:
            prepare(folder)
        done = run(folder, content, flags)
    missing = [text for text in expected if text not in done.stderr]
    if done.returncode != 1 or missing or "func.func" in done.stdout:
        FAILURES.append(f"{title}: exit {done.returncode}, lacks {missing} in:\n{done.stderr}{done.stdout[:300]}")


def accept(title, content, *expected, flags=(), prepare=None):
    with tempfile.TemporaryDirectory() as folder:
        if prepare:
            prepare(folder)
        done = run(folder, content, flags)
    missing = [text for text in expected if text not in done.stdout]
    if done.returncode != 0 or missing:
        FAILURES.append(f"{title}: exit {done.returncode}, lacks {missing} in:\n{done.stderr}{done.stdout[:2000]}")


relu = helper.make_node("Relu", ["x"], ["y"], name="act")
x23 = value("x", [2, 3])
good = model([relu], [x23])

# --- files ---------------------------------------------------------------------------------------------------------
accept("a good model", good, "snap.unary relu")
refuse("an empty file", b"", "unet/model.onnx: is empty")
refuse("not protobuf", b"\x7fELF" + b"\xff" * 200, "is not an ONNX model, or is cut short or corrupt")
whole = good.SerializeToString()
for cut in range(1, len(whole)):
    # A cut at a field's end leaves a smaller message: still no graph, or one that lacks something.
    refuse(f"cut at byte {cut}", whole[:cut], "unet/model.onnx")
rng = np.random.default_rng(1)
for trial in range(60):
    # Any byte may be wrong: refused or imported, never a crash.
    bytes_ = bytearray(whole)
    bytes_[rng.integers(len(bytes_))] = rng.integers(256)
    with tempfile.TemporaryDirectory() as folder:
        done = run(folder, bytes(bytes_))
        if done.returncode not in (0, 1) or "defect" in done.stderr:
            FAILURES.append(f"flipped byte, trial {trial}: exit {done.returncode}\n{done.stderr}")

# --- operators -----------------------------------------------------------------------------------------------------
loop = helper.make_node("Loop", ["n", "c"], ["z"], name="repeat", body=helper.make_graph([], "b", [], []))
refuse("every unsupported node is listed",
       model([loop, helper.make_node("NoSuchOp", ["z"], ["w"], name="odd"), helper.make_node("LSTM", ["w"], ["y"])],
             [value("n", [], TensorProto.INT64), value("c", [], TensorProto.BOOL)]),
       "unet/model.onnx: node 'repeat' (Loop, opset 17): control flow is not supported: export with",
       "unet/model.onnx: node 'odd' (NoSuchOp, opset 17): the operator is not supported",
       "unet/model.onnx: node 'LSTM_2' (LSTM, opset 17): recurrent operators are not supported")
refuse("another domain", model([helper.make_node("Gelu", ["x"], ["y"], name="g", domain="com.acme")], [x23]),
       "node 'g' (Gelu, opset 17): domain 'com.acme' is not supported")
refuse("an operator newer than the opset", model([helper.make_node("Gelu", ["x"], ["y"])], [x23], opset=17),
       "to opset 20 or newer")
refuse("an old opset", model([relu], [x23], opset=6), "opset 6 is not supported: convert the model")
refuse("an unknown attribute", model([helper.make_node("Relu", ["x"], ["y"], slope=1)], [x23]),
       "attribute slope is not known")
refuse("a missing input", model([helper.make_node("Add", ["x"], ["y"])], [x23]), "input 1 is missing")
refuse("a name from nowhere", model([helper.make_node("Add", ["x", "q"], ["y"])], [x23]),
       "'q' is computed by no earlier node")
refuse("a result defined twice", model([relu, relu], [x23]), "'y' is already defined")
refuse("a shape from data", model([helper.make_node("Reshape", ["x", "s"], ["y"])],
                                  [x23, value("s", [1], TensorProto.INT64)]),
       "its shape (input 1) must be known at compile time")
refuse("string input", model([helper.make_node("Identity", ["x"], ["y"])], [value("x", [2], TensorProto.STRING)]),
       "input 'x' has element type string")
refuse("bfloat16 input", model([relu], [value("x", [2], TensorProto.BFLOAT16)]), "element type bfloat16")
sparse = model([relu], [x23])
sparse.graph.sparse_initializer.append(onnx.SparseTensorProto(values=numpy_helper.from_array(np.ones(1, "f"), "sp")))
refuse("a sparse initializer", sparse, "sparse initializer 'sp' is not supported")
training = model([relu], [x23])
training.training_info.add()
refuse("training information", training, "training information")

# --- shapes --------------------------------------------------------------------------------------------------------
refuse("matmul of other inner sizes",
       model([helper.make_node("MatMul", ["x", "b"], ["y"], name="attn/MatMul_3")],
             [value("x", [2, 4096, 320]), value("b", [2, 768, 320])]),
       "unet/model.onnx: node 'attn/MatMul_3' (MatMul, opset 17): cannot multiply 2x4096x320 by 2x768x320: "
       "inner sizes 320 and 768 differ")
refuse("add of other shapes", model([helper.make_node("Add", ["x", "b"], ["y"])], [x23, value("b", [2, 4])]),
       "cannot broadcast 2x3 with 2x4")
refuse("add of other types",
       model([helper.make_node("Add", ["x", "b"], ["y"])], [x23, value("b", [3], TensorProto.INT64)]),
       "element types f32 and i64")
shape = numpy_helper.from_array(np.array([4, 2]), "s")
refuse("reshape of other counts", model([helper.make_node("Reshape", ["x", "s"], ["y"])], [x23], [shape]),
       "cannot reshape 2x3 to 4x2: 6 elements are not 8")
refuse("conv of other channels", model([helper.make_node("Conv", ["x", "w"], ["y"], name="c")],
                                       [value("x", [1, 4, 8, 8]), value("w", [8, 3, 3, 3])]),
       "(Conv, opset 17): its input is 1x4x8x8 and its filter 8x3x3x3: 4 channels are not 1 groups of 3")
refuse("a window larger than its input", model([helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[9, 9])],
                                               [value("x", [1, 1, 4, 4])]), "is larger than the padded input")
refuse("both errors of two branches",
       model([helper.make_node("Add", ["x", "b"], ["p"], name="one"), 
              helper.make_node("MatMul", ["x", "b"], ["q"], name="two"),
              helper.make_node("Add", ["p", "q"], ["y"], name="three")], [x23, value("b", [2, 4])]),
       "node 'one'", "node 'two'")

# --- dimensions ----------------------------------------------------------------------------------------------------
dynamic = model([helper.make_node("Add", ["x", "t"], ["y"])],
                [value("x", ["batch", 4, "height"]), value("t", ["batch", 1, None])])
refuse("unbound dimensions, all of them", dynamic, "'batch' (dimension 0 of input 'x', dimension 0 of input 't')",
       "'height' (dimension 2 of input 'x')", "'t.2' (dimension 2 of input 't')",
       "give --dim batch=N --dim height=N --dim t.2=N")
accept("bound dimensions", dynamic, "tensor<2x4x8xf32>",
       flags=["--dim", "batch=2", "--dim", "height=8", "--dim", "t.2=1"])
refuse("a dimension that is not there", good, "--dim bacth=2 names no dimension of the model",
       flags=["--dim", "bacth=2"])
refuse("a dimension of zero", dynamic, "is 0; expected a positive number",
       flags=["--dim", "batch=0", "--dim", "height=8", "--dim", "t.2=1"])

# --- external data -------------------------------------------------------------------------------------------------
def external(location="weights.bin", offset=None, length=None, dims=(2000,), kind=TensorProto.FLOAT):
    tensor = TensorProto(name="w", data_type=kind, dims=dims, data_location=TensorProto.EXTERNAL)
    for key, text in (("location", location), ("offset", offset), ("length", length)):
        if text is not None:
            tensor.external_data.add(key=key, value=str(text))
    return model([helper.make_node("Add", ["x", "w"], ["y"])], [value("x", [2000])], [tensor])


def file(name="weights.bin", size=8000):
    def prepare(folder):
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        open(os.path.join(folder, name), "wb").write(bytes(size))
    return prepare


def linked(kind):
    def prepare(folder):
        outside = os.path.join(folder, "other.bin")
        open(outside, "wb").write(bytes(8000))
        os.makedirs(os.path.join(folder, "real"))
        open(os.path.join(folder, "real", "weights.bin"), "wb").write(bytes(8000))
        path = os.path.join(folder, "weights.bin")
        if kind == "symbolic":
            os.symlink(outside, path)
        elif kind == "dangling":
            os.symlink(os.path.join(folder, "nothing"), path)
        elif kind == "hard":
            os.link(outside, path)
        elif kind == "folder":
            os.symlink(os.path.join(folder, "real"), os.path.join(folder, "sub"))
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "directory":
            os.mkdir(path)
    return prepare


accept("weights that are not there", external(), 'snap.weight "main:w"')
accept("weights that are there", external(), 'snap.weight "main:w"', prepare=file())
accept("weights in a subfolder", external("sub/weights.bin"), 'snap.weight "main:w"', prepare=file("sub/weights.bin"))
accept("an offset", external(offset=64, length=8000), 'snap.weight "main:w"', prepare=file(size=8064))
refuse("an absolute path", external("/etc/passwd"), "external data '/etc/passwd' is not a relative path")
refuse("a path upwards", external("../weights.bin"), "leads out of the model's folder with '..'")
refuse("a path up and down", external("sub/../../weights.bin"), "leads out of the model's folder with '..'")
refuse("a drive", external("C:\\weights.bin"), "is not a relative path")
refuse("no location", external(None), "without a location")
refuse("a symbolic link", external(), "symbolic link", prepare=linked("symbolic"))
refuse("a dangling link", external(), "symbolic link", prepare=linked("dangling"))
refuse("a hard link", external(), "has 2 hard links", prepare=linked("hard"))
refuse("a linked folder", external("sub/weights.bin"), "symbolic link", prepare=linked("folder"))
refuse("a pipe", external(), "is not a regular file", prepare=linked("pipe"))
refuse("a folder", external(), "is not a regular file", prepare=linked("directory"))
refuse("short weights", external(), "needs bytes 0 to 8000 of a file of 7999 bytes", prepare=file(size=7999))
refuse("an offset beyond the end", external(offset=9000), "begins at byte 9000 of a file of 8000 bytes", prepare=file())
refuse("an offset that overflows", external(offset=2**64 - 8, length=8000), "begins at byte 18446744073709551608",
       prepare=file())
refuse("an offset that is no number", external(offset="-4"), "offset '-4'; expected a number")
refuse("a length of another size", external(length=4000),
       "has 4000 bytes of external data, but its type and shape need 8000",
       prepare=file())
refuse("a shape that overflows", external(dims=(2**40, 2**40)), "impossible shape")
refuse("a negative dimension", external(dims=(-1,)), "impossible shape")
inline = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2000], raw_data=bytes(100))
refuse("short inline weights", model([helper.make_node("Add", ["x", "w"], ["y"])], [value("x", [2000])], [inline]),
       "holds 100 bytes, but its type and shape need 8000")
few = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2**30], float_data=[1.0])
refuse("a shape larger than its values", model([helper.make_node("Add", ["x", "w"], ["y"])], [value("x", [1])], [few]),
       "has 1 values, but its shape needs 1073741824")

# --- what is converted or inlined ----------------------------------------------------------------------------------
double = numpy_helper.from_array(np.array([1e300]), "d")
refuse("a double beyond float", model([helper.make_node("Add", ["x", "d"], ["y"])], [x23], [double]),
       "beyond float's range")
body = [helper.make_node("Relu", ["a"], ["b"], name="inner"), helper.make_node("LeakyRelu", ["b"], ["c"], name="leaky")]
body[1].attribute.append(onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT))
function = helper.make_function("acme", "Act", ["a"], ["c"], body, [helper.make_opsetid("", 17)], ["slope"])
call = model([helper.make_node("Act", ["x"], ["y"], name="call", domain="acme", slope=0.25)], [x23],
             functions=[function])
accept("a model's own function", call, "snap.unary relu", "dense<2.500000e-01>")
recursive = helper.make_function("acme", "Act", ["a"], ["c"], [helper.make_node("Act", ["a"], ["c"], domain="acme")],
                                 [helper.make_opsetid("", 17)])
refuse("a function that calls itself",
       model([helper.make_node("Act", ["x"], ["y"], domain="acme")], [x23], functions=[recursive]),
       "functions call each other")
eye = helper.make_node("EyeLike", ["x"], ["e"])
accept("a mask is an expression, not bytes",
       model([eye, helper.make_node("Add", ["x", "e"], ["y"])], [value("x", [77, 77])]), "snap.binary equal", "snap.cast")

for failure in FAILURES:
    print("FAIL", failure)
sys.exit(1 if FAILURES else 0)
