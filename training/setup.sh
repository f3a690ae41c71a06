#!/usr/bin/env bash
# Makes the Python environment of training, apart from the build's because PyTorch is 5.5 GB. Idempotent; quick when it is there.
# usage: training/setup.sh [DIR]     default: out/training/venv
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/../scripts/common.sh"

venv="${1:-out/training/venv}"
cmp -s training/requirements.txt "$venv/requirements.installed" && exit 0
say "installing PyTorch into $venv (3 GB from PyPI)"
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check -r training/requirements.txt
cp training/requirements.txt "$venv/requirements.installed"
