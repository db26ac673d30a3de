//! Derivatives of whole plants against extrapolated differences of the plants, which know nothing of how derivatives are carried.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use lixivia::numerics::difference;
use lixivia::scenario::{Library, Model};
use lixivia::sweep::engine::Model as _;
use lixivia::sweep::plant::Plant;
use lixivia::sweep::sensitivity::Sensitivities;
use std::sync::LazyLock;

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::load(None).unwrap());

/// A plant with its own derivatives and those by differences, `[number][factor]`.
struct Compared {
    found: Sensitivities,
    differences: Vec<Vec<f64>>,
    point: Vec<f64>,
    paths: Vec<String>,
}

fn compare(text: &str, overrides: &[&str], paths: &[&str], outputs: &[&str], share: f64) -> Compared {
    let overrides: Vec<String> = overrides.iter().map(|&one| one.to_owned()).collect();
    let model = Model::parse("test.toml", text, &LIBRARY, &overrides)
        .unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    let paths: Vec<String> = paths.iter().map(|&path| path.to_owned()).collect();
    let outputs: Vec<(String, String)> =
        outputs.iter().map(|&path| (path.to_owned(), path.to_owned())).collect();
    let (plant, point) = Plant::with_paths(model, &LIBRARY, &paths, &outputs).unwrap();
    let found = plant.sensitivities(&point, &point).unwrap();
    let mut differences = vec![vec![0.0; point.len()]; found.row.len()];
    for factor in 0..point.len() {
        let at = |shift: f64| {
            let (mut moved, mut row) = (point.clone(), found.row.clone());
            moved[factor] += shift;
            plant.run(0, &moved, &mut row).ok().map(|()| row)
        };
        // rates change with some twentieth of the temperature's own change
        let share = if paths[factor].ends_with("temperature") { 0.05 * share } else { share };
        let slopes = difference::slopes(at, &found.row, share * point[factor]).unwrap();
        for (own, (slope, _)) in differences.iter_mut().zip(slopes) {
            own[factor] = slope;
        }
    }
    Compared { found, differences, point, paths }
}

impl Compared {
    /// Holds each derivative against its difference, as a change of the output per relative change of the factor, over the largest
    /// such change of that output.
    fn agree_within(&self, allowed: f64) {
        let (mut worst, mut what) = (0.0_f64, String::new());
        for (number, row) in self.differences.iter().enumerate() {
            let relative = |slope: f64, factor: usize| slope * self.point[factor];
            let largest = row.iter().enumerate().map(|(f, slope)| relative(*slope, f).abs());
            let largest = largest.fold(1e-9 * self.found.row[number].abs(), f64::max).max(1e-12);
            for (factor, want) in row.iter().enumerate() {
                let got = self.found.gradient(number)[factor];
                let off = (relative(got, factor) - relative(*want, factor)).abs() / largest;
                if off > worst || off.is_nan() {
                    worst = off;
                    what = format!("number {number} by {}: {got}, differences {want}", self.paths[factor]);
                }
            }
        }
        assert!(worst <= allowed, "{what}: off by {worst:.1e}");
    }

    fn exact(self) -> Compared {
        assert!(self.found.differenced.is_empty(), "{:?}", self.found.differenced);
        assert!(self.found.doubt.iter().all(|doubt| *doubt == 0.0));
        self
    }
}

