//! One page that holds everything about a run: no script, no outside file, fit to print.

use std::fmt::Write;
use std::path::Path;

use super::chart::flow::{Block, Flow, Role, block_diagram};
use super::chart::{chemical, escape};
use super::durable::{self, FileError};
use super::number::{fixed, significant};
use super::result::{Recovery, RunResult};
use super::table::{Cell, Table};

const STYLE: &str = include_str!("report.css");

/// The report of a run as a self-contained HTML page.
pub fn page(run: &RunResult) -> String {
    let title = if run.scenario.title.is_empty() { &run.scenario.file } else { &run.scenario.title };
    let mut out = String::new();
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{0}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{0}</h1>\n",
        escape(title)
    );
    let basis = if run.continuous { "continuous plant" } else { "batch" };
    let file = escape(&run.scenario.file);
    let _ = writeln!(out, "<p>{file} · {basis} · Lixivia {}</p>\n</header>\n<main>", escape(&run.version));
    headline(&mut out, run);
    warnings(&mut out, run);
    section(&mut out, "Flowsheet", &figure(&diagram(run)));
    let mut recovery = table(&run.recovery_table().without_empty_columns());
    let shares = elements_of_products(run).into_iter().filter_map(|element| run.distribution_chart(&element));
    let shares: String = shares.map(|chart| figure(&chart.svg())).collect();
    recovery += &format!("<div class=\"charts\">{shares}</div>");
    if !run.recoveries.is_empty() {
        section(&mut out, "Recovery", &recovery);
    }
    section(&mut out, "Streams", &table(&run.streams_table().without_empty_columns()));
    for (name, of) in [
        ("Key figures", run.figures_table()),
        ("Controllers", run.controls_table()),
        ("Reagents and utilities", run.uses_table()),
    ] {
        if !of.rows.is_empty() {
            section(&mut out, name, &table(&of));
        }
    }
    let charts: String = run.profile_charts().iter().map(|chart| figure(&chart.svg())).collect();
    if !charts.is_empty() {
        section(&mut out, "Courses", &format!("<div class=\"charts\">{charts}</div>"));
    }
    closing(&mut out, run);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// Writes the report, replaced only when complete.
///
/// # Errors
/// [`FileError`] if the folder is missing or read-only or the disk is full.
pub fn write(run: &RunResult, path: &Path) -> Result<(), FileError> {
    durable::replace(path, page(run).as_bytes())
}

/// The few numbers asked for first, large.
fn headline(out: &mut String, run: &RunResult) {
    out.push_str("<div class=\"cards\">\n");
    let mut card = |value: String, words: String| {
        let _ = writeln!(out, "<div class=\"card\"><b>{value}</b><span>{words}</span></div>");
    };
    for row in overall(run).filter(|row| row.recovery > 0.01).take(5) {
        card(
            format!("{} %", fixed(100.0 * row.recovery, 1)),
            format!("recovery of {}", escape(&row.element)),
        );
    }
    card(significant(run.worst_closure, 2), "worst closure of a balance".to_owned());
    card(run.warnings.len().to_string(), "warnings".to_owned());
    out.push_str("</div>\n");
}

fn warnings(out: &mut String, run: &RunResult) {
    if run.warnings.is_empty() {
        return;
    }
    let item = |(about, text): &(String, String)| {
        let about = if about.is_empty() { String::new() } else { format!("<b>{}</b>: ", escape(about)) };
        format!("<li>{about}{}</li>\n", escape(text))
    };
    let items: String = run.warnings.iter().map(item).collect();
    let _ = writeln!(out, "<section class=\"warnings\"><h2>Warnings</h2>\n<ul>\n{items}</ul></section>");
}

/// What a sceptic reads: balances, parameters with their sources, references, the scenario itself.
fn closing(out: &mut String, run: &RunResult) {
    let folded = |name: &str, content: &str| {
        format!("<details><summary>{}</summary>\n{content}</details>\n", escape(name))
    };
    let mut content = folded("Element balances of every unit", &table(&run.balances_table()));
    content += &run.convergence_chart().map_or(String::new(), |chart| figure(&chart.svg()));
    section(out, "Balances", &content);
    let estimates = run.parameters.iter().filter(|row| row.source == "estimate").count();
    let count = run.parameters.len();
    let words = format!("<p>{count} parameters are in force; {estimates} of them are estimates.</p>\n");
    section(
        out,
        "Parameters",
        &(words + &folded("All parameters and their sources", &table(&run.parameters_table()))),
    );
    if !run.references.is_empty() {
        let item = |(key, text): &(String, String)| {
            format!("<li><code>{}</code> {}</li>\n", escape(key), escape(text))
        };
        let items: String = run.references.iter().map(item).collect();
        section(out, "References", &format!("<ul class=\"references\">\n{items}</ul>\n"));
    }
    let mut scenario = format!("<p>SHA-256 <code>{}</code></p>\n", run.scenario.sha256());
    for change in &run.scenario.overrides {
        let _ = writeln!(scenario, "<p>with <code>{}</code></p>", escape(change));
    }
    let _ = writeln!(scenario, "<pre>{}</pre>", escape_lines(&run.scenario.text));
    section(out, "Scenario", &folded(&run.scenario.file, &scenario));
}

