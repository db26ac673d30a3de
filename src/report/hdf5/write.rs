//! Writing: whole groups at once, and datasets that grow block by block.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use ::hdf5::file::LibraryVersion;
use ::hdf5::plist::group_create::LinkCreationOrder;
use ::hdf5::types::VarLenUnicode;
use ::hdf5::{Extent, Location, SimpleExtents};

use super::library::{attach_scale, set_scale, text, texts, write_rows};
use super::{Attribute, Compression, Data, Dataset, Group, Kind, Node, Reader, member_name};
use crate::report::durable::{self, FileError, Pending};

/// Values below which compression and chunking cost more than they save.
const SMALL: usize = 4096;
/// Values per chunk (512 KiB of numbers), the library's own recommended order of magnitude.
const CHUNK: usize = 65_536;
/// What the netCDF-4 format writes as the name of a scale that has no coordinate values.
pub(super) const BARE_SCALE: &str = "This is a netCDF dimension but not a netCDF variable.";

/// The first bytes of every HDF5 file.
const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// Whether [`write`] may put a result at `path`, before the work is done that it is to hold: a file of another kind, such as the
/// scenario that it comes from, is not replaced.
///
/// # Errors
/// [`FileError`] if such a file is there, or the folder is missing or read-only.
pub fn check(path: &Path) -> Result<(), FileError> {
    durable::check(path)?;
    let Ok(file) = std::fs::File::open(path) else { return Ok(()) };
    let mut head = Vec::new();
    let read = file.take(SIGNATURE.len() as u64).read_to_end(&mut head);
    match read.is_ok() && !head.is_empty() && head != SIGNATURE {
        true => Err(FileError::Other {
            action: "write",
            path: path.to_path_buf(),
            reason: "there is a file that is no HDF5 file; give another name, or remove it".to_owned(),
        }),
        false => Ok(()),
    }
}

/// Root attribute with the command that wrote a file, which it may replace unasked.
pub const WRITER: &str = "command";

/// Whether a command may put its result at `path`, before its work is done: in the place of one of its own, or of any HDF5 file if
/// that is to be overwritten.
///
/// # Errors
/// As [`check`], or [`FileError::NotOwn`].
pub fn check_own(path: &Path, command: &str, overwrite: bool) -> Result<(), FileError> {
    check(path)?;
    let is_empty = || std::fs::metadata(path).is_ok_and(|there| there.len() == 0);
    if overwrite
        || !path.exists()
        || is_empty()
        || text_of(path, WRITER).is_some_and(|writer| writer == command)
    {
        return Ok(());
    }
    Err(FileError::NotOwn { path: path.to_path_buf(), command: command.to_owned() })
}

/// A text among the root attributes of the file `path`, where it has one.
pub fn text_of(path: &Path, attribute: &str) -> Option<String> {
    match Reader::open(path).ok()?.attribute("", attribute).ok()? {
        Attribute::Text(text) => Some(text),
        _ => None,
    }
}

/// Writes one group as a whole file, replaced only when complete.
///
/// # Errors
/// [`FileError`] if the folder is missing or read-only, the disk is full, or a dataset's values do not
/// match its shape; the target is then as it was.
pub fn write(path: &Path, content: &Group) -> Result<(), FileError> {
    check(path)?;
    let mut writer = Writer::create(path)?;
    writer.put("", content)?;
    writer.finish()
}

/// A dataset that grows along its first dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Extendable {
    /// What the values are.
    pub kind: Kind,
    /// Names of the dimensions; the first grows.
    pub dims: Vec<String>,
    /// Lengths of the dimensions after the first.
    pub row_shape: Vec<usize>,
    /// Unit as printed.
    pub units: Option<String>,
    /// What the values mean, in words.
    pub long_name: Option<String>,
    /// Rows per chunk; blocks that are multiples of it are written without reading back.
    pub chunk_rows: usize,
    /// How to store it.
    pub compression: Compression,
}

impl Extendable {
    /// A column of single values along `dim`, deflated, 4096 rows a chunk.
    pub fn column(kind: Kind, dim: &str) -> Self {
        Extendable {
            kind,
            dims: vec![dim.to_owned()],
            row_shape: Vec::new(),
            units: None,
            long_name: None,
            chunk_rows: 4096,
            compression: Compression::default(),
        }
    }

    /// The same with further dimensions of fixed length, as `[("time", 50)]`.
    #[must_use]
    pub fn by(mut self, dims: &[(&str, usize)]) -> Self {
        for (name, length) in dims {
            self.dims.push((*name).to_owned());
            self.row_shape.push(*length);
        }
        self
    }

    /// The same with a unit.
    #[must_use]
    pub fn units(mut self, units: &str) -> Self {
        self.units = Some(units.to_owned());
        self
    }

