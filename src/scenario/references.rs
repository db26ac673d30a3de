//! The bibliography of the library, as far as a run prints it.

/// One work.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reference {
    /// Key used by parameters.
    pub key: String,
    /// One line: authors, title, where, year, DOI or address.
    pub text: String,
}

/// Reads the entries of a BibTeX file: `@kind{key, field = {value}, ...}`.
pub fn parse_bibliography(text: &str) -> Vec<(String, Reference)> {
    let mut entries = Vec::new();
    for entry in text.split("\n@").map(|e| e.trim_start_matches('@')) {
        let Some((_, body)) = entry.split_once('{') else { continue };
        let Some((key, fields)) = body.split_once(',') else { continue };
        let key = key.trim().to_owned();
        if key.is_empty() || key.contains(char::is_whitespace) {
            continue;
        }
        let field = |name: &str| field_value(fields, name);
        let parts = [
            "author",
            "title",
            "journal",
            "booktitle",
            "publisher",
            "howpublished",
            "volume",
            "pages",
            "year",
            "doi",
            "url",
        ];
        let shown: Vec<String> = parts
            .iter()
            .filter_map(|name| {
                let value = field(name)?;
                Some(match *name {
                    "doi" => format!("doi:{value}"),
                    _ => value,
                })
            })
            .collect();
        entries.push((key.clone(), Reference { key, text: shown.join(", ") }));
    }
    entries
}

fn field_value(fields: &str, name: &str) -> Option<String> {
    let start = fields.match_indices(name).find(|(at, _)| {
        let before = fields[..*at].chars().next_back();
        let after = fields[*at + name.len()..].trim_start();
        before.is_none_or(|c| c.is_whitespace() || c == ',') && after.starts_with('=')
    })?;
    let rest = fields[start.0 + name.len()..].trim_start().strip_prefix('=')?.trim_start();
    let value: String = match rest.chars().next()? {
        '{' => {
            let mut depth = 0;
            let mut out = String::new();
            for c in rest.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    other => out.push(other),
                }
                if depth == 0 {
                    break;
                }
            }
            out
        }
        '"' => rest[1..].split('"').next()?.to_owned(),
        _ => rest.split([',', '\n', '}']).next()?.to_owned(),
    };
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_with_nested_braces() {
        let text = "% comment\n@article{a1, author = {A. {B}ecker}, title = \"Leaching\", year = 2001,\n doi={10.1/x}}\n\n@misc{b2,\n title = {Only}\n}\n";
        let read = parse_bibliography(text);
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].1.text, "A. Becker, Leaching, 2001, doi:10.1/x");
        assert_eq!(read[1].1.text, "Only");
    }
}
