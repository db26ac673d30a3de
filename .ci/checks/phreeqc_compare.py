#!/usr/bin/env python3
"""Random waters: `lixivia speciate --batch` against IPhreeqc 3.7.3 (phreeqpython), the same database files.

A water agrees if all molalities above 1e-12 agree to 1e-4 and all saturation indices to 1e-3.
Usage: phreeqc_compare.py [waters per database] [--lixivia PATH] [--seed N] [--verbose]
The databases are those of $LIXIVIA_PHREEQC_DATABASES, by default the ones that phreeqpython brings.
"""
import argparse, importlib.util, json, math, os, pathlib, random, re, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parents[2]
OWN = pathlib.Path(importlib.util.find_spec("phreeqpython").origin).parent / "database"
FOLDER = pathlib.Path(os.environ.get("LIXIVIA_PHREEQC_DATABASES", OWN))
# blocks that IPhreeqc 3.7.3 cannot parse; none has an effect on an equilibrium at 1 atm
UNREAD = re.compile(r"MEAN_GAMMAS|GAS_BINARY_PARAMETERS|RATE_PARAMETERS\w*")
KEYWORD = re.compile(r"[A-Z_]{4,}")

# database: elements as totals with the largest total (mol/kg), those with redox states, temperatures
POOLS = {
    "phreeqc.dat": (dict(Na=2, K=1, Ca=.3, Mg=.5, Cl=2, C=.05, Si=.002, Al=.02, Li=.5, Br=.1, F=.02, B=.05, P=.01, Zn=.1, Cd=.01,
                         Pb=.01, Ba=1e-3, Sr=.01, Fe=.1, Mn=.1, Cu=.1, S=.5, N=.1), {"Fe": (2, 3), "Mn": (2, 3), "Cu": (1, 2),
                         "S": (-2, 6), "N": (-3, 5), "C": (4,)}, (5, 90)),
    "Amm.dat": (dict(Na=2, K=1, Ca=.3, Mg=.5, Cl=2, C=.05, Si=.002, Al=.02, Li=.5, Amm=1, F=.02, B=.05, Zn=.1, Cd=.01, Pb=.01,
                     Fe=.1, Mn=.1, Cu=.1, S=.5, N=.1), {"Fe": (2, 3), "Mn": (2, 3), "Cu": (1, 2), "S": (-2, 6), "N": (5,),
                     "C": (4,)}, (5, 90)),
    "wateq4f.dat": (dict(Na=2, K=1, Ca=.3, Mg=.5, Cl=2, C=.05, Si=.002, Al=.02, Li=.5, Ag=1e-3, Ba=1e-3, Br=.1, Cd=.01, F=.02,
                         I=.01, Ni=.1, Pb=.01, Rb=.01, Sr=.01, Zn=.1, P=.01, B=.05, Fe=.1, Mn=.1, Cu=.1, S=.5, N=.1, As=.01, U=1e-4,
                         Se=1e-4), {"Fe": (2, 3), "Mn": (2, 3), "Cu": (1, 2), "S": (-2, 6), "N": (-3, 5), "C": (4,),
                         "As": (3, 5), "U": (4, 6), "Se": (4, 6)}, (5, 90)),
    "minteq.v4.dat": (dict(Na=2, K=1, Ca=.3, Mg=.5, Cl=2, C=.05, Si=.002, Al=.02, Li=.5, Ag=1e-3, Ba=1e-3, Cd=.01, F=.02, Ni=.2,
                           Pb=.01, Sr=.01, Zn=.1, P=.01, B=.05, Citrate=.05, Edta=.01, Tartarate=.02, Acetate=.1, Cyanide=.02, Fe=.1,
                           Mn=.1, Cu=.1, S=.5, N=.1, Co=.1, As=.01, Sn=1e-3), {"Fe": (2, 3), "Mn": (2, 3), "Cu": (1, 2),
                           "S": (-2, 6), "N": (-3, 5), "C": (4,), "Co": (2, 3), "As": (3, 5), "Sn": (2, 4)}, (5, 60)),
    "pitzer.dat": (dict(Na=5, K=3, Ca=1.5, Mg=3, Cl=6, C=.05, Si=.001, Li=1, Ba=1e-3, Sr=.05, Br=.5, B=.05, Mn=.2, Fe=.2, S=1), {},
                   (5, 90)),
}


def stripped(path):
    keep, skip = [], False
    for line in path.read_text(encoding="latin-1").splitlines():
        word = (line.split() or [""])[0]
        if KEYWORD.fullmatch(word):
            skip = bool(UNREAD.fullmatch(word))
        if not skip:
            keep.append(line)
    return "\n".join(keep) + "\n"


def waters(name, count, seed):
    pool, redox, (low, high) = POOLS[name]
    rng = random.Random(f"{name} {seed}")
    for _ in range(count):
        ph, t = rng.uniform(0.5, 13), rng.uniform(low, high)
        pe = rng.uniform(1 - ph, 19 - ph)
        brine = rng.random() < 0.3
        totals, opened = {}, set()
        for element in rng.sample(sorted(pool), rng.randint(3, 10)):
            total = pool[element] * 10 ** rng.uniform(-5 if not brine else -1.5, 0)
            states = redox.get(element, ())
            if states and rng.random() < 0.6:
                for state in rng.sample(states, rng.randint(1, len(states))):
                    totals[f"{element}({state})"] = total
            else:
                totals[element] = total
                if element in redox:
                    opened.add(element)
        if redox:  # without valence states there is no couple to open, and a pe means nothing
            opened |= {"H", "O"}
        potential = dict(pe=pe) if opened else {}
        yield dict(temperature_c=t, ph=ph, totals=totals, open=sorted(opened), **potential)


