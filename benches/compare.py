#!/usr/bin/env python3
"""Ratios of Lixivia and its peers from the lines that benches/compare.sh collects, with the errors of Lixivia's answers.

usage: compare.py LOG [FOLDER REFERENCES]     FOLDER holds the result files, REFERENCES the tables reference_w*.csv
Lines: criterion's "bencher" format, Lixivia's JSON lines behind a label, and the lines of the peers.
Errors need h5py and numpy; without them only times are told.
"""
import csv, json, os, re, statistics, sys


def times(text):
    """Microseconds by workload and program."""
    found = {}
    for label, ns in re.findall(r"^test (.+?) \.\.\. bench:\s+([\d,.]+) ns/iter", text, re.M):
        found[("lixivia", label)] = float(ns.replace(",", "")) / 1e3
    for line in text.splitlines():
        own = re.match(r"(W\d[ab]?) (\S+)(.*)", line)
        if not own:
            continue
        work, program, rest = own.groups()
        key = program + "".join(re.findall(r" (?:rtol|tol|T|incremental|cases|procs)=\S+", rest))
        for pattern, unit in ((r"median_us=([\d.]+)", 1), (r"us_per_equilibrium_batch200 median=([\d.]+)", 1), (r"ms median=([\d.]+)", 1e3)):
            value = re.search(pattern, rest)
            if value:
                found[(work, key)] = float(value.group(1)) * unit
        rate = re.search(r"cases_per_s=([\d.]+)", rest)
        if rate:
            found[(work, key)] = 1e6 / float(rate.group(1))
    return found


def lixivia_lines(text):
    return {label: json.loads(line) for label, line in re.findall(r"^lixivia (\S.*?): (\{.*\})$", text, re.M)}


def table(text):
    found, lines = times(text), lixivia_lines(text)
    ours = {label: us for (who, label), us in found.items() if who == "lixivia"}
    pick = lambda prefix: next((us for label, us in ours.items() if label.startswith(prefix)), None)
    rows = {"W1": pick("w1 cold"), "W2": pick("w2 cold"), "W4": pick("w4 cold"), "W5": pick("w5 cold")}
    a = [us for label, us in ours.items() if label.startswith("W3a")]
    rows["W3a"] = a[0] / 200 if a else None
    b = pick("W3b")
    rows["W3b"] = b
    w6 = lines.get("w6 threads=1")
    rows["W6"] = 1e6 / w6["cases_per_second"] if w6 else None
    print("\n| workload | Lixivia, us | peer | peer, us | peer over Lixivia |\n|---|---|---|---|---|")
    for work, us in rows.items():
        if us is None:
            continue
        for (own, program), theirs in sorted(found.items(), key=lambda item: item[1]):
            if own == work:
                print("| %s | %.4g | %s | %.4g | %.3g |" % (work, us, program, theirs, theirs / us))
    for label, us in ours.items():
        print("# lixivia %s: %.4g us" % (label, us))
    scaling = [(label, line) for label, line in lines.items() if label.startswith("w6")]
    if scaling:
        print("\n| W6 | cases/s | seconds | peak memory, MiB |\n|---|---|---|---|")
    for label, line in scaling:
        print("| %s | %.0f | %.2f | %.1f |" % (label[3:], line["cases_per_second"], line["seconds"], line.get("peak_memory_mib") or 0))
    if w6:
        hours = 1e8 / w6["cases_per_second"] / 100 / 3600
        print("\n1e8 cases of W6 on 100 nodes: %.2f h per core of a node, one core measured here; with 64 cores each %.1f min, "
              "plus about %.0f s to join %.0f GiB at 1 GiB/s" % (hours, hours / 64 * 60, 1e8 * 1176 / 2**30, 1e8 * 1176 / 2**30))


