"""Every reported prediction, run by the program: in sample and with the held-out parameters of fit.py.

    python engine.py SERIES.csv PROGRAM       writes predictions.csv, results.json, parity.png

One sweep per table, one case per row of the series; the parameters of a row's fold are columns of the design.
"""
import csv
import json
import math
import os
import subprocess
import sys
import tempfile

import h5py
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import parameters as par
import process
from data import ELEMENTS, HERE, MOLAR, Series
from twin import Twin

ROOT = os.path.dirname(os.path.dirname(HERE))
REAGENT = {"HCl": "HCl", "HNO3": "HNO3", "H2SO4": "H2SO4", "lactic": "C3H6O3", "tartaric": "C4H6O6", "ascorbic": "H2C6H6O6", "formic": "CH2O2", "citric": "C6H8O7", "acetic": "C2H4O2", "oxalic": "H2C2O4", "levulinic": "C5H8O3"}
OXIDES = ["LiNiO2(s)", "LiMnO2(s)", "LiCoO2(s)"]
TABLES = {"in sample": None, "leave one experiment out": "folds_experiment.npy", "leave one pair out": "folds_pair.npy"}


def design(s, thetas):
    """Columns: path, unit, values."""
    yield "units.leach.temperature", "degC", s.celsius
    yield "units.leach.time", "min", s.minutes
    yield "units.solids.mass", "g", s.solids
    masses = np.array([MOLAR["Li"] + MOLAR[m] + 2 * MOLAR["O"] for m in ELEMENTS[1:]])
    shares = np.column_stack([s.shares * masses, s.spinel * (MOLAR["Mn"] + 2 * MOLAR["O"])])
    # A trace of every oxide, so that each element has an extraction to report.
    shares = np.maximum(100 * (1 - 1e-6) * shares / shares.sum(1, keepdims=True), 1e-5)
    for j, oxide in enumerate([*OXIDES, "MnO2(s)"]):
        yield f"units.solids.assay.{oxide}", "wt%", shares[:, j]
    for acid, reagent in REAGENT.items():
        yield f"units.liquor.solution.{reagent}", "mol/L", np.where(s.acid == acid, s.molar, 0.0)
    yield "units.liquor.solution.H2O2", "mol/L", s.h2o2
    for name, kind in (("surface", "w_"), ("reduction", "v_"), ("manganese", "x_")):
        yield f"parameters.{name}", "", np.array([math.exp(theta[par.INDEX[kind + work]]) for theta, work in zip(thetas, s.work)])
    own = [process.values(theta) for theta in thetas]
    for name, (_, unit) in own[0].items():
        yield f"parameters.{name}", unit, np.array([row[name][0] for row in own])


def scenario(columns):
    """The shipped scenario with every reagent named, so that a column can set it, and the sweep."""
    lines = open(os.path.join(ROOT, "scenarios", "cathode.toml")).read().split("\n")
    zero = ", ".join(f'{reagent} = "0 mol/L"' for reagent in [*REAGENT.values(), "H2O2"])
    lines = [f"solution = {{ {zero} }}" if line.startswith("solution") else line for line in lines]
    outputs = ", ".join(f'{e} = "units.leach.extraction.{e}"' for e in ELEMENTS)
    lines += ["[sweep]", 'design = "csv"', 'file = "cases.csv"', f"outputs = {{ {outputs} }}"]
    for i, (path, _, _) in enumerate(columns):
        lines += [f"[sweep.factors.f{i}]", f'set = "{path}"']
    return "\n".join(lines) + "\n"


def run(program, s, thetas):
    columns = list(design(s, thetas))
    with tempfile.TemporaryDirectory() as folder:
        at = lambda name: os.path.join(folder, name)
        with open(at("cases.csv"), "w") as file:
            file.write(",".join(f"f{i} [{unit}]" if unit else f"f{i}" for i, (_, unit, _) in enumerate(columns)) + "\n")
            for row in range(len(s)):
                file.write(",".join(repr(float(values[row])) for _, _, values in columns) + "\n")
        open(at("cathode.toml"), "w").write(scenario(columns))
        command = [program, "sweep", at("cathode.toml"), "--library", os.path.join(ROOT, "processes"), "-o", at("out.h5")]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        with h5py.File(at("out.h5")) as file:
            out = np.full((len(s), 4), np.nan)
            for j, element in enumerate(ELEMENTS):
                out[file["case"][:], j] = file[element][:]
            failed = file["status"][:] != 0
            for error in sorted(set(file["failures/error"][:])) if failed.any() else []:
                print("failed:", error, file=sys.stderr)
    out[failed] = np.nan
    return out


def figures(s, predicted):
    error = 100 * (predicted - s.observed)
    middle = (s.observed > 0.1) & (s.observed < 0.9)
    per = lambda e: [round(float(v), 2) for v in np.nanmean(e, 0)]
    return {"mae": per(abs(error)), "bias": per(error), "mae_10_90": per(np.where(middle, abs(error), np.nan)), "median": [round(float(v), 2) for v in np.nanmedian(abs(error), 0)], "missing": int((np.isnan(predicted) & ~np.isnan(s.observed)).sum())}


def parity(s, tables):
    names = [name for name in tables if name != "in sample"]
    plot, axes = plt.subplots(2, 4, figsize=(15, 7.8), sharex=True, sharey=True, layout="constrained")
    for i, name in enumerate(names):
        for j, element in enumerate(ELEMENTS):
            ax = axes[i, j]
            ax.plot([0, 100], [0, 100], color="0.6", lw=1, zorder=0)
            for k, (label, acids) in enumerate((("HCl", ["HCl"]), ("H2SO4", ["H2SO4"]), ("HNO3", ["HNO3"]), ("organic acids", list(par.PKA)))):
                own = np.isin(s.acid, acids)
                ax.scatter(100 * s.observed[own, j], 100 * tables[name][own, j], s=11, alpha=0.6, lw=0, label=label, color=f"C{k}")
            mae = figures(s, tables[name])["mae"][j]
            ax.set_title(f"{element}: MAE {mae:.1f} points", fontsize=10)
            ax.set(xlim=(-2, 102), ylim=(-2, 102), aspect="equal")
        axes[i, 0].set_ylabel(f"{name}\npredicted, %")
    for ax in axes[1]:
        ax.set_xlabel("observed, %")
    axes[0, 0].legend(fontsize=8, frameon=False)
    plot.savefig("parity.png", dpi=110)


def main():
    s, program = Series(sys.argv[1]), sys.argv[2]
    theta, twin = par.load("parameters.json"), Twin(s)
    tables, results = {}, {}
    for name, file in TABLES.items():
        thetas = np.tile(theta, (len(s), 1)) if file is None else np.load(file)
        tables[name] = run(program, s, thetas)
        results[name] = figures(s, tables[name])
        if file is None:
            off = 100 * np.abs(np.where(np.isnan(s.observed), np.nan, tables[name] - twin.predict(theta)))
            results["twin off by"] = {"mean": round(float(np.nanmean(off)), 3), "most": round(float(np.nanmax(off)), 2)}
        print(name, results[name], flush=True)
    json.dump(results, open("results.json", "w"), indent=1)
    with open("predictions.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["series", "pair", "time_min", "element", "observed", *TABLES])
        for row, j in np.argwhere(~np.isnan(s.observed)):
            out.writerow([s.series[row], s.pair[row], s.minutes[row], ELEMENTS[j], round(100 * s.observed[row, j], 2), *[round(100 * tables[name][row, j], 2) for name in TABLES]])
    parity(s, tables)


if __name__ == "__main__":
    main()
