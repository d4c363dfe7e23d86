//! The inputs: a corpus, or messages made here.

use std::fs;
use std::io;
use std::path::Path;

/// Texts longer than this say more about one input than about the programs.
const MAX_TEXT: usize = 200_000;

pub(crate) struct Input {
    pub(crate) messages: Vec<Vec<u8>>,
    pub(crate) texts: Vec<String>,
}

impl Input {
    pub(crate) fn new(corpus: Option<&Path>) -> io::Result<Self> {
        let mut input = Self {
            messages: Vec::new(),
            texts: Vec::new(),
        };
        if let Some(folder) = corpus {
            input.walk(folder, folder.ends_with("messages"))?;
        }
        if input.messages.is_empty() {
            input.messages = messages();
        }
        if input.texts.is_empty() {
            input.texts = texts();
        }
        Ok(input)
    }

    fn walk(&mut self, folder: &Path, messages: bool) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.walk(&path, messages || path.ends_with("messages"))?;
            } else if messages {
                self.messages.push(fs::read(&path)?);
            } else if path.ends_with("text.jsonl") {
                for line in fs::read_to_string(&path)?.lines() {
                    let case: serde_json::Value = serde_json::from_str(line)?;
                    self.texts.extend(
                        case["input"]
                            .as_str()
                            .filter(|text| text.len() < MAX_TEXT)
                            .map(str::to_owned),
                    );
                }
            }
        }
        Ok(())
    }
}

/// Answers of ordinary shape: a fresh part, a quoted one, in text, with an HTML twin, and with an attachment.
fn messages() -> Vec<Vec<u8>> {
    let attachment = format!(
        "{}\r\n",
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6"
    )
    .repeat(400);
    (0..60)
        .map(|number| {
            let header = format!(
                "Return-Path: <ann{number}@mail.example>\r\n\
                 Received: from mx{number}.mail.example (mx{number}.mail.example [192.0.2.{number}])\r\n\
                 \tby reply.forge.example with ESMTPS id {number:08X};\r\n\tTue, 24 Nov 2026 09:{number:02}:00 +0000\r\n\
                 DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=mail.example; s=20240101;\r\n\
                 \th=from:to:subject:date:message-id; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n\
                 \tb=dGhpcyBpcyBubyBzaWduYXR1cmUgYXQgYWxsLCBidXQgaXQgbG9va3MgbGlrZSBvbmUu\r\n\
                 From: =?UTF-8?Q?Ann_R=C3=A9ader?= <ann{number}@mail.example>\r\n\
                 To: widgets <reply+iaavc5qhaigdcn4xly4eeyln3zkdax4xq6qq@reply.forge.example>\r\n\
                 Cc: \"Bob, the builder\" <bob@mail.example>, carol@mail.example\r\n\
                 Subject: Re: [widgets] The build fails on Tuesdays (#{number})\r\n\
                 Date: Tue, 24 Nov 2026 10:{number:02}:00 +0100\r\n\
                 Message-ID: <{number}.5c1f@mail.example>\r\n\
                 In-Reply-To: <issue/{number}@forge.example>\r\n\
                 References: <issue/{number}@forge.example>\r\n\
                 X-Mailer: Something 12.0\r\nMIME-Version: 1.0\r\n"
            );
            let text = text(number);
            let html = format!("<html><body><p>{}</p></body></html>", text.replace('\n', "<br>"));
            let body = match number % 3 {
                0 => format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{}", text.replace('\n', "\r\n")),
                1 => format!(
                    "Content-Type: multipart/alternative; boundary=\"b{number}\"\r\n\r\n--b{number}\r\n\
                     Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n\
                     --b{number}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--b{number}--\r\n",
                    text.replace('=', "=3D").replace('\n', "\r\n"),
                ),
                _ => format!(
                    "Content-Type: multipart/mixed; boundary=\"b{number}\"\r\n\r\n--b{number}\r\n\
                     Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n--b{number}\r\n\
                     Content-Type: image/png; name=\"screen.png\"\r\nContent-Disposition: attachment; filename=\"screen.png\"\r\n\
                     Content-Transfer-Encoding: base64\r\n\r\n{attachment}\r\n--b{number}--\r\n",
                    text.replace('\n', "\r\n"),
                ),
            };
            format!("{header}{body}").into_bytes()
        })
        .collect()
}

fn texts() -> Vec<String> {
    (0..60).map(text).collect()
}

fn text(number: usize) -> String {
    let fresh = "I looked at it, and it is the cache of the runner.\n".repeat(number % 5 + 1);
    let quote =
        "> It is green on every other day, and nobody has touched it.\n".repeat(number % 12 + 3);
    format!(
        "{fresh}\nOn Tue, Nov 24, 2026 at 9:30 AM Bob (widgets) <noreply@noreply.forge.example> wrote:\n\n{quote}\n-- \nAnn Reader\n"
    )
}
