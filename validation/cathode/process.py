"""Writes the fitted numbers where the program reads them.

    python process.py SERIES.csv parameters.json covariance.npy

`processes/cobalt/cathode.toml`: `[parameters]`, `[covariance]` and the powders of `[columns.lookup]`; everything between the lines
`# fitted: ...` and `# end of ...` is replaced, the rest of the file is written by hand. `validation/cases/cathode/`: the table of
experiments in our own form, and the parameters that were fitted without each experiment (`folds_experiment.npy`) and without each pair of cathode and acid
(`folds_pair.npy`), one row for each experiment.
"""
import csv
import math
import os
import re
import sys

import numpy as np

import parameters as par
from data import METALS, HERE, Series

SHORT = {"HCl": "Cl", "HNO3": "NO3", "H2SO4": "SO4", "lactic": "Lac", "tartaric": "Tar", "ascorbic": "Asc", "formic": "For", "citric": "Cit", "acetic": "Ace", "oxalic": "Oxa", "levulinic": "Lev"}


def entries():
    """Name in the process file, unknowns whose sum it is, unit (`None`: a plain number, not a logarithm), energy."""
    yield "k_1", ["lk1"], "1/s", "E1"
    for name, own in (("n_1", "n1"), ("m_1", "m1"), ("f_Ni", "cNi"), ("f_Co", "cCo")):
        yield name, [own], None, None
    yield "k_E", ["lkE"], "1/s", "EE"
    yield "n_E", ["nE"], None, None
    yield "m_E", ["mE"], None, None
    for metal in METALS:
        yield "k_P_" + metal, ["lkP" + metal], "1/s", "EP"
    yield "n_P", ["aP"], None, None
    yield "h_P", ["pP"], None, None
    yield "r_P", ["lrP"], "", None
    yield "k_C", ["lkC"], "1/s", "EC"
    yield "n_C", ["bC"], None, None
    yield "r_C", ["lrC"], "", None
    yield "s_Ni", ["sNi"], None, None
    yield "s_Co", ["sCo"], None, None
    for metal in METALS:
        yield "k_W_" + metal, ["lkW" + metal], "1/s", "EW"
    yield "h_W", ["pW"], None, None
    yield "k_X", ["lkX"], "L/(mol s)", "EX"
    yield "k_A", ["lkA"], "L/(mol s)", "EA"
    yield "h_A", ["qA"], None, None
    yield "k_d", ["lkd"], "1/s", "Ed"
    for acid in par.REDUCING:
        yield "k_" + SHORT[acid], ["kO_" + acid], "1/s", "EO"
    yield "n_O", ["aO"], None, None
    yield "r_O", ["lrO"], "", None
    yield "m_2", ["m2"], None, None
    for metal in METALS:
        yield "c_" + metal, ["sat" + metal], "mol/L", None
    for acid in par.ACIDS:
        yield "b_" + SHORT[acid], ["b_" + acid], None, None
    yield "g_H", ["gH"], None, None
    yield "phi", ["lphi"], "", None
    yield "beta", ["beta"], None, None


PER_MINUTE = {"1/s", "L/(mol s)"}


def values(theta):
    """Plain numbers by name, energies as `NAME.ea`, for a sweep."""
    out = {}
    for name, own, unit, energy in entries():
        x = sum(theta[par.INDEX[key]] for key in own)
        out[name] = (x if unit is None else  math.exp(x) / (60 if unit in PER_MINUTE else 1), unit or "")
        if energy:
            out[name + ".ea"] = (max(theta[par.INDEX[energy]], 0.0), "kJ/mol")
    return out


def tables(theta, covariance):
    numbers = values(theta)
    lines, names, rows, shared = [], [], [], []
    for name, own, unit, energy in entries():
        row = np.zeros(len(theta))
        for key in own:
            row[par.INDEX[key]] = 1
        sigma = math.sqrt(row @ covariance @ row)
        value, text = numbers[name]
        logarithm = unit is not None
        shown = f"{value:.6g} {text}".strip()
        spread = f"{100 * sigma:.3g} %" if logarithm else f"{sigma:.3g}"
        line = f'{name} = {{ value = "{shown}"'
        if energy:
            line += f', at = "60 degC", ea = "{numbers[name + ".ea"][0]:.5g} kJ/mol", range = {{ temperature = ["20 degC", "95 degC"] }}'
        line += f', source = "fit:cathode", sigma = "{spread}"'
        if name == "k_E":
            line += ', also = ["protonation2020"]'
        names.append(name)
        rows.append(row)
        if energy:
            width = math.sqrt(covariance[par.INDEX[energy], par.INDEX[energy]])
            line += f', ea_sigma = "{width:.3g} kJ/mol"'
            names.append(name + ".ea")
            unknown = np.zeros(len(theta))
            unknown[par.INDEX[energy]] = 1
            rows.append(unknown)
        lines.append(line + " }")
    rows = np.array(rows)
    full = rows @ covariance @ rows.T
    deviation = np.sqrt(np.diag(full))
    correlation = full / np.outer(deviation, deviation)
    # Energies that several constants share have correlation 1: a hair less keeps the matrix positive definite.
    correlation = 0.999 * correlation + 0.001 * np.eye(len(names))
    triangle = ",\n".join("  [" + ", ".join(f"{v:.3f}".replace("-0.000", "0").replace("0.000", "0") for v in correlation[i, : i + 1]) + "]" for i in range(len(names)))
    listed = ", ".join(f'"{name}"' for name in names)
    return "\n".join(lines), f"[covariance]\nparameters = [{listed}]\ncorrelation = [\n{triangle},\n]"


