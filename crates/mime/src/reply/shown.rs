//! What of a message is read: its text, or its HTML.

use std::borrow::Cow;

use crate::message::{Disposition, Message, Part};

/// The text of a message from its first text part, and what follows the pictures in it.
pub(super) fn text<'m>(message: &'m Message<'_>, first: Part<'m>) -> Cow<'m, str> {
    joined(message, first, "text/plain", |part| part.unflowed())
}

/// The same of its HTML.
pub(super) fn html<'m>(message: &'m Message<'_>, first: Part<'m>) -> Cow<'m, str> {
    joined(message, first, "text/html", |part| part.text())
}

/// Apple Mail cuts a text where a picture stands in it: text, picture, text, side by side in a multipart/mixed. Other
/// parts of text without a picture between are footers and files.
fn joined<'m>(
    message: &'m Message<'_>,
    first: Part<'m>,
    media_type: &str,
    read: impl Fn(&Part<'m>) -> Cow<'m, str>,
) -> Cow<'m, str> {
    let mut text = read(&first);
    let Some(parent) = first.parent().filter(|parent| parent.is("multipart/mixed")) else {
        return text;
    };
    let mut picture = false;
    let beside = message.parts().skip(first.number() + 1).filter(|part| {
        part.parent()
            .is_some_and(|up| up.number() == parent.number())
    });
    for part in beside {
        let inline = part.disposition() == Disposition::Inline;
        if inline && picture && part.is(media_type) && part.file_name().is_none() {
            let out = text.to_mut();
            out.push('\n');
            out.push_str(&read(&part));
        }
        picture |= inline && !part.is_kind("text");
    }
    text
}