    /// The same with a description.
    #[must_use]
    pub fn long_name(mut self, long_name: &str) -> Self {
        self.long_name = Some(long_name.to_owned());
        self
    }

    /// The same with other chunks.
    #[must_use]
    pub fn chunk_rows(mut self, rows: usize) -> Self {
        self.chunk_rows = rows.max(1);
        self
    }

    /// The same stored otherwise.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }
}

/// Names an extendable dataset of a [`Writer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesId(usize);

#[derive(Debug)]
struct Series {
    dataset: ::hdf5::Dataset,
    kind: Kind,
    rows: usize,
    row_shape: Vec<usize>,
}

/// A file being written beside its target. Memory does not grow with the rows appended.
/// [`Writer::finish`] puts the file in place; dropping the writer removes it.
#[derive(Debug)]
pub struct Writer {
    // Order matters: everything of the library is closed before the temporary file is removed.
    series: Vec<Series>,
    /// Dimension names by dataset path, for the scales that `finish` attaches.
    labelled: Vec<(String, Vec<String>)>,
    file: ::hdf5::File,
    pending: Pending,
}

impl Writer {
    /// An empty file that will become `path`.
    ///
    /// # Errors
    /// [`FileError`] if the folder is missing or may not be written.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let pending = Pending::beside(path)?;
        let file = ::hdf5::File::with_options()
            .with_fapl(|plist| plist.libver_bounds(LibraryVersion::V18, LibraryVersion::latest()))
            .with_fcpl(|plist| plist.obj_track_times(false).link_creation_order(LinkCreationOrder::Indexed))
            .create(pending.path())
            .map_err(|error| failure(path, &error))?;
        Ok(Writer { series: Vec::new(), labelled: Vec::new(), file, pending })
    }

    /// Writes a group's attributes and members under `path` (`""` is the root, missing groups are made).
    ///
    /// # Errors
    /// [`FileError`] if a name is taken, a dataset's values do not match its shape, or the disk is full.
    pub fn put(&mut self, path: &str, content: &Group) -> Result<(), FileError> {
        let path = path.trim_matches('/');
        let written = self.open_group(path).and_then(|group| {
            write_attributes(&group, &content.attributes)?;
            self.put_members(&group, path, &content.members)
        });
        written.map_err(|error| self.failure(&error))
    }

    /// Starts a dataset that grows along its first dimension; `path` is `"group/name"` or `"name"`.
    ///
    /// # Errors
    /// [`FileError`] if the name is taken or the disk is full.
    pub fn extendable(&mut self, path: &str, column: &Extendable) -> Result<SeriesId, FileError> {
        let made = self.create_extendable(path.trim_matches('/'), column);
        let dataset = made.map_err(|error| self.failure(&error))?;
        let row_shape = column.row_shape.clone();
        self.series.push(Series { dataset, kind: column.kind, rows: 0, row_shape });
        Ok(SeriesId(self.series.len() - 1))
    }

    /// Appends whole rows, row-major, to an extendable dataset.
    ///
    /// # Errors
    /// [`FileError`] if the values are of another kind, do not fill whole rows, or the disk is full.
    pub fn append(&mut self, series: SeriesId, data: &Data) -> Result<(), FileError> {
        let target = self.pending.target();
        let Some(series) = self.series.get_mut(series.0) else {
            return Err(malformed(target, "a series of another writer was appended to"));
        };
        let row: usize = series.row_shape.iter().product();
        if data.kind() != series.kind || row == 0 || !data.len().is_multiple_of(row) {
            return Err(malformed(target, "the rows appended are not those of their dataset"));
        }
        let rows = data.len() / row;
        let shape_of = |rows: usize| -> Vec<usize> {
            std::iter::once(rows).chain(series.row_shape.iter().copied()).collect()
        };
        series
            .dataset
            .resize(shape_of(series.rows + rows))
            .and_then(|()| write_rows(&series.dataset, data, series.rows, &shape_of(rows)))
            .map_err(|error| failure(target, &error))?;
        series.rows += rows;
        Ok(())
    }

    /// Attaches the dimension scales, closes and syncs the file and puts it in place of its target.
    ///
    /// # Errors
    /// [`FileError`] if two lengths are claimed for a dimension or the disk is full; the target is then as
    /// it was.
    pub fn finish(mut self) -> Result<(), FileError> {
        self.attach_scales().map_err(|error| self.failure(&error))?;
        self.file.flush().map_err(|error| self.failure(&error))?;
        let Writer { series, file, pending, .. } = self;
        drop(series);
        file.close().map_err(|error| failure(pending.target(), &error))?;
        pending.commit()
    }

    fn failure(&self, error: &::hdf5::Error) -> FileError {
        failure(self.pending.target(), error)
    }

    fn open_group(&self, path: &str) -> ::hdf5::Result<::hdf5::Group> {
        let mut group = self.file.group("/")?;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            group = if group.link_exists(name) { group.group(name)? } else { create_group(&group, name)? };
        }
        Ok(group)
    }

    fn put_members(
        &mut self,
        parent: &::hdf5::Group,
        path: &str,
        members: &[(String, Node)],
    ) -> ::hdf5::Result<()> {
        for (name, node) in members {
            let name = member_name(name);
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            match node {
                Node::Dataset(dataset) => {
                    write_dataset(parent, &name, dataset)?;
                    self.label(path, &dataset.dims);
                }
                Node::Group(group) => {
                    let made = create_group(parent, &name)?;
                    write_attributes(&made, &group.attributes)?;
                    self.put_members(&made, &path, &group.members)?;
                }
            }
        }
        Ok(())
    }

    fn create_extendable(&mut self, path: &str, column: &Extendable) -> ::hdf5::Result<::hdf5::Dataset> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let group = self.open_group(folder)?;
        if column.dims.len() != column.row_shape.len() + 1 {
            return Err("an extendable dataset needs a name for each dimension".into());
        }
        let row: usize = column.row_shape.iter().product();
        let rows = column.chunk_rows.min((16 * CHUNK / row.max(1)).max(1));
        let chunk: Vec<usize> = std::iter::once(rows).chain(column.row_shape.iter().copied()).collect();
        let fixed = column.row_shape.iter().map(|&length| Extent::fixed(length));
        let extents = SimpleExtents::new(std::iter::once(Extent::resizable(0)).chain(fixed));
        let builder = group.new_dataset_builder();
        let mut builder = match column.kind {
            Kind::F64 => builder.empty::<f64>(),
            Kind::I64 => builder.empty::<i64>(),
            Kind::Text => builder.empty::<VarLenUnicode>(),
        }
        .shape(extents)
        .obj_track_times(false)
        .chunk(chunk)
        // Room for the chunk being filled and its successor; full chunks go first.
        .chunk_cache(17, 2 * 8 * rows * row.max(1) + 1024, 1.0);
        if column.compression == Compression::Deflate && column.kind != Kind::Text {
            builder = builder.shuffle().deflate(4);
        }
        let dataset = builder.create(name)?;
        describe(&dataset, column.units.as_deref(), column.long_name.as_deref())?;
        self.label(path.to_owned(), &column.dims);
        Ok(dataset)
    }

    fn label(&mut self, path: String, dims: &[String]) {
        if !dims.is_empty() {
            self.labelled.push((path, dims.to_vec()));
        }
    }

    /// Finds or makes the scale of every dimension and attaches it. The coordinate of dimension `d` used
    /// in group `g` is the dataset `d` along `d` in `g` or the nearest group above.
    fn attach_scales(&mut self) -> ::hdf5::Result<()> {
        let mut scales: BTreeMap<String, ::hdf5::Dataset> = BTreeMap::new();
        for (path, dims) in &self.labelled {
            let name = path.rsplit('/').next().unwrap_or(path);
            if dims.len() == 1 && dims[0] == name {
                let scale = self.file.dataset(path)?;
                set_scale(&scale, name)?;
                scales.insert(path.clone(), scale);
            }
        }
        for (path, dims) in &self.labelled {
            if scales.contains_key(path) {
                continue;
            }
            let dataset = self.file.dataset(path)?;
            for (axis, (dim, length)) in dims.iter().zip(dataset.shape()).enumerate() {
                let scale = match nearest(&scales, path, dim) {
                    Some(scale) => scale.clone(),
                    None => {
                        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                        let made = bare_scale(&self.open_group(folder)?, dim, length)?;
                        scales.insert(join(folder, dim), made.clone());
                        made
                    }
                };
                if scale.shape() != [length] {
                    let message = format!(
                        "`{path}` has {length} values along `{dim}`, its coordinate {:?}",
                        scale.shape()
                    );
                    return Err(message.as_str().into());
                }
                attach_scale(&dataset, &scale, axis)?;
            }
        }
        Ok(())
    }
}