KINDS = {"surface": "w", "reduction": "v", "manganese": "x"}


def factors(theta, work, pair):
    """What a powder and its acid multiply the rates by."""
    names = [work] + ([f"{work}:{pair}"] if f"{work}:{pair}" in par.CHARGES else [])
    return {name: math.exp(sum(theta[par.INDEX[f"{kind}_{own}"]] for own in names)) for name, kind in KINDS.items()}


def first_rows(series):
    """First row of each experiment, by its name in our table."""
    first = {}
    for row, name in enumerate(series.name):
        first.setdefault(name, row)
    return first


def powders(theta, series):
    lines = []
    rows = {name: factors(theta, series.work[row], series.pair[row]) for name, row in first_rows(series).items()}
    for kind in KINDS:
        numbers = ", ".join(f"{name} = {own[kind]:.4g}" for name, own in rows.items())
        lines.append(f'{kind} = {{ column = "series", otherwise = 1.0, numbers = {{ {numbers} }} }}')
    return "\n".join(lines)


REMARK = """# Layered oxide cathodes in acid: shares dissolved over time, of A. Nogueira et al., Green Chemistry (2026), doi 10.1039/d5gc04752h (MIT licence), a selection,
# rounded. Peroxide and solids as recorded; how they are read: validation/cathode/README.md. 27b: the 60 min row of series 27, another work.
"""
COLUMNS = ["cathode", "ni_mol_frac", "mn_mol_frac", "co_mol_frac", "acid", "acid_mol_L", "h2o2_recorded", "temperature_C", "solid_to_liquid_g_L", "time_min", "x_Li", "x_Ni", "x_Mn", "x_Co"]


def table(series, path):
    number = lambda text: f"{float(text):.5g}" if text and text[0] in "0123456789" else text
    with open(path, "w", newline="") as file:
        file.write(REMARK)
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["series", *COLUMNS])
        out.writerows([name, *[number(row[column]) for column in COLUMNS]] for name, row in zip(series.name, series.rows))


def held_out(series, folds, path):
    rows = []
    for name, row in first_rows(series).items():
        theta = folds[row]
        own = {key: value for key, (value, _) in values(theta).items()}
        own |= {key: 100 * value for key, value in factors(theta, series.work[row], series.pair[row]).items()}
        rows.append([name, *[f"{value:.5g}" for value in own.values()]])
    units = {key: unit for key, (_, unit) in values(folds[0]).items()} | {key: "%" for key in KINDS}
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["series", *[f"parameters.{key}" + (f" [{unit}]" if unit else "") for key, unit in units.items()]])
        out.writerows(rows)


def main():
    series = Series(sys.argv[1])
    theta, covariance = par.load(sys.argv[2]), np.load(sys.argv[3])
    root = os.path.dirname(os.path.dirname(HERE))
    path = os.path.join(root, "processes", "cobalt", "cathode.toml")
    text = open(path).read()
    parameters, matrix = tables(theta, covariance)
    for name, body in (("parameters", parameters), ("covariance", matrix), ("powders", powders(theta, series))):
        pattern = re.compile(rf"(# fitted: {name}[^\n]*\n).*?(# end of {name}\n)", re.S)
        text, count = pattern.subn(lambda m: m.group(1) + body + "\n" + m.group(2), text)
        assert count == 1, name
    open(path, "w").write(text)
    cases = os.path.join(root, "validation", "cases", "cathode")
    os.makedirs(cases, exist_ok=True)
    table(series, os.path.join(cases, "series.csv"))
    for kind in ("experiment", "pair"):
        held_out(series, np.load(f"folds_{kind}.npy"), os.path.join(cases, f"without-{kind}.csv"))


if __name__ == "__main__":
    main()
