//! Charts of any data are well-formed, repeatable and drawn by the embedded font.

use super::*;

fn sample() -> Chart {
    Chart::new("a < b & \"c\"", Axis::new("t").unit("h"), Axis::new("c").unit("mol/m3"))
        .layer(Layer::line("model", vec![[0.0, 0.0], [1.0, f64::NAN], [2.0, 5.0]]))
        .layer(Layer::points("measured", vec![[1.0, 2.0], [f64::INFINITY, 1.0]]))
}

#[test]
fn text_is_escaped_and_no_number_is_nan() {
    let svg = sample().svg();
    assert!(svg.contains("a &lt; b &amp; &quot;c&quot;") && svg.contains("mol/m³"));
    assert!(!svg.contains("NaN") && !svg.contains("\"inf"), "{svg}");
}

#[test]
fn equal_charts_give_equal_bytes() {
    assert_eq!(sample().svg(), sample().svg());
    assert_eq!(sample().png(1.0).unwrap(), sample().png(1.0).unwrap());
}

#[test]
fn pngs_have_the_size_asked_for() {
    let png = sample().size(320.0, 200.0).png(2.0).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    let number = |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
    assert_eq!((number(16), number(20)), (640, 400));
}

#[test]
fn the_embedded_font_draws_words() {
    let blank = Chart::new("", Axis::new(""), Axis::new("")).png(1.0).unwrap();
    let titled = Chart::new("Words", Axis::new(""), Axis::new("")).png(1.0).unwrap();
    assert!(titled.len() > blank.len() + 200, "a title of missing glyphs draws nothing");
}

#[test]
fn odd_data_are_drawn_without_panic() {
    for values in
        [vec![], vec![[f64::NAN, f64::NAN]], vec![[0.0, 0.0]], vec![[-1e300, 1e300], [1e300, -1e300]]]
    {
        for axis in [Axis::new("x"), Axis::new("x").log(), Axis::new("x").range(2.0, 1.0)] {
            let chart = Chart::new("odd", axis.clone(), axis)
                .layer(Layer::line("line", values.clone()))
                .layer(Layer::points("points", values.clone()))
                .layer(Layer::Region { label: "r".into(), outline: values.clone(), colour: Some(1) });
            let svg = chart.svg();
            assert!(!svg.contains("NaN"), "{svg}");
        }
    }
    let grid = Grid { x: vec![], y: vec![], values: vec![], label: "z".into(), unit: None };
    let empty = kinds::response_surface("empty", Axis::new("x"), Axis::new("y"), grid);
    assert!(empty.png(1.0).is_ok());
    assert!(kinds::box_plot("empty", Axis::new("v"), &[("none".into(), vec![])]).png(1.0).is_ok());
}
