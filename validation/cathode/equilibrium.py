"""The equilibria of the twin: constants of processes/aqueous, the program's extended Debye-Huckel activities, one acid at a time.

Free H+ and free anion are the unknowns of Newton's method; every complex here holds at most one metal, so that each metal's balance is explicit. Hydroxides
are left out: the liquors are acid.
"""
import glob
import math
import os
import tomllib

import numba as nb
import numpy as np

ANION = {"HCl": "Cl-", "HNO3": "NO3-", "H2SO4": "SO4-2", "lactic": "Lactate-", "tartaric": "Tartrate-2", "ascorbic": "Ascorbate-2", "formic": "Formate-",
         "citric": "Citrate-3", "acetic": "Acetate-", "oxalic": "Oxalate-2", "levulinic": "Levulinate-"}
METAL = {"Li+": 0, "Ni+2": 1, "Mn+2": 2, "Co+2": 3}
WATER = 0.018015  # kg/mol


def charge(name):
    sign = max(name.rfind("+"), name.rfind("-"))
    if sign < 0 or not name[sign + 1:].isdigit() and name[sign + 1:]:
        return 0
    return (1 if name[sign] == "+" else -1) * int(name[sign + 1:] or 1)


def side(text):
    out = {}
    for term in text.split(" + "):
        *count, name = term.split()
        out[name] = out.get(name, 0) + (float(count[0]) if count else 1)
    return out


def constants(root):
    """Species of one H+, anion and metal: name, charge, ingredients, record."""
    anions, out = set(ANION.values()), []
    for path in sorted(glob.glob(os.path.join(root, "processes", "aqueous", "*.toml"))):
        with open(path, "rb") as file:
            records = tomllib.load(file).get("species", [])
        for record in records:
            left, right = (side(half) for half in record["reaction"].split(" = "))
            made = right.pop(record["name"], None)
            if made and not right and set(left) <= {"H+", *METAL} | anions and sum(left.get(m, 0) for m in METAL) <= 1 and anions & set(left):
                out.append((record["name"], charge(record["name"]), left, record))
    return out


def log_k(record, kelvin):
    if "analytic" in record:
        a = record["analytic"] + [0] * 6
        return a[0] + a[1] * kelvin + a[2] / kelvin + a[3] * math.log10(kelvin) + a[4] / kelvin**2 + a[5] * kelvin**2
    energy = float(record.get("enthalpy", "0 kJ/mol").split()[0])
    return record["log_k"] + energy * 1e3 / (8.314462618 * math.log(10)) * (1 / 298.15 - 1 / kelvin)


def debye_huckel(t):
    """A, (kg/mol)^0.5, and B per angstrom, as src/equilibrium/activity/water.rs has them."""
    p_sat = math.exp(11.6702 - 3816.44 / (t - 46.13))
    at_1000 = 342.79 * math.exp(t * (-5.0866e-3 + t * 9.469e-7))
    c = -2.0525 + 3115.9 / (t - 182.89)
    b = -8032.5 + 4.2142e6 / t + 2.1417 * t
    permittivity = at_1000 + c * math.log((b + 1.01325 * max(p_sat, 1)) / (b + 1e3))
    th = 1 - t / 647.096
    r = th ** (1 / 3)
    density = 322 * (1 + 1.99274064 * r + 1.09965342 * r**2 - 0.510839303 * r**5 - 1.75493479 * r**16 - 45.5170352 * r**43 - 6.7469445e5 * r**110)
    tc = t - 273.15
    density += max(1 - p_sat, 0) * (5.188e-2 + tc * (-4.1885519e-4 + tc * (6.6780748e-6 + tc * (-3.6648699e-8 + tc * 8.3501912e-11))))
    length = 1.671008e-3 / (permittivity * t)
    kappa = math.sqrt(8 * math.pi * 6.02252e23 * length * density / 1e6)
    return kappa * length / (2 * math.log(10)), kappa * 1e-8


WIDTH = 20  # species of one acid at most


