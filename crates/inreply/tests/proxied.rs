//! Load balancers and proxies: who may say whom it speaks for, and who hears of it.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use bytes::Bytes;
use inreply::listener::{self, Handler, ListenerConfig};
use inreply::smtp::server::ServerConfig;
use inreply::smtp::wire::parameter::RcptParameters;
use inreply::smtp::wire::path::ForwardPath;
use inreply::smtp::wire::proxy::ProxyHeader;
use inreply::smtp::wire::reply::{Reply, ReplyCode};
use inreply::smtp::wire::xclient::Xclient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

struct Listening {
    address: SocketAddr,
    told: mpsc::UnboundedReceiver<String>,
    _stop: watch::Sender<bool>,
}

struct Told(mpsc::UnboundedSender<String>);

impl Handler for Told {
    fn proxied(&mut self, header: &ProxyHeader) {
        self.0.send(format!("{:?}", header.source())).unwrap();
    }

    async fn xclient(&mut self, attributes: Xclient<'static>) -> Result<(), Reply> {
        self.0.send(attributes.to_string()).unwrap();
        Ok(())
    }

    async fn rcpt(
        &mut self,
        _: ForwardPath<'static>,
        _: RcptParameters<'static>,
    ) -> Result<(), Reply> {
        Ok(())
    }

    async fn body(&mut self, _: Bytes) {}

    async fn message(&mut self, _: Option<usize>) -> Reply {
        Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok")
    }
}

async fn listen(config: impl FnOnce(ListenerConfig) -> ListenerConfig) -> Listening {
    let machine = ServerConfig::new("mx.example".parse().unwrap());
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let (sender, told) = mpsc::unbounded_channel();
    tokio::spawn(listener::serve(
        socket,
        config(ListenerConfig::new(machine)),
        stopped,
        move |_| Told(sender.clone()),
    ));
    Listening {
        address,
        told,
        _stop: stop,
    }
}

/// Says `said` and gives all that came back once the server has closed.
async fn say(address: SocketAddr, said: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(said.as_bytes()).await.unwrap();
    let mut heard = String::new();
    // A reset is a close, too.
    let _ = stream.read_to_string(&mut heard).await;
    heard
}

#[tokio::test]
async fn a_balancer_says_whom_it_speaks_for() {
    let mut balanced =
        listen(|config| config.proxy_from(vec!["127.0.0.0/8".parse().unwrap()])).await;
    let mut stream = TcpStream::connect(balanced.address).await.unwrap();
    stream
        .write_all(b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 25\r\n")
        .await
        .unwrap();
    let mut greeting = [0; 4];
    stream.read_exact(&mut greeting).await.unwrap();
    assert_eq!(&greeting, b"220 ");
    assert_eq!(balanced.told.recv().await.unwrap(), "Some(192.0.2.7:5000)");
    assert_eq!(say(balanced.address, "QUIT\r\n").await, "");
}

#[tokio::test]
async fn a_stranger_says_nothing_of_itself() {
    let open = listen(|config| {
        config
            .proxy_from(vec!["192.0.2.0/24".parse().unwrap()])
            .xclient_from(vec!["192.0.2.0/24".parse().unwrap()])
    })
    .await;
    let mut stream = TcpStream::connect(open.address).await.unwrap();
    let mut heard = [0; 256];
    let _ = stream.read(&mut heard).await.unwrap();
    stream
        .write_all(
            b"EHLO a\r\nXCLIENT ADDR=192.0.2.7\r\nPROXY TCP4 192.0.2.7 192.0.2.1 1 25\r\nQUIT\r\n",
        )
        .await
        .unwrap_or_default();
    let mut heard = String::new();
    let _ = stream.read_to_string(&mut heard).await;
    assert!(!heard.contains("XCLIENT"), "{heard}");
}

#[tokio::test]
async fn a_proxy_is_offered_xclient_and_greeted_anew() {
    let mut behind =
        listen(|config| config.xclient_from(vec!["127.0.0.1/32".parse().unwrap()])).await;
    let mut stream = TcpStream::connect(behind.address).await.unwrap();
    let mut heard = vec![0; 1_024];
    let mut turn = async |said: &[u8]| {
        stream.write_all(said).await.unwrap();
        let octets = stream.read(&mut heard).await.unwrap();
        String::from_utf8_lossy(&heard[..octets]).into_owned()
    };
    assert!(turn(b"").await.starts_with("220 "));
    assert!(turn(b"EHLO proxy.example\r\n").await.contains("XCLIENT"));
    assert!(
        turn(b"XCLIENT ADDR=192.0.2.7\r\n")
            .await
            .starts_with("220 ")
    );
    assert_eq!(behind.told.recv().await.unwrap(), "ADDR=192.0.2.7");
}
