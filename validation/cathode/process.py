"""Writes the fitted numbers into processes/cobalt/cathode.toml: `[parameters]`, `[covariance]` and the powders of `[columns.lookup]`.

    python process.py parameters.json covariance.npy ../../processes/cobalt/cathode.toml

Everything between the lines `# fitted: ...` and `# end of ...` is replaced, the rest of the file is written by hand.
"""
import math
import re
import sys

import numpy as np

import parameters as par
from data import METALS, HERE

SHORT = {"HCl": "Cl", "HNO3": "NO3", "H2SO4": "SO4", "lactic": "Lac", "tartaric": "Tar", "ascorbic": "Asc", "formic": "For", "citric": "Cit", "acetic": "Ace", "oxalic": "Oxa", "levulinic": "Lev"}


def entries():
    """Name in the process file, unknowns whose sum it is, unit (`None`: a plain number, not a logarithm), energy."""
    yield "k_1", ["lk1"], "1/s", "E1"
    for name, own in (("n_1", "n1"), ("m_1", "m1"), ("f_Ni", "cNi"), ("f_Co", "cCo")):
        yield name, [own], None, None
    for metal in METALS:
        yield "k_P_" + metal, ["lkP" + metal], "1/s", "EP"
    yield "n_P", ["aP"], None, None
    yield "h_P", ["pP"], None, None
    yield "r_P", ["lrP"], "", None
    for metal in METALS:
        yield "k_C_" + metal, ["lkCNi"] + (["dC" + metal] if metal != "Ni" else []), "1/s", "EC"
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
    yield "K_SO4", ["pKS"], "pKa", None


PER_MINUTE = {"1/s", "L/(mol s)"}


def values(theta):
    """Plain numbers by name, energies as `NAME.ea`, for a sweep."""
    out = {}
    for name, own, unit, energy in entries():
        x = sum(theta[par.INDEX[key]] for key in own)
        out[name] = (x if unit is None else 10**-x if unit == "pKa" else math.exp(x) / (60 if unit in PER_MINUTE else 1), {"pKa": "mol/L", None: ""}.get(unit, unit))
        if energy:
            out[name + ".ea"] = (max(theta[par.INDEX[energy]], 0.0), "kJ/mol")
    return out


def tables(theta, covariance):
    numbers = values(theta)
    lines, names, rows, shared = [], [], [], []
    for name, own, unit, energy in entries():
        row = np.zeros(len(theta))
        for key in own:
            row[par.INDEX[key]] = math.log(10) if unit == "pKa" else 1
        sigma = math.sqrt(row @ covariance @ row)
        value, text = numbers[name]
        logarithm = unit is not None
        shown = f"{value:.6g} {text}".strip()
        spread = f"{100 * sigma:.3g} %" if logarithm else f"{sigma:.3g}"
        line = f'{name} = {{ value = "{shown}"'
        if energy:
            line += f', at = "60 degC", ea = "{numbers[name + ".ea"][0]:.5g} kJ/mol"'
        line += f', source = "fit:cathode", sigma = "{spread}"'
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


def powders(theta):
    import csv
    import os

    lines = []
    works = {row["series"]: row["work"] for row in csv.DictReader(open(os.path.join(HERE, "series.csv")))}
    for name, kind in (("surface", "w"), ("reduction", "v"), ("manganese", "x")):
        numbers = ", ".join(f"{series} = {math.exp(theta[par.INDEX[kind + '_' + work]]):.4g}" for series, work in works.items())
        lines.append(f'{name} = {{ column = "series", otherwise = 1.0, numbers = {{ {numbers} }} }}')
    return "\n".join(lines)


def main():
    theta, covariance, path = par.load(sys.argv[1]), np.load(sys.argv[2]), sys.argv[3]
    text = open(path).read()
    parameters, matrix = tables(theta, covariance)
    for name, body in (("parameters", parameters), ("covariance", matrix), ("powders", powders(theta))):
        pattern = re.compile(rf"(# fitted: {name}[^\n]*\n).*?(# end of {name}\n)", re.S)
        text, count = pattern.subn(lambda m: m.group(1) + body + "\n" + m.group(2), text)
        assert count == 1, name
    open(path, "w").write(text)


if __name__ == "__main__":
    main()
