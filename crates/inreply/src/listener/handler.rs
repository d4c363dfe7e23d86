//! The policy of one connection.

use std::future::Future;

use bytes::Bytes;
use inreply_smtp::sasl::Step;
use inreply_smtp::server::{AbortReason, AuthRequest, CloseReason};
use inreply_smtp::tls::TlsInfo;
use inreply_smtp::wire::domain::EhloName;
use inreply_smtp::wire::parameter::{MailParameters, RcptParameters};
use inreply_smtp::wire::path::{ForwardPath, ReversePath};
use inreply_smtp::wire::proxy::ProxyHeader;
use inreply_smtp::wire::reply::{Reply, ReplyCode};
use inreply_smtp::wire::xclient::Xclient;

const NOT_USED: Reply = Reply::literal(
    ReplyCode::MAILBOX_UNAVAILABLE,
    (5, 5, 1),
    "The attributes of XCLIENT are not used here",
);

/// Answers what the session of one connection asks, one question at a time and in order.
///
/// An answer that takes longer than the machine's deadline is dropped where it waits, and the client hears
/// `451 4.3.0`. An `Err` is the negative reply that is sent.
pub trait Handler: Send {
    /// A load balancer of [`ListenerConfig::proxy_from`](super::ListenerConfig::proxy_from) says whom it speaks for; nothing
    /// else has been asked yet.
    fn proxied(&mut self, _header: &ProxyHeader) {}

    /// A proxy of [`ListenerConfig::xclient_from`](super::ListenerConfig::xclient_from) says whom it speaks for. Refuses by
    /// default: a handler that does not use it must not say that it did.
    fn xclient(
        &mut self,
        _attributes: Xclient<'static>,
    ) -> impl Future<Output = Result<(), Reply>> + Send {
        std::future::ready(Err(NOT_USED))
    }

    /// EHLO, LHLO or HELO, which is not extended. Accepts by default.
    fn hello(
        &mut self,
        _name: EhloName<'static>,
        _extended: bool,
    ) -> impl Future<Output = Result<(), Reply>> + Send {
        std::future::ready(Ok(()))
    }

    /// A step of AUTH, where the machine's config offers it. Refuses by default;
    /// [`Verifier`](inreply_smtp::sasl::Verifier) answers for a program that keeps passwords.
    fn auth(&mut self, _request: AuthRequest) -> impl Future<Output = Step> + Send {
        std::future::ready(Step::Refuse)
    }

    /// MAIL FROM. Accepts by default.
    fn mail(
        &mut self,
        _reverse_path: ReversePath<'static>,
        _parameters: MailParameters<'static>,
    ) -> impl Future<Output = Result<(), Reply>> + Send {
        std::future::ready(Ok(()))
    }

    /// RCPT TO. The parameters are empty unless the machine's config offers DSN.
    fn rcpt(
        &mut self,
        forward_path: ForwardPath<'static>,
        parameters: RcptParameters<'static>,
    ) -> impl Future<Output = Result<(), Reply>> + Send;

    /// DATA: a message begins. Accepts by default.
    fn data(&mut self) -> impl Future<Output = Result<(), Reply>> + Send {
        std::future::ready(Ok(()))
    }

    /// The next octets of the message. A fault is kept until [`Handler::message`], which has the reply.
    fn body(&mut self, octets: Bytes) -> impl Future<Output = ()> + Send;

    /// The message is complete: what the client hears. **A 2yz reply is a promise to deliver it: make it durable first.**
    ///
    /// In LMTP it is called for each accepted recipient, with its number from 0 in the order of their RCPT; in SMTP once,
    /// without a number.
    fn message(&mut self, recipient: Option<usize>) -> impl Future<Output = Reply> + Send;

    /// The session runs over TLS from here on, and begins anew.
    fn secured(&mut self, _tls: &TlsInfo) {}

    /// The transaction is over without a message: forget it.
    fn aborted(&mut self, _reason: AbortReason) {}

    /// The connection is over.
    fn closed(&mut self, _reason: CloseReason) {}
}
