//! What no model at all would say: the median of the other works.
//!
//! Published leaches are mostly optima above 90 %. A number that knows no chemistry is near most of them, so that an error
//! means something only beside that of such a number.

use std::collections::BTreeSet;

/// Mean absolute error of the median of the values of all *other* groups, each value a group and a number; `None` with
/// fewer than two groups.
pub fn error(values: &[(&str, f64)]) -> Option<f64> {
    let groups: BTreeSet<&str> = values.iter().map(|(group, _)| *group).collect();
    if groups.len() < 2 {
        return None;
    }
    let mut sorted: Vec<(&str, f64)> = values.to_vec();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut sum = 0.0;
    for group in groups {
        let others: Vec<f64> =
            sorted.iter().filter(|(other, _)| *other != group).map(|(_, value)| *value).collect();
        let median = 0.5 * (others[(others.len() - 1) / 2] + others[others.len() / 2]);
        sum += sorted
            .iter()
            .filter(|(own, _)| *own == group)
            .map(|(_, value)| (value - median).abs())
            .sum::<f64>();
    }
    Some(sum / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_work_is_not_told_by_itself() {
        // by hand: a from the median 6 of b and c, b from 3 of a and a and c, c from 2 of a, a and b
        let values = [("a", 1.0), ("a", 3.0), ("b", 2.0), ("c", 10.0)];
        assert_eq!(error(&values), Some((5.0 + 3.0 + 1.0 + 8.0) / 4.0));
        assert_eq!(error(&values[..2]), None);
        assert_eq!(error(&[]), None);
    }
}
