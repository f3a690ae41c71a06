#!/usr/bin/env bash
# Checks format, include direction, file length, and that the project stands alone.
# usage: scripts/lint.sh [--tidy]     --tidy also runs clang-tidy over all of our sources (minutes)
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/common.sh"
say "lint"
sources=$(git ls-files '*.cpp' '*.h' '*.c')

clang-format-19 --dry-run --Werror $sources || die "clang-format differs; run: clang-format-19 -i \$(git ls-files '*.cpp' '*.h' '*.c')"
python3 scripts/check_includes.py
long=$(for f in $sources $(git ls-files '*.td' '*.py'); do n=$(wc -l <"$f"); [ "$n" -le 700 ] || echo "$f: $n lines"; done)
[ -z "$long" ] || die "files above 700 lines (cut by meaning):
$long"
if git grep -nE '\b(TODO|FIXME|XXX)\b' -- . ':!scripts/lint.sh' >&2; then die "unfinished by its own words"; fi

if [ "${1:-}" = "--tidy" ]; then
  say "clang-tidy"
  [ -f build/compile_commands.json ] || die "build first: scripts/build.sh"
  git ls-files 'compiler/*.cpp' 'dialects/*.cpp' 'passes/*.cpp' 'targets/*.cpp' 'runtime/*.cpp' |
    xargs -P "$JOBS" -n 4 clang-tidy-19 -p build --quiet
fi