fn nearest<'a>(
    scales: &'a BTreeMap<String, ::hdf5::Dataset>,
    path: &str,
    dim: &str,
) -> Option<&'a ::hdf5::Dataset> {
    let mut folder = path;
    while let Some((above, _)) = folder.rsplit_once('/') {
        folder = above;
        if let Some(scale) = scales.get(&join(folder, dim)) {
            return Some(scale);
        }
    }
    scales.get(dim)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A dimension that has a length and no values. Nothing is stored for it: space is given on writing.
fn bare_scale(group: &::hdf5::Group, dim: &str, length: usize) -> ::hdf5::Result<::hdf5::Dataset> {
    let builder = group.new_dataset_builder().empty::<f32>().shape(vec![length]);
    let scale = builder.obj_track_times(false).create(member_name(dim).as_str())?;
    set_scale(&scale, &format!("{BARE_SCALE}{length:10}"))?;
    Ok(scale)
}

fn create_group(parent: &::hdf5::Group, name: &str) -> ::hdf5::Result<::hdf5::Group> {
    let builder = parent.create_group_builder().obj_track_times(false);
    builder.with_gcpl(|plist| plist.link_creation_order(LinkCreationOrder::Indexed)).create(name)
}

fn write_dataset(group: &::hdf5::Group, name: &str, dataset: &Dataset) -> ::hdf5::Result<()> {
    let size: usize = dataset.shape.iter().product();
    if dataset.data.len() != size || dataset.dims.len() != dataset.shape.len() {
        let message = format!(
            "`{name}` has {} values and {} dimension names for the shape {:?}",
            dataset.data.len(),
            dataset.dims.len(),
            dataset.shape
        );
        return Err(message.as_str().into());
    }
    let builder = group.new_dataset_builder();
    let mut builder = match dataset.data.kind() {
        Kind::F64 => builder.empty::<f64>(),
        Kind::I64 => builder.empty::<i64>(),
        Kind::Text => builder.empty::<VarLenUnicode>(),
    }
    .shape(dataset.shape.clone())
    .obj_track_times(false);
    if dataset.compression == Compression::Deflate && size >= SMALL && dataset.data.kind() != Kind::Text {
        builder = builder.chunk(chunk_of(&dataset.shape)).shuffle().deflate(4);
    }
    let made = builder.create(name)?;
    match &dataset.data {
        Data::F64(values) => made.write_raw(values.as_slice())?,
        Data::I64(values) => made.write_raw(values.as_slice())?,
        Data::Text(values) => made.write_raw(texts(values)?.as_slice())?,
    }
    describe(&made, dataset.units.as_deref(), dataset.long_name.as_deref())?;
    write_attributes(&made, &dataset.attributes)
}

