//! Automatic answers (RFC 3834).

use super::{Kind, Sender, Verdict};
use crate::message::Message;

/// Auto-Submitted other than `no` decides alone. Else two weaker signs are asked for, since each of them stands in
/// mail of people too.
pub(crate) fn read(message: &Message<'_>, sender: &Sender) -> Option<Verdict> {
    for field in message.header("auto-submitted") {
        let text = field.text();
        let word = text.split([';', ' ', '(']).next().unwrap_or_default();
        if !word.is_empty() && !word.eq_ignore_ascii_case("no") {
            return Some(Verdict::new(
                Kind::AutoReply,
                format!("Auto-Submitted: {word}"),
            ));
        }
    }
    if message
        .header("x-apple-action")
        .any(|field| field.text().eq_ignore_ascii_case("vacation"))
    {
        return Some(Verdict::new(Kind::AutoReply, "X-Apple-Action: VACATION"));
    }
    let mut signs: Vec<&str> = Vec::new();
    for name in AUTO_FIELDS {
        if message.header(name).any(|field| {
            let text = field.text();
            !["no", "", "false", "0"]
                .iter()
                .any(|negative| text.trim().eq_ignore_ascii_case(negative))
        }) {
            signs.push(name);
        }
    }
    let precedence = message.header("precedence").first();
    if precedence.is_some_and(|field| {
        let text = field.text();
        ["auto_reply", "auto-reply", "bulk", "junk"]
            .iter()
            .any(|word| text.trim().eq_ignore_ascii_case(word))
    }) {
        signs.push("Precedence");
    }
    if sender.null {
        signs.push("null envelope sender");
    }
    if message
        .subject()
        .is_some_and(|subject| is_auto_subject(&subject))
    {
        signs.push("Subject");
    }
    if signs.len() < 2 {
        return None;
    }
    Some(Verdict::new(Kind::AutoReply, signs.join(" and ")))
}

/// Whether a subject opens as automatic answers do, in any of a dozen languages.
pub(super) fn is_auto_subject(subject: &str) -> bool {
    let lower = subject.trim().to_lowercase();
    AUTO_SUBJECTS.iter().any(|phrase| lower.starts_with(phrase))
}

const AUTO_FIELDS: &[&str] = &[
    "X-Autoreply",
    "X-Auto-Reply",
    "X-Autorespond",
    "X-Auto-Respond",
    "X-Autoresponder",
    "X-AutoReply-From",
    "X-Mail-Autoreply",
    "X-Vacation",
    "Autorespond",
    "X-FC-MachineGenerated",
    "X-POST-MessageClass",
    "Delivered-To-Autoresponder",
];

const AUTO_SUBJECTS: &[&str] = &[
    "auto:",
    "auto reply",
    "auto-reply",
    "autoreply",
    "autoresponse",
    "automatic reply",
    "automatic response",
    "automated reply",
    "automated response",
    "auto response",
    "out of office",
    "out of the office",
    "out-of-office",
    "away from my mail",
    "vacation",
    "on vacation",
    "abwesenheit",
    "automatische antwort",
    "abwesend",
    "réponse automatique",
    "absence du bureau",
    "absent du bureau",
    "respuesta automática",
    "fuera de la oficina",
    "resposta automática",
    "ausência",
    "risposta automatica",
    "fuori ufficio",
    "automatisch antwoord",
    "afwezig",
    "autosvar",
    "automatiskt svar",
    "automatisk svar",
    "fraværende",
    "frånvarande",
    "automaattinen vastaus",
    "poissa",
    "automatyczna odpowiedź",
    "odpowiedź automatyczna",
    "automatická odpověď",
    "automatikus válasz",
    "răspuns automat",
    "otomatik yanıt",
    "автоматический ответ",
    "автоответ",
    "автоматична відповідь",
    "αυτόματη απάντηση",
    "自动回复",
    "自動回覆",
    "自動返信",
    "自動応答",
    "부재중",
    "자동 회신",
];
