//! Fields one after the other, each behind its length: smaller than JSON, and with one reading only. It is read by
//! whoever wrote it and sealed in between.

/// Writes fields.
pub(super) struct FieldsWriter(zeroize::Zeroizing<Vec<u8>>);

impl FieldsWriter {
    pub(super) fn new(version: u8) -> Self {
        Self(zeroize::Zeroizing::new(vec![version]))
    }

    /// A field of more than 65 535 bytes is cut to nothing: it cannot be one of ours.
    pub(super) fn put(&mut self, field: &[u8]) {
        let (length, field) = u16::try_from(field.len()).map_or((0, [].as_slice()), |length| (length, field));
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(field);
    }

    pub(super) fn finish(self) -> zeroize::Zeroizing<Vec<u8>> {
        self.0
    }
}

/// Reads fields.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// `None` for another version: it was written before or after this program's time.
    pub(super) fn of(bytes: &'a [u8], version: u8) -> Option<Self> {
        let (found, rest) = bytes.split_first()?;
        (*found == version).then_some(Self(rest))
    }

    pub(super) fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<2>()?;
        let (field, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        self.0 = rest;
        Some(field)
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.next()?.try_into().ok()
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.next()?).ok()
    }

    /// Whether nothing is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Option<()> {
        self.is_at_end().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_and_nothing_else_does() {
        let mut writer = FieldsWriter::new(7);
        writer.put(b"a");
        writer.put("é".as_bytes());
        writer.put(b"");
        let bytes = writer.finish();
        let mut fields = Fields::of(&bytes, 7).unwrap();
        assert_eq!(fields.bytes::<1>(), Some(*b"a"));
        assert_eq!(fields.text(), Some("é"));
        assert_eq!(fields.next(), Some([].as_slice()));
        assert_eq!(fields.next(), None);
        assert!(fields.end().is_some());
        assert!(Fields::of(&bytes, 8).is_none());
        assert!(Fields::of(&bytes[..2], 7).unwrap().next().is_none());
        assert!(Fields::of(&bytes, 7).unwrap().end().is_none());
    }
}
