#!/usr/bin/env bash
# Sets up everything and draws a picture with the full-size SnapFusion pipeline: installs, builds, writes synthetic
# weights (3.6 GB), compiles for this machine, runs 8 guided steps at 512x512. Later runs skip what is done.
# usage: scripts/demo.sh [--nano] ["PROMPT"]     --nano: the small pipeline, 128x128, in seconds
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/common.sh"

model=snapfusion
if [ "${1:-}" = "--nano" ]; then model=nano; shift; fi
case "${1:-}" in -h|--help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
prompt="${1:-a lighthouse on a cliff above a stormy sea, oil painting}"

scripts/build.sh release
source="out/models/$model"
compiled="out/$model"
picture="out/$model.png"

say "synthetic weights of $model"
.venv/bin/python models/make_weights.py "models/$model" "$source"

say "compile $model for this machine"
if [ -f "$compiled/$model.snap" ] && [ "$compiled/$model.snap" -nt build/bin/snapc ] && [ "$compiled/$model.snap" -nt "$source" ]; then
  echo "$compiled is up to date" >&2
else
  build/bin/snapc compile "$source" -o "$compiled" --name "$model" --steps 8
fi

say "draw: $prompt"
build/bin/snapc generate "$compiled" "$prompt" -o "$picture" --seed 1

say "done"
cat <<MSG
picture:   $picture   (the weights are synthetic: right in shape and scale, they draw no meaningful picture)
library:   $compiled/lib$model.a  $compiled/$model.h  $compiled/$model.snap
next:      build/bin/snapc generate $compiled "YOUR PROMPT" -o picture.png
           build/bin/snapc inspect $compiled
MSG