def errors(folder, references):
    import h5py, numpy as np
    def reference(name):
        rows = list(csv.reader(open(os.path.join(references, "reference_%s.csv" % name))))
        return rows[0], np.array([[float(x) for x in row] for row in rows[1:]])
    path = lambda name: os.path.join(folder, name)
    print()
    head, want = reference("w1")
    with h5py.File(path("w1.h5")) as f:
        one = lambda name: np.array(f[name])[0]
        got = {"A": one("A"), "Li": one("Li"), "Co": one("Co"), "Al3": one("Al3"), "Cu2": one("Cu2"), "P": one("P"), "O": one("O"), "G": one("G_O2") + one("G_H2")}
    names = [n for n in head if n in got] or list(got)
    last = want[:, -8:]
    e = max(np.max(np.abs(got[n] - last[:, k]) / (np.abs(last[:, k]) + 1)) for k, n in enumerate(["A", "Li", "Co", "Al3", "Cu2", "P", "O", "G"]))
    print("W1 E_sol %.2e (required 1e-5), columns %s" % (e, ",".join(names)))
    head, want = reference("w1")
    with h5py.File(path("w1-cores.h5")) as f:
        core = lambda name, k: np.array(f["profiles/leach"]["core.%s.%d" % (name, k + 1)])
        e = {}
        for short, name in (("LCO", "LiCoO2(s)"), ("Al", "Al(s)"), ("Cu", "Cu(s)")):
            for k in range(20):
                y = want[:, head.index("y_%s_%d" % (short, k))]
                e[short, k] = np.max(np.abs(core(name, k) - y) / (np.abs(y) + 1e-3))
    worst = max(e, key=e.get)
    print("W1 E of %d core radii %.1e in %s class %d (required 1e-3)" % (len(e), e[worst], *worst))
    head, want = reference("w2")
    with h5py.File(path("w2.h5")) as f:
        g = f["profiles/leach"]
        c = lambda name: np.array(g["concentration." + name]) if "concentration." + name in g else np.zeros(len(want))
        # A conversion one rounding below 1 is 1: its cube root would be 5e-6.
        left = lambda name: 1 - np.array(g["conversion." + name])
        solid = lambda name: np.where(left(name) < 4e-16, 0, left(name).clip(0)) ** (1 / 3)
        jarosite = 20 - c("K+") # what potassium has left the liquor
        got = dict(X=c("biomass") * 24.6258e-3, Fe2=c("Fe+2"), Fe3=c("Fe+3"), Cu2=c("Cu+2"), A=c("H+"), S=c("SO4-2"), O=c("O2"), K=c("K+"), J=jarosite, yCu=solid("copper(s)"), yZn=solid("zinc(s)"), Zn2=c("Zn+2"))
    scale = dict(X=1e-3, yCu=1e-3, yZn=1e-3, O=1e-2)
    e = {n: float(np.max(np.abs(got[n] - want[:, head.index(n)]) / (np.abs(want[:, head.index(n)]) + scale.get(n, 1)))) for n in got}
    worst = max(e, key=e.get)
    print("W2 E %.2e in %s (required 5e-4)" % (e[worst], worst))
    rows = list(csv.DictReader(open(os.path.join(references, "reference_w3a.csv"))))
    for column, celsius in (("molality_25C", 25), ("molality_60C", 60)):
        kpis = json.load(open(path("w3a-%d.json" % celsius)))["kpis"]
        pairs = [(kpis["units.speciation.molality." + row["species"]]["value"], float(row[column])) for row in rows if "units.speciation.molality." + row["species"] in kpis]
        pairs = [(got, want) for got, want in pairs if want > 1e-12]
        print("W3a E at %d degC %.1e over %d molalities of %d (required 1e-8)" % (celsius, max(abs(a - b) / b for a, b in pairs), len(pairs), len(rows)))
    head, want = reference("w3b")
    with h5py.File(path("w3b.h5")) as f:
        e = {"pH": np.max(np.abs(np.array(f["pH"]) - want[:, head.index("pH")]) / (np.abs(want[:, head.index("pH")]) + 1))}
        for own, name in (("Ferrihydrite", "Ferrihydrite"), ("CuOH2", "Cu(OH)2(s)"), ("CoOH2", "Co(OH)2(s)"), ("FdOH2", "Fd(OH)2(s)"), ("GaOOH", "GaOOH"), ("GeO2", "GeO2")):
            column = next(i for i, own_head in enumerate(head) if own_head.startswith(name))
            e[name] = np.max(np.abs(np.array(f[own]) - want[:, column]) / (np.abs(want[:, column]) + 1e-4))
        worst = max(e, key=e.get)
        print("W3b E over %d points %.1e in %s (required 1e-7)" % (len(want), e[worst], worst))
    if os.path.exists(path("w6-tight.h5")):
        with h5py.File(path("w6.h5")) as f, h5py.File(path("w6-tight.h5")) as t:
            e = 0.0
            for name in ("A", "Li", "Co", "Al3", "Cu2", "P", "O"):
                a, b = np.array(f[name]), np.array(t[name])
                e = max(e, float(np.max(np.abs(a - b) / (np.abs(b) + 1))))
            gas = lambda h: np.array(h["G_O2"]) + np.array(h["G_H2"])
            e = max(e, float(np.max(np.abs(gas(f) - gas(t)) / (np.abs(gas(t)) + 1))))
            print("W6 E_sol over all %d cases %.2e (required 2e-4)" % (len(f["A"]), e))
            for name, mean in (("X_LCO", 0.6733871359), ("X_Al", 0.9814060620), ("X_Cu", 0.8025729557)):
                print("W6 mean %s at 7200 s off by %.1e" % (name, abs(np.array(f[name])[:, -1].mean() - mean)))


if __name__ == "__main__":
    log = open(sys.argv[1]).read()
    table(log)
    if len(sys.argv) > 3:
        try:
            errors(sys.argv[2], sys.argv[3])
        except ImportError as missing:
            print("errors not told: %s" % missing)
