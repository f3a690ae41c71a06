/* snap.h: run a pipeline compiled by snapc. C11, nothing but <stdint.h> and
 * <stddef.h>. SPDX-License-Identifier: Apache-2.0
 *
 * An app links libNAME.a, ships NAME.snap, and does
 *
 *   snap_error error = {0};
 *   snap_model *model = NULL;
 *   if (snap_open(&NAME_library, "NAME.snap", NULL, &model, &error) != SNAP_OK) {
 *     puts(error.message);
 *     return 1;
 *   }
 *   snap_generate_params params = {.size = sizeof params, .prompt = "a cat on a sofa"};
 *   snap_generate(model, &params, rgb, sizeof rgb, &error);
 *   snap_close(model);
 *
 * Errors. Functions that can fail return a snap_status and take an optional
 * snap_error, the caller's own memory, in which they leave the status and one
 * sentence. There is no hidden per-thread or per-process state, so messages
 * never mix between threads, and an error of snap_open can be read without a
 * model. NULL is accepted.
 *
 * Structs that may grow begin with `size`, which the caller sets to sizeof the
 * struct it was compiled with; members past that size count as zero, and zero
 * always means the default. Strings are UTF-8.
 *
 * Threads. One model does one thing at a time: snap_run, snap_generate and
 * snap_close may be called from any thread but not at once on the same model
 * (SNAP_ERROR_BUSY). snap_cancel may be called from any thread at any time
 * between snap_open and snap_close. Accessors that only read may be called from
 * any thread. Different models are independent.
 *
 * The runtime never aborts, never throws, never prints, and survives failed
 * allocations.
 */
#ifndef SNAP_SNAP_H
#define SNAP_SNAP_H

#include "snap/kernel_abi.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SNAP_API __attribute__((visibility("default")))
#else
#define SNAP_API
#endif

/*===-- Status and errors -------------------------------------------------===*/

typedef enum snap_status {
  SNAP_OK = 0,
  SNAP_CANCELLED = 1,          /* snap_cancel was called, or a callback asked to stop */
  SNAP_ERROR_ARGUMENT = 2,     /* the caller passed something that cannot be */
  SNAP_ERROR_IO = 3,           /* NAME.snap cannot be opened or mapped */
  SNAP_ERROR_FORMAT = 4,       /* NAME.snap is corrupt, cut short, or not a plan */
  SNAP_ERROR_VERSION = 5,      /* made by a newer snapc, or the library by another kernel ABI */
  SNAP_ERROR_MISMATCH = 6,     /* NAME.snap and libNAME.a come from different compilations */
  SNAP_ERROR_MEMORY = 7,       /* an allocation failed */
  SNAP_ERROR_BUSY = 8,         /* the model is running on another thread */
  SNAP_ERROR_KERNEL = 9,       /* a kernel failed or outgrew its planned scratch: a bug in snapc */
  SNAP_ERROR_UNSUPPORTED = 10, /* the file holds no pipeline, or asks for what this runtime lacks */
  SNAP_ERROR_GPU = 11,         /* the GPU refused a kernel or failed to run it */
  SNAP_ERROR_DEVICE_LOST = 12, /* the GPU is gone, or was taken from this process */
  SNAP_ERROR_BACKGROUND = 13   /* the system gives no GPU to an app in the background */
} snap_status;

/* Where a function leaves what went wrong. The message is one sentence,
 * NUL-terminated, cut when too long. Untouched when the function returns
 * SNAP_OK. */
typedef struct snap_error {
  snap_status status;
  char message[508];
} snap_error;

/* A short name of a status, "corrupt file". Static storage. */
SNAP_API const char *snap_status_name(snap_status status);

/*===-- Opening and closing -----------------------------------------------===*/

/* Runs task(argument, i) once for every i in [0, count), on any threads, and
 * returns after the last of them returned. The runtime asks for at most
 * snap_options.threads tasks at a time and never nests, so a task may block on
 * no other. Running fewer tasks is allowed: each takes as much of the work as
 * it finds. dispatch_apply fits. */
typedef void (*snap_task_fn)(void *argument, uint32_t index);
typedef void (*snap_parallel_for_fn)(void *context, uint32_t count, snap_task_fn task, void *argument);

