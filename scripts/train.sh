#!/usr/bin/env bash
# Makes the model that draws shapes: every stage of the recipe that is not done yet, each from where it was cut.
# usage: scripts/train.sh [--small] [--out DIR] [STAGE…]
#   STAGE      autoencoder, latents, text, diffusion, robust, evolve, evolved, decoder, steps, steps-unguided, steps-progressive,
#              classifier, export, evaluate; default: all, in this order.
#              Only when named: compiled (needs build/bin/snapc) and report (writes docs/ and models/)
#   --small    tiny networks and a handful of steps, in minutes: to test the recipe
#   --out DIR  where everything is kept (default: out/training); delete DIR/STAGE to make a stage again
# environment: LAUNCH  how a trainer is started, e.g. LAUNCH="torchrun --nproc-per-node 2"; default: python
#              SNAP_BUILD  the build folder with bin/snapc; default: build
# To leave it alone: setsid nohup nice -n 19 scripts/train.sh >>out/training/train.log 2>&1 </dev/null &
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/common.sh"

out=out/training
small=()
stages=()
while [ $# -gt 0 ]; do
  case "$1" in
    --small) small=(--small) ;;
    --out) [ $# -gt 1 ] || die "--out: expected a folder"; out="$2"; shift ;;
    -h|--help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
    autoencoder|latents|text|diffusion|robust|evolve|evolved|decoder|steps|steps-unguided|steps-progressive) stages+=("$1") ;;
    classifier|export|evaluate|compiled|report) stages+=("$1") ;;
    *) die "unknown argument '$1'; see scripts/train.sh --help" ;;
  esac
  shift
