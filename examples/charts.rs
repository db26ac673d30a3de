//! Draws one chart of each kind into a folder, to be looked at: `cargo run --example charts -- FOLDER`.

use std::path::Path;

use lixivia::report::chart::kinds::{self, Swing};
use lixivia::report::chart::{Axis, Chart, Grid, Layer, Stroke, chemical};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder")?;
    let charts = [
        ("time-course", time_course()),
        ("log", log_axes()),
        ("tornado", tornado()),
        ("surface", surface()),
        ("parity", parity()),
        ("histogram", histogram()),
        ("box", boxes()),
        ("regions", regions()),
        ("bars", bars()),
        ("heat", heat()),
    ];
    for (name, chart) in charts {
        chart.save(&Path::new(&folder).join(format!("{name}.svg")))?;
        chart.save(&Path::new(&folder).join(format!("{name}.png")))?;
    }
    Ok(())
}

/// A cheap sequence without pattern in 0..1.
fn noise(number: usize) -> f64 {
    (number as f64 * 12.9898).sin().mul_add(43758.5453, 0.0).rem_euclid(1.0)
}

fn time_course() -> Chart {
    let curve =
        |rate: f64| (0..=60).map(move |m| [f64::from(m), 100.0 * (1.0 - (-rate * f64::from(m)).exp())]);
    let measured = |rate: f64, seed: usize| -> Vec<[f64; 2]> {
        curve(rate)
            .step_by(10)
            .enumerate()
            .skip(1)
            .map(|(i, [t, x])| [t, x + 5.0 * noise(seed + i) - 2.5])
            .collect()
    };
    let band = curve(0.09).map(|[t, x]| [t, (x - 4.0).max(0.0), (x + 3.0).min(100.0)]).collect();
    let points = |name: &str, points: Vec<[f64; 2]>, colour| Layer::Points {
        name: name.into(),
        x_error: vec![],
        y_error: vec![[3.0, 3.0]; points.len()],
        points,
        colour: Some(colour),
    };
    Chart::new(
        "LiCoO₂ in 2 mol/L H₂SO₄ with H₂O₂",
        Axis::new("time").unit("min"),
        Axis::new("extraction").unit("%"),
    )
    .subtitle("80 °C, 20 g/L; bars: standard deviation of three samples (made-up numbers)")
    .layer(Layer::Band { name: "95 % of Monte Carlo".into(), points: band, colour: Some(0) })
    .layer(Layer::line("Li, model", curve(0.09).collect()).colour(0))
    .layer(Layer::line("Co, model", curve(0.05).collect()).colour(1).stroke(Stroke::Dashed))
    .layer(points("Li, measured", measured(0.09, 1), 0))
    .layer(points("Co, measured", measured(0.05, 50), 1))
}

fn log_axes() -> Chart {
    let line = |slope: f64| {
        (-40..=10).map(|i| 10_f64.powf(f64::from(i) / 10.0)).map(move |x| [x, 3e-5 * x.powf(slope)])
    };
    Chart::new(
        "Rate against concentration",
        Axis::new("c(H₂O₂)").unit("mol/L").log(),
        Axis::new("rate").unit("mol/(m2 s)").log(),
    )
    .layer(Layer::line("order 0.5", line(0.5).collect()))
    .layer(Layer::line("order 1", line(1.0).collect()))
    .layer(Layer::points("measured", line(0.8).step_by(7).collect()))
}

fn tornado() -> Chart {
    let swing = |name: &str, at_low, at_high| Swing { name: name.into(), at_low, at_high };
    let swings = [
        swing("activation energy of the surface reaction", 84.0, 96.5),
        swing("leach temperature", 88.0, 95.2),
        swing("H₂O₂ dose", 90.0, 93.0),
        swing("particle size P80", 94.0, 90.5),
        swing("acid excess", 92.0, 92.6),
    ];
    kinds::tornado("What moves cobalt recovery", Axis::new("cobalt recovery").unit("%"), 92.4, &swings)
}

fn grid(nx: usize, ny: usize, value: impl Fn(f64, f64) -> f64) -> Grid {
    let axis = |n: usize, low: f64, high: f64| -> Vec<f64> {
        (0..n).map(|i| low + (high - low) * i as f64 / (n - 1) as f64).collect()
    };
    let (x, y) = (axis(nx, 25.0, 95.0), axis(ny, 0.5, 4.0));
    let values = y.iter().flat_map(|&y| x.iter().map(move |&x| (x, y))).map(|(x, y)| value(x, y)).collect();
    Grid { x, y, values, label: "extraction of Co".into(), unit: Some("%".into()) }
}

