//! Declared parameters: one declaration gives the reader of scenario files what to accept, `explain`
//! what to print and the JSON Schema what to offer.
//!
//! A parameter struct is declared with [`parameters!`](crate::parameters); values reach it as [`Args`], already
//! in SI and within the declared range.

mod read;

pub use read::FromValue;

use crate::quantity::Dimension;

/// Where in the text of a scenario or process file a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Index of the file among those read.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub place: Place,
}

/// A measured value as written, in SI.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Value in SI.
    pub si: f64,
    /// Dimension of the unit that was written.
    pub dimension: Dimension,
    /// The unit as written, for bases that share a dimension (`wt%`, `vol%`).
    pub unit: String,
}

/// What form a parameter takes.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Text with a unit of one of these dimensions.
    Quantity(Vec<Dimension>),
    /// A bare number.
    Number,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// Any text.
    Text,
    /// The name of a species of the library.
    Species,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list.
    List(Box<Kind>),
    /// A table from names to values; what the names are is in the parameter's documentation.
    Map(Box<Kind>),
    /// A table with declared keys.
    Record(fn() -> Vec<Spec>),
    /// Either of two forms.
    Either(Box<Kind>, Box<Kind>),
}

/// Whether a parameter may be left out.
#[derive(Debug, Clone, PartialEq)]
pub enum Presence {
    /// It must be given.
    Required,
    /// It may be absent, which means something of its own.
    Optional,
    /// Absent, it has this value, written as in a scenario file.
    Default(&'static str),
}

/// A bound of the allowed range, in the unit it is documented in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// Value in SI.
    pub si: f64,
    /// Whether the bound itself is allowed.
    pub inclusive: bool,
}

/// The declaration of one parameter.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Key in the file.
    pub name: &'static str,
    /// What it means, from the field's doc comment.
    pub doc: String,
    /// Form.
    pub kind: Kind,
    /// Whether it may be left out.
    pub presence: Presence,
    /// Least value allowed.
    pub min: Option<Bound>,
    /// Greatest value allowed.
    pub max: Option<Bound>,
    /// An example, written as in a scenario file.
    pub example: Option<&'static str>,
}

