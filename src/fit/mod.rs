//! Parameters from data.
