//! Broken scenarios beside the messages they must give: every file of `tests/errors` begins with comment lines
//!
//! ```text
//! # args: --set units.leach.time=2kg          (optional; {errors} stands for this folder)
//! # error[Q01] at 14:15: part of the message  (one line for every fault of the file, in order)
//! # expects: part of what is shown beside it  (its label or its line of cure)
//! ```
//!
//! A fault in another text (`--set`, a process file) has its name before the line: `at --set:1:7`.
//! Each file goes through `check` and through `run --format json`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Output;

use common::{Folder, json_object, lixivia, text};
use serde_json::Value;

/// One fault that the program must report.
#[derive(Debug)]
struct Fault {
    code: String,
    file: String,
    line: u64,
    column: u64,
    message: String,
    shows: String,
}

/// One broken scenario.
#[derive(Debug)]
struct Case {
    path: PathBuf,
    args: Vec<String>,
    faults: Vec<Fault>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("errors")
}

fn read(path: &Path) -> Case {
    let contents = std::fs::read_to_string(path).unwrap();
    let mut case = Case { path: path.to_owned(), args: Vec::new(), faults: Vec::new() };
    for line in contents.lines().map_while(|line| line.strip_prefix("# ")) {
        if let Some(args) = line.strip_prefix("args: ") {
            let args = args.replace("{errors}", &folder().display().to_string());
            case.args.extend(args.split(' ').map(str::to_owned));
        } else if let Some(rest) = line.strip_prefix("error[") {
            let (code, rest) = rest.split_once("] at ").unwrap();
            let (place, message) = rest.split_once(": ").unwrap();
            let mut parts = place.rsplitn(3, ':');
            let (column, line) = (parts.next().unwrap(), parts.next().unwrap());
            case.faults.push(Fault {
                code: code.to_owned(),
                file: parts.next().map_or_else(|| path.display().to_string(), str::to_owned),
                line: line.parse().unwrap(),
                column: column.parse().unwrap(),
                message: message.to_owned(),
                shows: String::new(),
            });
        } else if let Some(shows) = line.strip_prefix("expects: ") {
            case.faults.last_mut().unwrap().shows = shows.to_owned();
        }
    }
    case
}

fn cases() -> Vec<Case> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// What is wrong with the program's answer, if anything.
fn complaint(case: &Case) -> Option<String> {
    let scratch = Folder::new();
    for command in ["check", "run"] {
        let mut program = lixivia(&scratch);
        program.arg(command).arg(&case.path).args(&case.args);
        if command == "run" {
            program.args(["--format", "json"]);
        }
        let output = program.output().unwrap();
        // A fault of the first line shows the expectation itself, which is no answer.
        let words: String = text(&output.stderr)
            .lines()
            .filter(|l| !l.contains(" | # "))
            .fold(String::new(), |words, line| words + line + "\n");
        let found = wrong_ending(&output).or_else(|| {
            case.faults.iter().find_map(|fault| {
                let place = format!("{}:{}:{}", fault.file, fault.line, fault.column);
                [format!("error[{}]: ", fault.code), fault.message.clone(), place, fault.shows.clone()]
                    .into_iter()
                    .find(|part| !words.contains(part.as_str()))
                    .map(|part| format!("`{part}` is not in the message"))
            })
        });
        let found = found.or_else(|| {
            let told = words.lines().filter(|line| line.starts_with("error[")).count();
            (told != case.faults.len()).then(|| format!("{told} faults in place of {}", case.faults.len()))
        });
        let found = found.or_else(|| (command == "run").then(|| wrong_object(case, &output)).flatten());
        if let Some(found) = found {
            return Some(format!("{command} {}: {found}\n{words}", case.path.display()));
        }
    }
    let left = scratch.names();
    (!left.is_empty()).then(|| format!("{}: {left:?} was written", case.path.display()))
}

/// Exit code 2, no panic.
fn wrong_ending(output: &Output) -> Option<String> {
    let words = text(&output.stderr);
    if output.status.code() != Some(2) {
        return Some(format!("it ended with {}, expected exit code 2", output.status));
    }
    ["panicked", "a fault of the program"].iter().find(|w| words.contains(**w)).map(|w| (*w).to_owned())
}

