//! Which blocks are shown (the default policy).

use super::blocks::Block;
use super::fragment::{FragmentKind, Rule};
use super::line::{self, Line};
use super::options::Options;
use super::signature;

/// Decides for every block whether it is shown; splits text blocks that end in a signature.
pub(crate) fn apply(text: &str, lines: &[Line], blocks: Vec<Block>, options: &Options) -> Vec<Block> {
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
    let mut out = Vec::with_capacity(blocks.len() + 2);
    for block in blocks {
        if block.kind != FragmentKind::Text {
            out.push(block);
            continue;
        }
        let from = lines.partition_point(|line| line.start < block.start);
        let to = lines.partition_point(|line| line.start < block.end);
        let mut own = &lines[from.min(to)..to];
        let mut tail: Vec<Block> = Vec::new();
        let mut end = block.end;
        loop {
            own = trim_blank(own);
            let paragraph = paragraph_start(own);
            let Some(first) = own.get(paragraph) else { break };
            let found = if signature::is_disclaimer(&text[first.start..own[own.len() - 1].end]) {
                Some((FragmentKind::Disclaimer, Rule::DisclaimerWords))
            } else if paragraph + 1 == own.len()
                && paragraph > 0
                && signature::is_trailing_name(first.text(text))
            {
                Some((FragmentKind::Signature, Rule::TrailingName))
            } else {
                None
            };
            let Some((kind, rule)) = found else { break };
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
            out.push(Block { end, ..block });
        }
        out.extend(tail.into_iter().rev());
    }
    out
}

fn trim_blank(lines: &[Line]) -> &[Line] {
    let end = lines
        .iter()
        .rposition(|line| !line.is_blank())
        .map_or(0, |at| at + 1);
    &lines[..end]
}

fn paragraph_start(lines: &[Line]) -> usize {
    lines.iter().rposition(Line::is_blank).map_or(0, |at| at + 1)
}

/// Quotes with an answer below them: one of them is bottom posting and is cut; several are inline answers and stay,
/// with the attribution of the first. A quote that a line of the writer's leads into is a citation and stays.
fn keep_answered(text: &str, blocks: &mut [Block]) {
    let mut answered: Vec<usize> = Vec::new();
    let mut below = false;
    for at in (0..blocks.len()).rev() {
        let block = &blocks[at];
        match block.kind {
            FragmentKind::Text => below |= has_words(text, block),
            FragmentKind::Quote if block.rule == Rule::QuoteMark && below => answered.push(at),
            _ => {}
        }
    }
    answered.reverse();
    let mut said = false;
    let mut cited = vec![false; blocks.len()];
    for (at, block) in blocks.iter().enumerate() {
        if block.kind == FragmentKind::Quote && said && at > 0 && blocks[at - 1].kind == FragmentKind::Text {
            cited[at] = block.glued || answered.len() == 1;
        }
        said |= block.kind == FragmentKind::Text && has_words(text, block);
    }
    let inline = answered.iter().filter(|&&at| !cited[at]).count() >= 2;
    for &at in &answered {
        if !inline && !cited[at] {
            continue;
        }
        blocks[at].visible = true;
        blocks[at].rule = Rule::InlineAnswer;
        if at > 0 && blocks[at - 1].kind == FragmentKind::Attribution {
            blocks[at - 1].visible = true;
        }
    }
}

/// A forward is shown whole: the message passed on is what its sender has to say.
fn forward(text: &str, blocks: &mut [Block], options: &Options) {
    let said = blocks.iter().any(|block| block.visible && has_words(text, block));
    let passed_on = options.forwarded && !said;
    for block in blocks {
        let is_forward = block.kind == FragmentKind::Forward;
        if is_forward && (options.keep_forward || !said) || passed_on && block.kind != FragmentKind::Signature
        {
            block.visible = true;
        }
    }
}
