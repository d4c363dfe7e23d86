//! Which blocks are shown (the default policy).

use super::blocks::Block;
use super::feature::{has_address, has_date};
use super::footer;
use super::fragment::{FragmentKind, Rule};
use super::line::{self, Line};
use super::options::Options;
use super::signature;
use super::verb::Wrote;

/// Decides for every block whether it is shown; splits text blocks that end in a signature.
pub(crate) fn apply(
    text: &str,
    lines: &[Line],
    blocks: Vec<Block>,
    options: &Options,
) -> Vec<Block> {
    let mut blocks = split_text(text, lines, blocks);
    keep_answered(text, &mut blocks);
    forward(text, &mut blocks, options);
    if options.keep_signature {
        for block in &mut blocks {
            block.visible |= block.kind == FragmentKind::Signature;
        }
    }
    blocks
}

fn has_words(text: &str, block: &Block) -> bool {
    !text[block.start..block.end]
        .trim_matches(line::is_blank)
        .is_empty()
}

/// Splits disclaimers and trailing names off the text blocks.
fn split_text(text: &str, lines: &[Line], blocks: Vec<Block>) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::with_capacity(blocks.len() + 2);
    let mut said = false;
    for block in blocks {
        if block.kind != FragmentKind::Text {
            out.push(block);
            continue;
        }
        let from = lines.partition_point(|line| line.start < block.start);
        let to = lines.partition_point(|line| line.start < block.end);
        let mut own = &lines[from.min(to)..to];
        let mut block = block;
        if out.is_empty()
            && let Some(end) = banner(text, own)
        {
            let start = block.start;
            out.push(Block {
                kind: FragmentKind::Banner,
                rule: Rule::BannerWords,
                start,
                end,
                visible: false,
                glued: false,
            });
            block.start = end;
            own = &own[own.partition_point(|line| line.start < end)..];
        }
        own = &own[own.iter().position(|line| !line.is_blank()).unwrap_or(0)..];
        let mut tail: Vec<Block> = Vec::new();
        let mut legal = false;
        let mut end = block.end;
        loop {
            own = trim_blank(own);
            let paragraph = paragraph_start(own);
            let Some(first) = own.get(paragraph) else {
                break;
            };
            // Below a greeting as below nothing.
            let said_above = trim_blank(&own[..paragraph]);
            let alone = !said
                && (said_above.is_empty()
                    || said_above.len() == 1 && signature::is_sign_off(said_above[0].text(text)));
            let above = own[..paragraph].iter().rfind(|line| !line.is_blank());
            let announced = above.is_some_and(|line| signature::announces(line.text(text)));
            // `- Ann` below `- Bob` is an item of a list.
            let item = first.text(text).starts_with("- ")
                && above.is_some_and(|line| line.text(text).starts_with("- "));
            // "Which colour?", "- Blue".
            let answer = first.text(text).starts_with("- ")
                && above.is_some_and(|line| line.text(text).ends_with('?'));
            let apart = paragraph > 0 && !announced && !item && !answer;
            let named = apart && paragraph + 1 == own.len();
            // A company's numbers below a sentence may be what was asked for.
            let signed =
                !tail.is_empty() || above.is_some_and(|line| signature::signs(line.text(text)));
            let found = footer::read(text, own, paragraph, alone, signed);
            let (at, kind, rule) = match found {
                Some(found) => found,
                None if named && signature::is_trailing_name(first.text(text))
                    || apart && signature::is_card(text, &own[paragraph..]) =>
                {
                    (paragraph, FragmentKind::Signature, Rule::TrailingName)
                }
                None => {
                    match signature::contact_block(text, own, legal) {
                        Some(start) => (start, FragmentKind::Signature, Rule::ContactBlock),
                        None if tail.is_empty() => break,
                        // Rules that stood above what was cut: all at once, for each turn reads the whole paragraph.
                        None => {
                            let rule = |line: &Line| footer::is_rule(line.text(text));
                            let others = own.iter().rposition(|line| !rule(line));
                            let start = others.map_or(0, |at| at + 1);
                            if start == own.len() {
                                break;
                            }
                            (start, FragmentKind::Signature, Rule::Delimiter)
                        }
                    }
                }
            };
            let (paragraph, first) = (at, &own[at]);
            legal |= kind == FragmentKind::Disclaimer;
            tail.push(Block {
                kind,
                rule,
                start: first.start,
                end,
                visible: false,
                glued: false,
            });
            end = first.start;
            own = &own[..paragraph];
        }
        if block.start < end {
            said = true;
            out.push(Block { end, ..block });
        }
        out.extend(tail.into_iter().rev());
    }
    out
}

/// Where the first paragraph ends, if it is a gateway's banner.
fn banner(text: &str, lines: &[Line]) -> Option<usize> {
    let first = lines.iter().position(|line| !line.is_blank())?;
    let length = lines[first..]
        .iter()
        .position(Line::is_blank)
        .unwrap_or(lines.len() - first);
    // Proofpoint's goes on over blank lines to the line that ends it.
    let end = lines
        .iter()
        .skip(first)
        .take(MAX_BANNER_LINES)
        .position(|line| line.text(text).ends_with("BannerEnd"));
    let last = lines.get(first + end.unwrap_or(length - 1))?;
    signature::is_banner(text.get(lines[first].start..last.end)?).then_some(last.next)
}

