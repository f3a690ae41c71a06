"""A text-to-image model of coloured shapes, made from nothing: data, networks, trainers, evaluation, export.
SPDX-License-Identifier: Apache-2.0
"""
