"""Runs every shipped scenario with the built program and looks at what it leaves with other programs.

For each: exit code 0, exactly one JSON object that fits docs/run.schema.json, element balances closed to
1e-9, an HDF5 file that xarray opens with labelled dimensions and units, the same numbers in both, and the
mass of every element recomputed from the amounts with formulas and atomic masses that are not ours. A
broken scenario exits with 2 and names line and column.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import molmass
import numpy
import xarray

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "lixivia"
SCHEMA = json.loads((ROOT / "docs/run.schema.json").read_text("utf-8"))


def lixivia(*arguments):
    """Exit code and the one JSON object on standard output."""
    done = subprocess.run(
        [PROGRAM, *arguments], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=600
    )
    try:
        shown = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise AssertionError(f"{arguments}: no single JSON object\n{done.stdout}\n{done.stderr}") from None
    jsonschema.validate(shown, SCHEMA)
    return done.returncode, shown


def composition(formula):
    """Element counts of `Fe2(SO4)3`, `CuSO4:5H2O`, `SO4-2`; None if it is no formula of known elements."""
    formula = re.sub(r"\((s|g|l|org|aq)\)$", "", formula)
    formula = re.sub(r"[+-]\d*$", "", formula)
    total = {}
    for part in formula.split(":"):
        factor = re.match(r"[\d.]*", part).group()
        counts = group(part[len(factor):])
        if counts is None:
            return None
        for element, count in counts.items():
            total[element] = total.get(element, 0.0) + count * float(factor or 1)
    return total


def group(text):
    """Element counts of a formula without hydrate or charge."""
    stack, at = [{}], 0
    token = re.compile(r"([A-Z][a-z]?)([\d.]*)|(\()|\)([\d.]*)")
    while at < len(text):
        match = token.match(text, at)
        if not match:
            return None
        at = match.end()
        element, count, opens, closes = match.groups()
        if element:
            try:
                molmass.ELEMENTS[element]
            except KeyError:
                return None
            stack[-1][element] = stack[-1].get(element, 0.0) + float(count or 1)
        elif opens:
            stack.append({})
        else:
            inner = stack.pop()
            if not stack:
                return None
            for element, count in inner.items():
                stack[-1][element] = stack[-1].get(element, 0.0) + count * float(closes or 1)
    return stack[0] if len(stack) == 1 else None


def check_elements(run, name):
    """Compositions against formulas, and masses of elements against foreign atomic masses."""
    for species in run["species"].values:
        counts = composition(str(species))
        own = run["composition"].sel(species=species)
        for element in run["element"].values if counts else ():
            got, expected = float(own.sel(element=element)), counts.get(str(element), 0.0)
            assert abs(got - expected) < 1e-9, f"{name}: {species} holds {got} {element}, its formula {expected}"
    compared = 0
    for element in run["element"].values:
        try:
            mass = molmass.ELEMENTS[str(element)].mass * 1e-3
        except KeyError:
            continue  # a pseudo-element: what an assay leaves unnamed
        expected = (run["amount"] * run["composition"].sel(element=element)).sum("species") * mass
        got = run["element_mass"].sel(element=element)
        error = float(abs(got - expected).max() / max(float(abs(expected).max()), 1e-30))
        # Sources differ that much where nature does (Li, S, Pb have intervals for standard atomic weights).
        assert error < 5e-4, f"{name}: mass of {element} is off by {error:.1e}"
        compared += 1
    return compared


def check_scenario(path, folder):
    name = path.name
    output = folder / (path.stem + ".h5")
    code, shown = lixivia("run", path.relative_to(ROOT), "--format", "json", "-o", output)
    assert code == 0, f"{name}: exit code {code}: {shown.get('error')}"
    assert shown["converged"] and shown["closure"]["worst_relative"] <= 1e-9, f"{name}: {shown['closure']}"
    assert shown["references"], f"{name}: no reference"
    assert pathlib.Path(shown["output"]) == output
    with xarray.open_dataset(output, engine="h5netcdf") as run:
        assert run["amount"].dims == ("stream", "species"), name
        assert run["amount"].attrs["units"] in ("mol", "mol/s") and run["mass"].attrs["units"], name
        assert run.attrs["scenario_sha256"] == shown["scenario"]["sha256"], name
        for stream, told in shown["streams"].items():
            row = run.sel(stream=stream)
            for species, amount in told["amounts"]["values"].items():
                assert float(row["amount"].sel(species=species)) == amount, (name, stream, species)
            assert numpy.isclose(float(row["element_mass"].sum()), float(row["mass"]), rtol=1e-3), (name, stream)
        compared = check_elements(run, name)
    with xarray.open_dataset(output, engine="h5netcdf", group="parameters") as parameters:
        assert all(str(source) for source in parameters["source"].values), f"{name}: a value without source"
    return f"{name}: closure {shown['closure']['worst_relative']:.1e}, {compared} elements recomputed"


def check_broken(folder):
    broken = folder / "broken.toml"
    broken.write_text("format = 1\ntitle = \"broken\"\nnonsense = = 3\n", "utf-8")
    code, shown = lixivia("run", broken, "--format", "json")
    assert code == 2 and not shown["converged"], (code, shown)
    assert shown["error"]["line"] == 3 and shown["error"]["column"] >= 1, shown["error"]


def check_schema(paths):
    """The JSON Schema that editors are given takes every scenario that the program takes."""
    text = subprocess.run([PROGRAM, "schema"], capture_output=True, text=True, encoding="utf-8", check=True).stdout
    validator = jsonschema.Draft202012Validator(json.loads(text))
    for path in paths:
        fault = next(validator.iter_errors(tomllib.loads(path.read_text("utf-8"))), None)
        assert fault is None, f"{path.name} at {fault.json_path}: {fault.message}"


def main():
    scenarios = sorted((ROOT / "scenarios").rglob("*.toml"))
    assert scenarios, "no scenarios"
    check_schema(scenarios + sorted((ROOT / "benches" / "workloads").glob("*.toml")))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_broken(folder)
        failures = []
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            running = {path: pool.submit(check_scenario, path, folder) for path in scenarios}
            for path, result in running.items():
                try:
                    print(result.result())
                except Exception as error:  # every failure is told before the check fails
                    failures.append(path.name)
                    print(f"FAILED {path.name}: {error}", file=sys.stderr)
    if failures:
        sys.exit(f"{len(failures)} of {len(scenarios)} scenarios failed: {', '.join(failures)}")
    print(f"{len(scenarios)} scenarios run, opened by h5py and xarray, elements recomputed")


main()
