//! The calls that the HDF5 binding does not cover (dimension scales), and blocks of rows of arrays of any
//! rank. All unsafe code of the writer is here.

use std::ffi::{CString, c_char, c_int, c_uint, c_void};
use std::ops::Range;

use ::hdf5::types::{H5Type, VarLenUnicode};
use ::hdf5::{Dataset, Hyperslab, SliceOrIndex};
use hdf5_sys::h5::herr_t;
use hdf5_sys::h5i::{H5Iget_name, hid_t};
use ndarray::{ArrayViewD, IxDyn};

use super::Data;

type Result<T> = std::result::Result<T, ::hdf5::Error>;
type Visit = unsafe extern "C" fn(hid_t, c_uint, hid_t, *mut c_void) -> herr_t;

// Part of HDF5's own high-level library, which the binding links but does not declare.
unsafe extern "C" {
    fn H5DSset_scale(scale: hid_t, name: *const c_char) -> herr_t;
    fn H5DSattach_scale(dataset: hid_t, scale: hid_t, dimension: c_uint) -> herr_t;
    fn H5DSiterate_scales(
        dataset: hid_t,
        dimension: c_uint,
        index: *mut c_int,
        visit: Visit,
        data: *mut c_void,
    ) -> herr_t;
}

/// Makes a dataset a dimension scale of the given name.
pub(super) fn set_scale(scale: &Dataset, name: &str) -> Result<()> {
    let name = CString::new(name).map_err(|_| ::hdf5::Error::from("a dimension name holds a zero byte"))?;
    let _lock = hdf5_sys::LOCK.lock();
    // SAFETY: the identifier is open for the life of `scale`, the name ends in zero and outlives the call,
    // and the lock serialises the library, which is built without threads.
    check(unsafe { H5DSset_scale(scale.id(), name.as_ptr()) })
}

/// Labels dimension number `dimension` of a dataset with a scale.
pub(super) fn attach_scale(dataset: &Dataset, scale: &Dataset, dimension: usize) -> Result<()> {
    let _lock = hdf5_sys::LOCK.lock();
    // SAFETY: both identifiers are open for the call, and the lock serialises the library.
    check(unsafe { H5DSattach_scale(dataset.id(), scale.id(), dimension as c_uint) })
}

/// The path of the scale that labels dimension number `dimension`, if one does.
pub(super) fn scale_of(dataset: &Dataset, dimension: usize) -> Option<String> {
    /// Keeps the path of the first scale and stops.
    unsafe extern "C" fn first(_: hid_t, _: c_uint, scale: hid_t, path: *mut c_void) -> herr_t {
        let mut name: [c_char; 1024] = [0; 1024];
        // SAFETY: `name` has the length given; `path` is the `Option<String>` handed in below.
        unsafe {
            let length = H5Iget_name(scale, name.as_mut_ptr(), name.len());
            if length > 0 {
                let bytes = std::ffi::CStr::from_ptr(name.as_ptr()).to_bytes();
                *path.cast::<Option<String>>() = Some(String::from_utf8_lossy(bytes).into_owned());
            }
        }
        1
    }
    let mut path: Option<String> = None;
    let _lock = hdf5_sys::LOCK.lock();
    let data: *mut c_void = std::ptr::from_mut(&mut path).cast();
    // SAFETY: `path` outlives the call and only `first` writes to it; a null index means "from the start".
    unsafe { H5DSiterate_scales(dataset.id(), dimension as c_uint, std::ptr::null_mut(), first, data) };
    path
}

/// Writes `data` at the rows from `start` on of a dataset whose extent already covers them.
pub(super) fn write_rows(dataset: &Dataset, data: &Data, start: usize, shape: &[usize]) -> Result<()> {
    match data {
        Data::F64(values) => write_block(dataset, values, start, shape),
        Data::I64(values) => write_block(dataset, values, start, shape),
        Data::Text(values) => write_block(dataset, &texts(values)?, start, shape),
    }
}

/// Text as the library takes it.
pub(super) fn texts(values: &[String]) -> Result<Vec<VarLenUnicode>> {
    values.iter().map(|value| text(value)).collect()
}

/// Text as the library takes it. HDF5's strings end at the first zero byte, so such bytes are dropped.
pub(super) fn text(value: &str) -> Result<VarLenUnicode> {
    let parsed = if value.contains('\0') { value.replace('\0', "").parse() } else { value.parse() };
    parsed.map_err(|error: ::hdf5::types::StringError| ::hdf5::Error::from(error.to_string().as_str()))
}

/// The values of the rows `rows` of a dataset, row-major.
pub(super) fn read_rows<T: H5Type>(dataset: &Dataset, rows: Range<usize>) -> Result<Vec<T>> {
    let rank = dataset.ndim();
    let array = dataset.read_slice::<T, _, IxDyn>(hyperslab(rows, rank))?;
    Ok(array.into_raw_vec_and_offset().0)
}

fn write_block<T: H5Type>(dataset: &Dataset, values: &[T], start: usize, shape: &[usize]) -> Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    let block = ArrayViewD::from_shape(shape, values).map_err(::hdf5::Error::from)?;
    dataset.write_slice(block, hyperslab(start..start + shape[0], shape.len()))
}

fn hyperslab(rows: Range<usize>, rank: usize) -> Hyperslab {
    let mut slices = vec![SliceOrIndex::from(..); rank];
    slices[0] = SliceOrIndex::from(rows);
    Hyperslab::from(slices)
}

fn check(code: herr_t) -> Result<()> {
    if code < 0 { Err(::hdf5::Error::query().unwrap_or_else(|error| error)) } else { Ok(()) }
}