/* Memory of the app's choosing. allocate returns `bytes` bytes aligned to
 * `alignment` (a power of two of at least 64), or NULL; deallocate gets the
 * same bytes back. Both may be called from any thread that calls the runtime
 * and, for what a kernel allocates beyond its plan, from the workers. */
typedef void *(*snap_allocate_fn)(void *context, uint64_t bytes, uint64_t alignment);
typedef void (*snap_deallocate_fn)(void *context, void *memory, uint64_t bytes);

/* Where kernels run. AUTO takes the GPU when libNAME.a was compiled for one and
 * it can be used, else the CPU; a run that fails on the GPU is done again on the
 * CPU. GPU fails instead, with what was wrong. */
typedef enum snap_device { SNAP_DEVICE_AUTO = 0, SNAP_DEVICE_CPU = 1, SNAP_DEVICE_GPU = 2 } snap_device;

/* Called on the thread that called snap_open while functions are made ready for
 * the GPU, before the first (done = 0) and after each one; nonzero stops, and
 * snap_open returns SNAP_CANCELLED. Seconds the first time, see gpu_cache. */
typedef int (*snap_open_progress_fn)(void *user, uint32_t done, uint32_t total);

typedef struct snap_options {
  uint32_t size;
  uint32_t threads;                  /* workers, the calling thread among them; 0: one per core
                                        this process may use */
  snap_parallel_for_fn parallel_for; /* NULL: a pool of `threads - 1` threads
                                        owned by the model */
  void *parallel_context;
  snap_allocate_fn allocate; /* NULL: the system's. Set both or neither */
  snap_deallocate_fn deallocate;
  void *allocator_context;
  snap_device device;
  const char *gpu_cache; /* a folder that exists, as the app's Library/Caches: what the GPU's driver compiled is kept
                            there from one snap_open to the next. NULL: compiled every time */
  snap_open_progress_fn open_progress;
  void *open_user; /* handed to open_progress */
} snap_options;

/* A mapped NAME.snap with its arena and threads. Opaque. */
typedef struct snap_model snap_model;

/* Maps the file at `path`, checks every offset, size and index in it, checks
 * that it and `library` come from the same compilation, and allocates the
 * arena. Weights are mapped and not read, so on the CPU this takes milliseconds
 * however large the file is; it must not be changed or cut while the model is open
 * (replacing it by a rename is fine).
 *
 * `library` (NAME_library of NAME.h) must outlive the model; `path` and
 * `options` are not kept, what the options point to must outlive the model. On
 * success *model is the caller's, to be freed with snap_close; on failure it is
 * NULL. */
SNAP_API snap_status snap_open(const snap_library *library, const char *path, const snap_options *options,
                               snap_model **model, snap_error *error);

/* Frees the model, its arena and threads, and unmaps the file. Every pointer
 * obtained from the model dies. NULL is accepted. The model must not be
 * running; call snap_cancel and wait for the running function to return first.
 */
SNAP_API void snap_close(snap_model *model);

/* Asks what the model is doing now to stop: it returns SNAP_CANCELLED after the
 * kernel under way, a few milliseconds to about a second at full size, on a GPU
 * after the program under way. No
 * effect when the model is idle; to be free of that race, return nonzero from a
 * progress callback instead. From any thread, signal handlers included. */
SNAP_API void snap_cancel(snap_model *model);

typedef struct snap_model_info {
  uint32_t size;
  uint32_t threads;        /* workers in use; fewer than asked for when the system
                             refused more */
  const char *name;        /* of the plan; these strings live as long as the model */
  const char *build_id;    /* 32 hexadecimal digits */
  const char *target;      /* "arm64-ios", … */
  const char *cpu;         /* "" when generic */
  const char *compiler;    /* "snapc 0.1.0" */
  uint64_t arena_bytes;    /* activations: the largest of the programs */
  uint64_t scratch_bytes;  /* of all workers together */
  uint64_t weight_bytes;   /* mapped, clean, and reclaimable by the system */
  uint64_t state_bytes;    /* what programs hand on to others between their runs */
  snap_device device;      /* where the next run starts: SNAP_DEVICE_CPU or SNAP_DEVICE_GPU */
  const char *device_name; /* of the GPU in use, else "" */
  const char *device_note; /* why the GPU is not used, or what failed there last; else "". Changes with runs: read
                              between them */
  uint32_t gpu_fallbacks;  /* runs that the CPU did again after the GPU failed */
  uint64_t gpu_scratch_bytes;
} snap_model_info;

