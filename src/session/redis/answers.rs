//! What Redis answers, read: each command has its answers, and another one is a failure, never a guess.

use std::time::Duration;

use redis::Value;

use crate::clock::Timestamp;
use crate::session::key::Locator;
use crate::session::store::Page;
use crate::session::store::StoreError;
use crate::session::store::Stored;

pub(super) fn okay(value: &Value) -> Result<(), StoreError> {
    match value {
        Value::Okay => Ok(()),
        _ => Err(StoreError::Unexpected { command: "SET" }),
    }
}

pub(super) fn stored(value: Value, left: &Value) -> Result<Option<Stored>, StoreError> {
    let left = match left {
        // Gone between the two commands.
        Value::Int(-2) => return Ok(None),
        Value::Int(left) => Duration::from_millis(u64::try_from(*left).unwrap_or(0)),
        _ => return Err(StoreError::Unexpected { command: "PTTL" }),
    };
    match value {
        Value::Nil => Ok(None),
        Value::BulkString(value) => Ok(Some(Stored { value, left })),
        _ => Err(StoreError::Unexpected { command: "GET" }),
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::BulkString(text) => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => None,
    }
}

pub(super) fn timestamp(value: &Value) -> Result<Option<Timestamp>, StoreError> {
    match value {
        Value::Nil => Ok(None),
        _ => number(value)
            .map(|seconds| Some(Timestamp::from_unix(seconds)))
            .ok_or(StoreError::Unexpected { command: "GET" }),
    }
}

/// The members of a list. One that is no locator is not ours, and left alone.
pub(super) fn locators(value: &Value) -> Result<Vec<Locator>, StoreError> {
    let Value::Array(members) = value else {
        return Err(StoreError::Unexpected { command: "ZRANGE" });
    };
    let locator = |member: &Value| match member {
        Value::BulkString(text) => Locator::parse(std::str::from_utf8(text).ok()?),
        _ => None,
    };
    Ok(members.iter().filter_map(locator).collect())
}

/// The answer to `SCAN`: where it goes on, `0` at the end, and the keys. What is no session of ours is left alone.
pub(super) fn page(value: &Value, begins: &str) -> Option<Page> {
    let Value::Array(answer) = value else {
        return None;
    };
    let [Value::BulkString(next), Value::Array(keys)] = answer.as_slice() else {
        return None;
    };
    let next: u64 = std::str::from_utf8(next).ok()?.parse().ok()?;
    let locator = |key: &Value| match key {
        Value::BulkString(key) => Locator::parse(std::str::from_utf8(key).ok()?.strip_prefix(begins)?),
        _ => None,
    };
    Some(Page {
        locators: keys.iter().filter_map(locator).collect(),
        next: (next != 0).then_some(next),
    })
}