/// Exactly one JSON object, not converged, with the first fault as its error and all of them as its errors.
fn wrong_object(case: &Case, output: &Output) -> Option<String> {
    let object = json_object(&output.stdout);
    let errors = object["errors"].as_array().cloned().unwrap_or_default();
    if object["converged"] != Value::Bool(false) || errors.first() != Some(&object["error"]) {
        return Some(format!("unexpected object {object}"));
    }
    case.faults.iter().zip(errors.iter().chain(std::iter::repeat(&Value::Null))).find_map(|(fault, error)| {
        let same = error["code"] == fault.code.as_str()
            && error["message"].as_str().is_some_and(|m| m.contains(&fault.message))
            && error["file"].as_str().is_some_and(|f| f.ends_with(&fault.file))
            && error["line"] == fault.line
            && error["column"] == fault.column;
        (!same).then(|| format!("object {error} in place of {fault:?}"))
    })
}

#[test]
fn every_broken_scenario_is_refused_with_its_message() {
    let cases = cases();
    assert!(cases.len() >= 45, "only {} files", cases.len());
    let unmarked: Vec<_> = cases.iter().filter(|c| c.faults.is_empty()).map(|c| &c.path).collect();
    assert!(unmarked.is_empty(), "no expected message in {unmarked:?}");
    let complaints: Vec<String> = std::thread::scope(|scope| {
        let halves: Vec<_> = cases
            .chunks(cases.len().div_ceil(2))
            .map(|half| scope.spawn(|| half.iter().filter_map(complaint).collect::<Vec<_>>()))
            .collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), cases.len(), complaints.join("\n\n"));
}

/// Runs `check` and `run` on a file that cannot be kept in the repository.
fn refuse(name: &str, contents: &[u8], code: &str, line_column: &str, message: &str) {
    let scratch = Folder::new();
    let path = scratch.path().join(name);
    std::fs::write(&path, contents).unwrap();
    refuse_path(&scratch, name, code, line_column, message);
    assert_eq!(scratch.names(), [name], "something was written");
}

fn refuse_path(scratch: &Folder, name: &str, code: &str, line_column: &str, message: &str) {
    for command in ["check", "run"] {
        let mut program = lixivia(scratch);
        program.args([command, name]);
        if command == "run" {
            program.args(["--format", "json"]);
        }
        let start = std::time::Instant::now();
        let output = program.output().unwrap();
        let words = text(&output.stderr);
        let shown: String = words.chars().take(2000).collect();
        assert_eq!(wrong_ending(&output), None, "{command} {name}: {shown}");
        assert!(start.elapsed().as_secs() < 30, "{command} {name} took {:?}", start.elapsed());
        assert!(words.len() < 20_000, "{command} {name}: {} bytes of message", words.len());
        for part in [format!("error[{code}]"), format!("--> {name}:{line_column}"), message.to_owned()] {
            assert!(words.contains(&part), "{command} {name}: `{part}` is not in {shown}");
        }
        if command == "run" {
            let object = json_object(&output.stdout);
            assert_eq!(object["converged"], false);
            assert_eq!(object["error"]["code"], code);
            assert_eq!(object["error"]["file"], name);
            let place = format!("{}:{}", object["error"]["line"], object["error"]["column"]);
            assert_eq!(place, line_column, "{name}");
        }
    }
}

#[test]
fn an_empty_file_is_refused() {
    refuse("empty.toml", b"", "S04", "1:1", "`format` is missing");
}

#[test]
fn a_file_of_comments_is_refused() {
    refuse("comments.toml", b"# nothing\n# at all\n", "S04", "1:1", "a scenario needs units");
}

#[test]
fn a_binary_file_is_refused() {
    let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
    // The bytes 0x80.. begin on the second line, behind the line feed 0x0A.
    refuse("binary.toml", &bytes, "S01", "2:118", "byte 128 of `binary.toml` is not UTF-8");
}

#[test]
fn a_file_in_another_encoding_is_refused() {
    // "Säure" in Latin-1.
    refuse(
        "latin.toml",
        b"format = 1\ntitle = \"S\xe4ure\"\n",
        "S01",
        "2:11",
        "expected a text file in UTF-8",
    );
}