fn shipped(name: &str) -> String {
    std::fs::read_to_string(format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Times that a factor moves: the points of the course move with it, and each shows where it lies.
#[test]
fn recorded_times_have_slopes() {
    let compared = compare(
        &shipped("lco-sulfuric-peroxide"),
        &["units.leach.tolerance=1e-10", "units.leach.points=5", "units.leach.time=\"20 min\""],
        &["units.leach.time", "parameters.k_p"],
        &["units.leach.profile.extraction.Li"],
        1e-3,
    );
    let found = &compared.found;
    assert_eq!(found.row.len(), 10, "five points of the course and their times");
    for point in 0..5_u32 {
        // the times divide the whole evenly
        let want = f64::from(point) / 4.0;
        let slopes = found.gradient(5 + point as usize);
        assert!((slopes[0] - want).abs() < 1e-6 && slopes[1] == 0.0, "{point}: {slopes:?}");
    }
    assert!(found.differenced.contains("leach"), "{:?}", found.differenced);
    compared.agree_within(1e-5);
}

/// Peroxide that falls, acid that is used up, sizes in classes; course and cake.
#[test]
fn a_batch_leach_its_course_and_its_filter() {
    let compared = compare(
        &shipped("lco-sulfuric-peroxide"),
        &["units.leach.tolerance=1e-10", "units.leach.points=5", "units.leach.time=\"20 min\""],
        &[
            "parameters.k_p",
            "parameters.k_p.ea",
            "parameters.k_a",
            "parameters.k_d.ea",
            "parameters.K_2",
            "units.leach.temperature",
            "units.solids.mass",
            "units.liquor.volume",
            "units.liquor.solution.H2SO4",
            "units.filter.moisture",
        ],
        &[
            "units.leach.extraction.Co",
            "units.leach.profile.extraction.Li",
            "units.leach.profile.concentration.H2O2",
            "plant.recovery.Co",
            "streams.filter.cake.grade.Co",
            "streams.filter.filtrate.free_acid",
            "streams.filter.filtrate.volume",
        ],
        1e-3,
    );
    compared.exact().agree_within(1e-6);
}

/// An order, a rate constant and its energy, as the shipped fit has them.
#[test]
fn the_shipped_fit_s_scenario() {
    let compared = compare(
        &shipped("nmc111-lactic-peroxide"),
        &["units.leach.tolerance=1e-10", "units.leach.time=\"10 min\""],
        &["parameters.k_r", "parameters.k_r.ea", "parameters.n_r", "units.solids.mass"],
        &["units.leach.extraction.Co", "plant.recovery.Li"],
        1e-3,
    );
    compared.exact().agree_within(1e-6);
}

/// Particle sizes, a ramp of temperature and an addition on the way: two segments, the second with worn particles.
#[test]
fn a_fed_batch_with_a_ramp() {
    let text = shipped("lco-sulfuric-peroxide")
        .replace("\"liquor -> leach.feed\"", "\"liquor -> leach.feed\", \"more -> leach.staged\"")
        .replace(
            "temperature = \"80 degC\"",
            "temperature_profile = [{ time = \"0 min\", temperature = \"40 degC\" }, { time = \"15 min\", temperature = \"70 degC\" }]\n\
             additions = [{ time = \"8 min\", share = \"100 %\" }]\ntolerance = 1e-10\npoints = 4",
        )
        .replace("time = \"60 min\"", "time = \"25 min\"")
        .replace("mass = \"50 g\"", "mass = \"50 g\"\nsize = { distribution = \"log-normal\", d50 = \"12 um\", sigma = 0.4 }")
        + "[units.more]\ntype = \"feed\"\nvolume = \"0.2 L\"\nsolution = { H2O2 = \"2 mol/L\" }\n";
    let compared = compare(
        &text,
        &[],
        &["parameters.k_p", "units.solids.size.d50", "units.more.volume", "parameters.k_a.ea"],
        &["units.leach.profile.extraction.Co", "plant.recovery.Co"],
        1e-3,
    );
    compared.exact().agree_within(2e-6);
}

/// Three tanks in a row by the implicit function theorem, with a distribution of cores between them.
#[test]
fn a_cascade_of_tanks() {
    let compared = compare(
        &shipped("coal-refuse-leach"),
        &["units.leach.tanks=3"],
        &["units.leach.residence_time", "units.solids.mass", "units.liquor.volume"],
        &["plant.recovery.Al", "plant.recovery.Y", "streams.leach.slurry.free_acid"],
        1e-3,
    );
    compared.exact().agree_within(1e-6);
}

/// At 65 degC the data of a density end, and with them the slope on one side. A continuous leach whose thickener returns `back` of one of its streams to the tanks.
fn returning(port: &str, other: &str, back: &str) -> String {
    format!(
        r#"
format = 1
title = "Leach with a recycle"
basis = "continuous"
processes = ["cobalt/lco-sulfuric-peroxide"]
flowsheet = [
    "powder -> leach.feed", "acid -> leach.feed", "leach.slurry -> settle.feed",
    "settle.{port} -> split.feed", "split.back -> leach.feed", "split.rest -> out.feed", "settle.{other} -> rest.feed",
]
[units.powder]
type = "feed"
feedstock = "lco-powder"
mass = "60 kg/h"
size = {{ distribution = "rosin-rammler", d63 = "14 um", n = 1.2 }}
classes = 4
[units.acid]
type = "feed"
volume = "1 m3/h"
solution = {{ H2SO4 = "1.5 mol/L", H2O2 = "0.4 mol/L" }}
[units.leach]
type = "cstr-leach"
tanks = 2
residence_time = "0.5 h"
temperature = "61 degC"
[units.settle]
type = "thickener"
underflow_solids = "20 wt%"
[units.split]
type = "splitter"
shares = {{ back = "{back}" }}
[units.out]
type = "product"
[units.rest]
type = "discharge"
"#
    )
}

const LOOP_FACTORS: [&str; 7] = [
    "units.leach.temperature",
    "parameters.k_p",
    "parameters.k_p.ea",
    "units.powder.mass",
    "units.powder.size.d63",
    "units.settle.underflow_solids",
    "units.split.shares.back",
];

/// Liquor that returns: the derivative of the loop against differences of loops that were converged anew.
#[test]
fn a_loop_of_liquor() {
    let compared = compare(
        &returning("overflow", "underflow", "40 %"),
        &[],
        &LOOP_FACTORS,
        &["units.leach.extraction.Co", "streams.split.rest.concentration.Co+2", "streams.leach.slurry.mass"],
        1e-3,
    );
    compared.exact().agree_within(1e-6);
}

/// Solids that return, with their worn cores, beside fresh ones: settled only when the cores are.
#[test]
fn a_loop_of_particles() {
    let compared = compare(
        &returning("underflow", "overflow", "60 %"),
        &[],
        &LOOP_FACTORS,
        &["units.leach.extraction.Co", "streams.split.rest.amount.LiCoO2(s)", "plant.recovery.Co"],
        1e-3,
    );
    compared.exact().agree_within(1e-9);
}

/// What has no derivatives of its own is differenced alone, and named.
#[test]
fn a_unit_without_derivatives_is_named() {
    let text = returning("overflow", "underflow", "40 %")
        + "[units.make]\ntype = \"make-up\"\nadditions = [{ reagent = \"H2SO4\", concentration = \"1.5 mol/L\" }]\n";
    let text =
        text.replace("split.back -> leach.feed", "split.back -> make.feed\", \"make.out -> leach.feed");
    let compared = compare(
        &text,
        &[],
        &["parameters.k_p", "units.powder.mass"],
        &["units.leach.extraction.Co", "streams.split.rest.concentration.H2O2"],
        1e-3,
    );
    assert_eq!(compared.found.differenced.iter().collect::<Vec<_>>(), ["make"]);
    compared.agree_within(1e-6);
}
