//! The vocabulary: what a local part asks the simulated relay to do.

use std::time::Duration;

use inreply_smtp::wire::reply::{EnhancedStatusCode, Reply, ReplyClass, ReplyCode, ReplyText};

/// What happens to a recipient and to its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Nothing out of the ordinary.
    Take,
    /// Refused at RCPT (at MAIL, where the sender is called so).
    Refuse(ReplyCode),
    /// Refused so many times, then taken.
    Greylist(u32),
    /// Taken after a while.
    Slow(Duration),
    /// The connection ends at RCPT.
    Drop,
    /// The whole message is refused at its end.
    RefuseMessage(ReplyCode),
    /// The whole message is taken after a while.
    SlowMessage(Duration),
    /// The connection ends within the message.
    DropWithin,
    /// The message is taken, and the connection ends before the client hears so.
    DropBehind,
}

/// How long `slow` is without a number.
const SLOW: Duration = Duration::from_secs(1);

impl Word {
    /// The word before the first `+` of a local part. What is no word is an ordinary mailbox.
    pub(super) fn of(local_part: &str) -> Self {
        let word = local_part.split('+').next().unwrap_or_default();
        let word = word.to_ascii_lowercase();
        match word.as_str() {
            "temperror" => return Self::Refuse(ReplyCode::LOCAL_ERROR),
            "permerror" => return Self::Refuse(ReplyCode::FAILED),
            "greylist" => return Self::Greylist(1),
            "slow" => return Self::Slow(SLOW),
            "drop" => return Self::Drop,
            "data-drop" => return Self::DropWithin,
            "end-drop" => return Self::DropBehind,
            "end-slow" => return Self::SlowMessage(SLOW),
            _ => {}
        }
        let number = |prefix| {
            word.strip_prefix(prefix)
                .and_then(|number| number.parse::<u32>().ok())
        };
        let millis = |number| Duration::from_millis(u64::from(number));
        None.or_else(|| refusal(&word).map(Self::Refuse))
            .or_else(|| refusal(word.strip_prefix("data-")?).map(Self::RefuseMessage))
            .or_else(|| number("greylist-").map(Self::Greylist))
            .or_else(|| number("slow-").map(millis).map(Self::Slow))
            .or_else(|| number("end-slow-").map(millis).map(Self::SlowMessage))
            .unwrap_or(Self::Take)
    }
}

/// A negative code.
fn refusal(text: &str) -> Option<ReplyCode> {
    let code = ReplyCode::new(text.parse().ok().filter(|_| text.len() == 3)?)?;
    let negative = matches!(
        code.class(),
        ReplyClass::TransientNegative | ReplyClass::PermanentNegative
    );
    negative.then_some(code)
}

/// A reply with the enhanced code that commonly goes with `code`.
pub(super) fn reply(code: ReplyCode) -> Reply {
    let (subject, detail) = match code.as_u16() {
        421 => (3, 2),
        450 => (2, 0),
        451 => (3, 0),
        452 => (2, 2),
        550 => (1, 1),
        551 => (1, 6),
        552 => (2, 3),
        553 => (1, 3),
        554 => (7, 1),
        _ => (0, 0),
    };
    let class = if code.as_u16() < 500 { 4 } else { 5 };
    Reply::new(
        code,
        EnhancedStatusCode::new(class, subject, detail),
        ReplyText::literal("as the address asks"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_says_what_happens() {
        let code = |code| ReplyCode::new(code).unwrap();
        let millis = Duration::from_millis;
        for (local_part, word) in [
            ("ann", Word::Take),
            ("451", Word::Refuse(code(451))),
            ("550+ann", Word::Refuse(code(550))),
            ("250", Word::Take),
            ("354", Word::Take),
            ("4510", Word::Take),
            ("+51", Word::Take),
            ("TempError+x", Word::Refuse(code(451))),
            ("permerror", Word::Refuse(code(554))),
            ("greylist", Word::Greylist(1)),
            ("greylist-3+ann", Word::Greylist(3)),
            ("slow", Word::Slow(SLOW)),
            ("slow-20", Word::Slow(millis(20))),
            ("drop+1", Word::Drop),
            ("data-552", Word::RefuseMessage(code(552))),
            ("data-drop", Word::DropWithin),
            ("end-drop", Word::DropBehind),
            ("end-slow-5", Word::SlowMessage(millis(5))),
            ("data-ann", Word::Take),
        ] {
            assert_eq!(Word::of(local_part), word, "{local_part}");
        }
    }

    #[test]
    fn a_reply_has_the_enhanced_code_of_its_kind() {
        let said = |code| reply(ReplyCode::new(code).unwrap()).to_string();
        assert_eq!(said(550), "550 5.1.1 as the address asks\r\n");
        assert_eq!(said(421), "421 4.3.2 as the address asks\r\n");
        assert_eq!(said(555), "555 5.0.0 as the address asks\r\n");
    }
}