fn trim_blank(lines: &[Line]) -> &[Line] {
    let end = lines
        .iter()
        .rposition(|line| !line.is_blank())
        .map_or(0, |at| at + 1);
    &lines[..end]
}

fn paragraph_start(lines: &[Line]) -> usize {
    lines
        .iter()
        .rposition(Line::is_blank)
        .map_or(0, |at| at + 1)
}

/// Quotes with an answer below them: one of them is bottom posting and is cut; several are inline answers and stay,
/// with the attribution of the first. A citation stays, too: a quote without attribution that a line of the writer's
/// leads into, or above the attributed one.
fn keep_answered(text: &str, blocks: &mut [Block]) {
    // Blank text between blocks decides nothing.
    let solid: Vec<usize> = (0..blocks.len())
        .filter(|&at| has_words(text, &blocks[at]))
        .collect();
    let mut answered: Vec<Quoted> = Vec::new();
    let mut below = false;
    let mut attributed_below = false;
    for position in (0..solid.len()).rev() {
        let block = &blocks[solid[position]];
        let above = position.checked_sub(1).map(|above| solid[above]);
        let kind_above = above.map(|above| blocks[above].kind);
        match block.kind {
            FragmentKind::Text => below = true,
            FragmentKind::Quote if matches!(block.rule, Rule::QuoteMark | Rule::Blockquote) => {
                let introduces =
                    |kind| matches!(kind, FragmentKind::Attribution | FragmentKind::HeaderBlock);
                let attribution = above.filter(|_| kind_above.is_some_and(introduces));
                let led = kind_above == Some(FragmentKind::Text);
                let glued = block.glued && block.rule == Rule::QuoteMark;
                let lead = above
                    .filter(|_| led)
                    .map(|above| &text[blocks[above].start..blocks[above].end]);
                let announced = lead.is_some_and(leads_in);
                let cited = led && (glued && below || attributed_below);
                if below || cited {
                    answered.push(Quoted {
                        at: solid[position],
                        attribution,
                        cited,
                        announced,
                        follows_answer: lead.is_some_and(answers),
                    });
                }
                attributed_below |= attribution.is_some();
            }
            FragmentKind::Quote => {
                attributed_below |= kind_above == Some(FragmentKind::Attribution)
            }
            _ => {}
        }
    }
    // From below: the last is the uppermost. Where that one is answered, what leads to the next is the answer.
    let uppermost = answered.last().is_some_and(|quoted| !quoted.cited);
    let inline = answered
        .iter()
        .filter(|quoted| !quoted.cited || uppermost && quoted.follows_answer)
        .count()
        >= 2;
    for quoted in answered {
        if !inline && !quoted.cited && !quoted.announced {
            continue;
        }
        blocks[quoted.at].visible = true;
        blocks[quoted.at].rule = Rule::InlineAnswer;
        if let Some(attribution) = quoted.attribution {
            blocks[attribution].visible = true;
        }
    }
    // A message that is one indented block, and nothing else, was written that way.
    if let [only] = solid.as_slice()
        && blocks[*only].rule == Rule::Blockquote
    {
        blocks[*only].visible = true;
    }
}

/// The last line asks to read what stands below: "The manual says:", and no attribution that is not known.
fn leads_in(lead: &str) -> bool {
    let line = lead.trim_end_matches(line::is_blank);
    let line = line.rsplit('\n').next().unwrap_or_default();
    let words = line.split_whitespace();
    signature::announces(line)
        && words.clone().count() >= 3
        && words
            .clone()
            .any(|word| word.starts_with(char::is_lowercase))
        && !has_date(line)
        && !has_address(line)
        && Wrote::read(line).is_none()
}

/// Text between two quotes that is no line torn off the upper one: a blank line above, or a whole sentence.
fn answers(content: &str) -> bool {
    let apart = content
        .trim_start_matches([' ', '\t', '\r'])
        .starts_with('\n');
    let content = content.trim_matches(line::is_blank);
    let opens = content.starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase());
    apart || opens && content.ends_with(['.', '!', '?'])
}

const MAX_BANNER_LINES: usize = 12;

/// A quote that may stay.
struct Quoted {
    at: usize,
    attribution: Option<usize>,
    cited: bool,
    /// The line above asks to read it.
    announced: bool,
    /// What stands above it answers the quote before.
    follows_answer: bool,
}

/// A forward is shown whole: the message passed on is what its sender has to say.
fn forward(text: &str, blocks: &mut [Block], options: &Options) {
    let said = blocks
        .iter()
        .any(|block| block.visible && has_words(text, block));
    let passed_on = options.forwarded && !said;
    for block in blocks {
        let is_forward = block.kind == FragmentKind::Forward;
        if is_forward && (options.keep_forward || !said)
            || passed_on && block.kind != FragmentKind::Signature
        {
            block.visible = true;
        }
    }
}
