//! Colours: eight that colour-blind readers can tell apart, and a scale of even lightness.

/// Colours of series, by Okabe and Ito, *Color Universal Design* (2008), darkest first; the yellow, too
/// pale for lines on white, is replaced by grey.
pub const PALETTE: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#333333", "#888888"];

/// Eleven even steps of viridis (S. van der Walt and N. Smith, CC0), dark to light.
const VIRIDIS: [[u8; 3]; 11] = [
    [68, 1, 84],
    [72, 36, 117],
    [65, 68, 135],
    [53, 95, 141],
    [42, 120, 142],
    [33, 145, 140],
    [34, 168, 132],
    [68, 191, 112],
    [122, 209, 81],
    [189, 223, 38],
    [253, 231, 37],
];

/// The colour of a series; the palette repeats after eight.
pub(super) fn series(number: usize) -> &'static str {
    PALETTE[number % PALETTE.len()]
}

/// The colour of a fraction 0..=1 on a scale from dark to light, as `#rrggbb`.
pub fn sequential(fraction: f64) -> String {
    let [r, g, b] = viridis(fraction);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Black or white, whichever reads better on the colour of that fraction.
pub(super) fn contrast(fraction: f64) -> &'static str {
    if fraction > 0.6 { "#1a1a1a" } else { "#ffffff" }
}

fn viridis(fraction: f64) -> [u8; 3] {
    let steps = VIRIDIS.len() - 1;
    let position = fraction.clamp(0.0, 1.0) * steps as f64;
    let below = (position as usize).min(steps - 1);
    let part = position - below as f64;
    let mix = |channel: usize| {
        let (low, high) = (f64::from(VIRIDIS[below][channel]), f64::from(VIRIDIS[below + 1][channel]));
        (low + (high - low) * part).round() as u8
    };
    [mix(0), mix(1), mix(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_runs_from_dark_to_light() {
        assert_eq!(sequential(0.0), "#440154");
        assert_eq!(sequential(1.0), "#fde725");
        assert_eq!(sequential(f64::NAN.max(0.5)), "#21918c");
        assert_eq!(sequential(2.0), sequential(1.0));
    }
}