def tables(acids, celsius, root):
    """Per experiment `[1 + 5 WIDTH]`: count, then ln K, H+, anions, metal (-1: none), charge of each species; and A ln 10, 4 B, charge of the anion."""
    known, cache = constants(root), {}
    out = np.zeros((len(acids), 4 + 5 * WIDTH))
    for row, (acid, temperature) in enumerate(zip(acids, celsius)):
        if (acid, temperature) not in cache:
            kelvin, anion = temperature + 273.15, ANION[acid]
            a, b = debye_huckel(kelvin)
            own = np.zeros(4 + 5 * WIDTH)
            list_ = [s for s in known if anion in s[2] and not (set(ANION.values()) - {anion}) & set(s[2])]
            own[:4] = len(list_), a * math.log(10), 4 * b, charge(anion)
            for i, (name, z, left, record) in enumerate(list_):
                metal = [METAL[m] for m in left if m in METAL]
                own[4 + i::WIDTH] = log_k(record, kelvin) * math.log(10), left.get("H+", 0), left[anion], metal[0] if metal else -1, z
            cache[acid, temperature] = own
        out[row] = cache[acid, temperature]
    return out


@nb.njit(cache=True, error_model="numpy")
def gammas(table, strength, out):
    """ln of the conditional constants at an ionic strength."""
    root = np.sqrt(strength)
    f = -table[1] * root / (1 + table[2] * root)
    neutral = 0.1 * np.log(10.0) * strength
    za = table[3]
    for i in range(int(table[0])):
        n = table[4 + WIDTH + i], table[4 + 2 * WIDTH + i], table[4 + 3 * WIDTH + i], table[4 + 4 * WIDTH + i]
        zm = 0.0 if n[2] < 0 else (1.0 if n[2] == 0 else 4.0)
        own = f * n[3] * n[3] if n[3] != 0 else neutral
        out[i] = table[4 + i] + n[0] * f + n[1] * f * za * za + zm * f - own


@nb.njit(cache=True, error_model="numpy")
def solve(table, acid, anion, metals, y, most, k, t, s, sh, sl):
    """Free H+ from totals, all mol per kg of water. `y`: ln h, ln l, ionic strength, warm start and answer; `k`, `t`: scratch."""
    count = int(table[0])
    za = table[3]
    for it in range(most):
        gammas(table, y[2], k)
        h, l = np.exp(y[0]), np.exp(y[1])
        fh, fl = h - acid, l - anion
        a, b, d = h, 0.0, l
        strength = 0.5 * (h + za * za * l)
        s[:] = 0; sh[:] = 0; sl[:] = 0
        for i in range(count):
            nh, nl = table[4 + WIDTH + i], table[4 + 2 * WIDTH + i]
            t[i] = np.exp(k[i] + nh * y[0] + nl * y[1])
            m = int(table[4 + 3 * WIDTH + i])
            if m < 0:
                c = t[i]
                fh += nh * c; fl += nl * c
                a += nh * nh * c; b += nh * nl * c; d += nl * nl * c
                strength += 0.5 * c * table[4 + 4 * WIDTH + i] ** 2
            else:
                s[m] += t[i]; sh[m] += nh * t[i]; sl[m] += nl * t[i]
        for m in range(4):
            if metals[m] <= 0: continue
            free = metals[m] / (1 + s[m])
            fh += free * sh[m]; fl += free * sl[m]
            a -= free * sh[m] * sh[m] / (1 + s[m]); b -= free * sh[m] * sl[m] / (1 + s[m]); d -= free * sl[m] * sl[m] / (1 + s[m])
            strength += 0.5 * free * (1.0 if m == 0 else 4.0)
        for i in range(count):
            m = int(table[4 + 3 * WIDTH + i])
            if m >= 0 and metals[m] > 0:
                nh, nl = table[4 + WIDTH + i], table[4 + 2 * WIDTH + i]
                c = metals[m] / (1 + s[m]) * t[i]
                a += nh * nh * c; b += nh * nl * c; d += nl * nl * c
                strength += 0.5 * c * table[4 + 4 * WIDTH + i] ** 2
        det = a * d - b * b
        if det <= 1e-14 * a * d: det = 1e-14 * a * d
        dh, dl = -(d * fh - b * fl) / det, -(a * fl - b * fh) / det
        size = max(abs(dh), abs(dl))
        if size > 1.5:
            dh *= 1.5 / size; dl *= 1.5 / size
        y[0] += dh; y[1] += dl
        step = strength - y[2]
        y[2] += step
        if y[2] < 0: y[2] = 0.0
        if max(abs(dh), abs(dl), abs(step) / (1e-3 + y[2])) < 1e-7:
            break
    return np.exp(y[0])
