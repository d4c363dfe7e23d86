//! An SMTP server that takes mail for any mailbox of one domain and nothing else: protocol rules, no content rules.
//!
//! It shows a `Handler` of `inreply::listener` in front of the spool: one file a message, durable before its 250.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use clap::Parser;
use inreply::listener::{self, Handler, ListenerConfig};
use inreply::smtp::sasl::{Credential, NONCE_OCTETS, Step, Verifier};
use inreply::smtp::secret::Secret;
use inreply::smtp::server::{AbortReason, AuthRequest, ServerConfig};
use inreply::smtp::wire::data::BareLineEnds;
use inreply::smtp::wire::domain::Domain;
use inreply::smtp::wire::parameter::RcptParameters;
use inreply::smtp::wire::path::ForwardPath;
use inreply::smtp::wire::reply::{Reply, ReplyCode};
use inreply::smtp::wire::sasl::Mechanisms;
use inreply::spool::Maildir;
use inreply::tls;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

const OK: Reply = Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok: stored");
const DISCARDED: Reply = Reply::literal(ReplyCode::OK, (2, 0, 0), "Ok: discarded");
const NOT_STORED: Reply = Reply::literal(
    ReplyCode::LOCAL_ERROR,
    (4, 3, 0),
    "The message could not be stored",
);
const NOT_OURS: Reply =
    Reply::literal(ReplyCode::MAILBOX_UNAVAILABLE, (5, 7, 1), "Relaying denied");

/// Take mail for any mailbox of one domain.
#[derive(Parser)]
struct Arguments {
    /// Where to listen, say 127.0.0.1:2526.
    #[arg(long)]
    listen: String,
    /// The domain.
    #[arg(long)]
    domain: Domain<'static>,
    /// Store messages below this folder, in mail/reply/new.
    #[arg(long, required_unless_present = "discard", conflicts_with = "discard")]
    maildir: Option<PathBuf>,
    /// Store nothing.
    #[arg(long)]
    discard: bool,
    /// Offer STARTTLS with a certificate made for this run.
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    tls_self_signed: bool,
    /// Offer STARTTLS with the certificate chain of this PEM file.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Take nothing without TLS.
    #[arg(long)]
    require_tls: bool,
    /// The largest message in octets.
    #[arg(long, default_value_t = 26_214_400)]
    max_size: u64,
    /// Make <CR><LF> of a bare CR or LF instead of refusing the message.
    #[arg(long)]
    normalize_newlines: bool,
    /// Offer AUTH under TLS to this user.
    #[arg(long, requires = "password_file")]
    auth_user: Option<String>,
    /// A file with the user's password.
    #[arg(long, requires = "auth_user")]
    password_file: Option<PathBuf>,
    /// Connections at once.
    #[arg(long, default_value_t = 2_048)]
    max_connections: usize,
    /// Connections of one address at once.
    #[arg(long)]
    max_per_address: Option<usize>,
    /// Milliseconds that a client is watched before it is greeted; 0 greets at once.
    #[arg(long, default_value_t = 1)]
    greeting_pause: u64,
}

struct Sink {
    domain: Domain<'static>,
    spool: Option<Maildir>,
    account: Option<Arc<(String, Secret)>>,
    /// The exchange that goes on.
    verifier: Option<Verifier>,
    message: BytesMut,
}

impl Handler for Sink {
    async fn auth(&mut self, request: AuthRequest) -> Step {
        let account = self.account.as_deref();
        let mut exchange = self
            .verifier
            .take()
            .unwrap_or_else(|| verifier(&self.domain));
        let step = exchange.step(request, |user| {
            account
                .filter(|(known, _)| known == user)
                .map(|(_, password)| Credential::Password(password.clone()))
        });
        if let Step::Challenge(_) = step {
            self.verifier = Some(exchange);
        }
        step
    }

