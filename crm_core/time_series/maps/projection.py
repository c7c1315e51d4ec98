"""From longitude and latitude to a plane on which areas are true, so that a shade never counts for more than its place.

The whole world in the Equal Earth projection (Šavrič, Patterson and Jenny 2018), a part of it in Lambert's azimuthal
equal-area projection round its middle. Both are in earth radii.
"""
from dataclasses import dataclass

import numpy as np

WORLDWIDE = 150.0  # degrees of longitude: a map that is wider shows the world
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796


@dataclass(frozen=True)
class Projection:
    """How a map is laid flat."""

    longitude: float  # of its middle
    latitude: float
    worldwide: bool

    def __call__(self, longitude, latitude) -> tuple[np.ndarray, np.ndarray]:
        """x to the right and y upward."""
        longitude, latitude = np.asarray(longitude, dtype=float), np.asarray(latitude, dtype=float)
        if self.worldwide:
            angle, phi = np.radians(longitude), np.radians(latitude)
            theta = np.arcsin(np.sqrt(3) / 2 * np.sin(phi))
            slope = 9 * A4 * theta**8 + 7 * A3 * theta**6 + 3 * A2 * theta**2 + A1
            return (2 * np.sqrt(3) * angle * np.cos(theta) / (3 * slope),
                    A4 * theta**9 + A3 * theta**7 + A2 * theta**3 + A1 * theta)
        angle, phi, middle = np.radians(longitude - self.longitude), np.radians(latitude), np.radians(self.latitude)
        away = 1 + np.sin(middle) * np.sin(phi) + np.cos(middle) * np.cos(phi) * np.cos(angle)
        scale = np.sqrt(2 / np.maximum(away, 1e-9))
        return (scale * np.cos(phi) * np.sin(angle),
                scale * (np.cos(middle) * np.sin(phi) - np.sin(middle) * np.cos(phi) * np.cos(angle)))


def projection_of(longitude, latitude) -> Projection:
    """The projection for places: round the middle of them, also where they lie on both sides of the date line."""
    longitude, latitude = np.asarray(longitude, dtype=float), np.asarray(latitude, dtype=float)
    round_the_world = np.sort(np.unique(np.mod(longitude, 360)))
    gaps = np.diff(np.append(round_the_world, round_the_world[0] + 360))
    widest = int(gaps.argmax())
    span = 360 - gaps[widest]
    middle = round_the_world[(widest + 1) % len(round_the_world)] + span / 2
    return Projection(float((middle + 180) % 360 - 180), float((latitude.min() + latitude.max()) / 2),
                      bool(span > WORLDWIDE))


def unwrapped(ring: np.ndarray) -> np.ndarray:
    """A ring that leaps over the date line goes on beyond 180 instead."""
    if np.ptp(ring[:, 0]) <= 180 or not (np.abs(np.diff(ring[:, 0])) > 180).any():
        return ring
    return np.column_stack([np.where(ring[:, 0] < 0, ring[:, 0] + 360, ring[:, 0]), ring[:, 1]])
