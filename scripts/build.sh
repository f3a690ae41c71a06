#!/usr/bin/env bash
# Builds snapc into build/bin.
# usage: scripts/build.sh [PRESET] [TARGET…]     PRESET: release (default), dev, asan, tsan, arm64
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/common.sh"
scripts/setup.sh

preset="${1:-release}"
[ $# -gt 0 ] && shift
folder="build-$preset"
[ "$preset" = release ] && folder=build
if [ ! -f "$folder/build.ninja" ]; then
  say "configuring $folder"
  cmake --preset "$preset" >"/tmp/snapc-cmake-$$.log" 2>&1 || { cat "/tmp/snapc-cmake-$$.log" >&2; die "cmake --preset $preset failed"; }
  rm -f "/tmp/snapc-cmake-$$.log"
fi
say "building $folder"
if [ $# -gt 0 ]; then
  cmake --build "$folder" -j "$JOBS" --target "$@"
else
  cmake --build "$folder" -j "$JOBS"
fi
