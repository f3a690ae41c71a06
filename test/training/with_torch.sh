#!/usr/bin/env bash
# Runs a test with PyTorch; exit status 77 (skipped, to CTest) where training/setup.sh has not been.
# usage: with_torch.sh TEST.py [ARGUMENT…]
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
python="$root/out/training/venv/bin/python"
if ! cmp -s "$root/training/requirements.txt" "$root/out/training/venv/requirements.installed"; then
  echo "skipped: no PyTorch here; training/setup.sh installs it"
  exit 77
fi
exec env PYTHONPATH="$root/training" OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=0 "$python" -B "$@"
