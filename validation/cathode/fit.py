"""Fit of the cathode process by penalised least absolute errors, and its cross-validation, on the twin.

    python fit.py SERIES.csv          parameters.json, folds_experiment.npy, folds_pair.npy, covariance.npy

Loss per value: (r/5)^2 below 5 points, 2|r|/5 - 1 above, plus the priors of parameters.py (Gaussian, and Student's t for powders and acids); Levenberg-Marquardt with reweighting. A held-out
group is removed from the normal equations of the full fit, one Newton step is taken, and the fit goes on to its end: of an experiment by `refine`, of a pair by `run`. `process.py` writes the parameters of either kind for the program, which predicts the held-out rows.
"""
import sys

import numpy as np

import parameters as par
from data import Series
from twin import Twin

SCALE = 5.0  # points


class Fit:
    def __init__(self, series):
        self.s, self.twin = series, Twin(series)
        self.counts = ~np.isnan(series.observed)
        self.observed = np.nan_to_num(series.observed)

    def residual(self, predicted):
        return np.where(self.counts, 100 * (predicted - self.observed), 0.0)

    def objective(self, theta, weight):
        return self._loss(self.twin.predict(theta), theta, weight)

    def _loss(self, predicted, theta, weight):
        a = np.abs(np.nan_to_num(self.residual(predicted), nan=100.0)) / SCALE
        loss = (np.where(a < 1, a * a, 2 * a - 1) * weight[:, None]).sum()
        return 0.5 * loss + 0.5 * par.prior_loss(theta)

    def _touched(self, name):
        """Runs that a parameter of one acid or powder has a say in; `None` for all."""
        kind, _, own = name.partition("_")
        if kind in "wvx" and ":" in own:
            return np.flatnonzero(self.twin.charge[self.twin.first] == par.CHARGES.index(own))
        if kind in "wvx" and own:
            return np.flatnonzero(self.s.work[self.twin.first] == own)
        if kind in ("b", "kO"):
            return np.flatnonzero(self.s.acid[self.twin.first] == own)
        return None

    def slopes(self, theta):
        base = self.twin.predict(theta)
        out = np.zeros((len(self.s), 4, len(theta)))
        for j, name in enumerate(par.NAMES):
            runs = self._touched(name)
            if runs is not None and not len(runs):
                continue
            moved, step = theta.copy(), 1e-3 * par.SIGMA[j]
            moved[j] += step
            out[:, :, j] = np.nan_to_num(self.twin.predict(moved, runs) - base) / step
        return base, 100 * out * self.counts[:, :, None]

    def normal(self, theta):
        """Residuals, weights of the reweighted squares, slopes and Hessian with the priors."""
        base, slopes = self.slopes(theta)
        r = self.residual(base)
        weight = self.counts / np.maximum(np.abs(r) / SCALE, 1) / SCALE**2
        hessian = np.einsum("rej,re,rek->jk", slopes, weight, slopes) + np.diag(par.prior_weight(theta))
        return r, weight, slopes, hessian

    def run(self, theta, weight=None, iterations=60, tolerance=5e-5):
        weight = np.ones(len(self.s)) if weight is None else weight
        best, damping = self.objective(theta, weight), 1e-2
        for _ in range(iterations):
            r, w, slopes, _ = self.normal(theta)
            w = w * weight[:, None]
            hessian = np.einsum("rej,re,rek->jk", slopes, w, slopes) + np.diag(par.prior_weight(theta))
            gradient = np.einsum("rej,re->j", slopes, w * r) + (theta - par.PRIOR) * par.prior_weight(theta)
            for _ in range(8):
                step = -np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), gradient)
                step = np.clip(step, -1.5 * par.SIGMA, 1.5 * par.SIGMA)
                value = self.objective(theta + step, weight)
                if value < best:
                    break
                damping *= 4
            else:
                break
            gain, theta, best, damping = best - value, theta + step, value, max(damping / 5, 1e-6)
            if gain < tolerance * best:
                break
        return theta

    def refine(self, theta, weight, slopes, rows, iterations=12, tolerance=2e-5):
        """The fit carried on to its end after rows have gone, and its objective: slopes by the unknowns of their powder anew in each step, the others' kept."""
        own, slopes = self._powder(rows), slopes.copy()
        base = self.twin.predict(theta)
        best = self._loss(base, theta, weight)
        for _ in range(iterations):
            for j, runs in own.items():
                moved, step = theta.copy(), 1e-3 * par.SIGMA[j]
                moved[j] += step
                change = self.twin.predict(moved, runs) - base
                slopes[:, :, j] = 100 * np.nan_to_num(change) / step * self.counts
            r = self.residual(base)
            w = (self.counts / np.maximum(np.abs(r) / SCALE, 1) / SCALE**2 * weight[:, None]).reshape(-1)
            flat = slopes.reshape(-1, len(theta))
            hessian = flat.T @ (flat * w[:, None]) + np.diag(par.prior_weight(theta))
            gradient = flat.T @ (w * r.reshape(-1)) + (theta - par.PRIOR) * par.prior_weight(theta)
            for damping in (0.0, 0.03, 0.3, 3.0, 30.0):
                step = -np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), gradient)
                step = np.clip(step, -1.5 * par.SIGMA, 1.5 * par.SIGMA)
                predicted = self.twin.predict(theta + step)
                value = self._loss(predicted, theta + step, weight)
                if value < best:
                    break
            else:
                break
            gain, theta, best, base = best - value, theta + step, value, predicted
            if gain < tolerance * best:
                break
        return theta, best

    def without(self, groups, theta, iterations):
        """Parameters of every row, fitted without the row's group: `[row, parameter]`; by `refine` where no iterations of the whole fit are given."""
        r, w, slopes, hessian = self.normal(theta)
        out = np.tile(theta, (len(self.s), 1))
        for group in dict.fromkeys(groups):
            rows = np.flatnonzero(groups == group)
            weight = np.ones(len(self.s))
            weight[rows] = 0
            own = slopes[rows].reshape(-1, len(theta)), w[rows].reshape(-1), r[rows].reshape(-1)
            less = hessian - own[0].T @ (own[0] * own[1][:, None])
            # What the group alone tells goes back to its prior at once: steps towards a heavy-tailed one are short and would stop on the way.
            told = np.abs(slopes[weight > 0]).sum((0, 1)) > 0
            start = known = np.where(told, theta, par.PRIOR)
            for damping in (0.0, 0.03, 0.3, 3.0):
                step = np.linalg.solve(less + damping * np.diag(np.diag(less)), own[0].T @ (own[1] * own[2]))
                step = np.where(told, np.clip(step, -1.5 * par.SIGMA, 1.5 * par.SIGMA), 0.0)
                if self.objective(known + step, weight) < self.objective(known, weight):
                    start = known + step
                    break
            if iterations:
                out[rows] = self.run(start, weight, iterations, 1e-4)
            else:
                # The prior of a powder is heavy-tailed and may hold two rests: one is sought from what was, one from the prior.
                powder = np.isin(np.arange(len(theta)), list(self._powder(rows)))
                starts = start, np.where(powder, par.PRIOR, start)
                out[rows] = min((self.refine(one, weight, slopes, rows) for one in starts), key=lambda end: end[1])[0]
            print(group, flush=True, file=sys.stderr)
        return out

    def _powder(self, rows):
        """Unknowns of the powders of these rows, each with the runs that it has a say in."""
        runs = np.unique(self.twin.run_of[rows])
        touched = {j: self._touched(name) for j, name in enumerate(par.NAMES) if name[:2] in ("w_", "v_", "x_")}
        return {j: of for j, of in touched.items() if np.intersect1d(of, runs).size}


def mae(predicted, observed):
    return [round(float(v), 2) for v in np.nanmean(100 * np.abs(predicted - observed), 0)]


def main():
    series = Series(sys.argv[1])
    fit = Fit(series)
    theta = fit.run(par.load(sys.argv[2]) if len(sys.argv) > 2 else par.PRIOR.copy())
    par.save(theta, "parameters.json")
    np.save("covariance.npy", np.linalg.inv(fit.normal(theta)[3]))
    print("in sample", mae(fit.twin.predict(theta), series.observed), flush=True)
    for name, groups, iterations in (("experiment", series.series, 0), ("pair", series.pair, 8)):
        folds = fit.without(groups, theta, iterations)
        np.save(f"folds_{name}.npy", folds)
        predicted = np.array([fit.twin.predict(folds[i], [fit.twin.run_of[i]])[i] for i in range(len(series))])
        print("leave one", name, "out (twin)", mae(predicted, series.observed), flush=True)


if __name__ == "__main__":
    main()
