//! How many fields the head of an HTTP/2 request has, told from the shape of its bytes (RFC 7541, section 6): nothing is
//! decoded, and nothing kept.
//!
//! A field that the table of the connection knows is one byte, and costs us two hundred.

/// Follows the bytes of one head.
#[derive(Debug, Default)]
pub(super) struct FieldCount {
    place: Place,
    fields: usize,
}

/// Where in the list the last byte stands. `strings` are those that follow before the next field.
#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Begins,
    /// In a number that did not fit into the first byte.
    Number { strings: u8 },
    /// Before the length of a string.
    Length { strings: u8 },
    /// In a length that did not fit into one byte.
    LongLength { strings: u8, length: u64, shift: u32 },
    /// In a string with so many bytes left.
    Text { strings: u8, left: u64 },
}

impl FieldCount {
    /// Fields so far; one that has begun is one.
    pub(super) fn fields(&self) -> usize {
        self.fields
    }

    /// The next bytes of the head.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while let [first, rest @ ..] = bytes {
            bytes = rest;
            self.place = match self.place {
                Place::Begins => self.begin(*first),
                Place::Number { strings } if first & 0x80 == 0 => before(strings),
                Place::Number { strings } => Place::Number { strings },
                Place::Length { strings } if first & 0x7f == 0x7f => Place::LongLength {
                    strings,
                    length: 0x7f,
                    shift: 0,
                },
                Place::Length { strings } => text(strings, u64::from(first & 0x7f)),
                Place::LongLength {
                    strings,
                    length,
                    shift,
                } => {
                    let more = u64::from(first & 0x7f).checked_shl(shift).unwrap_or(u64::MAX);
                    let length = length.saturating_add(more);
                    if first & 0x80 == 0 {
                        text(strings, length)
                    } else {
                        Place::LongLength {
                            strings,
                            length,
                            shift: shift.saturating_add(7),
                        }
                    }
                }
                Place::Text { strings, left } => {
                    let more = usize::try_from(left - 1).unwrap_or(usize::MAX).min(bytes.len());
                    bytes = bytes.get(more..).unwrap_or_default();
                    text(strings, left - 1 - more as u64)
                }
            };
        }
    }

    /// By its first byte: a field of the table, a literal one with or without a name of its own, or another size of the table.
    fn begin(&mut self, first: u8) -> Place {
        let (prefix, is_field, is_literal) = match first {
            0x80.. => (0x7f, true, false),
            0x40.. => (0x3f, true, true),
            0x20.. => (0x1f, false, false),
            _ => (0x0f, true, true),
        };
        self.fields += usize::from(is_field);
        let number = first & prefix;
        let strings = u8::from(is_literal) + u8::from(is_literal && number == 0);
        if number == prefix {
            Place::Number { strings }
        } else {
            before(strings)
        }
    }
}

fn before(strings: u8) -> Place {
    match strings.checked_sub(1) {
        Some(strings) => Place::Length { strings },
        None => Place::Begins,
    }
}

fn text(strings: u8, left: u64) -> Place {
    if left == 0 {
        before(strings)
    } else {
        Place::Text { strings, left }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same however it is cut.
    fn fields(head: &[u8]) -> usize {
        let counts = [1, 2, 7, head.len()].map(|piece| {
            let mut count = FieldCount::default();
            head.chunks(piece).for_each(|bytes| count.read(bytes));
            assert!(matches!(count.place, Place::Begins), "{:?}", count.place);
            count.fields()
        });
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
        counts[0]
    }

    fn text(length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Some(mut more) = length.checked_sub(0x7f) {
            bytes.push(0x7f);
            while more > 0x7f {
                bytes.push(0x80 | u8::try_from(more & 0x7f).unwrap());
                more >>= 7;
            }
            bytes.push(u8::try_from(more).unwrap());
        } else {
            bytes.push(u8::try_from(length).unwrap());
        }
        bytes.extend(vec![0xff; length]);
        bytes
    }

    /// RFC 7541, appendices C.3 and C.4: three requests of one connection, plain and in Huffman's code.
    #[test]
    fn the_examples_of_the_standard_are_counted() {
        for (head, expected) in [
            ("828684410f7777772e6578616d706c652e636f6d", 4),
            ("828684be58086e6f2d6361636865", 5),
            ("828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", 5),
            ("828684418cf1e3c2e5f23a6ba0ab90f4ff", 4),
            ("828685be5886a8eb10649cbf", 5),
            ("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", 5),
        ] {
            let digits = head.as_bytes().chunks(2);
            let bytes =
                digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
            assert_eq!(fields(&bytes.collect::<Vec<_>>()), expected, "{head}");
        }
    }

    #[test]
    fn each_shape_of_a_field_is_one() {
        for length in [0, 1, 126, 127, 128, 254, 255, 256, 20_000] {
            for (first, number) in [(0x40, 0x3f), (0x00, 0x0f), (0x10, 0x0f)] {
                let named = [&[first | 1][..], &text(length)].concat();
                let far = [&[first | number, 0x80, 0x01][..], &text(length)].concat();
                let literal = [&[first][..], &text(length), &text(length)].concat();
                let all = [named, far, literal].concat();
                assert_eq!(fields(&all), 3, "{first} {length}");
                assert_eq!(fields(&all.repeat(3)), 9);
            }
        }
        assert_eq!(fields(&[0xbe; 500]), 500);
        assert_eq!(fields(&[0xff, 0x80, 0x01, 0xff, 0x00]), 2);
        assert_eq!(fields(&[0x3f, 0xe1, 0x1f, 0x20, 0x82]), 1, "sizes are no fields");
    }

    #[test]
    fn a_length_that_no_number_holds_is_a_long_one() {
        let mut count = FieldCount::default();
        count.read(&[0x00, 0x7f]);
        count.read(&[0xff; 40]);
        count.read(&[0x7f]);
        count.read(&[0x82; 4096]);
        assert_eq!(count.fields(), 1);
    }
}
