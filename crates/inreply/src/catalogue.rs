//! What people are told, in their language: refusals, and the sentences of mails.
//!
//! [`English`] and [`Korean`] are here; a product puts its own in the place of either with [`Site::catalogue`], and changes
//! as few or as many texts as it likes: each method has the English text.

use std::fmt;

use crate::diagnosis::{Advice, Code};
use crate::refusal::Refusal;
use crate::site::{Site, SupportLink};

/// The texts of one language.
///
/// A product that wants one text otherwise overrides one method, or one refusal in it:
///
/// ```
/// use inreply::catalogue::{Catalogue, English};
/// use inreply::refusal::Refusal;
/// use inreply::site::Site;
///
/// #[derive(Debug)]
/// struct Ours;
///
/// impl Catalogue for Ours {
///     fn sentence(&self, refusal: &Refusal, site: &Site) -> String {
///         match refusal {
///             Refusal::NothingLeft => "We found quotes only.".to_owned(),
///             other => English.sentence(other, site),
///         }
///     }
/// }
///
/// let site = Site::new("forge.example")?.catalogue(Ours);
/// assert_eq!(site.texts().sentence(&Refusal::NothingLeft, &site), "We found quotes only.");
/// assert_eq!(site.texts().rejection_subject(), "Not taken");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Catalogue: fmt::Debug + Send + Sync {
    /// The language as a tag of RFC 5646, for programs that read mail aloud. `en` by default.
    fn language(&self) -> &'static str {
        "en"
    }

    /// The text of an SMTP reply. What is not ASCII in it is sent as `?` (RFC 5321 §4.2), so keep it in ASCII, and within 400
    /// octets.
    fn reply(&self, refusal: &Refusal, site: &Site) -> String {
        match refusal {
            Refusal::NotOurDomain => format!(
                "Relaying denied: this server takes mail for {} only",
                site.reply_domain()
            ),
            Refusal::NoSuchMailbox => {
                "No such address: answer with the reply function of your mail program, to the Reply-To address".to_owned()
            }
            Refusal::NoReply => format!(
                "Nobody reads {}: answer to the Reply-To address of the notification",
                site.no_reply()
            ),
            Refusal::Expired { since } => {
                format!("This reply address has expired on {since}, please answer on the web")
            }
            Refusal::KeyRetired => "This reply address was withdrawn, please answer on the web".to_owned(),
            Refusal::Closed(reason) => format!("No answer is taken here any more: {reason}"),
            Refusal::NotTaken(reason) => format!("This answer is not taken: {reason}"),
            Refusal::Failed => "This answer could not be made a comment, please answer on the web".to_owned(),
            Refusal::AnotherToken => {
                "One reply address at a time, send the next in a message of its own".to_owned()
            }
            Refusal::SenderNotAllowed => {
                "The sender in From may not use this reply address: answer from the address that was notified".to_owned()
            }
            Refusal::SenderUnproven => {
                // RFC 9989 §7.2: "by using the word "DMARC" somewhere in the reply text".
                "The domain in From does not vouch for this message (DMARC): answer through the mail server of your address".to_owned()
            }
            Refusal::SenderUndecided => {
                "Whether the domain in From vouches for this message (DMARC) cannot be told now, try again later".to_owned()
            }
            Refusal::Loop => "Too many hops: the message runs in a circle".to_owned(),
            Refusal::NotOneFrom => "A message has exactly one From field".to_owned(),
            Refusal::Unreadable => {
                "Nothing to read in this message: it is encrypted or has no text, send it as plain text".to_owned()
            }
            Refusal::NothingLeft => {
                "Nothing was left of this message without its quotes: write your answer as new text".to_owned()
            }
            Refusal::TooMany => "Too many replies in a short time: this one is tried again later".to_owned(),
            Refusal::SpoolFull => "No room for the message, try again later".to_owned(),
            Refusal::LocalFault => "The message could not be stored, try again later".to_owned(),
        }
    }

    /// The sentence about a refusal in a mail to the sender. The text of the SMTP reply by default.
    fn sentence(&self, refusal: &Refusal, site: &Site) -> String {
        self.reply(refusal, site)
    }

    /// The subject of the mail about a refusal, in front of the answer's own.
    fn rejection_subject(&self) -> String {
        "Not taken".to_owned()
    }

    /// The first sentence of that mail.
    fn rejection_opening(&self, site: &Site) -> String {
        format!(
            "Your answer to a notification of {} did not become a comment.",
            site.host()
        )
    }

    /// What is said in front of the answer's own subject in that mail.
    fn rejection_about(&self) -> String {
        "Subject of your answer".to_owned()
    }

    /// The last sentence of that mail.
    fn rejection_closing(&self) -> String {
        "This mail was written by a program, and nobody reads answers to it.".to_owned()
    }

    /// How a notification is answered, and where it is read, below its signature delimiter.
    fn notification_footer(&self, url: Option<&str>) -> String {
        match url {
            Some(url) => format!("Answer this e-mail to comment, or read it at\n{url}."),
            None => "Answer this e-mail to comment.".to_owned(),
        }
    }

    /// Where there is help.
    fn help(&self, link: &SupportLink) -> String {
        format!("Help: {link}")
    }

    /// What a failure of outgoing mail means, and what to try; `relay` is the server as the operator knows it.
    fn advice(&self, code: Code, relay: &str) -> Advice {
        code.in_english(relay)
    }

    /// The subject of the mail that tests the settings.
    fn test_subject(&self, site: &Site) -> String {
        format!("Test e-mail from {}", site.host())
    }

    /// The text of the mail that tests the settings.
    fn test_text(&self, site: &Site) -> String {
        format!(
            "This is a test of the e-mail settings of {}. It arrived.",
            site.host()
        )
    }
}

