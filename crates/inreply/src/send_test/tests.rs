use super::*;
use inreply_smtp::client::ClientConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What is diagnosed where a server greets with the first of these words, and answers each line with the next.
async fn diagnosed(security: Security, words: &'static [&'static str]) -> Vec<Code> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4_096];
        for word in words {
            if stream.write_all(word.as_bytes()).await.is_err() {
                return;
            }
            if stream.read(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
    });
    let client = ClientConfig::new("forge.example".parse().unwrap());
    let relay = Relay::new("127.0.0.1", port, client)
        .security(security, &Trust::Anybody)
        .unwrap();
    let site = Site::new("forge.example").unwrap();
    let to = ["ann@example.com", "bob@example.com"].map(|to| to.parse().unwrap());
    let test = SendTest::new(&site, &relay).patience(Duration::from_millis(500));
    let tested = test.run(&to).await.unwrap();
    server.abort();
    tested.diagnoses.iter().map(|found| found.code).collect()
}

#[tokio::test]
async fn each_step_has_its_code() {
    use Code::*;
    const HI: &str = "220 mx\r\n";
    const OK: &str = "250 Ok\r\n";
    const TAKEN: [Code; 2] = [Delivered, Delivered];
    let all: &[(&'static [&'static str], &[Code])] = &[
        (
            &[HI, OK, OK, OK, OK, "354 go\r\n", OK, "221 bye\r\n"],
            &TAKEN,
        ),
        (&["554 no\r\n"], &[GreetingRefused]),
        (&["450 later\r\n"], &[GreetingTemporary]),
        (&["421 busy\r\n"], &[Closing]),
        (&["HTTP/1.1 400 Bad\r\n"], &[NotSmtp]),
        (&["* OK IMAP4\r\n"], &[NotSmtp]),
        (&[""], &[GreetingTimeout]),
        (&[HI, "550 no\r\n", "550 no\r\n"], &[HelloRefused]),
        (
            &[HI, OK, "530 5.7.0 Must issue STARTTLS first\r\n"],
            &[TlsWanted; 2],
        ),
        (
            &[HI, OK, "530 5.7.0 Authentication required\r\n"],
            &[AuthWanted; 2],
        ),
        (&[HI, OK, "553 not you\r\n"], &[SenderRefused; 2]),
        (&[HI, OK, "451 later\r\n"], &[SenderTemporary; 2]),
        (
            &[
                HI,
                OK,
                OK,
                "450 4.2.0 Greylisted\r\n",
                "550 5.1.1 no\r\n",
                OK,
            ],
            &[Greylisted, RecipientRefused],
        ),
        (
            &[HI, OK, OK, OK, "550 5.1.1 no\r\n", "354 go\r\n", OK],
            &[Delivered, RecipientRefused],
        ),
        (
            &[HI, OK, OK, OK, "452 full\r\n", "354 go\r\n", OK],
            &[Delivered, RecipientTemporary],
        ),
        (&[HI, OK, OK, OK, OK, "554 no\r\n"], &[MessageRefused; 2]),
        (
            &[HI, OK, OK, OK, OK, "354 go\r\n", "554 spam\r\n"],
            &[MessageRefused; 2],
        ),
        (
            &[HI, OK, OK, OK, OK, "354 go\r\n", "451 later\r\n"],
            &[MessageTemporary; 2],
        ),
        // What is pipelined behind a sender who is refused, and a 421 that comes when all is said.
        (
            &[
                HI,
                "250-mx\r\n250 PIPELINING\r\n",
                "554 no\r\n503 no\r\n503 no\r\n503 no\r\n",
                OK,
            ],
            &[SenderRefused; 2],
        ),
        (
            &[HI, OK, OK, "550 no\r\n", "550 no\r\n", "421 busy\r\n"],
            &[RecipientRefused; 2],
        ),
        (&[HI, OK, OK, "421 busy\r\n"], &[Closing; 2]),
        (&[HI, OK, OK], &[Dropped; 2]),
    ];
    for (words, codes) in all {
        assert_eq!(diagnosed(Security::None, words).await, *codes, "{words:?}");
    }
    let starttls: &[(&'static [&'static str], Code)] = &[
        (&[HI, OK], TlsNotOffered),
        (
            &[HI, "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n", "what\r\n"],
            TlsNotSpoken,
        ),
        (
            &[HI, "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n250 more\r\n"],
            TlsInjected,
        ),
    ];
    for (words, code) in starttls {
        assert_eq!(
            diagnosed(Security::Required, words).await,
            [*code],
            "{words:?}"
        );
    }
    assert_eq!(diagnosed(Security::Implicit, &[HI]).await, [TlsNotSpoken]);
}

#[tokio::test]
async fn a_closed_port_and_a_name_of_nobody() {
    let site = Site::new("forge.example").unwrap();
    for (host, code, exit) in [
        ("127.0.0.1", Code::ConnectRefused, 75),
        ("nobody.invalid", Code::HostNotFound, 78),
    ] {
        let client = ClientConfig::new("forge.example".parse().unwrap());
        let relay = Relay::new(host, 1, client);
        let tested = SendTest::new(&site, &relay)
            .run(&["a@b.example".parse().unwrap()])
            .await;
        let tested = tested.unwrap();
        assert_eq!(tested.diagnoses[0].code, code);
        assert_eq!(tested.exit().code(), exit);
    }
}

#[tokio::test]
async fn who_watches_sees_each_line_when_it_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (lines, mut watched) = tokio::sync::mpsc::unbounded_channel();
    let server = async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        let mut buffer = [0; 4_096];
        for (word, line) in [
            ("220 mx\r\n", "<- \"EHLO forge.example\\r\\n\""),
            (
                "250 Ok\r\n",
                "<- \"MAIL FROM:<noreply@noreply.forge.example>\\r\\n\"",
            ),
            ("250 Ok\r\n", "<- \"RCPT TO:<ann@example.com>\\r\\n\""),
            ("250 Ok\r\n", "<- \"DATA\\r\\n\""),
            ("354 go\r\n", "<- (message, "),
            ("250 Ok\r\n", "<- \"QUIT\\r\\n\""),
        ] {
            stream.write_all(word.as_bytes()).await.unwrap();
            // The server goes on only when the watcher has the line: one that is told at the end would wait for ever.
            loop {
                let told: String = watched.recv().await.unwrap();
                seen.push(told);
                if seen.last().unwrap().starts_with(line) {
                    break;
                }
            }
            // The end of the message comes in a piece of its own, or not.
            loop {
                let read = stream.read(&mut buffer).await.unwrap();
                if buffer[..read].ends_with(b"\r\n") {
                    break;
                }
            }
        }
        stream.write_all(b"221 bye\r\n").await.unwrap();
        while let Some(told) = watched.recv().await {
            seen.push(told);
        }
        seen
    };
    let client = ClientConfig::new("forge.example".parse().unwrap());
    let (site, relay) = (
        Site::new("forge.example").unwrap(),
        Relay::new("127.0.0.1", port, client),
    );
    let client = async {
        let test = SendTest::new(&site, &relay).watch(move |line| {
            let _ = lines.send(line.to_owned());
        });
        test.run(&["ann@example.com".parse().unwrap()])
            .await
            .unwrap()
    };
    let both = async { tokio::join!(server, client) };
    let (seen, tested) = tokio::time::timeout(Duration::from_secs(20), both)
        .await
        .unwrap();
    assert_eq!(tested.exit(), Exit::Ok);
    assert_eq!(seen, tested.transcript.lines().collect::<Vec<_>>());
}
