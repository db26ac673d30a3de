//! What a run leaves behind: summary, JSON, HDF5, tables and pictures.
//!
//! | module      | what it does                                                                     |
//! |-------------|----------------------------------------------------------------------------------|
//! | [`chart`]   | charts as SVG and PNG                                                            |
//! | [`durable`] | replaces a file only when its successor is complete; the one OS-specific module |
//! | [`export`]  | any of our HDF5 files as tables                                                  |
//! | [`hdf5`]    | labelled HDF5 files that xarray and h5py open; a small reader                    |
//! | [`html`]    | the report of a run as one page                                                  |
//! | [`number`]  | numbers as people read them                                                      |
//! | [`result`]  | the result of a run: HDF5, JSON, tables, summary                                 |
//! | [`table`]   | tables for the terminal, CSV, XLSX and JSON                                      |

pub mod aqueous;
pub mod chart;
pub mod durable;
pub mod export;
pub mod gather;
pub mod hdf5;
pub mod html;
pub mod number;
pub mod result;
pub mod table;