done
[ ${#stages[@]} -gt 0 ] || stages=(autoencoder latents text diffusion robust evolve evolved decoder steps steps-unguided
  steps-progressive classifier export evaluate)

training/setup.sh
mkdir -p "$out"
out="$(cd "$out" && pwd)"
export PATH="$ROOT/out/training/venv/bin:$PATH" PYTHONPATH="$ROOT/training"
# Threads that wait spinning would take the processor from those they wait for whenever the machine does something else too.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-$JOBS}" OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-PASSIVE}" GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-0}"
autoencoder="$out/autoencoder/final.pt"
text="$out/text/final.pt"
diffusion="$out/diffusion/final.pt"
evolved="$out/evolved/final.pt"
decoder="$out/decoder/final.pt"
classifier="$out/classifier/final.pt"

steps() { if [ ${#small[@]} -gt 0 ]; then echo "$1"; else echo "$2"; fi; }
# shellcheck disable=SC2086  # LAUNCH is a command with its arguments
train() { ${LAUNCH:-python} -m "$@"; }

stage_autoencoder() {
  [ -e "$autoencoder" ] || train shapes.train_autoencoder ${small[@]+"${small[@]}"} --out "$out/autoencoder" --steps "$(steps 20 3000)"
}
stage_latents() {
  [ -e "$out/latents/latents.json" ] ||
    python -m shapes.latents --autoencoder "$autoencoder" --out "$out/latents" --scenes "$(steps 64 24576)"
}
stage_text() {
  [ -e "$text" ] || train shapes.train_text_encoder ${small[@]+"${small[@]}"} --out "$out/text" --steps "$(steps 20 600)" \
    --batch "$(steps 16 128)"
}
stage_diffusion() {
  [ -e "$diffusion" ] || train shapes.train_diffusion ${small[@]+"${small[@]}"} --text "$text" --latents "$out/latents" --autoencoder "$autoencoder" \
    --out "$out/diffusion" --steps "$(steps 20 16000)" --batch "$(steps 8 32)"
}
further() { # NAME WEIGHTS STEPS [ARGUMENT…]: trains the diffusion model of WEIGHTS further, at a lower rate
  [ -e "$out/$1/final.pt" ] || train shapes.train_diffusion --start "$2" --latents "$out/latents" --autoencoder "$autoencoder" \
    --out "$out/$1" --steps "$3" --batch "$(steps 8 32)" --learning-rate 3e-4 "${@:4}"
}
stage_robust() { further robust "$diffusion" "$(steps 10 2000)" --keep 0.8; }
stage_evolve() {
  # shellcheck disable=SC2046  # a list of arguments
  [ -e "$out/evolve/start.pt" ] || python -m shapes.evolve --robust "$out/robust/final.pt" --latents "$out/latents" \
    --autoencoder "$autoencoder" --out "$out/evolve" $(steps "--budget 0.99 --least 0.99 --captions 1 --steps 1 --loss-batches 1 --batch 8" "")
}
stage_evolved() { further evolved "$out/evolve/start.pt" "$(steps 10 2000)"; }
# What later stages distil: the evolved UNet where it has been trained.
base() { if [ -e "$evolved" ]; then echo "$evolved"; else echo "$diffusion"; fi; }
stage_decoder() {
  [ -e "$decoder" ] || train shapes.distill_decoder --diffusion "$(base)" --autoencoder "$autoencoder" \
    --latents "$out/latents" --out "$out/decoder" --steps "$(steps 20 3000)" --count "$(steps 64 2048)"
}
distill_steps() { # NAME TEACHER STEPS PROBABILITY TRAINING: the teacher's steps are halved, the guided loss with that probability
  [ -e "$out/$1/final.pt" ] || train shapes.distill_steps --teacher "$2" --teacher-steps "$3" --autoencoder "$autoencoder" \
    --latents "$out/latents" --out "$out/$1" --guided "$4" --steps "$5" --batch "$(steps 4 32)"
}
stage_steps() { distill_steps steps "$(base)" 16 0.1 "$(steps 20 2000)"; }
stage_steps-unguided() { distill_steps steps-unguided "$(base)" 16 0 "$(steps 20 2000)"; }
# 32 steps become 16, then 8, by as many training steps in all as the direct way takes.
stage_steps-progressive() {
  distill_steps steps-progressive-16 "$(base)" 32 0.1 "$(steps 10 1000)"
  distill_steps steps-progressive "$out/steps-progressive-16/final.pt" 16 0.1 "$(steps 10 1000)"
}
stage_classifier() {
  [ -e "$classifier" ] || train shapes.classifier ${small[@]+"${small[@]}"} --out "$out/classifier" --steps "$(steps 20 2000)"
}
stage_export() {
  python -m shapes.export --diffusion "$out/steps/final.pt" --autoencoder "$autoencoder" --decoder "$decoder" \
    --latents "$out/latents" --out "$out/pipeline"
}
measure() { # ARGUMENT…: over guidance; lines that are there for the same weights stay
  # shellcheck disable=SC2046  # a list of scales
  python -m shapes.evaluate "$@" --guidance $(steps 4 "1 2 4 7 10") --classifier "$classifier" \
    --out "$out/evaluation" --count "$(steps 10 500)" --true-pictures "$(steps 100 2000)"
}
evaluate() { # WEIGHTS STEPS [ARGUMENT…]
  measure --diffusion "$1" --steps "$2" "${@:3}" --autoencoder "$autoencoder" --latents "$out/latents"
}
stage_evaluate() {
  evaluate "$diffusion" 50
  evaluate "$diffusion" 8
  if [ -e "$evolved" ]; then
    evaluate "$evolved" 50
    evaluate "$evolved" 8
  fi
  evaluate "$(base)" 50 --decoder "$decoder"
  evaluate "$out/steps-unguided/final.pt" 8
  evaluate "$out/steps/final.pt" 8
  evaluate "$out/steps-progressive/final.pt" 8
  evaluate "$out/steps/final.pt" 8 --decoder "$decoder"
}
compiled() { # NAME PIPELINE: compiled and timed by snapc
  "$snapc" compile "$2" -o "$out/$1" --name shapes --quiet
  "$snapc" profile "$out/$1" --json --quiet --repeat "$(steps 1 20)" >"$out/$1.profile.part"
  mv "$out/$1.profile.part" "$out/evaluation/$1.profile.json"
}
stage_compiled() {
  local snapc="${SNAP_BUILD:-$ROOT/build}/bin/snapc"
  [ -x "$snapc" ] || die "no $snapc: pictures and times of the compiled pipeline need it; run scripts/build.sh"
  mkdir -p "$out/evaluation"
  python -m shapes.export --diffusion "$diffusion" --autoencoder "$autoencoder" --latents "$out/latents" --out "$out/pipeline-baseline"
  compiled compiled-baseline "$out/pipeline-baseline"
  compiled compiled "$out/pipeline"
  measure --compiled "$out/compiled" --snapc "$snapc" --steps 8
  python -m shapes.compare --diffusion "$out/steps/final.pt" --autoencoder "$autoencoder" --decoder "$decoder" \
    --latents "$out/latents" --compiled "$out/compiled" --snapc "$snapc" --out "$out/evaluation" --count "$(steps 4 50)"
}
# A small run's tables are for looking at: they stay beside it.
stage_report() {
  local records="$ROOT/models/shapes/records.json" card="$ROOT/models/shapes/README.md" docs="$ROOT/docs"
  if [ ${#small[@]} -gt 0 ]; then
    docs="$out/report" records="$out/report/records.json" card="$out/report/card.md"
    mkdir -p "$docs/guide" "$docs/images"
    cp "$ROOT/docs/guide/shapes.md" "$docs/guide/"
  fi
  python -m shapes.records --run "$out" --out "$records"
  python -m shapes.report --records "$records" --docs "$docs"
  python -m shapes.card --records "$records" --out "$card"
}

# In braces, so that all is read before any of it runs: an edit of this file while a stage runs for hours does no harm.
{
  for stage in "${stages[@]}"; do
    say "$stage"
    "stage_$stage"
  done
  exit
}
