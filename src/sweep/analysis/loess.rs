//! Local linear regression over two factors (LOESS).
//!
//! At a place, a plane is fitted to the nearest share of the cases, weighted by `(1 - (d/h)³)³` where `h` is the distance of the farthest
//! of them. What it gives is held within the outputs of those cases: it neither overshoots nor finds an optimum that no case has seen.
//!
//! # Source
//! W. S. Cleveland, J. Am. Stat. Assoc. 74 (1979) 829-836, doi 10.1080/01621459.1979.10481038;
//! W. S. Cleveland, S. J. Devlin, J. Am. Stat. Assoc. 83 (1988) 596-610, doi 10.1080/01621459.1988.10478639.

use rayon::prelude::*;

/// Shares of the cases among which the span is chosen, falling; Cleveland's range of useful spans (0.2 to 0.8), and narrower since
/// computed cases bear no noise of measurement.
const SHARES: [f64; 4] = [0.5, 0.35, 0.2, 0.1];
/// Fewest cases of a plane: twice its three coefficients and two.
const FEWEST: usize = 8;
/// Most cases that are left out one by one.
const LEFT_OUT: usize = 2000;
/// The farthest case keeps a trace of weight, so that cases all at one distance have some.
const TRACE: f64 = 1e-3;
/// Cases lie on a line where the spread across it is less than that share of the spread along it, squared.
const FLAT: f64 = 1e-6;

/// Cases over two factors, each scaled to 0..1.
#[derive(Debug)]
pub(super) struct Cloud {
    points: Vec<[f64; 2]>,
    values: Vec<f64>,
}

/// How well a span does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fit {
    /// Number of nearest cases.
    pub(super) span: usize,
    /// Share of the variance explained, each case being told by the others, 0..=1.
    pub(super) explained: f64,
}

/// Squared distance and number of a case.
type Near = (f64, usize);

impl Cloud {
    pub(super) fn new(points: Vec<[f64; 2]>, values: Vec<f64>) -> Cloud {
        Cloud { points, values }
    }

    /// The span of least error where each case is told by the others.
    pub(super) fn fit(&self) -> Fit {
        let count = self.values.len();
        let mut spans: Vec<usize> = SHARES
            .iter()
            .map(|share| ((share * count as f64).ceil() as usize).clamp(FEWEST, (count - 1).max(FEWEST)))
            .collect();
        spans.dedup();
        let tried = evenly(count, LEFT_OUT);
        let told: Vec<Vec<f64>> = tried
            .par_iter()
            .map_init(Vec::new, |room, &case| {
                self.nearby(self.points[case], Some(case), room);
                spans.iter().map(|span| self.estimate(self.points[case], *span, room)).collect()
            })
            .collect();
        let mean = tried.iter().map(|case| self.values[*case]).sum::<f64>() / tried.len() as f64;
        let total: f64 = tried.iter().map(|case| (self.values[*case] - mean).powi(2)).sum();
        let left = |at: usize| -> f64 {
            tried.iter().zip(&told).map(|(case, told)| (self.values[*case] - told[at]).powi(2)).sum()
        };
        let errors = spans.iter().enumerate().map(|(at, span)| (*span, left(at)));
        let (span, error) = errors.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((FEWEST, total));
        Fit { span, explained: if total > 0.0 { (1.0 - error / total).clamp(0.0, 1.0) } else { f64::NAN } }
    }

    /// Estimates at places; NaN where no case is as near as `gap`.
    pub(super) fn at(&self, places: &[[f64; 2]], span: usize, gap: f64) -> Vec<f64> {
        let one = |room: &mut Vec<Near>, place: &[f64; 2]| {
            self.nearby(*place, None, room);
            let nearest = room.iter().map(|(distance, _)| *distance).fold(f64::INFINITY, f64::min);
            if nearest > gap * gap { f64::NAN } else { self.estimate(*place, span, room) }
        };
        places.par_iter().map_init(Vec::new, one).collect()
    }

    fn nearby(&self, [u, v]: [f64; 2], without: Option<usize>, room: &mut Vec<Near>) {
        room.clear();
        let cases = self.points.iter().enumerate().filter(|(case, _)| Some(*case) != without);
        room.extend(cases.map(|(case, [a, b])| ((a - u).powi(2) + (b - v).powi(2), case)));
    }

