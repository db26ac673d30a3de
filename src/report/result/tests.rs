//! A small plant in every form.

use super::*;
use crate::report::hdf5::{Data, read};
use crate::report::table::Style;

/// A leach whose slurry goes to a product; made-up numbers.
pub(crate) fn sample() -> RunResult {
    let stream = |name: &str, from: &str, to: &str, cobalt: f64| StreamRow {
        name: name.into(),
        from: from.into(),
        to: to.into(),
        temperature: 353.15,
        pressure: 101_325.0,
        mass: 0.5,
        solids: 0.02,
        liquor_volume: 4.5e-4,
        amounts: vec![20.0, cobalt],
        elements: vec![0.04, 0.32, cobalt * 0.058933],
    };
    RunResult {
        scenario: Scenario {
            title: "A leach".into(),
            file: "leach.toml".into(),
            text: "format = 1\n".into(),
            overrides: vec!["units.leach.temperature=80 degC".into()],
        },
        version: "0.1.0".into(),
        seed: 1,
        continuous: true,
        species: vec![
            SpeciesRow {
                name: "H2O".into(),
                phase: "aqueous".into(),
                molar_mass: 0.018015,
                composition: vec![2.0, 1.0, 0.0],
            },
            SpeciesRow {
                name: "Co+2".into(),
                phase: "aqueous".into(),
                molar_mass: 0.058933,
                composition: vec![0.0, 0.0, 1.0],
            },
        ],
        elements: vec!["H".into(), "O".into(), "Co".into()],
        units: vec![("feed".into(), "feed".into()), ("leach".into(), "cstr-leach".into())],
        streams: vec![
            stream("feed.out", "feed", "leach", 0.0),
            stream("leach.slurry", "leach", "product", 0.5),
        ],
        balances: vec![Balance {
            unit: "leach".into(),
            element: "Co".into(),
            inlet: 0.5,
            outlet: 0.5,
            relative: 3.0e-14,
        }],
        worst_closure: 3.0e-14,
        recoveries: vec![Recovery {
            product: String::new(),
            element: "Co".into(),
            recovery: 0.93,
            grade: 0.06,
            mass: 0.03,
        }],
        figures: vec![
            Figure { name: "units.leach.extraction.Co".into(), value: 0.95, unit: "1".into() },
            Figure { name: "units.leach.pH".into(), value: 1.5, unit: "1".into() },
        ],
        profiles: vec![ProfileRows {
            unit: "leach".into(),
            axis: "time".into(),
            axis_unit: "s".into(),
            at: vec![0.0, 60.0],
            series: vec![SeriesRow {
                name: "conversion.LiCoO2(s)".into(),
                unit: "1".into(),
                particles: None,
                values: vec![0.0, 0.95],
            }],
        }],
        uses: vec![Use {
            unit: "leach".into(),
            kind: "utility".into(),
            name: "heating".into(),
            value: 12_000.0,
            of: "W".into(),
        }],
        controls: vec![],
        parameters: vec![ParameterRow {
            name: "cobalt/lco.k_a".into(),
            value: 1e-8,
            unit: "m/s".into(),
            source: "estimate".into(),
            sigma: String::new(),
            range: "25 degC to 80 degC".into(),
            note: "why".into(),
        }],
        references: vec![("key2019".into(), "A. Author, A Journal, 2019".into())],
        warnings: vec![("leach".into(), "outside the range".into())],
        tolerances: vec![("tear".into(), 1e-11)],
        statistics: vec![("passes".into(), 1.0)],
        history: vec![ResidualRow {
            pass: 1,
            stream: "leach.slurry".into(),
            element: "Co".into(),
            change: 1e-12,
        }],
        seconds: 0.01,
    }
}

#[test]
fn the_file_holds_streams_sources_and_the_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    sample().write_hdf5(&path).unwrap();
    let file = read(&path).unwrap();
    let amount = file.find_dataset("amount").unwrap();
    assert_eq!((amount.dims.join(","), amount.units.as_deref()), ("stream,species".into(), Some("mol/s")));
    assert_eq!(file.find_dataset("scenario/text").unwrap().data, Data::Text(vec!["format = 1\n".into()]));
    assert_eq!(file.find_dataset("profiles/leach/conversion.LiCoO2(s)").unwrap().dims, ["time"]);
    assert_eq!(file.find_dataset("kpis/plant.recovery.Co").unwrap().data, Data::F64(vec![0.93]));
    assert_eq!(file.find_dataset("parameters/source").unwrap().dims, ["parameter"]);
    assert!(file.find_attribute("scenario_sha256").is_some());
}

#[test]
fn sha256_is_that_of_the_text() {
    // FIPS 180-2, appendix B.1: the message "abc".
    let scenario = Scenario { text: "abc".into(), ..Scenario::default() };
    assert_eq!(scenario.sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn json_has_what_is_promised() {
    let json = sample().json(Some(Path::new("leach.h5")));
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["converged"], true);
    assert_eq!(json["closure"]["worst_relative"], 3.0e-14);
    assert_eq!(json["kpis"]["plant.recovery.Co"]["value"], 0.93);
    assert_eq!(json["streams"]["leach.slurry"]["amounts"]["values"]["Co+2"], 0.5);
    assert_eq!(json["output"], "leach.h5");
}

#[test]
fn a_failure_says_where() {
    let failure = RunFailure {
        code: "Q01".into(),
        message: "`temperature` needs a unit".into(),
        place: Some(("a.toml".into(), 14, 15)),
        history: sample().history,
        ..RunFailure::default()
    };
    let json = failure.json();
    assert_eq!(json["converged"], false);
    assert_eq!(json["error"]["line"], 14);
    assert_eq!(json["residuals"][0]["element"], "Co");
    assert_eq!(failure.residual_table().unwrap().rows.len(), 1);
}

#[test]
fn the_summary_speaks_the_units_of_the_field() {
    let text = sample().summary(Style::default(), Some(Path::new("leach.h5")));
    for expected in ["93.00", "°C", "80.0", "kg/h", "leach.extraction.Co", "95.00", "kW", "pH", "1.500"] {
        assert!(text.contains(expected), "no {expected} in:\n{text}");
    }
    assert!(text.contains("Balances close to 3.0e-14 (Co around leach)"), "{text}");
    assert!(
        text.contains("warning: leach: outside the range") && text.ends_with("Wrote leach.h5\n"),
        "{text}"
    );
}

/// A line of a class of particles is named by their size; classes of one size by their number too.
#[test]
fn cores_are_labelled_with_the_size_of_their_particles() {
    let core = |number: usize, diameter: f64| SeriesRow {
        name: format!("core.LiCoO2(s).{number}"),
        unit: "1".into(),
        particles: Some(diameter),
        values: vec![1.0, 0.5 / number as f64],
    };
    let mut run = sample();
    run.profiles[0].series = vec![core(1, 12e-6), core(2, 30e-6), core(3, 30e-6)];
    let chart = run.profile_charts()[0].svg();
    for label in ["LiCoO₂(s), 12 um", "LiCoO₂(s), 30 um (2)", "LiCoO₂(s), 30 um (3)"] {
        assert!(chart.contains(label), "{label}: {chart}");
    }
    let group = run.to_hdf5();
    let words = format!("{group:?}");
    assert!(words.contains("core.LiCoO2(s).2, particles of 30 um at the start"), "{words}");
}
