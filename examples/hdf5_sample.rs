//! Writes the HDF5 file that `.ci/checks/open_results.py` opens with h5py and xarray:
//! `cargo run --example hdf5_sample -- FILE [ROWS]`; with ROWS it also measures appending.

use std::path::PathBuf;
use std::time::Instant;

use lixivia::report::hdf5::{Data, Dataset, Extendable, Group, Kind, Writer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("name a file")?);
    let rows: usize = arguments.next().map_or(Ok(10), |rows| rows.parse())?;

    let mut root = Group::new();
    root.attribute("lixivia_version", env!("CARGO_PKG_VERSION")).attribute("seed", 7_i64);
    root.dataset("stream", Dataset::row(["feed", "Überlauf"].as_slice(), "stream"));
    root.dataset("species", Dataset::row(["H2O", "Co+2", "Li+"].as_slice(), "species"));
    let amounts = vec![1.0, 2.0, f64::NAN, 4.0, 5.0, 6.0];
    let amount = Dataset::new(amounts, &[2, 3], &["stream", "species"]).units("mol/s");
    root.dataset("amount", amount.long_name("amount of each species in each stream"));
    let mut leach = Group::new();
    leach.dataset("time", Dataset::row(vec![0.0, 60.0, 120.0], "time").units("s"));
    leach.dataset("conversion", Dataset::row(vec![0.0, 0.5, 0.75], "time").units("1"));

    let mut writer = Writer::create(&path)?;
    writer.put("", &root)?;
    writer.put("leach", &leach)?;
    let mut columns = Vec::new();
    for column in 0..40 {
        let described = Extendable::column(Kind::F64, "case").units("kg/h");
        columns.push(writer.extendable(&format!("sweep/output{column}"), &described)?);
    }
    let start = Instant::now();
    for first in (0..rows).step_by(1000) {
        for &column in &columns {
            let block = (first..rows.min(first + 1000)).map(|row| (row as f64).sqrt()).collect();
            writer.append(column, &Data::F64(block))?;
        }
    }
    writer.finish()?;
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("{rows} rows of 40 columns in {seconds:.2} s");
    Ok(())
}
