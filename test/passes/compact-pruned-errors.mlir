// RUN: not snap-opt %s --compact-pruned="masks=%S/inputs/no-such.json" 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: not snap-opt %s --compact-pruned="masks=%S/inputs/masks-format.json" 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: not snap-opt %s --compact-pruned="masks=%S/inputs/masks-unknown.json" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not snap-opt %s --compact-pruned="masks=%S/inputs/masks-axis.json" 2>&1 | FileCheck %s --check-prefix=AXIS

// FILE: error: {{.*}}no-such.json: cannot be read: No such file or directory
// FORMAT: error: {{.*}}masks-format.json: expected object at masks.w1; expected {"WEIGHT": [CHANNEL, …], "WEIGHT": {"axis": N, "zero": [CHANNEL, …]}}
// Every problem is told.
// UNKNOWN: error: {{.*}}masks-unknown.json: "w1" has 2 channels along axis 0, the mask names channel 2
// UNKNOWN: error: {{.*}}masks-unknown.json: no weight is named "w3"
// AXIS: error: {{.*}}masks-axis.json: "w2" has 2 dimensions, the mask is for axis 2
func.func @f(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w1 = snap.weight "w1" : tensor<2x2xf32>
  %w2 = snap.weight "w2" : tensor<2x2xf32>
  %0 = snap.matmul %x, %w1 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = snap.matmul %0, %w2 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}
