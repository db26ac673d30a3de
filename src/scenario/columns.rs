//! `[columns]` of a process file: how a table of experiments with columns of its own is read (docs/validate.md).

use super::bind::Binder;
use super::document::Document;
use crate::unit::parameters::{Args, Located, Spec};

crate::parameters! {
    /// How a CSV file with columns of its own becomes cases of this process.
    pub struct ColumnsEntry {
        /// Scenario that the rows run.
        scenario: Located<String> = Spec::text().example("\"lco-sulfuric-peroxide\"");
        /// Key of the work that the rows come from.
        source: Located<String> = Spec::text().example("\"nogueira2026\"");
        /// What the rows are to the process.
        kind: Located<String> = Spec::choice(&["reproduction", "interpolation", "prediction", "code-to-code"]);
        /// Column whose equal values make one experiment; absent, each row is one.
        experiment: Option<Located<String>> = Spec::text().optional().example("\"series\"");
        /// Relations that a row must satisfy to be read.
        only: Vec<Located<String>> = Spec::list(Spec::text()).default("[]").example("[\"time_min > 0\"]");
        /// Relations of the rows that `source` and `kind` speak of; other rows are the user's own: predictions, the
        /// file their source. Absent, all rows are the source's.
        own: Option<Vec<Located<String>>> = Spec::list(Spec::text()).optional().example("[\"series <= 300\"]");
        /// Numbers and words that the words of a column stand for, by a short name.
        lookup: Option<Vec<(Located<String>, Args)>> = Spec::map(Spec::record(LookupEntry::specs)).optional();
        /// Values of the scenario by parameter path; `{name}` in a path is a lookup's word.
        set: Vec<(Located<String>, Args)> = Spec::map(Spec::record(ValueEntry::specs));
        /// What was observed, by element or other short name.
        observed: Vec<(Located<String>, Args)> = Spec::map(Spec::record(ObservedColumn::specs));
    }
}

crate::parameters! {
    /// What the words of a column stand for.
    pub struct LookupEntry {
        /// The column.
        column: Located<String> = Spec::text().example("\"acid\"");
        /// Words that they stand for, for `{name}` in paths.
        words: Option<Vec<(Located<String>, String)>> = Spec::map(Spec::text()).optional();
        /// Numbers that they stand for, for expressions.
        numbers: Option<Vec<(Located<String>, f64)>> = Spec::map(Spec::number()).optional();
        /// Number of every word that `numbers` does not name; absent, a cell that is itself a number stands for it.
        otherwise: Option<f64> = Spec::number().optional();
    }
}

crate::parameters! {
    /// One value of the scenario, from a row.
    pub struct ValueEntry {
        /// Expression over the columns and lookups, as plain numbers; signs of a column's name that are neither letter, digit nor `_` are read as `_`.
        value: Located<String> = Spec::text().example("\"temperature_C\"");
        /// Unit of its result; absent, a bare number.
        unit: Option<Located<String>> = Spec::text().optional().example("\"degC\"");
        /// Relations that the row must satisfy for the value to be set.
        only: Vec<Located<String>> = Spec::list(Spec::text()).default("[]");
        /// Whether an empty cell leaves the scenario's value; otherwise it is a fault, for a condition is never filled in.
        optional: bool = Spec::boolean().default("false");
    }
}

crate::parameters! {
    /// One observation, from a row; a row with an empty cell has none.
    pub struct ObservedColumn {
        /// Value of the solved plant that it is compared with; `{name}` is a lookup's word.
        of: Located<String> = Spec::text().example("\"units.leach.extraction.Co\"");
        /// Expression over the columns.
        value: Located<String> = Spec::text().example("\"100*x_Co\"");
        /// Unit of its result.
        unit: Located<String> = Spec::text().default("\"%\"");
        /// Standard error.
        error: Located<String> = Spec::text().example("\"3 %\"");
        /// Relations that the row must satisfy.
        only: Vec<Located<String>> = Spec::list(Spec::text()).default("[]");
    }
}

/// Reads `[columns]`; `None` if the process has none or it is not sound.
pub(super) fn read(document: &Document, binder: &mut Binder) -> Option<ColumnsEntry> {
    let (table, place) = document.root.section("columns", binder)?;
    let before = binder.faults.len();
    let args = binder.record(table, place, &ColumnsEntry::specs(), &[]);
    if binder.faults.len() > before {
        return None;
    }
    ColumnsEntry::read(&args).ok()
}
