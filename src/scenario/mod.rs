//! Text to checked model, with source spans; the only place that knows the file formats.
