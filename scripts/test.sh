#!/usr/bin/env bash
# Sets up everything, builds, and passes the tests.
# usage: scripts/test.sh [--full] [-L LABEL]
#   --full     also the sanitizer builds: AddressSanitizer and UBSan of compiler and runtime, ThreadSanitizer of the runtime
#   -L LABEL   only the tests of a ctest label: unit, lit, kernels, e2e, training
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/common.sh"

full=0
label=()
while [ $# -gt 0 ]; do
  case "$1" in
    --full) full=1 ;;
    -L) label=(-L "$2"); shift ;;
    -h|--help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) die "unknown argument '$1'; see scripts/test.sh --help" ;;
  esac
  shift
done

scripts/build.sh release
case "${label[*]-}" in
  ''|*training*) training/setup.sh || say "PyTorch could not be installed: the tests of training/ that need it will be skipped" ;;
esac
if [ ${#label[@]} -eq 0 ]; then
  scripts/lint.sh
fi

say "tests"
ctest --test-dir build --output-on-failure -j "$JOBS" ${label[@]+"${label[@]}"}

if [ "$full" = 1 ]; then
  scripts/build.sh asan
  say "tests under AddressSanitizer and UBSan"
  # protoc's and MLIR's own allocations at exit are not ours to judge.
  ASAN_OPTIONS=detect_leaks=0 ctest --test-dir build-asan --output-on-failure -j "$JOBS" -L 'unit|import|lit'
  scripts/build.sh tsan
  say "runtime tests under ThreadSanitizer"
  ctest --test-dir build-tsan --output-on-failure -j "$JOBS"
fi