/// Whole rows of the last dimensions, as many as make a chunk of the usual size.
fn chunk_of(shape: &[usize]) -> Vec<usize> {
    let mut room = CHUNK;
    let mut chunk = vec![1; shape.len()];
    for (extent, &length) in chunk.iter_mut().zip(shape).rev() {
        *extent = length.min(room).max(1);
        room = (room / *extent).max(1);
    }
    chunk
}

fn describe(dataset: &::hdf5::Dataset, units: Option<&str>, long_name: Option<&str>) -> ::hdf5::Result<()> {
    for (name, value) in [("units", units), ("long_name", long_name)] {
        if let Some(value) = value {
            write_attribute(dataset, name, &Attribute::from(value))?;
        }
    }
    Ok(())
}

fn write_attributes(object: &Location, attributes: &[(String, Attribute)]) -> ::hdf5::Result<()> {
    attributes.iter().try_for_each(|(name, value)| write_attribute(object, name, value))
}

fn write_attribute(object: &Location, name: &str, value: &Attribute) -> ::hdf5::Result<()> {
    match value {
        Attribute::Text(value) => {
            object.new_attr::<VarLenUnicode>().create(name)?.write_scalar(&text(value)?)
        }
        Attribute::F64(value) => object.new_attr::<f64>().create(name)?.write_scalar(value),
        Attribute::I64(value) => object.new_attr::<i64>().create(name)?.write_scalar(value),
        Attribute::F64s(values) => {
            object.new_attr::<f64>().shape(values.len()).create(name)?.write_raw(values.as_slice())
        }
        Attribute::Texts(values) => {
            let values = texts(values)?;
            object.new_attr::<VarLenUnicode>().shape(values.len()).create(name)?.write_raw(values.as_slice())
        }
    }
}

fn malformed(path: &Path, reason: &str) -> FileError {
    FileError::Other { action: "write", path: path.to_path_buf(), reason: reason.to_owned() }
}

/// The library's error in the user's terms. It tells the system's error number only within its text.
fn failure(path: &Path, error: &::hdf5::Error) -> FileError {
    let frames = match error.stack() {
        Some(stack) => stack.iter().map(|frame| frame.desc().to_owned()).collect(),
        None => vec![error.to_string()],
    };
    let number = frames.iter().find_map(|text| {
        let (_, rest) = text.split_once("errno = ")?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    });
    if number.is_some_and(durable::is_disk_full) {
        return FileError::DiskFull { path: path.to_path_buf() };
    }
    malformed(path, frames.last().map_or("the HDF5 library failed", String::as_str))
}
