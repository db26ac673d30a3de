//! The `lixivia` program.

fn main() {}
