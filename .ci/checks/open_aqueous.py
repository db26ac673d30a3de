"""Opens a titration and an Eh-pH map of the program with xarray: labelled dimensions, units, known values."""

import pathlib
import subprocess
import tempfile

import xarray

PROGRAM = pathlib.Path("target/debug/lixivia").resolve()

with tempfile.TemporaryDirectory() as folder:
    liquor = ["--total", "Fe(3)=0.02 mol/kg", "--total", "S(6)=0.1 mol/kg"]
    titrate = ["--titrate", "NaOH", "--to-ph", "8", "--solids", "fresh", "-o", "t.h5"]
    subprocess.run([PROGRAM, "speciate", *liquor, *titrate], check=True, cwd=folder)
    subprocess.run([PROGRAM, "pourbaix", "Cu", "-o", "m.h5"], check=True, cwd=folder)

    with xarray.open_dataset(pathlib.Path(folder, "t.h5"), engine="h5netcdf") as course:
        assert course["molality"].dims == ("dose", "species") and course["dose"].attrs["units"] == "mol/kg"
        assert abs(float(course["pH"][-1]) - 8) < 1e-6
        iron = course["dissolved"].sel(component="Fe(3)")
        assert abs(float(iron[0]) - 0.02) < 1e-9 and float(iron[-1]) < 1e-6, "iron comes down"
        sodium = course["dissolved"].sel(component="Na")
        assert abs(sodium - course["dose"]).max() < 1e-9, "sodium stays"

    with xarray.open_dataset(pathlib.Path(folder, "m.h5"), engine="h5netcdf") as atlas:
        domain = lambda ph, eh: str(atlas["domain"].values[int(atlas["stable"].sel(pH=ph, Eh=eh, method="nearest"))])
        assert [domain(2, 0.8), domain(2, -0.5), domain(10, 0.5)] == ["Cu+2", "Cu(cr)", "CuO(s)"]
        assert atlas["water_oxygen"].attrs["units"] == "V"

print("xarray", xarray.__version__, "reads titrations and maps")
