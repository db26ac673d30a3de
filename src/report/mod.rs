//! What a run leaves behind: summary, JSON, HDF5, tables and pictures.
//!
//! | module      | what it does                                                              |
//! |-------------|---------------------------------------------------------------------------|
//! | [`durable`] | replaces a file only when its successor is complete; the one OS-specific module |
//! | [`hdf5`]    | labelled HDF5 files that xarray and h5py open; a small reader              |

pub mod durable;
pub mod hdf5;
