//===- programs.c - Runs one program of a compiled model, between marks ---===//
//
// usage: programs NAME.snap PROGRAM
//
// Linked for arm64 with libNAME.a of the model; SNAP_LIBRARY is NAME_library. One
// thread; bench/arm64_pictures.py counts the instructions. Inputs are 0.5, or
// 1 where integers, and state that another program would have left is zero: no
// count depends on values.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "snap/snap.h"

#include <stdio.h>
#include <sys/resource.h>

extern const snap_library SNAP_LIBRARY;

static void fill(const snap_tensor *tensor) {
  uint64_t count = tensor->bytes / snap_type_size(tensor->type);
  for (uint64_t i = 0; i < count; ++i)
    switch (tensor->type) {
    case SNAP_F32:
      ((float *)tensor->data)[i] = 0.5f;
      break;
    case SNAP_F16:
      ((uint16_t *)tensor->data)[i] = 0x3800;
      break;
    case SNAP_I64:
      ((int64_t *)tensor->data)[i] = 1;
      break;
    case SNAP_I32:
      ((int32_t *)tensor->data)[i] = 1;
      break;
    default:
      ((uint8_t *)tensor->data)[i] = 1;
    }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: programs NAME.snap PROGRAM\n");
    return 2;
  }
  snap_options options = {.size = sizeof options, .threads = 1};
  snap_error error = {0};
  snap_model *model = NULL;
  if (snap_open(&SNAP_LIBRARY, argv[1], &options, &model, &error) != SNAP_OK) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  snap_program *program = snap_find_program(model, argv[2]);
  if (!program) {
    fprintf(stderr, "no program %s\n", argv[2]);
    return 1;
  }
  uint32_t count = 0;
  const snap_tensor *inputs = snap_program_inputs(program, &count);
  for (uint32_t i = 0; i < count; ++i)
    fill(&inputs[i]);
  getpriority(PRIO_PROCESS, 0x5eed); // a mark of bench/arm64/count.c
  snap_status status = snap_run(model, program, NULL, &error);
  getpriority(PRIO_PROCESS, 0x5eed);
  if (status != SNAP_OK)
    fprintf(stderr, "%s\n", error.message);
  snap_close(model);
  return status != SNAP_OK;
}