    /// The estimate from the `span` nearest of `room`, which keeps only these.
    fn estimate(&self, [u, v]: [f64; 2], span: usize, room: &mut Vec<Near>) -> f64 {
        let span = span.min(room.len());
        let Some(last) = span.checked_sub(1) else { return f64::NAN };
        let (_, (far, _), _) =
            room.select_nth_unstable_by(last, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let reach = far.sqrt() * (1.0 + TRACE);
        room.truncate(span);
        let weight = |squared: f64| {
            if reach > 0.0 { (1.0 - (squared.sqrt() / reach).powi(3)).powi(3) } else { 1.0 }
        };
        let (mut all, mut middle, mut mean) = (0.0, [0.0; 2], 0.0);
        let mut ends = [f64::INFINITY, f64::NEG_INFINITY];
        for &(squared, case) in room.iter() {
            let (weight, [a, b], value) = (weight(squared), self.points[case], self.values[case]);
            all += weight;
            middle = [middle[0] + weight * a, middle[1] + weight * b];
            mean += weight * value;
            ends = [ends[0].min(value), ends[1].max(value)];
        }
        let (middle, mean) = (middle.map(|sum| sum / all), mean / all);
        let (mut uu, mut uv, mut vv, mut uz, mut vz) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for &(squared, case) in room.iter() {
            let (weight, [a, b], value) = (weight(squared), self.points[case], self.values[case]);
            let (a, b, value) = (a - middle[0], b - middle[1], value - mean);
            uu += weight * a * a;
            uv += weight * a * b;
            vv += weight * b * b;
            uz += weight * a * value;
            vz += weight * b * value;
        }
        let (spread, area) = (uu + vv, uu * vv - uv * uv);
        let slope = if area > FLAT * spread * spread {
            [(vv * uz - uv * vz) / area, (uu * vz - uv * uz) / area]
        } else if spread > 0.0 {
            [uz / spread, vz / spread] // cases on a line have a slope along it alone
        } else {
            [0.0; 2]
        };
        (mean + slope[0] * (u - middle[0]) + slope[1] * (v - middle[1])).clamp(ends[0], ends[1])
    }
}

/// At most `most` of the numbers below `count`, evenly spread, in no step with any order of the cases: multiples of the golden ratio.
pub(super) fn evenly(count: usize, most: usize) -> Vec<usize> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    if count <= most {
        return (0..count).collect();
    }
    let mut chosen: Vec<usize> =
        (1..=most).map(|k| ((k as f64 * GOLDEN).fract() * count as f64) as usize).collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud(count: u32, of: impl Fn(f64, f64) -> f64) -> Cloud {
        let points: Vec<[f64; 2]> = (1..=count)
            .map(|k| [(f64::from(k) * 0.754_877_666).fract(), (f64::from(k) * 0.569_840_291).fract()])
            .collect();
        let values = points.iter().map(|[u, v]| of(*u, *v)).collect();
        Cloud::new(points, values)
    }

    #[test]
    fn a_plane_is_met() {
        let cloud = cloud(200, |u, v| 3.0 + 2.0 * u - 5.0 * v);
        let fit = cloud.fit();
        assert!(fit.explained > 0.99, "{fit:?}"); // at the border a case is held to what its neighbours are
        for span in [20, 70] {
            for place in [[0.5, 0.5], [0.3, 0.6], [0.7, 0.4]] {
                let got = cloud.at(&[place], span, 1.0)[0];
                let want = 3.0 + 2.0 * place[0] - 5.0 * place[1];
                assert!((got - want).abs() < 1e-12, "{span} at {place:?}: {got}, not {want}");
            }
        }
    }

    #[test]
    fn what_saturates_is_not_overshot() {
        let cloud = cloud(150, |u, v| (3.0 * u + v).min(1.0));
        let fit = cloud.fit();
        let places: Vec<[f64; 2]> =
            (0..21).flat_map(|i| (0..21).map(move |j| [0.05 * f64::from(i), 0.05 * f64::from(j)])).collect();
        let told = cloud.at(&places, fit.span, 1.0);
        assert!(told.iter().all(|value| (0.0..=1.0).contains(value)), "{told:?}");
        assert!(fit.explained > 0.9, "{fit:?}");
        let plateau = places.iter().zip(&told).filter(|([u, _], _)| *u > 0.75);
        assert!(plateau.map(|(_, value)| *value).all(|value| value > 0.999));
    }

    #[test]
    fn noise_is_not_explained() {
        use crate::sweep::design::random::{Purpose, generator, open_unit};
        let mut draws = generator(1, Purpose::MonteCarlo, 0);
        let mut cloud = cloud(300, |_, _| 0.0);
        cloud.values.iter_mut().for_each(|value| *value = open_unit(&mut draws));
        assert!(cloud.fit().explained < 0.1, "{:?}", cloud.fit());
    }

    #[test]
    fn cases_at_one_place_or_on_a_line_have_their_mean_or_slope() {
        let same = Cloud::new(vec![[0.5, 0.5]; 9], (0..9).map(f64::from).collect());
        assert_eq!(same.at(&[[0.5, 0.5]], 9, 1.0), [4.0]);
        let line: Vec<[f64; 2]> = (0..9).map(|k| [f64::from(k) / 8.0; 2]).collect();
        let line = Cloud::new(line, (0..9).map(f64::from).collect());
        assert!((line.at(&[[0.3, 0.3]], 8, 1.0)[0] - 2.4).abs() < 1e-9);
        assert!(line.at(&[[0.0, 1.0]], 8, 0.2)[0].is_nan(), "no case is near");
    }

    #[test]
    fn cases_are_taken_evenly() {
        let taken = evenly(100_000, 2000);
        assert!(taken.len() > 1900 && taken.windows(2).all(|pair| pair[1] - pair[0] < 120));
        assert_eq!(evenly(3, 2000), [0, 1, 2]);
    }
}