fn recovery(celsius: f64, acid: f64) -> f64 {
    let rate = 0.02 * ((celsius - 25.0) / 22.0).exp() * acid.sqrt();
    100.0 * (1.0 - (-3.0 * rate).exp())
}

fn surface() -> Chart {
    let x = Axis::new("temperature").unit("degC");
    kinds::response_surface(
        "Extraction after 3 h",
        x,
        Axis::new("acid").unit("mol/L"),
        grid(41, 31, recovery),
    )
}

fn heat() -> Chart {
    let x = Axis::new("temperature").unit("degC");
    let grid = grid(9, 7, recovery);
    Chart::new("Extraction after 3 h", x, Axis::new("acid").unit("mol/L")).layer(Layer::Heat { grid })
}

fn parity() -> Chart {
    let group = |name: &str, seed: usize| {
        let point = |i| {
            [10.0 + 90.0 * noise(seed + i), 10.0 + 90.0 * noise(seed + i) + 14.0 * noise(3 * i + seed) - 7.0]
        };
        (name.to_owned(), (0..14).map(point).collect())
    };
    let groups = [
        group("Co, acid leach", 3),
        group("Ga, nitric acid", 40),
        group("Cu, bioleach", 90),
        group("Au, thiosulfate", 200),
    ];
    kinds::parity("Published cases", "extraction", "%", &groups, 0.1)
}

fn histogram() -> Chart {
    let value = |i: usize| 88.0 + 3.0 * (0..12).map(|k| noise(12 * i + k)).sum::<f64>() - 18.0 + 5.0;
    let values: Vec<f64> = (0..4000).map(value).collect();
    let marks = [("2.5 %".to_owned(), 87.1), ("median".to_owned(), 93.0), ("97.5 %".to_owned(), 98.9)];
    kinds::histogram("Monte Carlo, 4,000 cases", Axis::new("cobalt recovery").unit("%"), &values, &marks)
}

fn boxes() -> Chart {
    let group = |name: &str, seed: usize, spread: f64| {
        let value = |i: usize| {
            60.0 + seed as f64 + spread * ((0..4).map(|k| noise(seed + 9 * i + k)).sum::<f64>() - 2.0)
        };
        (name.to_owned(), (0..80).map(value).collect::<Vec<_>>())
    };
    let groups = [group("feed A", 1, 8.0), group("feed B", 7, 14.0), group("feed C", 13, 5.0)];
    kinds::box_plot("Recovery by feed", Axis::new("recovery").unit("%"), &groups)
}

fn regions() -> Chart {
    let region = |label: &str, colour, outline: &[[f64; 2]]| Layer::Region {
        label: label.into(),
        detail: String::new(),
        outline: outline.to_vec(),
        colour,
    };
    let water = |at_zero: f64| vec![[0.0, at_zero], [14.0, at_zero - 0.0592 * 14.0]];
    Chart::new(
        "Cobalt in water at 25 °C (sketch)",
        Axis::new("pH").range(0.0, 14.0),
        Axis::new("Eh").unit("V").range(-1.2, 2.0),
    )
    .subtitle("total dissolved Co 10⁻³ mol/kg; dashed: stability of water")
    .size(560.0, 520.0)
    .layer(region(&chemical("Co+2"), Some(0), &[[0.0, -0.37], [7.5, -0.37], [7.5, 1.15], [0.0, 1.75]]))
    .layer(region("Co(s)", Some(6), &[[0.0, -1.2], [14.0, -1.2], [14.0, -0.76], [7.5, -0.37], [0.0, -0.37]]))
    .layer(region(&chemical("Co(OH)2(s)"), Some(2), &[[7.5, -0.37], [14.0, -0.76], [14.0, 0.2], [7.5, 0.6]]))
    .layer(region(
        "CoOOH(s)",
        Some(1),
        &[[7.5, 0.6], [14.0, 0.2], [14.0, 2.0], [2.9, 2.0], [2.9, 1.52], [7.5, 1.15]],
    ))
    .layer(region(&chemical("Co+3"), Some(3), &[[0.0, 1.75], [2.9, 1.52], [2.9, 2.0], [0.0, 2.0]]))
    .layer(Layer::line("", water(0.0)).colour(7).stroke(Stroke::Dashed))
    .layer(Layer::line("", water(1.229)).colour(7).stroke(Stroke::Dashed))
}

fn bars() -> Chart {
    let names =
        ["sulfuric acid", "hydrogen peroxide", "lime", "sodium hydroxide", "wash water", "diesel", "steam"];
    let names: Vec<String> = names.map(str::to_owned).into();
    let values = [12_500.0, 4_300.0, 8_700.0, 2_100.0, 18_400.0, 300.0, 9_900.0];
    kinds::bars("Reagents and utilities", &names, Axis::new("use").unit("kg/d"), &values)
}
