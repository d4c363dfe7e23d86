//! From bytes on the wire to bytes and text.

pub(crate) mod base64;
pub(crate) mod charset;
pub(crate) mod cms;
pub(crate) mod flowed;
pub(crate) mod quoted_printable;
pub(crate) mod uuencode;
pub(crate) mod words;
pub(crate) mod yenc;
