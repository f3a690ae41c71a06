#!/usr/bin/env python3
"""Zeroes channels or whole tensors of a model, as pruning leaves them: what compact-pruned must find and remove.

Every convolution and matrix product loses the same channels of its outputs, bias included, and so do the scale and
shift of every norm, so that a channel is dead wherever its stream goes. Layers narrower than 32 channels are left
alone. Reads DIR/model.onnx with its weights.bin, writes both to OUT_DIR. Needs numpy and onnx.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import fnmatch
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

NARROWEST = 32


def dead_channels(width, fraction, pattern):
    """Which channels of a layer of that width are zeroed: the same for every layer, so that residuals agree."""
    count = round(width * fraction)
    if pattern == "upper":
        return np.arange(width - count, width)
    if pattern == "spread":  # equally many of every group of a norm
        return np.array([c for c in range(width) if (c + 1) * count // width > c * count // width], dtype=np.int64)
    return np.sort(np.random.default_rng(width).permutation(width)[:count])


def channel_axes(graph):
    """Initializer -> the axis of its output channels, for those that make or shift channels."""
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    alias = {}  # exporters share equal initializers through Identity
    for node in graph.node:
        if node.op_type == "Identity":
            alias[node.output[0]] = alias.get(node.input[0], node.input[0])

    axes = {}
    for node in graph.node:
        inputs = [alias.get(name, name) for name in node.input]
        if node.op_type in ("Conv", "Gemm") and inputs[1] in initializers:
            transposed = {a.name: a.i for a in node.attribute}.get("transB", 0)
            axes[inputs[1]] = 0 if node.op_type == "Conv" or transposed else 1
            if len(inputs) > 2:
                axes[inputs[2]] = 0
        elif node.op_type == "MatMul" and inputs[1] in initializers:
            axes[inputs[1]] = len(initializers[inputs[1]].dims) - 1
        elif node.op_type in ("Add", "Mul", "LayerNormalization", "GroupNormalization"):
            for name in inputs:
                dims = list(initializers[name].dims) if name in initializers else []
                if sum(dim > 1 for dim in dims) == 1:
                    axes[name] = max(range(len(dims)), key=dims.__getitem__)
    return {name: axis for name, axis in axes.items() if name in initializers}


class Weights:
    """The tensors of a model, inline or in the weights.bin of OUT_DIR, changed in place."""

    def __init__(self, model, folder):
        self.model = model
        path = folder / "weights.bin"
        self.data = np.memmap(path, dtype=np.uint8, mode="r+") if path.exists() else None
        self.tensors = {tensor.name: tensor for tensor in model.graph.initializer}

    def change(self, name, function):
        tensor = self.tensors[name]
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            where = {entry.key: entry.value for entry in tensor.external_data}
            offset, kind = int(where.get("offset", 0)), onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
            count = int(np.prod(tensor.dims, dtype=np.int64))
            function(self.data[offset:offset + count * kind.itemsize].view(kind).reshape(tensor.dims))
        else:
            values = numpy_helper.to_array(tensor).copy()
            function(values)
            tensor.CopyFrom(numpy_helper.from_array(values, name))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n  zero_channels.py /data/sd15/vae_decoder /data/half --channels 0.5\n"
        "  zero_channels.py /data/nano/unet /data/blocks --tensors 'res.1.conv2.*'")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("out", type=Path, metavar="OUT_DIR")
    parser.add_argument("--channels", type=float, default=0, metavar="FRACTION", help="of every layer's channels")
    parser.add_argument("--pattern", choices=("upper", "spread", "random"), default="spread",
                        help="the upper ones, equally spread (default), or any")
    parser.add_argument("--tensors", action="append", default=[], metavar="PATTERN",
                        help="zero these initializers whole (shell pattern, repeatable)")
    arguments = parser.parse_args()
    if not 0 <= arguments.channels < 1:
        parser.error(f"--channels {arguments.channels}: expected a fraction from 0 to 1")

    arguments.out.mkdir(parents=True, exist_ok=True)
    source = arguments.folder / "weights.bin"
    if source.exists():
        shutil.copyfile(source, arguments.out / "weights.bin")
    model = onnx.load(arguments.folder / "model.onnx", load_external_data=False)
    weights = Weights(model, arguments.out)
    zeroed = 0
    for name, axis in channel_axes(model.graph).items() if arguments.channels else ():
        width = weights.tensors[name].dims[axis]
        if width < NARROWEST:
            continue
        index = [slice(None)] * axis + [dead_channels(width, arguments.channels, arguments.pattern)]
        weights.change(name, lambda values, index=tuple(index): values.__setitem__(index, 0))
        zeroed += 1
    for pattern in arguments.tensors:
        names = fnmatch.filter(weights.tensors, pattern)
        if not names:
            print(f"{arguments.folder}/model.onnx: no initializer matches '{pattern}'", file=sys.stderr)
            return 1
        for name in names:
            weights.change(name, lambda values: values.fill(0))
        zeroed += len(names)
    onnx.save_model(model, arguments.out / "model.onnx")
    print(f"{arguments.out}: {zeroed} of {len(weights.tensors)} tensors changed", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
