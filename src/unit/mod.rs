//! Unit operations, one file each, all behind one trait.
