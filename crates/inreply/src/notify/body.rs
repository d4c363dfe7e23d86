//! The text of a mail and its twin in HTML, which say the same.

use std::fmt::Write;

use mail_builder::headers::content_type::ContentType;
use mail_builder::mime::MimePart;
use sha2::{Digest, Sha256};

use crate::site::WebUrl;

/// What stands above and below the signature delimiter, in lines that end in `\n`.
pub(super) struct Body {
    /// What somebody wrote.
    pub(super) text: String,
    /// What the installation says about it.
    pub(super) footer: String,
    /// Addresses in the footer that become links.
    pub(super) links: Vec<WebUrl>,
    /// The language of both (RFC 5646).
    pub(super) language: &'static str,
}

impl Body {
    /// The text: what follows `-- ` is cut from answers by every mail program that quotes.
    fn plain(&self) -> String {
        let text = format!("{}\n\n-- \n{}\n", tidy(&self.text), tidy(&self.footer));
        text.replace('\n', "\r\n")
    }

    /// The same in HTML, without a script, a picture or an address to fetch anything from.
    fn html(&self) -> String {
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"></head><body>\n<div>",
            self.language
        );
        escape(&tidy(&self.text), &mut html);
        html.push_str("</div>\n<div style=\"color:#666\"><br>-- <br>\n");
        let mut footer = String::new();
        escape(&tidy(&self.footer), &mut footer);
        for link in &self.links {
            let mut url = String::new();
            escape(link.as_str(), &mut url);
            footer = footer.replacen(&url, &format!("<a href=\"{url}\">{url}</a>"), 1);
        }
        html.push_str(&footer);
        html.push_str("</div>\n</body></html>\n");
        html.replace('\n', "\r\n")
    }

    /// Both, the better one last (RFC 2046 §5.1.4).
    ///
    /// The boundary is a hash over both: whoever wrote the text cannot have put its own hash into it, and the same message is
    /// the same octets.
    pub(super) fn into_part(self) -> MimePart<'static> {
        let (plain, html) = (self.plain(), self.html());
        let mut hash = Sha256::new();
        hash.update(&plain);
        hash.update(&html);
        let mut boundary = "=_".to_owned();
        for octet in &hash.finalize()[..16] {
            let _ = write!(boundary, "{octet:02x}");
        }
        MimePart::new(
            ContentType::new("multipart/alternative").attribute("boundary", boundary),
            vec![
                MimePart::new("text/plain", plain),
                MimePart::new("text/html", html),
            ],
        )
    }
}

/// `text` with `\n` for every line end, and without other control characters, which RFC 5322 §4.1 has banned.
fn tidy(text: &str) -> String {
    let lines = text.trim_end().replace("\r\n", "\n").replace('\r', "\n");
    lines
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect()
}

/// Appends `text` so that it is text in HTML, in an element as in an attribute's quotes; its indentation stays.
fn escape(text: &str, html: &mut String) {
    let mut blank = true;
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' => html.push_str("<br>\n"),
            ' ' if blank => html.push_str("&nbsp;"),
            '\t' => html.push_str("&nbsp;&nbsp;&nbsp; "),
            c => html.push(c),
        }
        blank = matches!(c, ' ' | '\t' | '\n') && !(c == ' ' && blank);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str, footer: &str) -> Body {
        Body {
            text: text.to_owned(),
            footer: footer.to_owned(),
            links: vec!["https://forge.example/?a=1&b='2'".parse().unwrap()],
            language: "en",
        }
    }

    #[test]
    fn what_somebody_wrote_is_text_in_both() {
        let body = body(
            "1 < 2 && \"x\"\r\n  indented\r\tnext\0\n</div><script>alert(1)</script>\n\n",
            "Read it at\nhttps://forge.example/?a=1&b='2'.",
        );
        assert_eq!(
            body.plain(),
            "1 < 2 && \"x\"\r\n  indented\r\n\tnext\r\n</div><script>alert(1)</script>\r\n\r\n-- \r\nRead it at\r\n\
             https://forge.example/?a=1&b='2'.\r\n"
        );
        let html = body.html();
        assert!(!html.contains("<script"), "{html}");
        for part in [
            "1 &lt; 2 &amp;&amp; &quot;x&quot;<br>\r\n",
            "&nbsp; indented<br>\r\n",
            "<a href=\"https://forge.example/?a=1&amp;b=&#39;2&#39;\">https://forge.example/?a=1&amp;b=&#39;2&#39;</a>.",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }
}
