#!/usr/bin/env bash
# Makes the model that draws shapes: every stage of the recipe that is not done yet, each from where it was cut.
# usage: scripts/train.sh [--small] [--out DIR] [STAGE…]
#   STAGE      autoencoder, latents, diffusion, export, evaluate; default: all, in this order
#   --small    tiny networks and a handful of steps, in a minute: to test the recipe
#   --out DIR  where everything is kept (default: out/training); delete DIR/STAGE to make a stage again
# environment: LAUNCH  how a trainer is started, e.g. LAUNCH="torchrun --nproc-per-node 2"; default: python
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
    -h|--help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    autoencoder|latents|diffusion|export|evaluate) stages+=("$1") ;;
    *) die "unknown argument '$1'; see scripts/train.sh --help" ;;
  esac
  shift
done
[ ${#stages[@]} -gt 0 ] || stages=(autoencoder latents diffusion export evaluate)

training/setup.sh
mkdir -p "$out"
out="$(cd "$out" && pwd)"
export PATH="$ROOT/out/training/venv/bin:$PATH" PYTHONPATH="$ROOT/training"
# Threads that wait spinning would take the processor from those they wait for whenever the machine does something else too.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-$JOBS}" OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-PASSIVE}" GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-0}"
autoencoder="$out/autoencoder/final.pt"
diffusion="$out/diffusion/final.pt"

steps() { if [ ${#small[@]} -gt 0 ]; then echo "$1"; else echo "$2"; fi; }
# shellcheck disable=SC2086  # LAUNCH is a command with its arguments
train() { ${LAUNCH:-python} -m "$@" ${small[@]+"${small[@]}"}; }

stage_autoencoder() {
  [ -e "$autoencoder" ] || train shapes.train_autoencoder --out "$out/autoencoder" --steps "$(steps 20 4000)"
}
stage_latents() {
  [ -e "$out/latents/latents.json" ] ||
    python -m shapes.latents --autoencoder "$autoencoder" --out "$out/latents" --scenes "$(steps 64 49152)"
}
stage_diffusion() {
  [ -e "$diffusion" ] || train shapes.train_diffusion --latents "$out/latents" --autoencoder "$autoencoder" \
    --out "$out/diffusion" --steps "$(steps 20 8000)" --batch "$(steps 8 64)"
}
stage_export() {
  python -m shapes.export --diffusion "$diffusion" --autoencoder "$autoencoder" --latents "$out/latents" --out "$out/pipeline"
}
stage_evaluate() {
  for setting in "50 4" "8 4"; do
    read -r count guidance <<<"$setting"
    python -m shapes.evaluate --diffusion "$diffusion" --autoencoder "$autoencoder" --latents "$out/latents" \
      --out "$out/evaluation" --steps "$count" --guidance "$guidance" --count "$(steps 8 500)"
  done
}

for stage in "${stages[@]}"; do
  say "$stage"
  "stage_$stage"
done