/* Fills *info up to info->size. */
SNAP_API void snap_get_model_info(const snap_model *model, snap_model_info *info);

/*===-- Programs ----------------------------------------------------------===*/

typedef enum snap_type {
  SNAP_F32 = 0,
  SNAP_F16 = 1,
  SNAP_I64 = 2,
  SNAP_I32 = 3,
  SNAP_I8 = 4,
  SNAP_U8 = 5,
  SNAP_I1 = 6 /* one byte, 0 or 1 */
} snap_type;

/* Bytes of one element; 0 for what is not a snap_type. */
SNAP_API uint32_t snap_type_size(snap_type type);

/* An input or output of a program: dense, row-major.
 *
 * `data` points into the arena, which all programs of a model SHARE: write a
 * program's inputs after the previous snap_run returned, and copy its outputs
 * out before the next snap_run of any program. A run may overwrite its own
 * inputs, so write all of them before each run. Only data's contents change;
 * the struct and pointers live as long as the model. */
typedef struct snap_tensor {
  const char *name;
  snap_type type;
  uint32_t rank;
  const int64_t *shape;
  uint64_t bytes;
  void *data;
} snap_tensor;

/* A compiled function of the model: "encode_text", "prepare", "step", "decode",
 * or the one of a single MODEL.onnx. Opaque.
 *
 * "step" runs on a guidance pair: its latents are one set, or two equal ones;
 * what it reads and predicts of the prompts are two rows, the negative prompt's
 * first. "step_single", with a "prepare_single" of its own, is the same for a
 * prompt alone. Of a pipeline compiled with --guidance single "step" is that.
 * Compiled for a number of steps (--steps N), they take the index of a step
 * instead of its timestep.
 *
 * "prepare" computes what depends on the prompt alone and leaves it where "step"
 * finds it: outside the arena and among nobody's outputs, until the next run of
 * "prepare". Run it before the first "step", and again when the prompt changes. */
typedef struct snap_program snap_program;

SNAP_API uint32_t snap_program_count(const snap_model *model);
/* NULL when index is out of range. */
SNAP_API snap_program *snap_program_at(snap_model *model, uint32_t index);
/* NULL when no program has this name. */
SNAP_API snap_program *snap_find_program(snap_model *model, const char *name);
SNAP_API const char *snap_program_name(const snap_program *program);
/* The number of kernel calls of one run. */
SNAP_API uint32_t snap_program_calls(const snap_program *program);
/* Arrays of *count tensors in the order of the graph's inputs and outputs.
 * count may be NULL. */
SNAP_API const snap_tensor *snap_program_inputs(const snap_program *program, uint32_t *count);
SNAP_API const snap_tensor *snap_program_outputs(const snap_program *program, uint32_t *count);
/* NULL when there is none of this name. */
SNAP_API const snap_tensor *snap_find_input(const snap_program *program, const char *name);
SNAP_API const snap_tensor *snap_find_output(const snap_program *program, const char *name);

/* Called on the thread that called snap_run, before the first call (done = 0)
 * and after each one, on a GPU after the last one only; nonzero stops. */
typedef int (*snap_run_progress_fn)(void *user, uint32_t done, uint32_t total);
/* Called on the thread that called snap_run, after each call; not for what runs
 * on a GPU, whose calls have no times of their own. */
typedef void (*snap_timing_fn)(void *user, uint32_t call, uint64_t nanoseconds);

typedef struct snap_run_options {
  uint32_t size;
  snap_run_progress_fn progress;
  snap_timing_fn timing;
  void *user; /* handed to both callbacks */
} snap_run_options;

