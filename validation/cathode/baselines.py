"""Constant, boosted trees and extra trees on the cathode series, tuned inside the training folds.

    python baselines.py SERIES.csv > baselines.json

(a) leave one experiment out, (b) leave one (cathode, acid) pair out. For (a) the hyperparameters of the folds of a block of
thirty experiments are chosen on what is left without the whole block, so that no held-out experiment has a say in its own tuning; for (b) they
are chosen for every fold. The inner folds are groups too: experiments in (a), pairs in (b).
"""
import csv, itertools, json, os, sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
from sklearn.model_selection import GroupKFold

ELEMENTS = ["Li", "Ni", "Mn", "Co"]
# pKa of the first proton, protons per molecule, reducing (0/1): what a chemist would tell a tree about an acid
ACIDS = {
    "HCl": (-6, 1, 1), "H2SO4": (-3, 2, 0), "HNO3": (-1.4, 1, 0), "oxalic": (1.25, 2, 1), "citric": (3.13, 3, 0), "tartaric": (3.04, 2, 0),
    "lactic": (3.86, 1, 0), "formic": (3.75, 1, 0), "ascorbic": (4.1, 2, 1), "levulinic": (4.6, 1, 0), "acetic": (4.76, 1, 0),
}
BOOSTED = [
    dict(max_iter=n, learning_rate=r, max_leaf_nodes=leaves, min_samples_leaf=low, l2_regularization=1.0)
    for (n, r), leaves, low in itertools.product([(120, 0.1), (300, 0.06)], [6, 15], [4, 12])
]
EXTRA = [
    dict(n_estimators=100, min_samples_leaf=low, max_features=share)
    for low, share in itertools.product([1, 2, 4], [0.5, 1.0])
]
MODELS = {
    "boosted": (BOOSTED, lambda p: HistGradientBoostingRegressor(random_state=0, early_stopping=False, **p)),
    "extra": (EXTRA, lambda p: ExtraTreesRegressor(random_state=0, n_jobs=1, **p)),
}


def load(path):
    rows = [row for row in csv.DictReader(open(path)) if float(row["time_min"]) > 0]
    reading = {row["series"]: row for row in csv.DictReader(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "series.csv")))}
    features, targets = [], []
    names = list(ACIDS)
    for row in rows:
        number = lambda key: float(row[key])
        acid = row["acid"]
        solids, molar = float(reading[row["series"]]["solids_g_L"]), number("acid_mol_L")
        features.append(
            [number("ni_mol_frac"), number("mn_mol_frac"), number("co_mol_frac"), molar, molar * ACIDS[acid][1], number("temperature_C"), solids,
             molar * ACIDS[acid][1] / solids, np.log(number("time_min")), float(reading[row["series"]]["h2o2_mol_L"]),
             float(reading[row["series"]]["h2o2_mol_L"]) / solids, *ACIDS[acid], *[float(acid == name) for name in names]]
        )
        targets.append([float(row[f"x_{e}"]) if row[f"x_{e}"] else np.nan for e in ELEMENTS])
    experiments = np.array([row["series"] for row in rows])
    pairs = np.array([row["cathode"] + "|" + row["acid"] for row in rows])
    return np.array(features), 100 * np.array(targets), experiments, pairs


def tune(name, x, y, groups):
    grid, make = MODELS[name]
    folds = list(GroupKFold(min(3, len(set(groups)))).split(x, y, groups))
    def error(p):
        return np.mean(np.concatenate([abs(make(p).fit(x[i], y[i]).predict(x[j]).clip(0, 100) - y[j]) for i, j in folds]))
    return min(grid, key=error)


def held_out(name, x, y, groups, block):
    """Predictions for every row with its group left out of the fit, and its block left out of the tuning."""
    order = list(dict.fromkeys(groups))
    out = np.full(len(y), np.nan)
    for start in range(0, len(order), block):
        members = order[start:start + block]
        away = np.isin(groups, members)
        if name != "constant":
            parameters = tune(name, x[~away], y[~away], groups[~away])
        for member in members:
            test = groups == member
            if name == "constant":
                out[test] = np.median(y[~test])
            else:
                out[test] = MODELS[name][1](parameters).fit(x[~test], y[~test]).predict(x[test]).clip(0, 100)
    return out


def main():
    x, y, experiments, pairs = load(sys.argv[1])
    table = {}
    for key, groups, block in (("leave-one-experiment-out", experiments, 30), ("leave-one-pair-out", pairs, 1)):
        for name in ("constant", "boosted", "extra"):
            for e, element in enumerate(ELEMENTS):
                held = ~np.isnan(y[:, e])
                predicted = held_out(name, x[held], y[held, e], groups[held], block)
                mae = float(np.mean(abs(predicted - y[held, e])))
                table.setdefault(key, {}).setdefault(name, {})[element] = round(mae, 2)
                print(key, name, element, round(mae, 2), file=sys.stderr, flush=True)
    json.dump(table, sys.stdout, indent=1)
    print()


main()
