"""What ops_test.py expects to be refused, and why. SPDX-License-Identifier: Apache-2.0"""

# Operators without a row in compiler/onnx's tables, by the reason the importer gives.
# Also where the body of another operator's function ("…_expanded") holds one.
REFUSED_OPS = {
    # control flow
    "If", "Loop", "Scan",
    # sequences and optionals
    "OptionalGetElement", "OptionalHasElement", "SequenceMap",
    # random numbers, training
    "Bernoulli", "RandomNormalLike", "RandomUniformLike", "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss",
    # recurrence and state
    "CausalConvWithState", "GRU", "LSTM", "LinearAttention", "RNN", "TensorScatter",
    # quantized
    "ConvInteger", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "QLinearConv", "QLinearMatMul",
    "QuantizeLinear",
    # shapes that depend on values
    "Compress", "NonMaxSuppression", "NonZero", "Unique",
    # strings, pictures, audio
    "BlackmanWindow", "DFT", "HammingWindow", "HannWindow", "ImageDecoder", "MelWeightMatrix", "RegexFullMatch", "STFT",
    "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer",
    # nothing in these models needs them
    "AffineGrid", "BitCast", "Col2Im", "CumProd", "DeformConv", "Det", "FlexAttention", "GridSample", "MaxUnpool",
    "ReverseSequence", "RoiAlign", "Scatter", "ScatterElements", "ScatterND", "SwiGLU", "TopK",
}

# Variants of supported operators, by what the importer says.
REFUSED_REASONS = [
    r"element type (bfloat16|double|u?int(2|4|16)|uint(32|64)|string|float(4|8)\w*|complex\w+)",
    r"its input is \d+x\d+x\d+x\d+x\d+; expected",  # three spatial dimensions
    r"its input is \S+ and its filter \S+; expected 3 or 4 dimensions",
    r"dimension \d+ of input '\w+' is 0; expected a positive number",  # empty tensors of data
    r"opset \d+ is not supported: convert the model",
    r"input '\w+' is not a tensor",
    r"it is in training mode",
    r"\(Attention, .*(past and present|softcap|window_size is not known)",
    r"\(GatherND, .*batch_dims other than 0",
    r"\(MaxPool, .*its indices",
    r"\(Resize, .*(antialias|tf_crop_and_resize|exclude_outside|rounds a size up)",
]

# Operators with at least one case that passes and none that is wrong: fewer is a failure.
SUPPORTED_OPERATORS = 130
