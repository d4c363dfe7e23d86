//! A mail server for the demo's reader: takes every message and hands it to a channel.

use bytes::{Bytes, BytesMut};
use inreply::listener::Handler;
use inreply::smtp::server::AbortReason;
use inreply::smtp::wire::parameter::RcptParameters;
use inreply::smtp::wire::path::ForwardPath;
use inreply::smtp::wire::reply::{Reply, ReplyCode};
use tokio::sync::mpsc;

const OK: Reply = Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok: in the mailbox");

/// The policy of its connections: everything is welcome, nothing survives the demo.
#[derive(Debug, Clone)]
pub(crate) struct Mailbox {
    messages: mpsc::UnboundedSender<BytesMut>,
    message: BytesMut,
}

impl Mailbox {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<BytesMut>) {
        let (messages, arrived) = mpsc::unbounded_channel();
        (
            Self {
                messages,
                message: BytesMut::new(),
            },
            arrived,
        )
    }
}

impl Handler for Mailbox {
    async fn rcpt(
        &mut self,
        _: ForwardPath<'static>,
        _: RcptParameters<'static>,
    ) -> Result<(), Reply> {
        Ok(())
    }

    async fn body(&mut self, octets: Bytes) {
        self.message.extend_from_slice(&octets);
    }

    async fn message(&mut self, _: Option<usize>) -> Reply {
        // The demo may be over.
        let _ = self.messages.send(std::mem::take(&mut self.message));
        OK
    }

    fn aborted(&mut self, _: AbortReason) {
        self.message.clear();
    }
}