fn section(out: &mut String, name: &str, content: &str) {
    let _ = writeln!(out, "<section><h2>{}</h2>\n{content}</section>", escape(name));
}

fn figure(svg: &str) -> String {
    format!("<figure>{svg}</figure>\n")
}

/// A table with its units below the titles; an estimate is marked.
fn table(of: &Table) -> String {
    let mut out = String::from("<div class=\"scroll\"><table>\n<thead><tr>");
    for column in &of.columns {
        let unit =
            column.unit.as_ref().map_or(String::new(), |unit| format!("<small>{}</small>", escape(unit)));
        let class = if column.numeric { " class=\"number\"" } else { "" };
        let _ = write!(out, "<th{class}>{}{unit}</th>", escape(&chemical(&column.title)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &of.rows {
        let is_estimate = row.iter().any(|cell| matches!(cell, Cell::Text(text) if text == "estimate"));
        out.push_str(if is_estimate { "<tr class=\"estimate\">" } else { "<tr>" });
        for (column, cell) in of.columns.iter().zip(row) {
            let class = if column.numeric { " class=\"number\"" } else { "" };
            let _ = write!(out, "<td{class}>{}</td>", escape(&column.print(cell)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    for note in &of.notes {
        let _ = writeln!(out, "<p class=\"note\">{}</p>", escape(note));
    }
    out
}

/// The plant's recoveries, of all products together or of the only one, the greatest masses first.
fn overall(run: &RunResult) -> impl Iterator<Item = &Recovery> {
    let has_total = run.recoveries.iter().any(|row| row.product.is_empty());
    let mut rows: Vec<&Recovery> =
        run.recoveries.iter().filter(|row| row.product.is_empty() == has_total).collect();
    rows.sort_by(|a, b| b.mass.total_cmp(&a.mass));
    rows.into_iter()
}

/// Elements that some product holds a notable share of.
fn elements_of_products(run: &RunResult) -> Vec<String> {
    overall(run).filter(|row| row.recovery > 0.05).take(3).map(|row| row.element.clone()).collect()
}

fn diagram(run: &RunResult) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in run.streams.iter().flat_map(|stream| [&stream.from, &stream.to]) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let kind_of = |name: &str| run.units.iter().find(|(unit, _)| unit == name).map(|(_, kind)| kind.clone());
    let feeds = |name: &str| run.streams.iter().any(|stream| stream.from == name);
    let is_fed = |name: &str| run.streams.iter().any(|stream| stream.to == name);
    let block = |name: &&str| {
        let kind = kind_of(name).unwrap_or_default();
        let role = match (is_fed(name), feeds(name)) {
            (false, _) => Role::Feed,
            (true, false) if kind == "product" => Role::Product,
            (true, false) => Role::Discharge,
            (true, true) => Role::Inside,
        };
        Block { name: (*name).to_owned(), kind, role }
    };
    let blocks: Vec<Block> = names.iter().map(block).collect();
    let number = |name: &str| names.iter().position(|other| *other == name).unwrap_or(usize::MAX);
    let streams = run.streams_table();
    let mass = streams.columns.iter().position(|column| column.title == "mass");
    let flows: Vec<Flow> = run
        .streams
        .iter()
        .zip(&streams.rows)
        .map(|(stream, row)| {
            let mass = mass.map_or(String::new(), |at| {
                let column = &streams.columns[at];
                format!("{} {}", column.print(&row[at]), column.unit.as_deref().unwrap_or_default())
            });
            Flow { from: number(&stream.from), to: number(&stream.to), label: mass.trim().to_owned() }
        })
        .collect();
    block_diagram("Flowsheet", &blocks, &flows)
}

/// Escapes line by line, since [`escape`] drops line feeds.
fn escape_lines(text: &str) -> String {
    text.lines().map(|line| escape(&line.replace('\t', "    "))).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::result::tests::sample;

    #[test]
    fn the_page_is_whole_and_needs_nothing_else() {
        let mut run = sample();
        run.scenario.text = "# <script>alert(1)</script>\nformat = 1\n".into();
        let page = page(&run);
        for outside in ["<script", "src=", "href=", "@import", "url(http"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("&lt;script&gt;") && page.contains("93.0 %") && page.contains("A. Author"));
        for tag in ["section", "table", "figure", "details", "svg", "div", "ul"] {
            let open = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(open, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }
}
