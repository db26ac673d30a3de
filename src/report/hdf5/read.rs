//! Reading back: a whole file as a [`Group`], or single datasets and rows of a large one.

use std::ops::Range;
use std::path::{Path, PathBuf};

use ::hdf5::plist::group_create::LinkCreationOrder;
use ::hdf5::types::{FixedAscii, FixedUnicode, TypeDescriptor, VarLenUnicode};
use ::hdf5::{Container, IndexType, IterationOrder, Location};

use super::library::{read_rows, scale_of};
use super::{Attribute, Compression, Data, Dataset, Group, Node};
use crate::report::durable::FileError;

/// Attributes that HDF5 and netCDF keep for dimension scales; no content of ours.
const BOOKKEEPING: [&str; 6] =
    ["CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates"];

/// Reads a whole file into memory.
///
/// # Errors
/// [`FileError`] if there is no such file or it is no HDF5 file of the kinds this program writes.
pub fn read(path: &Path) -> Result<Group, FileError> {
    Reader::open(path)?.group("")
}

/// An HDF5 file open for reading.
#[derive(Debug)]
pub struct Reader {
    file: ::hdf5::File,
    path: PathBuf,
}

impl Reader {
    /// Opens a file.
    ///
    /// # Errors
    /// [`FileError`] if there is no such file, it may not be read, or it is not HDF5.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        std::fs::File::open(path).map_err(|error| FileError::reading(path, &error))?;
        if path.is_dir() {
            return Err(malformed(path, "it is a folder, not a file".to_owned()));
        }
        let file = ::hdf5::File::open(path)
            .map_err(|_| malformed(path, "it is not an HDF5 file, or it is damaged".to_owned()))?;
        Ok(Reader { file, path: path.to_path_buf() })
    }

    /// Everything below a group (`""` is the root) in file order, without the bare scales of dimensions
    /// that have no coordinate.
    ///
    /// # Errors
    /// [`FileError`] if there is no such group or a value is of a kind this program does not write.
    pub fn group(&self, path: &str) -> Result<Group, FileError> {
        self.open_group(path).and_then(|group| read_group(&group)).map_err(|error| self.failure(path, &error))
    }

    /// The names of the members of a group, in file order.
    ///
    /// # Errors
    /// [`FileError`] if there is no such group.
    pub fn names(&self, path: &str) -> Result<Vec<String>, FileError> {
        let listed = self.open_group(path).and_then(|group| member_names(&group));
        listed.map_err(|error| self.failure(path, &error))
    }

    /// Whether the file has a group or dataset at `path`.
    pub fn contains(&self, path: &str) -> bool {
        self.file.link_exists(path)
    }

    /// One dataset with all its values.
    ///
    /// # Errors
    /// [`FileError`] if there is none at `path` or it is of a kind this program does not write.
    pub fn dataset(&self, path: &str) -> Result<Dataset, FileError> {
        let found = self.file.dataset(path).and_then(|dataset| read_dataset(&dataset));
        found.map_err(|error| self.failure(path, &error))
    }

    /// The shape of one dataset, without reading its values.
    ///
    /// # Errors
    /// [`FileError`] if there is none at `path`.
    pub fn shape(&self, path: &str) -> Result<Vec<usize>, FileError> {
        let found = self.file.dataset(path).and_then(|dataset| dataset.get_shape());
        found.map_err(|error| self.failure(path, &error))
    }

    /// The values of some rows (positions along the first dimension) of one dataset, row-major.
    ///
    /// # Errors
    /// [`FileError`] if there is no such dataset or it has not that many rows.
    pub fn rows(&self, path: &str, rows: Range<usize>) -> Result<Data, FileError> {
        let found = self.file.dataset(path).and_then(|dataset| read_some(&dataset, rows));
        found.map_err(|error| self.failure(path, &error))
    }

    /// An attribute of a group or dataset (`""` is the file).
    ///
    /// # Errors
    /// [`FileError`] if there is none or it is of a kind this program does not write.
    pub fn attribute(&self, path: &str, name: &str) -> Result<Attribute, FileError> {
        let read_from = |object: &Location| read_attribute(&*object.attr(name)?);
        let found = if path.trim_matches('/').is_empty() {
            read_from(&self.file)
        } else if let Ok(dataset) = self.file.dataset(path) {
            read_from(&dataset)
        } else {
            self.open_group(path).and_then(|group| read_from(&group))
        };
        found.map_err(|error| self.failure(&format!("{path}@{name}"), &error))
    }

    fn open_group(&self, path: &str) -> ::hdf5::Result<::hdf5::Group> {
        match path.trim_matches('/') {
            "" => self.file.group("/"),
            path => self.file.group(path),
        }
    }

    fn failure(&self, what: &str, error: &::hdf5::Error) -> FileError {
        let innermost = error.stack().and_then(|stack| stack.last().map(|frame| frame.desc().to_owned()));
        malformed(&self.path, format!("`{what}`: {}", innermost.unwrap_or_else(|| error.to_string())))
    }
}

fn malformed(path: &Path, reason: String) -> FileError {
    FileError::Malformed { path: path.to_path_buf(), reason }
}

