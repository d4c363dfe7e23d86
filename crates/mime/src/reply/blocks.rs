//! From lines to blocks: what each stretch is, before the policy says what is shown.

mod ahead;
mod code;
mod marked;

use super::attribution::{self, Attribution};
use super::client_line::{self, ClientLine};
use super::feature::has_date;
use super::fragment::{FragmentKind, Rule};
use super::header_block::Labels;
use super::line::Line;
use super::marker::{self, Armour, Marker};

/// A run of lines of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) kind: FragmentKind,
    pub(crate) rule: Rule,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) visible: bool,
    /// A text line stands directly above, without a blank line between.
    pub(crate) glued: bool,
}

/// What HTML structure says about a stretch of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: FragmentKind,
    pub(crate) rule: Rule,
}

/// Cuts the text into blocks that tile it.
pub(crate) fn read(
    text: &str,
    lines: &[Line],
    regions: &[Region],
    markers: &[String],
) -> Vec<Block> {
    let labels = Labels::of(text, lines);
    let mut reader = Reader {
        text,
        lines,
        regions,
        markers,
        labels,
        fences: code::fences(text, lines),
        blocks: Vec::new(),
        has_text: false,
        said_above: None,
        endless: [false; 2],
    };
    reader.run();
    reader.blocks
}

struct Reader<'t> {
    text: &'t str,
    lines: &'t [Line],
    regions: &'t [Region],
    markers: &'t [String],
    labels: Labels,
    /// For each line that opens a block of code, the line that closes it.
    fences: Vec<Option<usize>>,
    blocks: Vec<Block>,
    /// The writer said something already.
    has_text: bool,
    /// The last block that is not blank. Looking for it among many blank ones would be quadratic.
    said_above: Option<FragmentKind>,
    /// No line from here on ends armour of this kind: one search says so for all below.
    endless: [bool; 2],
}

