//! What a message may cost.

/// The limits of one parse: each bounds something the sender controls.
///
/// Hitting one is a [`Defect`](crate::message::Defect), never an error: what was read before it stays readable.
///
/// ```
/// use inreply_mime::message::{DefectKind, Limits, Message};
///
/// let raw = b"A: 1\nB: 2\nC: 3\n\nbody";
/// let message = Message::parse_with(raw, &Limits::default().fields(2));
/// assert_eq!(message.headers().count(), 2);
/// assert_eq!(message.defects()[0].kind(), DefectKind::TooManyFields);
/// assert_eq!(message.text(), "body");
/// ```
#[derive(Clone, Debug)]
pub struct Limits {
    pub(crate) depth: usize,
    pub(crate) parts: usize,
    pub(crate) fields: usize,
    pub(crate) header_bytes: usize,
    pub(crate) list_items: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 32,
            parts: 10_000,
            fields: 10_000,
            header_bytes: 1 << 20,
            list_items: 10_000,
        }
    }
}

impl Limits {
    /// How many `multipart` levels are entered; a deeper one is a leaf.
    ///
    /// Defaults to 32 levels: people nest four deep, digests of digests eight; each line that starts with `--` is held
    /// against the boundary of every open level.
    #[must_use]
    pub fn depth(mut self, levels: usize) -> Self {
        self.depth = levels;
        self
    }

    /// How many parts are told apart, over all levels; the rest of the message belongs to the last one.
    ///
    /// Defaults to 10,000 parts: a part takes seven bytes to write and some fifty to remember, so that a message of
    /// nothing but parts would take a multiple of its size in memory.
    #[must_use]
    pub fn parts(mut self, count: usize) -> Self {
        self.parts = count;
        self
    }

    /// How many header fields are remembered, over all parts; later ones are skipped.
    ///
    /// Defaults to 10,000 fields: a field takes three bytes to write and 16 to remember.
    #[must_use]
    pub fn fields(mut self, count: usize) -> Self {
        self.fields = count;
        self
    }

    /// How many bytes of one header section are read into fields; the rest of the section is skipped.
    ///
    /// Defaults to 1,048,576 bytes: four times what the largest mail hosts accept in a header.
    #[must_use]
    pub fn header_bytes(mut self, bytes: usize) -> Self {
        self.header_bytes = bytes;
        self
    }

    /// How many items one field may list: addresses, message ids, parameters.
    ///
    /// Defaults to 10,000 items: an address list longer than that is no list a person wrote, and each item is an
    /// allocation.
    #[must_use]
    pub fn list_items(mut self, count: usize) -> Self {
        self.list_items = count;
        self
    }
}
