//! Key path -> line and column of the file, or the variable of the environment that said it.

use std::collections::BTreeMap;

use toml_edit::Document;
use toml_edit::Item;
use toml_edit::TableLike;
use toml_edit::Value;

use crate::config::error::Location;
use crate::config::key::Key;

/// Which layer said a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: it is what the gateway does by itself.
    Default,
    /// The file.
    File,
    /// This variable of the environment.
    Environment(String),
}

/// Where every value of the configuration comes from.
#[derive(Clone, Debug, Default)]
pub struct Places {
    path: String,
    positions: BTreeMap<Key, Position>,
    origins: BTreeMap<Key, Origin>,
}

/// Line and column, from one.
#[derive(Clone, Copy, Debug)]
struct Position {
    line: usize,
    column: usize,
}

impl Places {
    /// The places of a file that could not be read any further.
    pub fn of_path(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ..Self::default()
        }
    }

    /// The places of a file.
    pub fn of_document(path: &str, document: &Document<&str>) -> Self {
        let mut places = Self::of_path(path);
        places.table(&Key::ROOT, document.as_table(), &Lines::of(document.raw()));
        places
    }

    /// Says which layer a value comes from.
    pub fn set_origin(&mut self, key: Key, origin: Origin) {
        self.origins.insert(key, origin);
    }

    /// Which layer a value comes from.
    pub fn origin(&self, key: &Key) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }

    /// Where a key stands; where one is missing, the table around it.
    pub fn location(&self, key: &Key) -> Location {
        if let Origin::Environment(variable) = self.origin(key) {
            return Location::Environment {
                variable: variable.clone(),
            };
        }
        key.outwards()
            .find_map(|key| self.stands(&key))
            .unwrap_or_else(|| self.in_file(Position { line: 1, column: 1 }))
    }

    /// A place in the file, by its byte.
    pub fn at_byte(&self, text: &str, byte: usize) -> Location {
        self.in_file(Lines::of(text).position(byte))
    }

    fn stands(&self, key: &Key) -> Option<Location> {
        if let Some(position) = self.positions.get(key) {
            return Some(self.in_file(*position));
        }
        match self.origin(key) {
            Origin::Environment(variable) => Some(Location::Environment {
                variable: variable.clone(),
            }),
            Origin::Default | Origin::File => None,
        }
    }

    fn in_file(&self, Position { line, column }: Position) -> Location {
        Location::File {
            path: self.path.clone(),
            line,
            column,
        }
    }

    fn table(&mut self, at: &Key, table: &dyn TableLike, lines: &Lines<'_>) {
        for (name, item) in table.iter() {
            let key = at.name(name);
            // A table that has a header of its own stands there; a dotted or plain key stands where it is written.
            let header = item.as_table().and_then(toml_edit::Table::span);
            let written = table.key(name).and_then(toml_edit::Key::span);
            if let Some(span) = header.or(written).or_else(|| item.span()) {
                self.positions.insert(key.clone(), lines.position(span.start));
            }
            self.item(&key, item, lines);
        }
    }

    fn item(&mut self, key: &Key, item: &Item, lines: &Lines<'_>) {
        match item {
            Item::None => {}
            Item::Table(table) => self.table(key, table, lines),
            Item::ArrayOfTables(tables) => {
                for (index, table) in tables.iter().enumerate() {
                    let key = key.item(index);
                    if let Some(span) = table.span() {
                        self.positions.insert(key.clone(), lines.position(span.start));
                    }
                    self.table(&key, table, lines);
                }
            }
            Item::Value(value) => self.value(key, value, lines),
        }
    }

    fn value(&mut self, key: &Key, value: &Value, lines: &Lines<'_>) {
        match value {
            Value::InlineTable(table) => self.table(key, table, lines),
            Value::Array(array) => {
                for (index, element) in array.iter().enumerate() {
                    let key = key.item(index);
                    if let Some(span) = element.span() {
                        self.positions.insert(key.clone(), lines.position(span.start));
                    }
                    self.value(&key, element, lines);
                }
            }
            Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_) => {}
        }
    }
}

/// Where each line begins, found once: a file may have a hundred thousand.
struct Lines<'a> {
    text: &'a str,
    begins: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let after_newlines = text.match_indices('\n').map(|(newline, _)| newline + 1);
        Self {
            text,
            begins: std::iter::once(0).chain(after_newlines).collect(),
        }
    }

    fn position(&self, byte: usize) -> Position {
        let line = self.begins.partition_point(|begin| *begin <= byte);
        let begin = self.begins.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(begin..byte).unwrap_or("");
        Position {
            line,
            column: before.chars().count() + 1,
        }
    }
}