impl Reader<'_> {
    fn run(&mut self) {
        let attributions = self.attributions();
        let mut at = 0;
        let mut region = 0;
        while let Some(line) = self.lines.get(at) {
            while self
                .regions
                .get(region)
                .is_some_and(|region| region.end <= line.start)
            {
                region += 1;
            }
            if let Some(found) = self.regions.get(region)
                && found.start <= line.start
            {
                let (end, kind, rule) = (found.end, found.kind, found.rule);
                let first = at;
                while self.lines.get(at).is_some_and(|line| line.start < end) {
                    at += 1;
                }
                self.region(kind, rule, first, at);
                continue;
            }
            at = self.step(at, &attributions);
        }
    }

    /// Reads from the line `at`; the answer is the next line to read.
    fn step(&mut self, at: usize, attributions: &[Option<(usize, usize)>]) -> usize {
        let line = self.lines[at];
        if line.is_blank() {
            return self.text_line(at);
        }
        if line.depth > 0 {
            // GroupWise: `>>> Bob Stone <bob@example.com> 3/2/2026 9:12 AM >>>`, and the quote without marks.
            let content = line.text(self.text);
            if line.depth >= 3 && content.ends_with(">>>") && has_date(content) {
                return self.attribution(at, at, line.content);
            }
            if self.is_above(line.text(self.text)) {
                return self.rest_is_quote(at, at + 1, FragmentKind::Marker, Rule::AboveMarker);
            }
            let end = self.quote_end(at);
            if self.is_own(at, end) {
                self.has_text = true;
                self.push(FragmentKind::Text, Rule::Plain, at, end);
                return end;
            }
            self.push(FragmentKind::Quote, Rule::QuoteMark, at, end);
            // Marks at the header block alone, and none at what it heads (abv.bg).
            if self.has_text && self.is_header(at, end) {
                let lines = self.lines.len();
                self.push(FragmentKind::Quote, Rule::AfterIntroducer, end, lines);
                return lines;
            }
            return end;
        }
        if let Some(last) = self.fences[at] {
            self.has_text = true;
            self.push(FragmentKind::Text, Rule::Plain, at, last + 1);
            return last + 1;
        }
        if let Some((last, start)) = attributions[at] {
            return self.attribution(at, last, start);
        }
        if let Some(end) = self.attribution_inside(at) {
            return end;
        }
        let content = line.text(self.text);
        if let Some(armour) = marker::armour(content) {
            return self.armour(at, armour);
        }
        if self.is_above(content) {
            return self.rest_is_quote(at, at + 1, FragmentKind::Marker, Rule::AboveMarker);
        }
        match marker::read(content) {
            // One word between dashes at the top is a heading of the writer's.
            Some(Marker::Original)
                if self.has_text
                    || !marker::is_one_word(content)
                    || self.is_quoted_below(at)
                    || self.block_below(at).is_some() =>
            {
                return self.rest_is_quote(at, at + 1, FragmentKind::Marker, Rule::OriginalMarker);
            }
            // Without a date the dashes alone could frame a heading: quote marks below must confirm.
            Some(Marker::Attribution) if has_date(content) || self.is_quoted_below(at) => {
                return self.rest_is_quote(
                    at,
                    at + 1,
                    FragmentKind::Attribution,
                    Rule::DashedAttribution,
                );
            }
            None if marker::is_title(content) => {
                if let Some(first) = self.solid_below(at)
                    && self
                        .labels
                        .block_end(self.text, self.lines, first, false)
                        .is_some()
                {
                    return self.rest_is_quote(
                        at,
                        at + 1,
                        FragmentKind::Marker,
                        Rule::OriginalMarker,
                    );
                }
            }
            Some(Marker::Above | Marker::Attribution | Marker::Original) | None => {}
            Some(Marker::Forward) => {
                let end = self.lines.len();
                self.push(FragmentKind::Forward, Rule::ForwardMarker, at, end);
                return end;
            }
            Some(Marker::Rule) => {
                if let Some(block) = self.block_below(at) {
                    return self.rest_is_quote(
                        at,
                        block,
                        FragmentKind::HeaderBlock,
                        Rule::HeaderLines,
                    );
                }
            }
            Some(Marker::Delimiter) => {
                if let Some(block) = self.block_below(at) {
                    return self.rest_is_quote(
                        at,
                        block,
                        FragmentKind::HeaderBlock,
                        Rule::HeaderLines,
                    );
                }
                // A rule at the very top is an ornament: no signature opens a message.
                if self.has_text || content.starts_with(['-', '\u{2014}', '\u{2013}']) {
                    // Others than `--` part what is written, too.
                    if content.starts_with("--") || !self.goes_on(at + 1, attributions) {
                        let end = self.signature_end(at + 1, attributions);
                        self.push(FragmentKind::Signature, Rule::Delimiter, at, end);
                        return end;
                    }
                }
            }
        }
        if let Some((end, certain)) = self.labels.block(self.text, self.lines, at, false)
            && !self.is_shown(at, end)
            && (certain || self.is_below_text(at) || self.is_quoted_below(end - 1))
        {
            return self.rest_is_quote(at, end, FragmentKind::HeaderBlock, Rule::HeaderLines);
        }
        match client_line::read(content) {
            Some(_) if self.is_announced(at) => {}
            Some(ClientLine::Sure) => return self.client_line(at, attributions),
            Some(ClientLine::Last) if self.has_text && self.ends_at(at + 1, attributions) => {
                return self.client_line(at, attributions);
            }
            _ => {}
        }
        self.text_line(at)
    }

    fn client_line(&mut self, at: usize, attributions: &[Option<(usize, usize)>]) -> usize {
        self.push(FragmentKind::ClientSignature, Rule::ClientLine, at, at + 1);
        let blank = |line: Option<&Line>| line.is_some_and(Line::is_blank);
        let above = at.checked_sub(1).and_then(|above| self.lines.get(above));
        if !self.has_text || !blank(above) || !blank(self.lines.get(at + 1)) {
            return at + 1;
        }
        // A phone puts its line, a paragraph of its own, above what it quotes: text behind it is not the writer's.
        let end = self.signature_end(at + 1, attributions);
        if self.lines[at + 1..end].iter().any(|line| !line.is_blank()) {
            self.push(FragmentKind::Quote, Rule::AfterIntroducer, at + 1, end);
            return end;
        }
        at + 1
    }

    fn region(&mut self, kind: FragmentKind, rule: Rule, first: usize, end: usize) {
        let opening = self.lines[first..end].iter().find(|line| !line.is_empty());
        let forward =
            opening.is_some_and(|line| marker::read(line.text(self.text)) == Some(Marker::Forward));
        let attributed = self.said_above == Some(FragmentKind::Attribution);
        match kind {
            FragmentKind::Quote if forward => {
                self.push(FragmentKind::Forward, Rule::ForwardMarker, first, end)
            }
            FragmentKind::Text if attributed => {
                self.push(FragmentKind::Quote, Rule::HtmlQuote, first, end)
            }
            _ => {
                self.has_text |= kind == FragmentKind::Text;
                self.push(kind, rule, first, end);
            }
        }
    }

    fn text_line(&mut self, at: usize) -> usize {
        self.has_text |= !self.lines[at].is_blank();
        self.push(FragmentKind::Text, Rule::Plain, at, at + 1);
        at + 1
    }

    fn armour(&mut self, at: usize, armour: Armour) -> usize {
        let mut rest = self.lines[at..].iter();
        let endless = &mut self.endless[armour as usize];
        let end = match armour {
            _ if *endless => None,
            Armour::Signed => rest.position(Line::is_blank),
            Armour::Signature => rest
                .position(|line| line.text(self.text) == "-----END PGP SIGNATURE-----")
                .map(|last| last + 1),
        };
        *endless = end.is_none();
        let end = at + end.unwrap_or(1);
        let kind = if armour == Armour::Signed {
            FragmentKind::Marker
        } else {
            FragmentKind::Signature
        };
        self.push(kind, Rule::Armour, at, end);
        end
    }

    fn attribution(&mut self, at: usize, last: usize, start: usize) -> usize {
        let line = self.lines[at];
        if start > line.content {
            self.has_text = true;
            self.push_bytes(FragmentKind::Text, Rule::Plain, line.start, start);
        }
        let begin = if start > line.content {
            start
        } else {
            line.start
        };
        let end = self.lines[last].next;
        let quoted = self.is_quoted_below(last);
        // Nothing above it, and no mark below: whose the rest is nobody knows, so that it stays with what leads into it.
        if !quoted && !self.has_text && self.lines[last + 1..].iter().any(|line| !line.is_blank()) {
            self.has_text = true;
            self.push_bytes(FragmentKind::Text, Rule::Plain, begin, end);
            return last + 1;
        }
        self.push_bytes(FragmentKind::Attribution, Rule::AttributionLine, begin, end);
        if !quoted && self.has_text {
            let lines = self.lines.len();
            self.push(FragmentKind::Quote, Rule::AfterIntroducer, last + 1, lines);
            return lines;
        }
        last + 1
    }

    fn attribution_inside(&mut self, at: usize) -> Option<usize> {
        let line = self.lines[at];
        let (start, end) = attribution::inside(line.text(self.text))?;
        let (start, end) = (line.content + start, line.content + end);
        if end >= line.end {
            return None;
        }
        let lead = if start > line.content {
            start
        } else {
            line.start
        };
        self.push_bytes(FragmentKind::Text, Rule::Plain, line.start, lead);
        self.push_bytes(
            FragmentKind::Attribution,
            Rule::AttributionInside,
            lead,
            end,
        );
        let text_end = self.text.len();
        self.push_bytes(FragmentKind::Quote, Rule::AfterIntroducer, end, text_end);
        Some(self.lines.len())
    }

    /// An introducer whose quote has no marks: the rest of the text is the quote.
    fn rest_is_quote(&mut self, at: usize, body: usize, kind: FragmentKind, rule: Rule) -> usize {
        let mut body = body;
        if kind != FragmentKind::HeaderBlock
            && let Some(block) = self.block_below(body.saturating_sub(1))
        {
            self.push(kind, rule, at, body);
            self.push(FragmentKind::HeaderBlock, Rule::HeaderLines, body, block);
            body = block;
        } else {
            self.push(kind, rule, at, body);
        }
        // Marks right below: the quote's end shows, and what stands behind it is the writer's.
        if rule != Rule::AboveMarker && body > 0 && self.is_quoted_below(body - 1) {
            return body;
        }
        let end = self.lines.len();
        self.push(FragmentKind::Quote, Rule::AfterIntroducer, body, end);
        end
    }

    /// For each line the attribution that starts there: its last line, and the byte where it starts.
    fn attributions(&self) -> Vec<Option<(usize, usize)>> {
        let mut found = vec![None; self.lines.len()];
        let mut quoted_below = false;
        for last in (0..self.lines.len()).rev() {
            let line = &self.lines[last];
            if line.is_blank() {
                continue;
            }
            if line.depth == 0
                && let Some(Attribution { first, start }) =
                    attribution::ending_at(self.text, self.lines, last, quoted_below)
            {
                found[first] = Some((last, start));
            }
            quoted_below = line.depth > 0 || self.is_html_quote(line);
        }
        found
    }

    fn push(&mut self, kind: FragmentKind, rule: Rule, first: usize, end: usize) {
        if first < end {
            let start = self
                .blocks
                .last()
                .map_or(0, |block| block.end)
                .max(self.lines[first].start);
            self.push_bytes(kind, rule, start, self.lines[end - 1].next);
        }
    }

    fn push_bytes(&mut self, kind: FragmentKind, rule: Rule, start: usize, end: usize) {
        if start >= end {
            return;
        }
        if !self.text[start..end].trim_start().is_empty() {
            self.said_above = Some(kind);
        }
        if let Some(last) = self.blocks.last_mut()
            && last.kind == kind
            && last.rule == rule
            && kind == FragmentKind::Text
        {
            last.end = end;
            return;
        }
        let above = self.text[..start].trim_end_matches([' ', '\t', '\r']);
        let above = above
            .strip_suffix('\n')
            .unwrap_or(above)
            .trim_end_matches([' ', '\t', '\r']);
        let glued = !above.is_empty() && !above.ends_with('\n');
        self.blocks.push(Block {
            kind,
            rule,
            start,
            end,
            visible: kind == FragmentKind::Text,
            glued,
        });
    }
}