#[test]
fn nul_characters_are_refused() {
    refuse("nul.toml", b"format = 1\ntitle = \"a\0b\"\n", "S02", "2:11", "not valid TOML");
}

#[test]
fn ten_megabytes_are_refused() {
    let line = b"# a comment that goes on and on and on and on and on and on\n";
    refuse("big.toml", &line.repeat(10_000_000 / line.len() + 1), "S01", "1:1", "expected at most");
}

#[test]
fn four_megabytes_of_one_line_are_refused() {
    let text = format!("format = 1\nunits = {{}}\nflowsheet = []\ntitle = 3 # {}\n", "x".repeat(4_000_000));
    refuse("wide.toml", text.as_bytes(), "S05", "4:9", "`title` must be text, found a whole number");
}

#[test]
fn many_faults_do_not_fill_the_screen() {
    let mut lines = "format = 1\ntitle = \"many\"\nunits = {}\nflowsheet = []\n".to_owned();
    (0..100_000).for_each(|i| lines += &format!("key{i} = {i}\n"));
    refuse("many.toml", lines.as_bytes(), "S03", "5:1", "unknown key `key0`");
}

#[test]
fn deep_lists_are_refused() {
    let text = format!("format = 1\ntitle = {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    refuse("lists.toml", text.as_bytes(), "S02", "2:89", "nested too deep");
}

#[test]
fn deep_tables_are_refused() {
    let text = format!("format = 1\ntitle = {}1{}\n", "{ a = ".repeat(100_000), " }".repeat(100_000));
    refuse("tables.toml", text.as_bytes(), "S02", "2:489", "nested too deep");
}

#[test]
fn deep_keys_are_refused() {
    let text = format!("format = 1\n{}a = 1\n", "a.".repeat(500_000));
    refuse("keys.toml", text.as_bytes(), "S02", "2:1", "nested too deep");
    let text = format!("format = 1\n[{}a]\nb = 1\n", "a.".repeat(500_000));
    refuse("headers.toml", text.as_bytes(), "S02", "2:1", "nested too deep");
}

#[test]
fn a_folder_is_refused() {
    let scratch = Folder::new();
    std::fs::create_dir(scratch.path().join("folder")).unwrap();
    refuse_path(&scratch, "folder", "S01", "1:1", "it is a folder");
}

#[test]
fn a_missing_file_is_refused() {
    let scratch = Folder::new();
    refuse_path(&scratch, "missing.toml", "S01", "1:1", "cannot read `missing.toml`");
    assert!(scratch.names().is_empty());
}

#[cfg(unix)]
#[test]
fn an_endless_device_is_refused() {
    let scratch = Folder::new();
    refuse_path(&scratch, "/dev/zero", "S01", "1:1", "expected at most");
}

#[test]
fn a_missing_library_folder_is_refused() {
    let scratch = Folder::new();
    let output = lixivia(&scratch).args(["check", "plant", "--library", "nowhere"]).output().unwrap();
    assert_eq!(wrong_ending(&output), None);
    assert!(text(&output.stderr).contains("cannot read the library folder `nowhere`"));
}

#[test]
fn unknown_options_are_refused_with_what_there_is() {
    let scratch = Folder::new();
    for (args, part) in [
        (vec!["run", "lco-sulfuric-peroxide", "--format", "yaml"], "[possible values: text, json]"),
        (vec!["run", "lco-sulfuric-peroxide", "--formt", "json"], "--format"),
        (vec!["rum", "lco-sulfuric-peroxide"], "run"),
        (vec!["run"], "<SCENARIO>"),
        (vec!["run", "lco-sulfuric-peroxyde"], "lco-sulfuric-peroxide"),
    ] {
        let output = lixivia(&scratch).args(&args).output().unwrap();
        let words = text(&output.stderr);
        assert_eq!(wrong_ending(&output), None, "{args:?}: {words}");
        assert!(words.contains(part), "{args:?}: `{part}` is not in {words}");
    }
    assert!(scratch.names().is_empty());
}
