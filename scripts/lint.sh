#!/usr/bin/env bash
# Checks format, include direction, file length, and that the project stands alone.
# usage: scripts/lint.sh [--tidy [FILE|FOLDER]…]
#   --tidy   also clang-tidy, over all of our sources (a quarter of an hour on two cores) or those named
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

[ "${1:-}" = "--tidy" ] || exit 0
shift
say "clang-tidy"
[ -f build/compile_commands.json ] || die "build first: scripts/build.sh"
paths=("$@")
[ $# -gt 0 ] || paths=(compiler dialects passes targets runtime)
mapfile -t files < <(git ls-files -- "${paths[@]}" | grep '\.cpp$')
[ ${#files[@]} -gt 0 ] || die "no .cpp of ours in: ${paths[*]}"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# A file with findings leaves them in NAME.findings, any other an empty NAME.clean.
tidy() {
  local name="$results/${1//\//+}"
  if clang-tidy-19 -p build --quiet "$1" >"$name.findings" 2>"$name.errors"; then
    mv "$name.findings" "$name.clean"
  else
    cat "$name.errors" >>"$name.findings"
    grep -E '(error|warning): ' "$name.findings" >&2 || cat "$name.findings" >&2
  fi
  rm "$name.errors"
  printf '%s/%s %s\n' "$(ls "$results" | grep -cE '\.(clean|findings)$')" "$total" "$1" >&2
}
export -f tidy
export results total=${#files[@]}
printf '%s\n' "${files[@]}" | xargs -P "$JOBS" -I{} bash -c 'tidy "$1"' tidy {}

dirty=("$results"/*.findings)
[ -e "${dirty[0]}" ] || { say "clang-tidy: $total files, no findings"; exit 0; }
cat "${dirty[@]}" | grep -vE '^[0-9]+ warnings? ' >&2
names=$(basename -a -s .findings "${dirty[@]}" | tr + /)
die "clang-tidy has findings in ${#dirty[@]} of $total files:
$names
rerun: scripts/lint.sh --tidy $(echo $names)"
