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
    let subject = message.subject().unwrap_or_default();
    if is_auto_subject(&subject) || is_word_subject(&subject) {
        signs.push("Subject");
    }
    // "Vacation plans", sent to many: people do both.
    let people = signs == ["Precedence", "Subject"] && !is_auto_subject(&subject);
    let own = precedence.is_some_and(|field| field.text().to_ascii_lowercase().contains("reply"));
    if signs.len() < 2 || people && !own {
        return None;
    }
    Some(Verdict::new(Kind::AutoReply, signs.join(" and ")))
}

/// Whether a subject opens as automatic answers do, in any of three dozen languages.
pub(super) fn is_auto_subject(subject: &str) -> bool {
    let lower = subject.trim().to_lowercase();
    AUTO_SUBJECTS.iter().any(|phrase| lower.starts_with(phrase))
}

/// Whether it opens with a word of being away, which people write, too.
fn is_word_subject(subject: &str) -> bool {
    let lower = subject.trim().to_lowercase();
    AWAY_SUBJECTS.iter().any(|word| lower.starts_with(word))
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
    "automatische antwort",
    "abwesenheitsnotiz",
    "abwesenheitsnachricht",
    "automatische abwesenheit", // German
    "réponse automatique",
    "absence du bureau",
    "absent du bureau", // French
    "respuesta automática",
    "fuera de la oficina",
    "resposta automática",
    "resposta automàtica", // Iberian
    "risposta automatica",
    "fuori ufficio", // Italian
    "automatisch antwoord",
    "automatisch beantwoord", // Dutch
    "autosvar",
    "automatiskt svar",
    "automatisk svar",
    "sjálfvirkt svar", // Scandinavian
    "automaattinen vastaus",
    "automaatvastus", // Finnish, Estonian
    "automatyczna odpowiedź",
    "odpowiedź automatyczna",
    "automatická odpověď",
    "automatická odpoveď", // West Slavic
    "automatski odgovor",
    "samodejni odgovor",
    "аутоматски одговор", // South Slavic
    "automatikus válasz",
    "răspuns automat",
    "otomatik yanıt", // Hungarian, Romanian, Turkish
    "автоматический ответ",
    "автоответ",
    "автоматична відповідь",
    "автоматичен отговор", // Cyrillic
    "automātiska atbilde",
    "automātiskā atbilde",
    "automatinis atsakymas", // Baltic
    "αυτόματη απάντηση",     // Greek
    "תשובה אוטומטית",
    "מענה אוטומטי",
    "رد تلقائي",
    "الرد التلقائي",
    "پاسخ خودکار", // Hebrew, Arabic, Persian
    "trả lời tự động",
    "thư trả lời tự động",
    "balasan otomatis",
    "balasan automatik",
    "ตอบกลับอัตโนมัติ",
    "การตอบกลับอัตโนมัติ", // South-East Asian
    "自动回复",
    "自動回覆",
    "自動回復",
    "自動返信",
    "自動応答",
    "자동 회신",
    "자동 응답",
    "부재중", // East Asian
];

const AWAY_SUBJECTS: &[&str] = &[
    "auto:",
    "vacation",
    "on vacation",
    "abwesenheit",
    "abwesend",
    "ausência",
    "afwezig",
    "fraværende",
    "frånvarande",
    "poissa",
];
