//! Labelled HDF5 files: what to write as plain data ([`Group`], [`Dataset`], [`Attribute`]), a
//! [`Writer`] that can also append in blocks, and a small reader.
//!
//! Dimensions carry names. A rank-1 dataset that bears the name of its own dimension is the coordinate
//! of that dimension for its group and the groups below (as in netCDF-4), and becomes an HDF5 dimension
//! scale; a dimension without coordinate gets a bare scale. So `xarray.open_dataset(file,
//! engine="h5netcdf")` shows labelled arrays with units, and h5py shows the same datasets plainly.
//!
//! Strings are variable-length UTF-8 (h5py gives `str` for attributes). NaN stands for "no value"; no
//! `_FillValue` is written. Nothing in a file depends on the clock: equal content gives equal bytes.

mod library;
mod read;
mod write;

pub use read::{Reader, read};
pub use write::{Extendable, SeriesId, WRITER, Writer, check, check_own, text_of, write};

/// The values of a dataset in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Real numbers; NaN means "no value".
    F64(Vec<f64>),
    /// Whole numbers, also codes and flags.
    I64(Vec<i64>),
    /// Text.
    Text(Vec<String>),
}

impl Data {
    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Data::F64(values) => values.len(),
            Data::I64(values) => values.len(),
            Data::Text(values) => values.len(),
        }
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the values are.
    pub fn kind(&self) -> Kind {
        match self {
            Data::F64(_) => Kind::F64,
            Data::I64(_) => Kind::I64,
            Data::Text(_) => Kind::Text,
        }
    }
}

impl From<Vec<f64>> for Data {
    fn from(values: Vec<f64>) -> Self {
        Data::F64(values)
    }
}

impl From<Vec<i64>> for Data {
    fn from(values: Vec<i64>) -> Self {
        Data::I64(values)
    }
}

impl From<Vec<String>> for Data {
    fn from(values: Vec<String>) -> Self {
        Data::Text(values)
    }
}

impl From<&[&str]> for Data {
    fn from(values: &[&str]) -> Self {
        Data::Text(values.iter().map(ToString::to_string).collect())
    }
}

/// What the values of a dataset are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 64-bit real numbers.
    F64,
    /// 64-bit signed whole numbers.
    I64,
    /// Variable-length UTF-8 text.
    Text,
}

/// How a dataset is stored. Datasets of less than a few thousand values are never compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// As it is.
    None,
    /// Byte shuffle and deflate level 4, which every HDF5 library reads.
    #[default]
    Deflate,
}

/// A value that describes a file, group or dataset.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// Text.
    Text(String),
    /// A real number.
    F64(f64),
    /// A whole number.
    I64(i64),
    /// Several real numbers.
    F64s(Vec<f64>),
    /// Several texts.
    Texts(Vec<String>),
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Attribute::Text(text.to_owned())
    }
}

impl From<String> for Attribute {
    fn from(text: String) -> Self {
        Attribute::Text(text)
    }
}

impl From<f64> for Attribute {
    fn from(value: f64) -> Self {
        Attribute::F64(value)
    }
}

impl From<i64> for Attribute {
    fn from(value: i64) -> Self {
        Attribute::I64(value)
    }
}

/// An array with named dimensions and a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The values, row-major; as many as the product of `shape`.
    pub data: Data,
    /// Length along each dimension; empty for a single value.
    pub shape: Vec<usize>,
    /// Name of each dimension, as many as `shape` has entries.
    pub dims: Vec<String>,
    /// Unit as printed, such as `mol/s`; `1` for a fraction; `None` for text and codes.
    pub units: Option<String>,
    /// What the values mean, in words.
    pub long_name: Option<String>,
    /// How to store it.
    pub compression: Compression,
    /// Further attributes, in this order.
    pub attributes: Vec<(String, Attribute)>,
}

impl Dataset {
    /// An array of the given shape along the named dimensions.
    pub fn new(data: impl Into<Data>, shape: &[usize], dims: &[&str]) -> Self {
        Dataset {
            data: data.into(),
            shape: shape.to_vec(),
            dims: dims.iter().map(ToString::to_string).collect(),
            units: None,
            long_name: None,
            compression: Compression::default(),
            attributes: Vec::new(),
        }
    }

    /// A single value without dimension.
    pub fn scalar(data: impl Into<Data>) -> Self {
        Dataset::new(data, &[], &[])
    }

    /// A row of values along one dimension.
    pub fn row(data: impl Into<Data>, dim: &str) -> Self {
        let data = data.into();
        let length = data.len();
        Dataset::new(data, &[length], &[dim])
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

    /// The same with a further attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl Into<Attribute>) -> Self {
        self.attributes.push((name.to_owned(), value.into()));
        self
    }

    /// The same stored otherwise.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }
}

/// What a group holds under one name.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A group below.
    Group(Group),
    /// An array.
    Dataset(Dataset),
}

/// Datasets, groups and attributes by name; the order of insertion is the order in the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// Attributes in order.
    pub attributes: Vec<(String, Attribute)>,
    /// Members in order.
    pub members: Vec<(String, Node)>,
}

impl Group {
    /// An empty group.
    pub fn new() -> Self {
        Group::default()
    }

    /// Adds an attribute.
    pub fn attribute(&mut self, name: &str, value: impl Into<Attribute>) -> &mut Self {
        self.attributes.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a dataset. A `/` in the name, which HDF5 cannot hold, becomes `|`.
    pub fn dataset(&mut self, name: &str, dataset: Dataset) -> &mut Self {
        self.members.push((member_name(name), Node::Dataset(dataset)));
        self
    }

    /// Adds a group. A `/` in the name, which HDF5 cannot hold, becomes `|`.
    pub fn group(&mut self, name: &str, group: Group) -> &mut Self {
        self.members.push((member_name(name), Node::Group(group)));
        self
    }

    /// The member at `path` (`"streams/amount"`), if there is one.
    pub fn find(&self, path: &str) -> Option<&Node> {
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        let node = self.members.iter().find(|(member, _)| member == name).map(|(_, node)| node)?;
        match node {
            _ if rest.is_empty() => Some(node),
            Node::Group(group) => group.find(rest),
            Node::Dataset(_) => None,
        }
    }

    /// The dataset at `path`, if there is one.
    pub fn find_dataset(&self, path: &str) -> Option<&Dataset> {
        match self.find(path) {
            Some(Node::Dataset(dataset)) => Some(dataset),
            _ => None,
        }
    }

    /// The attribute of that name, if there is one.
    pub fn find_attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|(attribute, _)| attribute == name).map(|(_, value)| value)
    }
}

/// A name that HDF5 can hold: `/` separates groups and `.` alone is the group itself.
fn member_name(name: &str) -> String {
    match name {
        "" | "." => "_".to_owned(),
        _ => name.replace('/', "|"),
    }
}

#[cfg(test)]
mod tests;
