//! The built program, run in a folder of its own.

#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "each test program uses its own part")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// An empty folder that goes away with the test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// A new one.
    pub fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }
    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
    /// Writes a file into it.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }
    /// Names of what is in it, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// The program, in that folder.
pub fn lixivia(folder: &Folder) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lixivia"));
    command.current_dir(folder.path());
    command
}

/// Output as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The one JSON object that the output is.
pub fn json_object(stdout: &[u8]) -> Value {
    let value: Value = serde_json::from_slice(stdout)
        .unwrap_or_else(|error| panic!("{error}: expected one JSON object, found {}", text(stdout)));
    assert!(value.is_object(), "expected an object, found {value}");
    value
}
