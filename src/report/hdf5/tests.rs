//! Round trips, growth, equal bytes, and failures that leave nothing behind.

use std::fs;
use std::path::Path;

use super::*;
use crate::report::durable::FileError;

/// What a small run leaves: two streams, three species, a profile in a group of its own.
fn sample() -> Group {
    let mut profile = Group::new();
    profile.dataset("time", Dataset::row(vec![0.0, 60.0, 120.0], "time").units("s"));
    profile.dataset("conversion", Dataset::row(vec![0.0, 0.5, 0.75], "time").units("1"));
    let mut root = Group::new();
    root.attribute("lixivia_version", "0.1.0").attribute("seed", 7_i64).attribute("tolerance", 1e-9);
    root.dataset("stream", Dataset::row(["feed", "Überlauf"].as_slice(), "stream"));
    root.dataset("species", Dataset::row(["H2O", "Co+2", "Li+"].as_slice(), "species"));
    root.dataset(
        "amount",
        Dataset::new(vec![1.0, 2.0, f64::NAN, 4.0, 5.0, 6.0], &[2, 3], &["stream", "species"])
            .units("mol/s")
            .long_name("amount of each species in each stream"),
    );
    root.dataset("count", Dataset::scalar(vec![3_i64]).attribute("basis", "batch"));
    root.group("leach", profile);
    root
}

fn saved(folder: &Path, name: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    write(&path, &sample()).unwrap();
    path
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let back = read(&saved(folder.path(), "a.h5")).unwrap();
    let names: Vec<_> = back.members.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["stream", "species", "amount", "count", "leach"]);
    let amount = back.find_dataset("amount").unwrap();
    assert_eq!((amount.shape.as_slice(), amount.units.as_deref()), (&[2, 3][..], Some("mol/s")));
    assert_eq!(amount.dims, ["stream", "species"]);
    let Data::F64(values) = &amount.data else { panic!("not numbers") };
    assert!(values[2].is_nan() && values[5] == 6.0);
    assert_eq!(back.find_dataset("stream").unwrap().data, Data::from(["feed", "Überlauf"].as_slice()));
    assert_eq!(back.find_dataset("leach/conversion").unwrap().dims, ["time"]);
    assert_eq!(back.find_attribute("seed"), Some(&Attribute::I64(7)));
    assert_eq!(back.find_attribute("lixivia_version"), Some(&Attribute::from("0.1.0")));
}

#[test]
fn equal_content_gives_equal_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let first = fs::read(saved(folder.path(), "a.h5")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1100)); // HDF5's clock ticks in seconds
    assert_eq!(first, fs::read(saved(folder.path(), "b.h5")).unwrap());
}

#[test]
fn rows_grow_in_blocks_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sweep.h5");
    let mut writer = Writer::create(&path).unwrap();
    let mut coordinates = Group::new();
    coordinates.dataset("time", Dataset::row(vec![0.0, 1.0], "time").units("s"));
    writer.put("", &coordinates).unwrap();
    let column = Extendable::column(Kind::F64, "case").by(&[("time", 2)]).units("1").chunk_rows(4);
    let profile = writer.extendable("profile", &column).unwrap();
    let status = writer.extendable("out/status", &Extendable::column(Kind::Text, "case")).unwrap();
    let mut case = 0;
    for block in [1, 5, 4, 10] {
        let rows: Vec<f64> = (case..case + block).flat_map(|i| [i as f64, -(i as f64)]).collect();
        writer.append(profile, &Data::F64(rows)).unwrap();
        let texts = (case..case + block).map(|i| format!("ok {i}")).collect::<Vec<_>>();
        writer.append(status, &Data::Text(texts)).unwrap();
        case += block;
    }
    writer.finish().unwrap();

    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.shape("profile").unwrap(), [20, 2]);
    assert_eq!(reader.rows("profile", 9..11).unwrap(), Data::F64(vec![9.0, -9.0, 10.0, -10.0]));
    assert_eq!(reader.rows("out/status", 19..20).unwrap(), Data::Text(vec!["ok 19".into()]));
    assert_eq!(reader.dataset("profile").unwrap().dims, ["case", "time"]);
    assert!(reader.rows("profile", 19..21).is_err());
    assert_eq!(reader.names("").unwrap(), ["time", "profile", "out", "case"]);
    assert_eq!(read(&path).unwrap().members.len(), 3, "the bare scale of `case` is no content");
}

#[test]
fn large_arrays_are_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    let mut root = Group::new();
    root.dataset("x", Dataset::new(vec![1.0; 300_000], &[1000, 300], &["a", "b"]));
    write(&path, &root).unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 200_000);
    assert_eq!(read(&path).unwrap().find_dataset("x").unwrap().data, Data::F64(vec![1.0; 300_000]));
}

#[test]
fn many_columns_share_one_dimension() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    let mut root = Group::new();
    root.dataset("case", Dataset::row(vec![0_i64, 1], "case"));
    for column in 0..300 {
        root.dataset(&format!("c{column}"), Dataset::row(vec![0.0, 1.0], "case"));
    }
    write(&path, &root).unwrap();
    assert_eq!(Reader::open(&path).unwrap().dataset("c299").unwrap().dims, ["case"]);
}

#[test]
fn a_faulty_description_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(folder.path(), "a.h5");
    let before = fs::read(&path).unwrap();
    let mut wrong = Group::new();
    wrong.dataset("x", Dataset::new(vec![1.0, 2.0], &[3], &["n"]));
    assert!(write(&path, &wrong).unwrap_err().to_string().contains("2 values"));
    let mut clash = Group::new();
    clash.dataset("n", Dataset::row(vec![1.0, 2.0], "n"));
    clash.dataset("x", Dataset::row(vec![1.0, 2.0, 3.0], "n"));
    assert!(write(&path, &clash).unwrap_err().to_string().contains("3 values along `n`"));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn reading_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("a.txt");
    fs::write(&text, "not HDF5").unwrap();
    assert!(read(&text).unwrap_err().to_string().contains("not an HDF5 file"));
    let missing = read(&folder.path().join("no.h5")).unwrap_err();
    assert!(matches!(missing, FileError::NotFound { .. }), "{missing}");
    let file = saved(folder.path(), "a.h5");
    let no_dataset = Reader::open(&file).unwrap().dataset("nothing").unwrap_err();
    assert!(no_dataset.to_string().contains("`nothing`"), "{no_dataset}");
}
