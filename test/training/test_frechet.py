#!/usr/bin/env python3
"""The Fréchet distance: closed forms of Gaussians, its bias at few pictures, and that it grows as pictures get worse.
SPDX-License-Identifier: Apache-2.0
"""
import unittest

import numpy as np

from shapes.frechet import Gaussian, frechet_distance, gaussian, true_pictures


def some_covariance(size: int, seed: int) -> np.ndarray:
    factor = np.random.default_rng(seed).normal(size=(size, size))
    return factor @ factor.T / size + 0.1 * np.eye(size)


class Frechet(unittest.TestCase):
    def test_one_feature(self):
        # (m1 - m2)^2 + (s1 - s2)^2
        one, other = (Gaussian(np.array([mean]), np.array([[deviation**2]])) for mean, deviation in ((1.0, 3.0), (-1.5, 0.5)))
        self.assertAlmostEqual(frechet_distance(one, other), 2.5**2 + 2.5**2, places=12)

    def test_independent_features_add_up(self):
        means, deviations = np.array([[0.0, 1.0, 2.0], [3.0, 1.0, -2.0]]), np.array([[1.0, 0.0, 2.0], [4.0, 0.5, 2.0]])
        expected = np.square(means[0] - means[1]).sum() + np.square(deviations[0] - deviations[1]).sum()
        turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
        one, other = (Gaussian(turn @ mean, turn @ np.diag(deviation**2) @ turn.T) for mean, deviation in zip(means, deviations))
        self.assertAlmostEqual(frechet_distance(one, other), expected, places=10)

    def test_covariances_that_do_not_commute(self):
        # tr (C1 C2)^(1/2) by the eigenvalues of C1 C2, which is not symmetric: another way to the same number.
        one, other = Gaussian(np.zeros(6), some_covariance(6, 1)), Gaussian(np.ones(6), some_covariance(6, 2))
        self.assertGreater(np.abs(one.covariance @ other.covariance - other.covariance @ one.covariance).max(), 0.1)
        eigenvalues = np.linalg.eigvals(one.covariance @ other.covariance)
        expected = 6 + np.trace(one.covariance + other.covariance) - 2 * np.sqrt(eigenvalues).sum().real
        self.assertAlmostEqual(frechet_distance(one, other), expected, places=9)
        self.assertAlmostEqual(frechet_distance(other, one), expected, places=9)

    def test_none_to_itself(self):
        features = np.random.default_rng(3).normal(size=(20, 64))  # a covariance of rank 19
        self.assertLess(frechet_distance(gaussian(features), gaussian(features)), 1e-6)

    def test_gaussian_of_features(self):
        features = np.random.default_rng(4).normal(size=(50, 5)).astype(np.float32)
        found = gaussian(features)
        np.testing.assert_allclose(found.covariance, np.cov(features.astype(np.float64), rowvar=False), rtol=1e-12)
        self.assertEqual(found.mean.dtype, np.float64)
        with self.assertRaisesRegex(ValueError, "two pictures or more, got an array \\[1, 5\\]"):
            gaussian(features[:1])

    def test_the_bias_falls_with_the_number_of_pictures(self):
        random = np.random.default_rng(5)
        reference = Gaussian(np.zeros(64), np.eye(64))
        distances = [frechet_distance(gaussian(random.normal(size=(count, 64))), reference) for count in (250, 500, 1000, 2000)]
        for more, fewer in zip(distances[1:], distances):
            self.assertAlmostEqual(fewer / more, 2, delta=0.25)

    def test_true_pictures_are_of_their_seed(self):
        one, again, other = true_pictures(12, 2), true_pictures(12, 3), true_pictures(13, 2)
        self.assertEqual((one.shape, one.dtype), ((2, 128, 128, 3), np.uint8))
        self.assertTrue((one == again[:2]).all())
        self.assertFalse((one == other).all())


if __name__ == "__main__":
    unittest.main()
