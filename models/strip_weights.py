#!/usr/bin/env python3
"""Splits an exported ONNX model into its graph and a recipe for weights of the same scale.

The reverse of make_weights.py: floating-point initializers of more than 64 elements are declared external data in
weights.bin, which is not written, and recipe.json records where each lies, its mean and its standard deviation. Smaller
ones stay, since constants such as epsilons and scales decide what a graph computes. Needs onnx and numpy.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnx

KEPT_ELEMENTS = 64  # initializers up to this size stay in the graph
ALIGNMENT = 64      # of each tensor in weights.bin


def move_to_weights_file(tensor, offset, length):
    for field in ("raw_data", "float_data", "double_data", "int32_data", "external_data"):
        tensor.ClearField(field)
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", "weights.bin"), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))


def strip(model):
    """Empties the large initializers of `model` and returns the recipe."""
    tensors, offset = [], 0
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if not np.issubdtype(values.dtype, np.floating) or values.size <= KEPT_ELEMENTS:
            continue
        exact = values.astype(np.float64)
        tensors.append({
            "name": tensor.name,
            "dims": list(values.shape),
            "dtype": values.dtype.name,
            "offset": offset,
            "mean": round(float(exact.mean()), 8),
            "std": round(float(exact.std()), 8),
        })
        move_to_weights_file(tensor, offset, values.nbytes)
        offset += -(-values.nbytes // ALIGNMENT) * ALIGNMENT

    # Exporters leave stack traces with the paths of the machine they ran on.
    graph = model.graph
    for message in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        message.ClearField("doc_string")
        message.ClearField("metadata_props")
    return {"bytes": offset, "tensors": tensors}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model", type=Path, metavar="IN.onnx")
    parser.add_argument("out", type=Path, metavar="OUT_DIR", help="gets model.onnx and recipe.json")
    arguments = parser.parse_args()

    model = onnx.load(arguments.model)
    recipe = strip(model)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "model.onnx").write_bytes(model.SerializeToString())
    (arguments.out / "recipe.json").write_text(json.dumps(recipe, separators=(",", ":")))
    elements = sum(int(np.prod(tensor["dims"])) for tensor in recipe["tensors"])
    print(f"{arguments.out}: {len(recipe['tensors'])} tensors, {elements / 1e6:.1f} M parameters", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
