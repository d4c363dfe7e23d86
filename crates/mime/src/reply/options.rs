//! How the default policy can be changed.

/// Settings of an extraction.
///
/// ```
/// use inreply_mime::reply::{Options, Reply};
///
/// let text = "Fine.\n\n-- \nAnn\n";
/// assert_eq!(Reply::of_text(text).visible(), "Fine.");
/// let kept = Reply::of_text_with(text, &Options::default().keep_signature(true));
/// assert_eq!(kept.visible(), "Fine.\n\n-- \nAnn");
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) keep_signature: bool,
    pub(crate) keep_forward: bool,
    pub(crate) forwarded: bool,
    pub(crate) markers: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            keep_signature: false,
            keep_forward: true,
            forwarded: false,
            markers: Vec::new(),
        }
    }
}

impl Options {
    /// Whether what stands behind a delimiter, and a trailing `-Name`, is shown.
    ///
    /// Defaults to false: a signature says nothing about the thread.
    #[must_use]
    pub fn keep_signature(mut self, keep: bool) -> Self {
        self.keep_signature = keep;
        self
    }

    /// Whether a forwarded message below a comment is shown; one without comment always is.
    ///
    /// Defaults to true: passing something on is why it was sent.
    #[must_use]
    pub fn keep_forward(mut self, keep: bool) -> Self {
        self.keep_forward = keep;
        self
    }

    /// Whether the message is known to be a forward, from its subject: then a quote without comment is shown.
    ///
    /// Defaults to false; [`Reply::of_message`](super::Reply::of_message) sets it from "Fwd:" and its translations.
    #[must_use]
    pub fn forwarded(mut self, forwarded: bool) -> Self {
        self.forwarded = forwarded;
        self
    }

    /// Adds a text that your notifications ask readers to answer above.
    ///
    /// Defaults to none; "reply above this line" and its translations are known.
    #[must_use]
    pub fn marker(mut self, marker: impl Into<String>) -> Self {
        let marker = marker.into();
        if !marker.is_empty() {
            self.markers.push(marker);
        }
        self
    }
}
