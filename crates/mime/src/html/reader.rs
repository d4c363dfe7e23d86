//! The tokenizer's input, with a limit on the attributes of one tag.
//!
//! html5gum 0.9 goes from one quoted attribute to the next by a direct call, so that a tag of a hundred thousand
//! attributes overflows the stack. The callback counts them in a cell that this reader shares; past the limit the rest
//! of the tag is not read.

use std::cell::Cell;
use std::convert::Infallible;

use html5gum::Reader;
use memchr::{memchr, memchr2, memchr3};

/// No element of a real mail has more than some thirty.
pub(super) const MAX_ATTRIBUTES: usize = 200;

pub(super) struct Capped<'a> {
    rest: &'a [u8],
    /// Read before the rest.
    closing: &'static [u8],
    /// Attributes of the current tag so far.
    attributes: &'a Cell<usize>,
}

impl<'a> Capped<'a> {
    pub(super) fn new(html: &'a str, attributes: &'a Cell<usize>) -> Self {
        Self {
            rest: html.as_bytes(),
            closing: b"",
            attributes,
        }
    }

    /// Past the limit, goes on at the tag's end.
    ///
    /// The callback hears of an attribute either inside its value or before the next name: a quote of each kind ends
    /// the one and is a harmless letter of the other.
    fn skip(&mut self) {
        if self.attributes.get() <= MAX_ATTRIBUTES {
            return;
        }
        self.attributes.set(0);
        self.closing = b"\"'";
        self.rest = memchr(b'>', self.rest).map_or(&[], |end| &self.rest[end..]);
    }
}

impl Reader for Capped<'_> {
    type Error = Infallible;

    #[inline]
    fn read_byte(&mut self) -> Result<Option<u8>, Infallible> {
        self.skip();
        if let Some((&first, closing)) = self.closing.split_first() {
            self.closing = closing;
            return Ok(Some(first));
        }
        let Some((&first, rest)) = self.rest.split_first() else {
            return Ok(None);
        };
        self.rest = rest;
        Ok(Some(first))
    }

    #[inline]
    fn try_read_string(&mut self, text: &[u8], case_sensitive: bool) -> Result<bool, Infallible> {
        let Some((head, rest)) = self.rest.split_at_checked(text.len()) else {
            return Ok(false);
        };
        let found = head == text || !case_sensitive && head.eq_ignore_ascii_case(text);
        if found && self.closing.is_empty() {
            self.rest = rest;
            return Ok(true);
        }
        Ok(false)
    }

    #[inline]
    fn read_until<'b>(
        &'b mut self,
        needle: &[u8],
        one: &'b mut [u8; 4],
    ) -> Result<Option<&'b [u8]>, Infallible> {
        self.skip();
        if let Some((&first, closing)) = self.closing.split_first() {
            self.closing = closing;
            one[0] = first;
            return Ok(Some(&one[..1]));
        }
        let found = match *needle {
            [a] => memchr(a, self.rest),
            [a, b] => memchr2(a, b, self.rest),
            [a, b, c] => memchr3(a, b, c, self.rest),
            _ => self.rest.iter().position(|byte| needle.contains(byte)),
        };
        let length = match found {
            Some(0) => 1,
            Some(at) => at,
            None if self.rest.is_empty() => return Ok(None),
            None => self.rest.len(),
        };
        let (chunk, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(Some(chunk))
    }
}
