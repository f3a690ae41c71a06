#!/usr/bin/env bash
# Installs all that the project needs: Debian packages and one Python environment in .venv. Idempotent; quick when all is there.
# usage: scripts/setup.sh
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/common.sh"

LLVM_VERSION=19.1.7
packages=(
  libmlir-19-dev mlir-19-tools llvm-19-dev clang-19 lld-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev
  libonnx-dev libprotobuf-dev protobuf-compiler     # the importer: ONNX's schema only
  flatbuffers-compiler libflatbuffers-dev           # the plan in NAME.snap
  libpng-dev unicode-data                           # pictures; the tokenizer's character classes
  libgtest-dev libgmock-dev googletest libbenchmark-dev  # tests and benchmarks
  g++-aarch64-linux-gnu qemu-user                   # arm64 on this machine
  ccache python3 python3-venv
)

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "installing Debian packages: ${missing[*]}"
  sudo=""
  [ "$(id -u)" = 0 ] || sudo="sudo"
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
found="$(llvm-config-19 --version 2>/dev/null || true)"
[ "$found" = "$LLVM_VERSION" ] || die "LLVM and MLIR are $found, this project is built with $LLVM_VERSION"

stamp=.venv/requirements.installed
if ! cmp -s scripts/requirements.txt "$stamp"; then
  say "installing Python packages into .venv"
  [ -x .venv/bin/python ] || python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check -r scripts/requirements.txt
  cp scripts/requirements.txt "$stamp"
fi
say "all dependencies are there (LLVM $LLVM_VERSION, $(.venv/bin/cmake --version | head -n 1), halide 21.0.0)"