    async fn rcpt(
        &mut self,
        path: ForwardPath<'static>,
        _: RcptParameters<'static>,
    ) -> Result<(), Reply> {
        // The bare <Postmaster> is the server's own: it is taken whatever the domain.
        let ours = path
            .mailbox()
            .is_none_or(|mailbox| self.domain.is(mailbox.domain()));
        if ours { Ok(()) } else { Err(NOT_OURS) }
    }

    async fn body(&mut self, octets: Bytes) {
        if self.spool.is_some() {
            self.message.extend_from_slice(&octets);
        }
    }

    async fn message(&mut self, _: Option<usize>) -> Reply {
        let Some(spool) = self.spool.clone() else {
            return DISCARDED;
        };
        let message = std::mem::take(&mut self.message);
        let stored = spawn_blocking(move || {
            let mut draft = spool.begin(SystemTime::now())?;
            draft.write(&message)?;
            draft.commit()
        });
        match stored.await.map_err(std::io::Error::from).flatten() {
            Ok(_) => OK,
            Err(error) => {
                eprintln!("not stored: {error}");
                NOT_STORED
            }
        }
    }

    fn aborted(&mut self, _: AbortReason) {
        self.message.clear();
    }
}

/// An exchange of AUTH with a nonce of its own.
fn verifier(domain: &Domain<'static>) -> Verifier {
    let mut nonce = [0; NONCE_OCTETS];
    if getrandom::fill(&mut nonce).is_err() {
        eprintln!("no random numbers");
        std::process::abort();
    }
    Verifier::new(domain.clone(), nonce)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let bare = if arguments.normalize_newlines {
        BareLineEnds::Normalize
    } else {
        BareLineEnds::Refuse
    };
    let mut server = ServerConfig::new(arguments.domain.clone())
        .max_message_octets(arguments.max_size)
        .max_recipients(1_000)
        .bare_line_ends(bare)
        .require_tls(arguments.require_tls);
    let account = match (arguments.auth_user, arguments.password_file) {
        (Some(user), Some(file)) => {
            server = server.auth(Mechanisms::of_words([
                "SCRAM-SHA-256",
                "CRAM-MD5",
                "PLAIN",
                "LOGIN",
            ]));
            let password = std::fs::read_to_string(file)?;
            Some(Arc::new((
                user,
                Secret::new(password.trim_end_matches(['\r', '\n'])),
            )))
        }
        _ => None,
    };
    let mut config = ListenerConfig::new(server)
        .max_connections(arguments.max_connections)
        .greeting_pause(Duration::from_millis(arguments.greeting_pause));
    if let Some(limit) = arguments.max_per_address {
        config = config.max_per_address(limit);
    }
    let (mut certificate, mut key) = (arguments.tls_cert, arguments.tls_key);
    let made = tempfile::tempdir()?;
    if arguments.tls_self_signed {
        let names = vec![arguments.domain.to_string(), "localhost".to_owned()];
        let pair = rcgen::generate_simple_self_signed(names)?;
        std::fs::write(made.path().join("cert.pem"), pair.cert.pem())?;
        std::fs::write(
            made.path().join("key.pem"),
            pair.signing_key.serialize_pem(),
        )?;
        (certificate, key) = (
            Some(made.path().join("cert.pem")),
            Some(made.path().join("key.pem")),
        );
    }
    if let (Some(certificate), Some(key)) = (certificate, key) {
        config = config.tls(tls::server_config(&certificate, &key)?);
    }
    let (domain, spool) = (
        arguments.domain,
        arguments.maildir.map(Maildir::open).transpose()?,
    );
    let listener = TcpListener::bind(&arguments.listen).await?;
    println!("listening on {}", listener.local_addr()?);
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        // Without a handler for Ctrl-C the process ends by the signal itself.
        let _ = tokio::signal::ctrl_c().await;
        stop.send_replace(true);
    });
    let connect = move |_| Sink {
        domain: domain.clone(),
        spool: spool.clone(),
        account: account.clone(),
        verifier: None,
        message: BytesMut::new(),
    };
    // On a worker thread, beside its sessions: the main thread would hand over every connection.
    tokio::spawn(listener::serve(listener, config, stopped, connect)).await?;
    Ok(())
}