/// English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::exhaustive_structs)]
pub struct English;

impl Catalogue for English {}

/// Korean. Replies of SMTP stay English: they are ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::exhaustive_structs)]
pub struct Korean;

impl Catalogue for Korean {
    fn language(&self) -> &'static str {
        "ko"
    }

    fn sentence(&self, refusal: &Refusal, site: &Site) -> String {
        match refusal {
            Refusal::NotOurDomain => format!("이 서버는 {} 앞으로 온 메일만 받습니다.", site.reply_domain()),
            Refusal::NoSuchMailbox => {
                "없는 주소입니다. 메일 프로그램의 답장 기능으로 Reply-To 주소에 답장해 주세요.".to_owned()
            }
            Refusal::NoReply => format!(
                "{} 주소는 아무도 읽지 않습니다. 알림의 Reply-To 주소로 답장해 주세요.",
                site.no_reply()
            ),
            Refusal::Expired { since } => {
                format!("이 답장 주소는 {since}에 만료되었습니다. 웹에서 답변해 주세요.")
            }
            Refusal::KeyRetired => "이 답장 주소는 더 이상 쓸 수 없습니다. 웹에서 답변해 주세요.".to_owned(),
            Refusal::Closed(reason) => format!("여기에는 더 이상 답변을 받지 않습니다: {reason}"),
            Refusal::NotTaken(reason) => format!("이 답변은 받지 않습니다: {reason}"),
            Refusal::Failed => "이 답변을 댓글로 만들지 못했습니다. 웹에서 답변해 주세요.".to_owned(),
            Refusal::AnotherToken => {
                "답장 주소는 한 번에 하나만 쓸 수 있습니다. 다음 주소에는 따로 보내 주세요.".to_owned()
            }
            Refusal::SenderNotAllowed => {
                "보낸 사람(From)은 이 답장 주소를 쓸 수 없습니다. 알림을 받은 주소에서 답장해 주세요.".to_owned()
            }
            Refusal::SenderUnproven => {
                "보낸 사람(From)의 도메인이 이 메일을 보증하지 않습니다. 그 도메인의 메일 서버로 보내 주세요.".to_owned()
            }
            Refusal::SenderUndecided => {
                "보낸 사람(From)의 도메인이 이 메일을 보증하는지 지금은 확인할 수 없습니다. 나중에 다시 보내 주세요.".to_owned()
            }
            Refusal::Loop => "메일이 서버 사이를 맴돌고 있습니다.".to_owned(),
            Refusal::NotOneFrom => "메일에는 From이 꼭 하나 있어야 합니다.".to_owned(),
            Refusal::Unreadable => {
                "읽을 수 있는 내용이 없습니다. 암호화되었거나 글이 없습니다. 일반 텍스트로 보내 주세요.".to_owned()
            }
            Refusal::NothingLeft => {
                "인용을 빼면 남는 글이 없습니다. 답변을 새 글로 써 주세요.".to_owned()
            }
            Refusal::TooMany => "짧은 시간에 답장이 너무 많습니다. 나중에 다시 보내 주세요.".to_owned(),
            Refusal::SpoolFull => "메일을 저장할 자리가 없습니다. 나중에 다시 보내 주세요.".to_owned(),
            Refusal::LocalFault => "메일을 저장하지 못했습니다. 나중에 다시 보내 주세요.".to_owned(),
        }
    }

    fn rejection_subject(&self) -> String {
        "등록되지 않음".to_owned()
    }

    fn rejection_opening(&self, site: &Site) -> String {
        format!(
            "{}의 알림에 보낸 답장이 댓글로 등록되지 않았습니다.",
            site.host()
        )
    }

    fn rejection_about(&self) -> String {
        "보낸 답장의 제목".to_owned()
    }

    fn rejection_closing(&self) -> String {
        "이 메일은 프로그램이 자동으로 보냈으며, 이 메일에 대한 답장은 아무도 읽지 않습니다."
            .to_owned()
    }

    fn notification_footer(&self, url: Option<&str>) -> String {
        match url {
            Some(url) => format!("이 메일에 답장하면 댓글이 됩니다. 웹에서 보기:\n{url}"),
            None => "이 메일에 답장하면 댓글이 됩니다.".to_owned(),
        }
    }

    fn help(&self, link: &SupportLink) -> String {
        format!("도움말: {link}")
    }

    fn advice(&self, code: Code, relay: &str) -> Advice {
        code.in_korean(relay)
    }

    fn test_subject(&self, site: &Site) -> String {
        format!("{}의 시험 메일", site.host())
    }

    fn test_text(&self, site: &Site) -> String {
        format!(
            "{}의 메일 설정을 시험하는 메일입니다. 잘 도착했습니다.",
            site.host()
        )
    }
}
