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
                .layer(Layer::Region {
                    label: "r".into(),
                    detail: "words".into(),
                    outline: values.clone(),
                    colour: Some(1),
                })
                .layer(Layer::Tag { text: "t".into(), places: values.clone(), colour: 1 });
            let svg = chart.svg();
            assert!(!svg.contains("NaN"), "{svg}");
        }
    }
    let grid = Grid { x: vec![], y: vec![], values: vec![], label: "z".into(), unit: None };
    let empty = kinds::response_surface("empty", Axis::new("x"), Axis::new("y"), grid);
    assert!(empty.png(1.0).is_ok());
    assert!(kinds::box_plot("empty", Axis::new("v"), &[("none".into(), vec![])]).png(1.0).is_ok());
}

/// Where the words of a picture stand: their middle and text.
fn words_of(svg: &str) -> Vec<([f64; 2], String)> {
    let of = |line: &str| {
        let number = |name: &str| -> f64 {
            let from = line.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
            line[from..].split('"').next().unwrap().parse().unwrap()
        };
        let text = line[line.find('>').unwrap() + 1..].split('<').next().unwrap().to_owned();
        ([number("x"), number("y")], text)
    };
    svg.lines().filter(|line| line.starts_with("<text")).map(of).collect()
}

/// A wide region keeps its words off the line through its middle, a strip of one pixel has them outside with a line to it.
#[test]
fn words_of_regions_cover_no_line_and_are_all_there() {
    let region = |label: &str, from: f64, to: f64| Layer::Region {
        label: label.into(),
        detail: String::new(),
        outline: vec![[from, 0.0], [to, 0.0], [to, 10.0], [from, 10.0]],
        colour: None,
    };
    let axis = || Axis::new("x").range(0.0, 10.0);
    let chart = Chart::new("", axis(), axis())
        .layer(region("wide", 0.0, 8.0))
        .layer(region("strip", 8.0, 8.02))
        .layer(region("upright words", 8.02, 8.6))
        .layer(region("right", 8.6, 10.0))
        .layer(Layer::line("", vec![[0.0, 5.0], [10.0, 5.0]]));
    let svg = chart.svg();
    let words = words_of(&svg);
    let at = |text: &str| words.iter().find(|w| w.1 == text).unwrap_or_else(|| panic!("no {text}: {svg}")).0;
    let frame = super::frame::Frame::of(&chart, &[], 0.0);
    let line = frame.place([0.0, 5.0])[1];
    for text in ["wide", "strip", "upright words", "right"] {
        assert!((at(text)[1] - line).abs() > 6.0, "{text} on the line");
    }
    let strip = frame.place([8.01, 0.0])[0];
    assert!((at("strip")[0] - strip).abs() > 10.0, "beside the strip, not over it");
    assert!(svg.contains("rotate(-90"), "words too long for a region of some width stand upright in it");
}

#[test]
fn stacked_charts_share_their_left_edge() {
    let chart = |top: f64| {
        Chart::new("", Axis::new("x").range(0.0, 1.0), Axis::new("y").range(0.0, top))
            .layer(Layer::line("", vec![[0.0, 0.0], [1.0, top]]))
    };
    let clips = |svg: &str| -> Vec<String> {
        let clip = |part: &str| part[..part.find(" y=").unwrap()].to_owned();
        svg.split("<clipPath id=").skip(1).map(|p| clip(&p[p.find("<rect").unwrap()..])).step_by(2).collect()
    };
    let both = clips(&stacked(&[chart(1.0), chart(90_000.0)]));
    assert_eq!(both[0], both[1]);
    assert_ne!(clips(&chart(1.0).svg()), clips(&chart(90_000.0).svg()));
}
