#!/usr/bin/env bash
# Sets up everything and times the full-size models against ONNX Runtime and OpenVINO (f32), alternating in one run.
# usage: scripts/bench.sh [bench/models.py's arguments]
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "$0")/common.sh"
scripts/build.sh release
.venv/bin/python bench/models.py "$@"
