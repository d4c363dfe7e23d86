//! LMTP through the listener: a verdict for each recipient, and DSN parameters that reach the handler.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use inreply::listener::{self, Handler, ListenerConfig};
use inreply::smtp::server::ServerConfig;
use inreply::smtp::wire::parameter::RcptParameters;
use inreply::smtp::wire::path::ForwardPath;
use inreply::smtp::wire::reply::{Reply, ReplyCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Refuses the message for who wants no report.
#[derive(Default)]
struct Mailboxes(Vec<bool>);

impl Handler for Mailboxes {
    async fn rcpt(
        &mut self,
        _: ForwardPath<'static>,
        parameters: RcptParameters<'static>,
    ) -> Result<(), Reply> {
        self.0.push(parameters.asks_for_dsn());
        Ok(())
    }

    async fn body(&mut self, _: Bytes) {}

    async fn message(&mut self, recipient: Option<usize>) -> Reply {
        match recipient.and_then(|number| self.0.get(number)) {
            Some(true) => Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok"),
            _ => Reply::literal(ReplyCode::MAILBOX_UNAVAILABLE, (5, 2, 2), "Mailbox full"),
        }
    }
}

#[tokio::test]
async fn each_recipient_has_its_verdict() {
    let machine = ServerConfig::new("mx.example".parse().unwrap())
        .lmtp(true)
        .dsn(true);
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(listener::serve(
        socket,
        ListenerConfig::new(machine),
        stopped,
        |_| Mailboxes::default(),
    ));
    let mut stream = TcpStream::connect(address).await.unwrap();
    for (said, until) in [
        ("", "220 "),
        ("LHLO client.example\r\n", "250 "),
        (
            "MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d> NOTIFY=FAILURE\r\nDATA\r\n",
            "354 ",
        ),
    ] {
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n") || !String::from_utf8_lossy(&heard).contains(until) {
            stream.read_buf(&mut heard).await.unwrap();
        }
    }
    stream.write_all(b"hi\r\n.\r\nQUIT\r\n").await.unwrap();
    let mut last = String::new();
    stream.read_to_string(&mut last).await.unwrap();
    assert_eq!(
        last,
        "550 5.2.2 Mailbox full\r\n250 2.0.0 Ok\r\n221 2.0.0 Bye\r\n"
    );
}