fn member_names(group: &::hdf5::Group) -> ::hdf5::Result<Vec<String>> {
    let index = match group.gcpl()?.link_creation_order() {
        LinkCreationOrder::Untracked => IndexType::Name,
        LinkCreationOrder::Tracked | LinkCreationOrder::Indexed => IndexType::CreationOrder,
    };
    group.member_names_by(index, IterationOrder::Increasing)
}

fn read_group(group: &::hdf5::Group) -> ::hdf5::Result<Group> {
    let mut content = Group { attributes: read_attributes(group)?, members: Vec::new() };
    for name in member_names(group)? {
        if let Ok(dataset) = group.dataset(&name) {
            if !is_bare_scale(&dataset) {
                content.members.push((name, Node::Dataset(read_dataset(&dataset)?)));
            }
        } else if let Ok(below) = group.group(&name) {
            content.members.push((name, Node::Group(read_group(&below)?)));
        }
    }
    Ok(content)
}

fn is_bare_scale(dataset: &::hdf5::Dataset) -> bool {
    let name = dataset.attr("NAME").and_then(|name| read_attribute(&name));
    matches!(name, Ok(Attribute::Text(name)) if name.starts_with(super::write::BARE_SCALE))
}

fn read_dataset(dataset: &::hdf5::Dataset) -> ::hdf5::Result<Dataset> {
    let shape = dataset.get_shape()?;
    let mut attributes = read_attributes(dataset)?;
    let mut take = |name: &str| {
        let at = attributes.iter().position(|(attribute, _)| attribute == name)?;
        match attributes.remove(at).1 {
            Attribute::Text(text) => Some(text),
            _ => None,
        }
    };
    let (units, long_name) = (take("units"), take("long_name"));
    let own = dataset.name();
    let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let dims = (0..shape.len())
        .map(|axis| scale_of(dataset, axis).map_or_else(|| last(&own), |path| last(&path)))
        .collect();
    let compression = if dataset.filters().is_empty() { Compression::None } else { Compression::Deflate };
    Ok(Dataset { data: read_values(dataset)?, shape, dims, units, long_name, compression, attributes })
}

fn read_values(container: &Container) -> ::hdf5::Result<Data> {
    match container.dtype()?.to_descriptor()? {
        TypeDescriptor::Float(_) => Ok(Data::F64(container.read_raw::<f64>()?)),
        TypeDescriptor::Integer(_) | TypeDescriptor::Unsigned(_) | TypeDescriptor::Boolean => {
            Ok(Data::I64(container.read_raw::<i64>()?))
        }
        TypeDescriptor::VarLenUnicode | TypeDescriptor::VarLenAscii => {
            Ok(Data::Text(strings(&container.read_raw::<VarLenUnicode>()?)))
        }
        // Only the library's own bookkeeping is of fixed length.
        TypeDescriptor::FixedAscii(_) => {
            let values = container.read_raw::<FixedAscii<256>>()?;
            Ok(Data::Text(values.iter().map(|value| value.as_str().to_owned()).collect()))
        }
        TypeDescriptor::FixedUnicode(_) => {
            let values = container.read_raw::<FixedUnicode<256>>()?;
            Ok(Data::Text(values.iter().map(|value| value.as_str().to_owned()).collect()))
        }
        other => Err(format!("values of the type {other} are not read").as_str().into()),
    }
}

fn read_some(dataset: &::hdf5::Dataset, rows: Range<usize>) -> ::hdf5::Result<Data> {
    if rows.end > dataset.get_shape()?.first().copied().unwrap_or(0) || rows.start > rows.end {
        return Err(format!("there are no rows {}..{}", rows.start, rows.end).as_str().into());
    }
    match dataset.dtype()?.to_descriptor()? {
        TypeDescriptor::Float(_) => Ok(Data::F64(read_rows(dataset, rows)?)),
        TypeDescriptor::Integer(_) | TypeDescriptor::Unsigned(_) => Ok(Data::I64(read_rows(dataset, rows)?)),
        TypeDescriptor::VarLenUnicode => Ok(Data::Text(strings(&read_rows::<VarLenUnicode>(dataset, rows)?))),
        other => Err(format!("values of the type {other} are not read by rows").as_str().into()),
    }
}

fn strings(values: &[VarLenUnicode]) -> Vec<String> {
    values.iter().map(|value| value.as_str().to_owned()).collect()
}

fn read_attributes(object: &Location) -> ::hdf5::Result<Vec<(String, Attribute)>> {
    let names = object.attr_names()?;
    let ours = names.into_iter().filter(|name| !BOOKKEEPING.contains(&name.as_str()));
    ours.map(|name| {
        let value = read_attribute(&*object.attr(&name)?)?;
        Ok((name, value))
    })
    .collect()
}

fn read_attribute(attribute: &Container) -> ::hdf5::Result<Attribute> {
    let scalar = attribute.is_scalar();
    Ok(match read_values(attribute)? {
        Data::F64(values) if scalar => Attribute::F64(values[0]),
        Data::I64(values) if scalar => Attribute::I64(values[0]),
        Data::Text(mut values) if scalar => Attribute::Text(values.remove(0)),
        Data::F64(values) => Attribute::F64s(values),
        Data::I64(values) => Attribute::F64s(values.iter().map(|&value| value as f64).collect()),
        Data::Text(values) => Attribute::Texts(values),
    })
}