impl Spec {
    fn new(kind: Kind) -> Self {
        Spec {
            name: "",
            doc: String::new(),
            kind,
            presence: Presence::Required,
            min: None,
            max: None,
            example: None,
        }
    }
    /// A value of one dimension.
    pub fn quantity(dimension: Dimension) -> Self {
        Spec::new(Kind::Quantity(vec![dimension]))
    }
    /// A value of one of several dimensions.
    pub fn any_of(dimensions: &[Dimension]) -> Self {
        Spec::new(Kind::Quantity(dimensions.to_vec()))
    }
    /// A share of a whole, 0..=1.
    pub fn fraction() -> Self {
        Spec::quantity(Dimension::FRACTION).at_least(0.0).at_most(1.0)
    }
    /// A bare number.
    pub fn number() -> Self {
        Spec::new(Kind::Number)
    }
    /// A whole number.
    pub fn integer() -> Self {
        Spec::new(Kind::Integer)
    }
    /// True or false.
    pub fn boolean() -> Self {
        Spec::new(Kind::Boolean)
    }
    /// Any text.
    pub fn text() -> Self {
        Spec::new(Kind::Text)
    }
    /// The name of a species.
    pub fn species() -> Self {
        Spec::new(Kind::Species)
    }
    /// One of the words.
    pub fn choice(words: &'static [&'static str]) -> Self {
        Spec::new(Kind::Choice(words))
    }
    /// A list of what `element` declares, its range included.
    pub fn list(element: Spec) -> Self {
        Spec { min: element.min, max: element.max, ..Spec::new(Kind::List(Box::new(element.kind))) }
    }
    /// A table from names to what `element` declares, its range included.
    pub fn map(element: Spec) -> Self {
        Spec { min: element.min, max: element.max, ..Spec::new(Kind::Map(Box::new(element.kind))) }
    }
    /// A table with declared keys.
    pub fn record(fields: fn() -> Vec<Spec>) -> Self {
        Spec::new(Kind::Record(fields))
    }
    /// This form or that of `other`.
    pub fn or(mut self, other: Spec) -> Self {
        self.kind = Kind::Either(Box::new(self.kind), Box::new(other.kind));
        self
    }
    /// May be left out.
    pub fn optional(mut self) -> Self {
        self.presence = Presence::Optional;
        self
    }
    /// Value where left out, written as in a scenario file (`"25 degC"`, `20`, `true`, `[]`).
    pub fn default(mut self, text: &'static str) -> Self {
        self.presence = Presence::Default(text);
        self
    }
    /// Least value, itself allowed.
    pub fn at_least(mut self, si: f64) -> Self {
        self.min = Some(Bound { si, inclusive: true });
        self
    }
    /// Greatest value, itself allowed.
    pub fn at_most(mut self, si: f64) -> Self {
        self.max = Some(Bound { si, inclusive: true });
        self
    }
    /// Greater than zero.
    pub fn positive(mut self) -> Self {
        self.min = Some(Bound { si: 0.0, inclusive: false });
        self
    }
    /// How it may look in a file.
    pub fn example(mut self, text: &'static str) -> Self {
        self.example = Some(text);
        self
    }
    /// With its key and doc comment; used by [`parameters!`](crate::parameters).
    pub fn named(mut self, name: &'static str, doc: &str) -> Self {
        self.name = name;
        self.doc = doc.trim().to_owned();
        self
    }
    /// The declaration of the value at a path into declared keys, tables and lists, its range included: `["solution", "H2SO4"]`.
    pub fn at(specs: &[Spec], path: &[String]) -> Option<Spec> {
        let (first, rest) = path.split_first()?;
        let spec = specs.iter().find(|spec| spec.name == first)?;
        spec.within(&spec.kind, rest)
    }
    fn within(&self, kind: &Kind, path: &[String]) -> Option<Spec> {
        let Some((_, rest)) = path.split_first() else {
            return Some(Spec { kind: kind.clone(), ..self.clone() });
        };
        match kind {
            Kind::List(element) | Kind::Map(element) => self.within(element, rest),
            Kind::Record(fields) => Spec::at(&fields(), path),
            Kind::Either(first, second) => self.within(first, path).or_else(|| self.within(second, path)),
            _ => None,
        }
    }
    /// Whether `si` lies in the allowed range.
    pub fn allows(&self, si: f64) -> bool {
        let above = self.min.is_none_or(|b| si > b.si || (b.inclusive && si == b.si));
        let below = self.max.is_none_or(|b| si < b.si || (b.inclusive && si == b.si));
        above && below
    }
}

/// A value after binding.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// See [`Kind::Quantity`].
    Quantity(Measured),
    /// See [`Kind::Number`].
    Number(f64),
    /// See [`Kind::Integer`].
    Integer(i64),
    /// See [`Kind::Boolean`].
    Boolean(bool),
    /// See [`Kind::Text`], [`Kind::Species`], [`Kind::Choice`].
    Text(String),
    /// See [`Kind::List`].
    List(Vec<Located<Value>>),
    /// See [`Kind::Map`]; in the order of the file.
    Map(Vec<(Located<String>, Located<Value>)>),
    /// See [`Kind::Record`].
    Record(Args),
}

impl Value {
    /// The number in SI, where the value is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Quantity(m) => Some(m.si),
            Value::Number(x) => Some(*x),
            Value::Integer(i) => Some(*i as f64),
            _ => None,
        }
    }
    /// The dimension of the number: none for bare numbers.
    pub fn dimension(&self) -> Option<Dimension> {
        match self {
            Value::Quantity(m) => Some(m.dimension),
            _ => None,
        }
    }
    /// Sets the number, in SI; whole numbers are rounded. `false` if the value is no number.
    pub fn set_number(&mut self, si: f64) -> bool {
        match self {
            Value::Quantity(m) => m.si = si,
            Value::Number(x) => *x = si,
            Value::Integer(i) => *i = si.round() as i64,
            _ => return false,
        }
        true
    }
}

/// Values by parameter name, in the order of declaration.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Args {
    /// Present values.
    pub entries: Vec<(&'static str, Located<Value>)>,
    /// The table they stand in.
    pub place: Place,
}

/// What kind of cause a [`BuildError`] has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cause {
    /// Values that contradict each other.
    #[default]
    Conflict,
    /// A value that must be there is not.
    Missing,
    /// A number outside what the others allow.
    Range,
    /// A name that nothing bears.
    UnknownName,
    /// A reaction, formula or composition that is not sound.
    Chemistry,
}

