//! What a run leaves behind: summary, JSON, HDF5, tables and pictures.
