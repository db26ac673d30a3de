"""The cathode series (nogueira2026) as arrays, with the readings of series.csv applied.

Rows at t = 0 are left out. `solids` and `h2o2` come from series.csv (README.md says why), everything else from the file as it is.
"""
import csv
import os

import numpy as np

ELEMENTS = ["Li", "Ni", "Mn", "Co"]
METALS = ELEMENTS[1:]
MOLAR = {"Li": 6.94, "Ni": 58.693, "Mn": 54.938, "Co": 58.933, "O": 15.999}
HERE = os.path.dirname(os.path.abspath(__file__))


class Series:
    """One entry per row of the file with t > 0; `observed` is a fraction, `[row, element]`, NaN where nothing counts."""

    def __init__(self, path):
        with open(path) as file:
            rows = [row for row in csv.DictReader(file) if float(row["time_min"]) > 0]
        with open(os.path.join(HERE, "series.csv")) as file:
            reading = {row["series"]: row for row in csv.DictReader(file)}
        self.rows = rows
        # Series 27 holds two works: its 60 min row belongs to the S/L series 32-50.
        other = np.array([row["series"] == "27" and float(row["time_min"]) == 60 for row in rows])
        self.name = np.where(other, "27b", [row["series"] for row in rows])
        column = lambda name: np.array([float(row[name]) for row in rows])
        self.series = np.array([int(row["series"]) for row in rows])
        self.acid = np.array([row["acid"] for row in rows])
        self.pair = np.array([row["cathode"] + "|" + row["acid"] for row in rows])
        self.work = np.where(other, "F", [reading[row["series"]]["work"] for row in rows])
        self.molar = column("acid_mol_L")
        self.h2o2 = np.array([float(reading[row["series"]]["h2o2_mol_L"]) for row in rows])
        self.solids = np.array([float(reading[row["series"]]["solids_g_L"]) for row in rows])
        self.water = np.array([float(reading[row["series"]]["water_kg_L"]) for row in rows])  # as the program fills a litre
        self.celsius = column("temperature_C")
        self.minutes = column("time_min")
        shares = np.stack([column("ni_mol_frac"), column("mn_mol_frac"), column("co_mol_frac")], 1)
        self.shares = shares / shares.sum(1, keepdims=True)
        # The "Ni0 Mn1 Co0" cathode is the spinel LiMn2O4 (recorded as 0, 2, 0 in the compilers' own file): LiMnO2 + MnO2.
        self.spinel = shares[:, 1] > 0.99
        oxide = MOLAR["Li"] + 2 * MOLAR["O"] + self.shares @ [MOLAR[m] for m in METALS]
        self.mass_per_metal = np.where(self.spinel, (MOLAR["Li"] + 4 * MOLAR["O"] + 2 * MOLAR["Mn"]) / 2, oxide)
        self.metal = self.solids / self.mass_per_metal  # mol of transition metals per litre
        self.observed = np.array([[float(row[f"x_{e}"]) if row[f"x_{e}"] else np.nan for e in ELEMENTS] for row in rows])

    def __len__(self):
        return len(self.series)
