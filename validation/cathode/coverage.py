"""Share of the observations inside the 90 % interval, and its width, on the twin.

    python coverage.py SERIES.csv

The interval of a row is the program's: the held-out prediction with the shared parameters drawn from the covariance of the fit, the three factors of the
powder from log-normal distributions and a normal error of measurement. The widths of the last two are what the process file needs: they are chosen so that
the held-out experiments and the held-out pairs lie between 85 and 95 % together. So the two shares are no test, those by element and acid are.
"""
import json
import sys

import numpy as np

import parameters as par
from data import ELEMENTS, Series
from twin import Twin

DRAWS = 60


def main():
    s = Series(sys.argv[1])
    twin, covariance = Twin(s), np.load("covariance.npy")
    shared = [i for i, name in enumerate(par.NAMES) if name[:2] not in ("w_", "v_", "x_")]
    factors = [[i for i, name in enumerate(par.NAMES) if name.startswith(kind) and ":" not in name] for kind in ("w_", "v_", "x_")]
    rng = np.random.default_rng(1)
    parameters = rng.multivariate_normal(np.zeros(len(shared)), covariance[np.ix_(shared, shared)], DRAWS, method="cholesky")
    powders = rng.standard_normal((DRAWS, 3))
    noise = rng.standard_normal((DRAWS, 20))  # as many errors for each draw as make the quantiles smooth
    counts, out = ~np.isnan(s.observed), {}
    for kind in ("experiment", "pair"):
        folds = np.load(f"folds_{kind}.npy")
        groups = [np.flatnonzero((folds == theta).all(1)) for theta in np.unique(folds, axis=0)]
        for spread in (0.5, 0.7, 0.9):
            sample = np.full((DRAWS, len(s), 4), np.nan)
            for rows in groups:
                runs = sorted({twin.run_of[row] for row in rows})
                for draw in range(DRAWS):
                    theta = folds[rows[0]].copy()
                    theta[shared] += parameters[draw]
                    for own, z in zip(factors, powders[draw]):
                        theta[own] += spread * z
                    sample[draw, rows] = np.clip(twin.predict(theta, runs)[rows], 0, 1)
            for error in (0.08, 0.10, 0.12):
                mixed = (sample[:, None] + error * noise[:, :, None, None]).reshape(-1, len(s), 4)
                low, high = np.nanquantile(mixed, [0.05, 0.95], axis=0)
                inside = (s.observed >= low) & (s.observed <= high)
                width = np.clip(high, 0, 1) - np.clip(low, 0, 1)
                share = [round(float(100 * inside[counts[:, j], j].mean()), 1) for j in range(4)]
                row = {"within_90": dict(zip(ELEMENTS, share)), "all": round(float(100 * inside[counts].mean()), 1), "width": round(float(100 * width[counts].mean()), 1)}
                out[f"without {kind}, factors {spread}, error {100 * error:.0f} points"] = row
                print(kind, spread, error, row, flush=True)
    json.dump(out, open("coverage.json", "w"), indent=1)


if __name__ == "__main__":
    main()
