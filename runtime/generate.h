//===- generate.h - A pipeline's programs and what connects them *- C++ -*-===//
//
//   encode_text  input_ids i64[1, tokens] -> last_hidden_state [1, tokens, D]
//   prepare      encoder_hidden_states [2, tokens, D]; leaves what step reads of it.
//                Absent where nothing depends on the prompt alone
//   step         sample [2, C, h, w] or, where the pair is shared, [1, C, h, w];
//                timestep [1] or, of a pipeline for a fixed number of steps,
//                step_index [1]; encoder_hidden_states [2, tokens, D] unless
//                prepare took it -> out_sample [2, C, h, w]
//   prepare_single, step_single
//                the same with one row of everything, for a guidance of 1; may be
//                absent. Of a pipeline without guidance, prepare and step are so
//   decode       latent_sample [1, C, h, w] -> sample [1, 3, H, W], about -1 to 1
//
// Row 0 of a pair belongs to the negative prompt, row 1 to the prompt. Tensors
// are f32 or f16; input_ids may be i32, timestep and step_index any type.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_GENERATE_H
#define SNAP_RUNTIME_GENERATE_H

#include "runtime/model.h"
#include "snap/snap.h"

namespace snap::runtime {

/// A denoising step and what prepares the prompts for it.
struct StepPrograms {
  const snap_program *prepare = nullptr, *step = nullptr;
  const snap_tensor *prepareContext = nullptr, *stepContext = nullptr; // one of them may be null
  const snap_tensor *sample = nullptr, *time = nullptr, *prediction = nullptr;
  uint32_t rows = 0; // prompts: 2 with guidance, 1 without

  /// What the embeddings are stored as; those of both programs are alike.
  const snap_tensor &context() const { return prepareContext ? *prepareContext : *stepContext; }
};

struct PipelinePrograms {
  const snap_program *encode = nullptr, *decode = nullptr;
  const snap_tensor *ids = nullptr, *embedding = nullptr;
  const snap_tensor *latent = nullptr, *image = nullptr;
  StepPrograms main, single; // as compiled for; without guidance too, if single.step is there
  uint32_t channels = 0, latentHeight = 0, latentWidth = 0;

  uint64_t latentCount() const { return uint64_t(channels) * latentHeight * latentWidth; }
};

/// Finds the programs and checks that their tensors fit together.
/// SNAP_ERROR_UNSUPPORTED when the model is no pipeline, SNAP_ERROR_FORMAT.
snap_status findPipeline(const snap_model &model, PipelinePrograms &programs, snap_error *error);

} // namespace snap::runtime

#endif // SNAP_RUNTIME_GENERATE_H
