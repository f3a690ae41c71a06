/* main.c: draws a picture with a pipeline compiled by snapc. C11.
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: draw PIPELINE.snap "PROMPT" OUT.ppm [--negative TEXT] [--seed N] [--steps N] [--guidance G] [--threads N]
 *             [--latents FIRST.bin]
 *
 * It is built once for each pipeline: SNAP_PIPELINE is the name given to snapc (--name), SNAP_PIPELINE_HEADER its
 * header. FIRST.bin holds the initial latents as 32-bit floats, channel by channel.
 */
#include SNAP_PIPELINE_HEADER

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* painter_library, painter_open of painter.h */
#define JOIN(a, b) a##b
#define NAMED(pipeline, function) JOIN(pipeline, function)
#define open_pipeline NAMED(SNAP_PIPELINE, _open)

typedef struct options {
  const char *pipeline, *prompt, *picture;
  const char *negative, *latents;
  uint64_t seed;
  uint32_t steps, threads;
  double guidance;
} options;

static int usage(const char *problem) {
  fprintf(stderr,
          "%s\nusage: draw PIPELINE.snap \"PROMPT\" OUT.ppm [--negative TEXT] [--seed N] [--steps N] [--guidance G]\n"
          "            [--threads N] [--latents FIRST.bin]\n",
          problem);
  return 2;
}

static int parse(int argc, char **argv, options *o) {
  const char **names[] = {&o->pipeline, &o->prompt, &o->picture};
  int found = 0;
  for (int i = 1; i < argc; ++i) {
    const char *value = i + 1 < argc ? argv[i + 1] : NULL;
    if (strncmp(argv[i], "--", 2) != 0) {
      if (found == 3)
        return usage("too many arguments");
      *names[found++] = argv[i];
      continue;
    }
    if (!value)
      return usage("the last option lacks its value");
    if (strcmp(argv[i], "--negative") == 0)
      o->negative = value;
    else if (strcmp(argv[i], "--latents") == 0)
      o->latents = value;
    else if (strcmp(argv[i], "--seed") == 0)
      o->seed = strtoull(value, NULL, 10);
    else if (strcmp(argv[i], "--steps") == 0)
      o->steps = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(argv[i], "--threads") == 0)
      o->threads = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(argv[i], "--guidance") == 0)
      o->guidance = strtod(value, NULL);
    else
      return usage("unknown option");
    ++i;
  }
  return found == 3 ? 0 : usage("expected a pipeline, a prompt and a picture");
}

static double seconds(void) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Prints a line when a stage begins and after each step of it. Returning nonzero here would stop the picture; an app
 * may also call snap_cancel from any thread. */
static int on_progress(void *user, snap_stage stage, uint32_t step, uint32_t total) {
  static const char *const names[] = {"encode the prompt", "prepare", "denoise", "decode"};
  double *start = user;
  fprintf(stderr, "%7.2f s  %s %" PRIu32 "/%" PRIu32 "\n", seconds() - *start, names[stage], step, total);
  return 0;
}

static int report(const char *what, const snap_error *error) {
  fprintf(stderr, "%s: %s (%s)\n", what, error->message, snap_status_name(error->status));
  return 1;
}

/* The floats of a file, or NULL after a message. */
static float *read_latents(const char *path, uint64_t count) {
  float *values = malloc(count * sizeof *values);
  FILE *file = fopen(path, "rb");
  int good = values && file && fread(values, sizeof *values, count, file) == count && fgetc(file) == EOF;
  if (file)
    fclose(file);
  if (!good) {
    fprintf(stderr, "%s: expected %" PRIu64 " bytes of 32-bit floats\n", path, count * (uint64_t)sizeof *values);
    free(values);
    return NULL;
  }
  return values;
}

static int write_ppm(const char *path, const uint8_t *rgb, uint32_t width, uint32_t height) {
  FILE *file = fopen(path, "wb");
  int good = file && fprintf(file, "P6\n%" PRIu32 " %" PRIu32 "\n255\n", width, height) > 0 &&
             fwrite(rgb, 3, (size_t)width * height, file) == (size_t)width * height;
  if (file && fclose(file) != 0)
    good = 0;
  if (!good)
    perror(path);
  return good ? 0 : 1;
}

static int draw(snap_model *model, const options *o) {
  snap_error error = {0};
  snap_pipeline_info info = {.size = sizeof info};
  if (snap_get_pipeline_info(model, &info, &error) != SNAP_OK)
    return report(o->pipeline, &error);

  double start = seconds();
  snap_generate_params params = {.size = sizeof params,
                                 .prompt = o->prompt,
                                 .negative_prompt = o->negative,
                                 .seed = o->seed,
                                 .steps = o->steps,
                                 .guidance = o->guidance,
                                 .progress = on_progress,
                                 .user = &start};
  float *latents = NULL;
  if (o->latents) {
    params.latents_count = (uint64_t)info.latent_channels * info.latent_height * info.latent_width;
    params.latents = latents = read_latents(o->latents, params.latents_count);
    if (!latents)
      return 1;
  }

  int result = 1;
  size_t bytes = (size_t)info.width * info.height * 3;
  uint8_t *rgb = malloc(bytes);
  if (!rgb)
    fprintf(stderr, "no memory for a picture of %zu bytes\n", bytes);
  else if (snap_generate(model, &params, rgb, bytes, &error) != SNAP_OK)
    report(o->pipeline, &error);
  else
    result = write_ppm(o->picture, rgb, info.width, info.height);
  free(rgb);
  free(latents);
  return result;
}

int main(int argc, char **argv) {
  options o = {0};
  if (parse(argc, argv, &o) != 0)
    return 2;
  snap_error error = {0};
  snap_model *model = NULL;
  snap_options settings = {.size = sizeof settings, .threads = o.threads};
  if (open_pipeline(o.pipeline, &settings, &model, &error) != SNAP_OK)
    return report("cannot open the pipeline", &error);
  int result = draw(model, &o);
  snap_close(model);
  return result;
}
