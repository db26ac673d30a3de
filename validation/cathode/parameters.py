"""Unknowns of the cathode process: name, prior mean, prior scale (a standard deviation; of Student's t where `HEAVY`).

Rate constants are natural logarithms of 1/min at 60 degC and unit activities, activation energies kJ/mol. What is the same for all acids and
powders stands once; acids and powders have deviations that the priors draw to zero, so that a new one gets the common value. The
priors were set by hand while looking at the whole set: the cross-validation does not see that choice.
"""
import json

import numpy as np

ACIDS = ["HCl", "HNO3", "H2SO4", "lactic", "tartaric", "ascorbic", "formic", "citric", "acetic", "oxalic", "levulinic"]
REDUCING = ["lactic", "tartaric", "ascorbic", "formic", "citric", "oxalic", "levulinic"]
WORKS = list("ACDEFGHIJKLMNOPQRSTUVW")
# buffering sites per molecule and pKa of the first proton; a strong proton counts among the sites of none
SITES = {"H2SO4": 1, "lactic": 1, "tartaric": 2, "ascorbic": 2, "formic": 1, "citric": 3, "acetic": 1, "oxalic": 2, "levulinic": 1}
PKA = {"H2SO4": 1.98, "lactic": 3.86, "tartaric": 3.04, "ascorbic": 4.15, "formic": 3.75, "citric": 3.13, "acetic": 4.76, "oxalic": 1.40, "levulinic": 4.6}

_TABLE = [
    # attack by acid: 2 LiMO2 + 4 H+ = MO2 + M+2 + 2 Li+ + 2 H2O
    ("lk1", -1.5, 3), ("E1", 60, 30), ("n1", 0.4, 0.3), ("m1", 4, 2), ("cNi", 0, 1), ("cCo", 0, 1),
    # exchange of lithium for protons: LiMO2 + H+ = MOOH + Li+
    ("lkE", -4, 2), ("EE", 50, 20), ("nE", 0.5, 0.3), ("mE", 2, 1),
    # hydrogen peroxide: shell of each metal, energy, orders in peroxide and acidity, intact oxide over shell
    ("lkPNi", 0, 2), ("lkPMn", 0, 2), ("lkPCo", 0, 2), ("EP", 50, 15), ("aP", 0.8, 0.3), ("pP", 0.3, 0.3), ("lrP", 0, 2),
    # chloride; sNi, sCo: composition of the powder, for all slow reductions
    ("lkC", -5, 3), ("EC", 70, 25), ("bC", 1.5, 0.7), ("lrC", -1, 1), ("sNi", 0, 1), ("sCo", 0, 1),
    # water, oxygen leaving
    ("lkWNi", -8, 2), ("lkWMn", -9, 2), ("lkWCo", -9, 2), ("EW", 90, 20), ("pW", 0.5, 0.5),
    # loss of dissolved manganese to MnO2: at the shells of Ni and Co (X), by air at MnO2 (A)
    ("lkX", -4, 2), ("EX", 80, 20), ("lkA", -6, 2), ("EA", 80, 20), ("qA", -0.5, 0.4),
    ("lkd", -7, 2), ("Ed", 75, 10),  # loss of peroxide
    ("EO", 50, 15), ("aO", 1, 0.3), ("lrO", -1, 1),  # organic reductants: energy, order, intact oxide over shell (ascorbate)
    ("m2", 0.67, 0.2),  # order in the shell
    ("satNi", -5, 2), ("satMn", -5, 2), ("satCo", -5, 2),  # ln mol/L of metal over its oxalate
    ("gH", 0.2, 0.05), ("lphi", -5, 2), ("beta", 0.3, 0.2),  # acidity
]
# An enediol is taken to reduce like peroxide, a hydroxy acid slowly, others hardly.
_TABLE += [(f"kO_{a}", 0 if a == "ascorbic" else -4 if a in ("lactic", "citric", "tartaric") else -6, 1.2) for a in REDUCING]
_TABLE += [(f"b_{a}", 0, 0.49) for a in ACIDS]
_TABLE += [(f"{kind}_{work}", 0, 0.49) for kind in "wvx" for work in WORKS]

# One powder in one acid, where a work has several: deviations from the work's own factors.
CHARGES = [f"{work}:{pair}" for work, pairs in {
    "C": ["Ni0.15Mn0.15Co0.70|HCl", "Ni0.15Mn0.15Co0.70|H2SO4"],
    "E": ["Ni0.80Mn0.10Co0.10|HCl", "Ni0.60Mn0.20Co0.20|HCl"],
    "F": ["Ni0.00Mn0.00Co1.00|HCl", "Ni0.00Mn1.00Co0.00|HCl", "Ni0.33Mn0.33Co0.33|HCl"],
    "G": ["Ni0.33Mn0.33Co0.33|H2SO4", "Ni0.33Mn0.33Co0.33|HCl"],
    "I": ["Ni0.00Mn0.00Co1.00|lactic", "Ni0.00Mn0.00Co1.00|tartaric", "Ni0.00Mn0.00Co1.00|ascorbic", "Ni0.00Mn0.00Co1.00|formic"],
    "M": ["Ni0.33Mn0.33Co0.33|H2SO4", "Ni0.60Mn0.20Co0.20|H2SO4"],
    "W": ["Ni0.33Mn0.33Co0.33|HCl", "Ni0.60Mn0.20Co0.20|HCl", "Ni0.33Mn0.33Co0.33|H2SO4", "Ni0.60Mn0.20Co0.20|H2SO4", "Ni0.33Mn0.33Co0.33|HNO3", "Ni0.90Mn0.00Co0.10|HNO3"],
}.items() for pair in pairs]
_TABLE += [(f"{kind}_{charge}", 0, 0.245) for kind in "wvx" for charge in CHARGES]

NAMES = [row[0] for row in _TABLE]
INDEX = {name: i for i, name in enumerate(NAMES)}
PRIOR = np.array([row[1] for row in _TABLE], float)
SIGMA = np.array([row[2] for row in _TABLE], float)

# Powders and acids are alike but for some that differ by a factor of twenty: their deviations are drawn to zero by Student's t, whose tails leave those alone.
HEAVY = np.array([name[:2] in ("w_", "v_", "x_", "b_", "kO") for name in NAMES])
DEGREES = 3.0  # degrees of freedom


def prior_loss(theta):
    """Minus twice the logarithm of the prior, less what is constant."""
    z = (theta - PRIOR) / SIGMA
    return np.where(HEAVY, (DEGREES + 1) * np.log1p(z * z / DEGREES), z * z).sum()


def prior_weight(theta):
    """Weights of the squares of (theta - PRIOR) by which the loss is reweighted."""
    z = (theta - PRIOR) / SIGMA
    return np.where(HEAVY, (DEGREES + 1) / (DEGREES + z * z), 1.0) / SIGMA**2


def load(path):
    values = json.load(open(path))
    return np.array([values.get(name, PRIOR[i]) for i, name in enumerate(NAMES)])


def save(theta, path):
    json.dump({name: round(float(theta[i]), 6) for i, name in enumerate(NAMES)}, open(path, "w"), indent=0)