/// Why a unit or model could not be made from its values.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct BuildError {
    /// Where the cause stands.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// Kind.
    pub cause: Cause,
}

impl BuildError {
    /// An error at a place; values that contradict each other, unless [`BuildError::because`] says otherwise.
    pub fn at(place: Place, message: impl Into<String>) -> Self {
        BuildError { place, message: message.into(), help: None, cause: Cause::default() }
    }
    /// Of that kind.
    pub fn because(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }
    /// With a line of cure.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Args {
    /// The value of a parameter, if given or defaulted.
    pub fn find(&self, name: &str) -> Option<&Located<Value>> {
        self.entries.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
    /// The place of a parameter, or of the table where it is absent.
    pub fn place_of(&self, name: &str) -> Place {
        self.find(name).map_or(self.place, |v| v.place)
    }
    /// A parameter as the type of its field.
    ///
    /// # Errors
    /// If the value is absent or of another form than the field.
    pub fn read<T: FromValue>(&self, name: &str) -> Result<T, BuildError> {
        T::from_value(self.find(name)).ok_or_else(|| {
            BuildError::at(self.place_of(name), format!("`{name}` is missing or has an unexpected form"))
        })
    }
    /// The value at a path into tables and lists: `["solution", "H2SO4"]`, `["additions", "0", "share"]`.
    pub fn at(&self, path: &[String]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        let start = self.find(first)?;
        rest.iter().try_fold(&start.value, |value, key| match value {
            Value::Map(items) => items.iter().find(|(k, _)| k.value == *key).map(|(_, v)| &v.value),
            Value::Record(args) => args.find(key).map(|v| &v.value),
            Value::List(items) => items.get(key.parse::<usize>().ok()?).map(|v| &v.value),
            _ => None,
        })
    }
    /// The value at a path, to change.
    pub fn at_mut(&mut self, path: &[String]) -> Option<&mut Value> {
        let (first, rest) = path.split_first()?;
        let start = self.entries.iter_mut().find(|(key, _)| key == first).map(|(_, v)| &mut v.value)?;
        rest.iter().try_fold(start, |value, key| match value {
            Value::Map(items) => items.iter_mut().find(|(k, _)| k.value == *key).map(|(_, v)| &mut v.value),
            Value::Record(args) => args.entries.iter_mut().find(|(k, _)| k == key).map(|(_, v)| &mut v.value),
            Value::List(items) => items.get_mut(key.parse::<usize>().ok()?).map(|v| &mut v.value),
            _ => None,
        })
    }
    /// Replaces or adds a value.
    pub fn set(&mut self, name: &'static str, value: Value) {
        let place = self.place_of(name);
        match self.entries.iter_mut().find(|(key, _)| *key == name) {
            Some((_, slot)) => slot.value = value,
            None => self.entries.push((name, Located { value, place })),
        }
    }
}

/// Declares a parameter struct: each field with its doc comment, type and [`Spec`].
///
/// Generates the struct, `specs()` (the declarations) and `read(&Args)`.
#[macro_export]
macro_rules! parameters {
    ($(#[$meta:meta])* pub struct $name:ident {
        $( #[doc = $doc:literal] $(#[doc = $more:literal])* $field:ident : $type:ty = $spec:expr; )*
    }) => {
        $(#[$meta])*
        // Some declarations are only read through `Args`, never as the struct.
        #[allow(dead_code)]
        #[derive(Debug, Clone)]
        pub struct $name {
            $( #[doc = $doc] $(#[doc = $more])* pub $field: $type, )*
        }
        #[allow(dead_code)]
        impl $name {
            /// The declarations, in the order of the fields.
            pub fn specs() -> Vec<$crate::unit::parameters::Spec> {
                vec![ $( $spec.named(stringify!($field), concat!($doc $(, $more)*)), )* ]
            }
            /// From bound values.
            ///
            /// # Errors
            /// If a value is missing or of another form than its field.
            pub fn read(
                #[allow(unused_variables)] args: &$crate::unit::parameters::Args,
            ) -> Result<Self, $crate::unit::parameters::BuildError> {
                Ok($name { $( $field: args.read(stringify!($field))?, )* })
            }
        }
    };
}
