//! What stands in a column, and how it becomes the hub's types.

use hackstream_control_api::id::{ClaimId, DeviceId, JobId, NodeId, SessionId, TokenId, UserId};
use hackstream_control_api::time::{Seconds, UnixMillis};

use super::StoreError;

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// One row of an answer; its columns are taken from left to right.
#[derive(Debug)]
pub struct Row(std::vec::IntoIter<Value>);

impl Row {
    /// The row with these columns.
    #[must_use]
    pub fn new(columns: Vec<Value>) -> Self {
        Self(columns.into_iter())
    }

    /// The next column.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if there is none, or it holds something else.
    pub fn take<T: FromValue>(&mut self) -> Result<T, StoreError> {
        T::from_value(self.0.next().unwrap_or(Value::Null))
    }
}

/// A type that a column can hold.
pub trait FromValue: Sized {
    /// What the column holds.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if it holds something else.
    fn from_value(value: Value) -> Result<Self, StoreError>;
}

fn wrong(value: &Value, wanted: &str) -> StoreError {
    StoreError::Corrupt(format!("{value:?} where {wanted} is expected"))
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Int(number) => Ok(number),
            other => Err(wrong(&other, "a number")),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Text(text) => Ok(text),
            other => Err(wrong(&other, "a text")),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Blob(bytes) => Ok(bytes),
            other => Err(wrong(&other, "bytes")),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        i64::from_value(value).map(|number| number != 0)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl From<[u8; 32]> for Value {
    fn from(value: [u8; 32]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl FromValue for [u8; 32] {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        let bytes = Vec::from_value(value)?;
        let length = bytes.len();
        let wrong = |_| StoreError::Corrupt(format!("{length} bytes where 32 are expected"));
        bytes.try_into().map_err(wrong)
    }
}

/// Numbers that are never negative and fit into what databases count with.
macro_rules! naturals {
    ($($name:ty, $inner:ident => $wrap:expr;)*) => {$(
        impl From<$name> for Value {
            fn from(value: $name) -> Self {
                let $inner = value;
                Self::Int(i64::try_from($wrap).unwrap_or(i64::MAX))
            }
        }
    )*};
}

naturals! {
    u64, value => value;
    u32, value => value;
    UnixMillis, value => value.0;
    Seconds, value => value.0;
}

impl FromValue for u64 {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        let number = i64::from_value(value)?;
        Self::try_from(number).map_err(|_| wrong(&Value::Int(number), "a natural number"))
    }
}

impl FromValue for u32 {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        let number = i64::from_value(value)?;
        Self::try_from(number).map_err(|_| wrong(&Value::Int(number), "a small natural number"))
    }
}

impl FromValue for UnixMillis {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        u64::from_value(value).map(Self)
    }
}

impl FromValue for Seconds {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        u64::from_value(value).map(Self)
    }
}

macro_rules! ids {
    ($($name:ident)*) => {$(
        impl From<$name> for Value {
            fn from(value: $name) -> Self {
                Self::Text(value.to_string())
            }
        }

        impl FromValue for $name {
            fn from_value(value: Value) -> Result<Self, StoreError> {
                let text = String::from_value(value)?;
                text.parse().map_err(|_| StoreError::Corrupt(format!("{text:?} where an id is expected")))
            }
        }
    )*};
}

ids!(UserId SessionId NodeId JobId ClaimId DeviceId TokenId);

/// The parameters of a statement.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::Value::from($value)),*] };
}

pub(crate) use values;
