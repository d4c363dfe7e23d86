//! A session whose client says much at once takes turns with the others of its thread.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use inreply::listener::{self, Handler, ListenerConfig};
use inreply::smtp::server::ServerConfig;
use inreply::smtp::wire::parameter::RcptParameters;
use inreply::smtp::wire::path::ForwardPath;
use inreply::smtp::wire::reply::{Reply, ReplyCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::yield_now;

/// What one turn may take: the budget of a task of Tokio.
const TURN: usize = 128;

/// Counts recipients, and never waits.
struct Counter(Arc<AtomicUsize>);

impl Handler for Counter {
    async fn rcpt(
        &mut self,
        _: ForwardPath<'static>,
        _: RcptParameters<'static>,
    ) -> Result<(), Reply> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn body(&mut self, _: Bytes) {}

    async fn message(&mut self, _: Option<usize>) -> Reply {
        Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok")
    }
}

#[tokio::test]
async fn a_client_that_says_much_at_once_does_not_stop_the_others() {
    let machine = ServerConfig::new("mx.example".parse().unwrap()).max_recipients(1_000);
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (_stop, stopped) = watch::channel(false);
    let counted = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&counted);
    let config = ListenerConfig::new(machine);
    tokio::spawn(listener::serve(socket, config, stopped, move |_| {
        Counter(Arc::clone(&counter))
    }));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut reply = [0; 1_024];
    assert_ne!(stream.read(&mut reply).await.unwrap(), 0);
    stream.write_all(b"EHLO client.example\r\n").await.unwrap();
    assert_ne!(stream.read(&mut reply).await.unwrap(), 0);
    let recipients = "RCPT TO:<someone@mx.example>\r\n".repeat(1_000);
    let said = format!("MAIL FROM:<>\r\n{recipients}QUIT\r\n");
    stream.write_all(said.as_bytes()).await.unwrap();
    let heard = tokio::spawn(async move {
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        heard
    });
    let mut before = 0;
    while !heard.is_finished() {
        let now = counted.load(Ordering::Relaxed);
        assert!(
            now - before <= TURN,
            "{} recipients in a turn",
            now - before
        );
        before = now;
        yield_now().await;
    }
    let accepted = heard.await.unwrap().matches("250 2.1.5").count();
    assert_eq!((accepted, before), (1_000, 1_000));
}