/* Runs every kernel of the program in order; inputs and outputs are in the
 * arena (see snap_tensor). Same input, same machine: same bytes, whatever the
 * number of threads; the GPU's bytes are not the CPU's. `program` must belong to
 * `model`. `options` may be NULL. SNAP_CANCELLED, SNAP_ERROR_BUSY,
 * SNAP_ERROR_KERNEL; with SNAP_DEVICE_GPU also SNAP_ERROR_GPU,
 * SNAP_ERROR_MEMORY, SNAP_ERROR_DEVICE_LOST, SNAP_ERROR_BACKGROUND. After any of
 * them the outputs are undefined and the model is fit for another run. */
SNAP_API snap_status snap_run(snap_model *model, snap_program *program, const snap_run_options *options,
                              snap_error *error);

/*===-- Text to image -----------------------------------------------------===*/

typedef struct snap_pipeline_info {
  uint32_t size;
  uint32_t width, height; /* of the picture, in pixels */
  uint32_t latent_channels, latent_height, latent_width;
  uint32_t max_tokens; /* a prompt's tokens, start and end markers among them */
  uint32_t default_steps;
  double default_guidance;
  uint32_t fixed_steps; /* the only number of steps it can draw in; 0: any */
  uint32_t single_pass; /* 1: compiled without guidance, which stays 1 */
} snap_pipeline_info;

/* Fills *info up to info->size. SNAP_ERROR_UNSUPPORTED when the model is not a
 * text-to-image pipeline. */
SNAP_API snap_status snap_get_pipeline_info(const snap_model *model, snap_pipeline_info *info, snap_error *error);

/* CLIP's byte-pair encoding of `text`: the start marker, the tokens, the end
 * marker, padding up to max_tokens. `ids` has room for `capacity` >= max_tokens
 * numbers. *truncated (may be NULL) becomes 1 when the text had to be cut and 0
 * otherwise. Bytes that are not UTF-8 count as U+FFFD. */
SNAP_API snap_status snap_tokenize(const snap_model *model, const char *text, int32_t *ids, uint32_t capacity,
                                   int *truncated, snap_error *error);

typedef enum snap_stage {
  SNAP_STAGE_ENCODE = 0,  /* prompts to embeddings */
  SNAP_STAGE_PREPARE = 1, /* what depends on the prompt alone, where the plan
                             has such a program */
  SNAP_STAGE_DENOISE = 2, /* one step each */
  SNAP_STAGE_DECODE = 3   /* latents to pixels */
} snap_stage;

/* Called on the thread that called snap_generate, before a stage's first step
 * (step = 0) and after each one; nonzero stops. */
typedef int (*snap_progress_fn)(void *user, snap_stage stage, uint32_t step, uint32_t total);

/* Shows an intermediate result on the thread that called snap_generate.
 * `tensor` and its data are valid during the call only. Names: "embeddings"
 * (after the text encoder: what the UNet reads), "latents-0" (the initial
 * noise, as scaled for the scheduler), "latents-1" … "latents-STEPS" (after
 * each step), "image" (the decoder's output, f32, NCHW, -1 to 1). */
typedef void (*snap_observer_fn)(void *user, const snap_tensor *tensor);

typedef struct snap_generate_params {
  uint32_t size;
  uint32_t steps;              /* 0: the pipeline's default; see fixed_steps */
  const char *prompt;          /* required; too long a prompt is cut, see snap_tokenize */
  const char *negative_prompt; /* NULL: "" */
  uint64_t seed;               /* of the initial noise: the same picture on every target
                                  within its precision */
  double guidance;             /* classifier-free guidance scale; 0: the pipeline's default,
                                  1: none, with about half the work and no negative prompt */
  const float *latents;        /* NULL: noise from the seed. Else [latent_channels,
                                  latent_height, latent_width] */
  uint64_t latents_count;      /* number of floats in `latents` */
  snap_progress_fn progress;
  snap_observer_fn observer;
  void *user; /* handed to both callbacks */
} snap_generate_params;

/* Draws a picture into rgb: height rows of width pixels of 3 bytes (red, green,
 * blue), `rgb_bytes` >= height * width
 * * 3. The same params give the same bytes, whatever the number of threads.
 * SNAP_CANCELLED leaves rgb undefined. */
SNAP_API snap_status snap_generate(snap_model *model, const snap_generate_params *params, uint8_t *rgb,
                                   uint64_t rgb_bytes, snap_error *error);

#ifdef __cplusplus
}
#endif
#endif /* SNAP_SNAP_H */
