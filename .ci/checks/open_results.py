"""Opens a file of our HDF5 writer with h5py and xarray: labelled dimensions, units, plain text."""

import pathlib
import subprocess
import tempfile

import h5py
import numpy
import xarray

with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "sample.h5"
    subprocess.run(["cargo", "run", "--quiet", "--example", "hdf5_sample", "--", path, "2500"], check=True)

    with h5py.File(path) as file:
        assert list(file)[:3] == ["stream", "species", "amount"], "members keep their order"
        assert file.attrs["lixivia_version"] and isinstance(file.attrs["lixivia_version"], str)
        amount = file["amount"]
        assert amount.attrs["units"] == "mol/s" and isinstance(amount.attrs["units"], str)
        assert [axis[0].name for axis in amount.dims] == ["/stream", "/species"], "dimension scales"
        assert file["stream"].asstr()[:].tolist() == ["feed", "Überlauf"]
        assert "_FillValue" not in amount.attrs

    with xarray.open_dataset(path, engine="h5netcdf") as run:
        assert run["amount"].dims == ("stream", "species")
        assert float(run["amount"].sel(stream="Überlauf", species="Li+")) == 6.0
        assert numpy.isnan(run["amount"].sel(stream="feed", species="Li+"))
        assert run["amount"].attrs["units"] == "mol/s" and run["amount"].attrs["long_name"]

    with xarray.open_dataset(path, engine="h5netcdf", group="leach") as leach:
        assert float(leach["conversion"].sel(time=60.0)) == 0.5
        assert leach["time"].attrs["units"] == "s"

    with xarray.open_dataset(path, engine="h5netcdf", group="sweep") as sweep:
        assert sweep.sizes == {"case": 2500}
        expected = numpy.sqrt(numpy.arange(2500.0))
        assert all(numpy.array_equal(sweep[f"output{column}"], expected) for column in range(40))

print("h5py", h5py.__version__, "and xarray", xarray.__version__, "read dimensions, units and values")