def phreeqc_text(w):
    lines = [f"SOLUTION 1\n temp {w['temperature_c']!r}\n pH {w['ph']!r}\n pe {w.get('pe', 4)!r}\n units mol/kgw"]
    return "\n".join(lines + [f" {n} {v!r}" for n, v in w["totals"].items()]) + "\nEND\n"


PUNCH = """KNOBS
 -convergence_tolerance 1e-11
 -iterations 400
SELECTED_OUTPUT
 -reset false
 -high_precision true
USER_PUNCH
 -headings a
10 tot_x = SYS("aq", c_x, n_x$, t_x$, m_x)
20 PUNCH c_x, MU, ACT("H2O")
30 FOR i = 1 TO c_x
40 PUNCH n_x$(i), m_x(i)
50 NEXT i
60 tot_x = SYS("phases", c_x, n_x$, t_x$, m_x)
70 FOR i = 1 TO c_x
80 PUNCH n_x$(i), m_x(i)
90 NEXT i
END
"""


def reference(engine, w):
    try:
        engine.run_string(phreeqc_text(w))
    except Exception as error:  # noqa: BLE001: the library raises its own and plain exceptions
        return None, str(error).splitlines()[0]
    row = [v for v in engine.get_selected_output_array()[-1]]
    count, strength, water = int(row[0]), row[1], row[2]
    pairs = [(row[k], row[k + 1]) for k in range(3, len(row) - 1, 2) if isinstance(row[k], str)]
    return dict(I=strength, aw=water, m=dict(pairs[:count]), si=dict(pairs[count:])), None


def plain(name):
    return re.sub(r"([+-])1$", r"\1", name)


def judge(w, ours, theirs):
    # IPhreeqc takes MnOOH + 3 H+ + e- = Mn+2 as written, with the pe of the solution; where Mn(2) and Mn(3) are given apart,
    # and so out of equilibrium with that pe, Lixivia takes the Mn+3 that the solid gives
    metastable = {"Manganite"} if "Mn(3)" in w["totals"] else set()
    worst = (0.0, "")
    for name, m in theirs["m"].items():
        if name in ("H2O", "e-") or m <= 1e-12:
            continue
        got = ours["molality_mol_per_kg"].get(plain(name), 0.0)
        worst = max(worst, (abs(got / m - 1) / 1e-4, f"m({name}) {got:.6g}, IPhreeqc {m:.6g}"))
    missing = 0
    for name, si in theirs["si"].items():
        if si <= -99 or si >= 99.99 or name in metastable:
            continue
        got = ours["saturation_index"].get(name)
        if got is None:
            missing += 1
        else:
            worst = max(worst, (abs(got - si) / 1e-3, f"SI({name}) {got:.5f}, IPhreeqc {si:.5f}"))
    return worst, missing


def main():
    from phreeqpython.viphreeqc import VIPhreeqc
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=40)
    parser.add_argument("--lixivia", default=str(HERE / "target/debug/lixivia"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    names = [name for name in POOLS if (FOLDER / name).is_file()]
    if not names:
        print(f"no databases in {FOLDER}: set LIXIVIA_PHREEQC_DATABASES")
        return 1
    bad = False
    for name in names:
        if args.only and name != args.only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            cut = pathlib.Path(folder, name)
            cut.write_text(stripped(FOLDER / name), encoding="latin-1")
            engine = VIPhreeqc()
            engine.load_database(str(cut))
            engine.run_string(PUNCH)
            listed = list(waters(name, args.count, args.seed))
            batch = pathlib.Path(folder, "waters.jsonl")
            batch.write_text("".join(json.dumps(w) + "\n" for w in listed))
            command = [args.lixivia, "speciate", "--database", str(FOLDER / name), "--batch", str(batch)]
            done = subprocess.run(command, capture_output=True, text=True)
            answers = [json.loads(line) for line in done.stdout.splitlines()]
        if len(answers) != len(listed):
            print(name, "no answers:", done.stderr[-500:])
            return 1
        agree = failed = unsolved = missing = 0
        worst_all = 0.0
        for at, (w, ours) in enumerate(zip(listed, answers)):
            theirs, trouble = reference(engine, w)
            if theirs is None:
                unsolved += 1
                if args.verbose:
                    print(f"  {name} {at}: IPhreeqc: {trouble}; ours: {ours.get('error', 'solved')}")
                continue
            if "error" in ours:
                failed += 1
                print(f"  {name} {at}: {ours['error']}\n    {json.dumps(w)}")
                continue
            (ratio, what), absent = judge(w, ours, theirs)
            missing += absent
            if ratio <= 1:
                agree += 1
                worst_all = max(worst_all, ratio)
            elif args.verbose or args.count <= 60:
                print(f"  {name} {at}: {what} (I {theirs['I']:.4g}, ours {ours['ionic_strength_mol_per_kg']:.4g}, a_w {theirs['aw']:.5f})\n    {json.dumps(w)}")
        compared = args.count - unsolved
        print(f"{name}: {agree} of {compared} agree ({100 * agree / max(compared, 1):.1f} %), {failed} not solved by us, "
              f"{unsolved} not by IPhreeqc, largest error of those agreeing {worst_all:.2f} of the tolerance, {missing} SI not told by us")
        bad |= agree < 0.98 * compared
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
