//! Bound values as the types of the fields that are declared for them.

use super::{Args, Located, Measured, Value};

/// A field type that a bound value can become.
pub trait FromValue: Sized {
    /// The value, or `None` if the form does not fit.
    fn from_value(value: Option<&Located<Value>>) -> Option<Self>;
}

impl FromValue for f64 {
    fn from_value(value: Option<&Located<Value>>) -> Option<Self> {
        match &value?.value {
            Value::Quantity(m) => Some(m.si),
            Value::Number(x) => Some(*x),
            Value::Integer(i) => Some(*i as f64),
            _ => None,
        }
    }
}
impl FromValue for Measured {
    fn from_value(value: Option<&Located<Value>>) -> Option<Self> {
        match &value?.value {
            Value::Quantity(m) => Some(m.clone()),
            _ => None,
        }
    }
}
impl FromValue for usize {
    fn from_value(value: Option<&Located<Value>>) -> Option<Self> {
        match &value?.value {
            Value::Integer(i) => usize::try_from(*i).ok(),
            _ => None,
        }
    }
}
impl FromValue for bool {
    fn from_value(value: Option<&Located<Value>>) -> Option<Self> {
        match &value?.value {
            Value::Boolean(b) => Some(*b),
            _ => None,
        }
    }
}
impl FromValue for String {
    fn from_value(value: Option<&Located<Value>>) -> Option<Self> {
        match &value?.value {
            Value::Text(t) => Some(t.clone()),
            _ => None,
        }
    }
}
impl FromValue for Args {
    fn from_value(value: Option<&Located<Value>>) -> Option<Self> {
        match &value?.value {
            Value::Record(args) => Some(args.clone()),
            _ => None,
        }
    }
}
impl<T: FromValue> FromValue for Located<T> {
    fn from_value(value: Option<&Located<Value>>) -> Option<Self> {
        Some(Located { place: value?.place, value: T::from_value(value)? })
    }
}
impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Option<&Located<Value>>) -> Option<Self> {
        match value {
            None => Some(None),
            some => T::from_value(some).map(Some),
        }
    }
}
impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Option<&Located<Value>>) -> Option<Self> {
        match &value?.value {
            Value::List(items) => items.iter().map(|item| T::from_value(Some(item))).collect(),
            _ => None,
        }
    }
}
/// A table from names to values, in the order of the file.
impl<T: FromValue> FromValue for Vec<(Located<String>, T)> {
    fn from_value(value: Option<&Located<Value>>) -> Option<Self> {
        match &value?.value {
            Value::Map(items) => {
                items.iter().map(|(key, item)| Some((key.clone(), T::from_value(Some(item))?))).collect()
            }
            _ => None,
        }
    }
}
