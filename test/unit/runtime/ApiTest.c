/* ApiTest.c: snap.h as a C11 program sees it; RunTest.cpp calls these.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "snap/snap.h"

#include <string.h>

/* Draws on nothing but the header: open, look, run, close. Returns the sum of program `name`'s first output, all of
 * its inputs being `value`, or -1. */
float sum_of_outputs(const snap_library *library, const char *path, const char *name, float value, snap_error *error) {
  snap_options options = {.size = sizeof options, .threads = 2};
  snap_model *model = NULL;
  if (snap_open(library, path, &options, &model, error) != SNAP_OK)
    return -1;
  snap_program *program = snap_find_program(model, name);
  uint32_t inputs = 0, outputs = 0;
  const snap_tensor *input = snap_program_inputs(program, &inputs);
  const snap_tensor *output = snap_program_outputs(program, &outputs);
  float sum = 0;
  for (uint32_t i = 0; i < inputs; ++i)
    for (uint64_t e = 0; e < input[i].bytes / sizeof(float); ++e)
      ((float *)input[i].data)[e] = value;
  if (outputs == 0 || snap_run(model, program, NULL, error) != SNAP_OK)
    sum = -1;
  else
    for (uint64_t e = 0; e < output[0].bytes / sizeof(float); ++e)
      sum += ((const float *)output[0].data)[e];
  snap_close(model);
  return sum;
}
