// RUN: not snap-opt %s --share-moments="target=z80" 2>&1 | FileCheck %s

// CHECK: error: unknown target 'z80'; expected host or one of x86_64-linux
plan.program @f {
}
