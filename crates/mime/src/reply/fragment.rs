//! What the text is made of.

use std::fmt;
use std::ops::Range;

/// A stretch of the text with what it is, why, and whether the default view shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    pub(crate) kind: FragmentKind,
    pub(crate) range: Range<usize>,
    pub(crate) rule: Rule,
    pub(crate) visible: bool,
}

impl Fragment {
    /// What it is.
    pub fn kind(&self) -> FragmentKind {
        self.kind
    }

    /// Where it lies, in bytes of [`Reply::text`](super::Reply::text).
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The rule that said so.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Whether [`Reply::visible`](super::Reply::visible) shows it.
    pub fn is_visible(&self) -> bool {
        self.visible
    }
}

/// The kinds of fragments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FragmentKind {
    /// "On … wrote:".
    Attribution,
    /// A gateway's warning that the message came from outside.
    Banner,
    /// A mail program's or provider's line: "Sent from my …".
    ClientSignature,
    /// The lawyers' paragraph.
    Disclaimer,
    /// A message passed on.
    Forward,
    /// From, Sent, To, Subject of the quoted message.
    HeaderBlock,
    /// "Original Message", "reply above this line".
    Marker,
    /// The other person's words.
    Quote,
    /// Behind a delimiter, or a trailing name.
    Signature,
    /// The writer's own words.
    Text,
}

impl FragmentKind {
    /// The kind in one word, as `--explain` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attribution => "attribution",
            Self::Banner => "banner",
            Self::ClientSignature => "client-signature",
            Self::Disclaimer => "disclaimer",
            Self::Forward => "forward",
            Self::HeaderBlock => "header-block",
            Self::Marker => "marker",
            Self::Quote => "quote",
            Self::Signature => "signature",
            Self::Text => "text",
        }
    }
}

impl fmt::Display for FragmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How sure a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Certainty {
    /// A guess from the shape alone.
    Low,
    /// The shape, and a word that mail programs write.
    Medium,
    /// Nothing else looks like it.
    High,
}

/// The rules, one for each reason a fragment can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// A line that asks for the answer above it.
    AboveMarker,
    /// Behind an attribution, a header block or a marker, without quote marks: to the end.
    AfterIntroducer,
    /// "On … wrote:" in the middle of a line, the quote behind it.
    AttributionInside,
    /// A date, an address or a verb of writing, and a final colon; over up to five lines.
    AttributionLine,
    /// "-----BEGIN PGP …": the armour of a signed text.
    Armour,
    /// A first paragraph in which a gateway warns of mail from outside.
    BannerWords,
    /// HTML says so: a blockquote without a class of any mail program.
    Blockquote,
    /// The program's own line, in a list of languages.
    ClientLine,
    /// A trailing block of telephone numbers and addresses.
    ContactBlock,
    /// Dashes around a date and a verb: "---- On … wrote ----".
    DashedAttribution,
    /// `-- `, `--`, `___` or a lone dash on a line.
    Delimiter,
    /// A paragraph with three words or more of the lawyers', or with what companies and virus scanners must say.
    DisclaimerWords,
    /// The title of a forwarded message.
    ForwardMarker,
    /// A run of `Word: value` lines with an address or a date.
    HeaderLines,
    /// HTML says so: a class, an id or an element that mail programs mark quotes with.
    HtmlQuote,
    /// HTML says so: a class or an id that mail programs mark signatures with.
    HtmlSignature,
    /// A quote that an answer below it refers to.
    InlineAnswer,
    /// How to leave the list that sent it on.
    ListFooter,
    /// The title of a quoted message, between rules of dashes.
    OriginalMarker,
    /// No rule fired.
    Plain,
    /// `>` before the line.
    QuoteMark,
    /// `-Name` at the end.
    TrailingName,
    /// A line that was torn off the quoted line above it.
    TornQuote,
}

impl Rule {
    /// The rule in one word, as `--explain` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AboveMarker => "above-marker",
            Self::AfterIntroducer => "after-introducer",
            Self::AttributionInside => "attribution-inside",
            Self::AttributionLine => "attribution-line",
            Self::Armour => "armour",
            Self::BannerWords => "banner-words",
            Self::Blockquote => "blockquote",
            Self::ClientLine => "client-line",
            Self::ContactBlock => "contact-block",
            Self::DashedAttribution => "dashed-attribution",
            Self::Delimiter => "delimiter",
            Self::DisclaimerWords => "disclaimer-words",
            Self::ForwardMarker => "forward-marker",
            Self::HeaderLines => "header-lines",
            Self::HtmlQuote => "html-quote",
            Self::HtmlSignature => "html-signature",
            Self::InlineAnswer => "inline-answer",
            Self::ListFooter => "list-footer",
            Self::OriginalMarker => "original-marker",
            Self::Plain => "plain",
            Self::QuoteMark => "quote-mark",
            Self::TrailingName => "trailing-name",
            Self::TornQuote => "torn-quote",
        }
    }

    /// How sure it is.
    pub fn certainty(self) -> Certainty {
        match self {
            Self::AboveMarker
            | Self::Armour
            | Self::HtmlQuote
            | Self::HtmlSignature
            | Self::Plain
            | Self::QuoteMark
            | Self::ForwardMarker
            | Self::OriginalMarker
            | Self::DashedAttribution => Certainty::High,
            Self::AttributionInside
            | Self::AttributionLine
            | Self::BannerWords
            | Self::Blockquote
            | Self::ClientLine
            | Self::Delimiter
            | Self::DisclaimerWords
            | Self::HeaderLines
            | Self::InlineAnswer
            | Self::ListFooter => Certainty::Medium,
            Self::AfterIntroducer | Self::ContactBlock | Self::TrailingName | Self::TornQuote => {
                Certainty::Low
            }
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
