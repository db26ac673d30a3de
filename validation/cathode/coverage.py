"""Share of the observations inside the 90 % interval, and its width, on the twin.

    python coverage.py SERIES.csv

The interval of a row is that of its held-out prediction plus draws from the covariance of the fit plus a normal error of measurement. That
error, one number for all elements, is the `error` of the process's `[columns.observed]`; it was chosen so that the whole set (leave one
experiment out) lies near 90 %, so that only the shares by element and for held-out pairs are a test.
"""
import json
import sys

import numpy as np

import parameters as par
from data import ELEMENTS, Series
from twin import Twin

DRAWS = 200


def main():
    s = Series(sys.argv[1])
    twin, theta, covariance = Twin(s), par.load("parameters.json"), np.load("covariance.npy")
    rng = np.random.default_rng(1)
    draws = rng.multivariate_normal(theta, covariance, DRAWS, method="cholesky")
    spread = np.array([twin.predict(draw) for draw in draws]) - twin.predict(theta)
    noise = rng.standard_normal((DRAWS, len(s), 4))
    counts, out = ~np.isnan(s.observed), {}
    for name in ("experiment", "pair"):
        folds = np.load(f"folds_{name}.npy")
        centre = np.array([twin.predict(folds[i], [twin.run_of[i]])[i] for i in range(len(s))])
        for error in (0.05, 0.08, 0.10, 0.12):
            sample = np.clip(centre + spread, 0, 1) + error * noise
            low, high = np.nanquantile(sample, [0.05, 0.95], axis=0)
            inside = (s.observed >= low) & (s.observed <= high)
            width = np.clip(high, 0, 1) - np.clip(low, 0, 1)
            share = [round(float(100 * inside[counts[:, j], j].mean()), 1) for j in range(4)]
            row = {"within_90": dict(zip(ELEMENTS, share)), "all": round(float(100 * inside[counts].mean()), 1), "width": round(float(100 * width[counts].mean()), 1)}
            out[f"leave one {name} out, error {100 * error:.0f} points"] = row
            print(name, error, row, flush=True)
    json.dump(out, open("coverage.json", "w"), indent=1)


if __name__ == "__main__":
    main()
