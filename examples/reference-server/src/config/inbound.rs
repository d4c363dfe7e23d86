//! `[inbound]`: the mail that comes in.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use inreply::auth::Authenticator;
use inreply::listener::ListenerConfig;
use inreply::rates::{Rate, RateLimits};
use inreply::receiver::Mode;
use inreply::resolver::Resolver;
use inreply::smtp::server::ServerConfig;
use inreply::smtp::wire::data::BareLineEnds;
use inreply::tls;
use serde::Deserialize;

use crate::config::Config;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Inbound {
    pub(crate) listen: String,
    pub(crate) tls_certificate: PathBuf,
    pub(crate) tls_key: PathBuf,
    pub(crate) require_tls: bool,
    pub(crate) max_message_octets: u64,
    pub(crate) max_connections: usize,
    pub(crate) greeting_pause_ms: u64,
    pub(crate) verdict: Verdict,
    pub(crate) max_token_replies: u32,
    pub(crate) max_sender_replies: u32,
    pub(crate) proxy_from: Vec<String>,
    pub(crate) authentication: Authentication,
    pub(crate) resolver: String,
    pub(crate) trusted_edges: Vec<String>,
}

/// What is asked of the domain in From.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Authentication {
    Noted,
    Required,
    Unasked,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Synchronous,
    Spooled,
}

impl Default for Inbound {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:2525".to_owned(),
            tls_certificate: PathBuf::new(),
            tls_key: PathBuf::new(),
            require_tls: false,
            max_message_octets: 26_214_400,
            max_connections: 2_048,
            greeting_pause_ms: 1,
            verdict: Verdict::Synchronous,
            max_token_replies: 30,
            max_sender_replies: 120,
            proxy_from: Vec::new(),
            authentication: Authentication::Unasked,
            resolver: String::new(),
            trusted_edges: Vec::new(),
        }
    }
}

impl Config {
    pub(crate) fn listener(&self) -> Result<ListenerConfig> {
        let site = self.site()?;
        let domain = site.reply_domain().as_str().parse().context("host")?;
        // As Postfix does: scripts that pipe Unix files into sendmail are many, and the end of data stays strict.
        let mut machine = ServerConfig::new(domain)
            .max_message_octets(self.inbound.max_message_octets)
            .require_tls(self.inbound.require_tls)
            .bare_line_ends(BareLineEnds::Normalize);
        if let Some(help) = site.help() {
            machine = machine.help(help);
        }
        let proxies = self
            .inbound
            .proxy_from
            .iter()
            .map(|network| network.parse());
        let proxies = proxies
            .collect::<Result<_, _>>()
            .context("inbound.proxy_from")?;
        let listener = ListenerConfig::new(machine)
            .max_connections(self.inbound.max_connections)
            .greeting_pause(Duration::from_millis(self.inbound.greeting_pause_ms))
            .proxy_from(proxies);
        let Inbound {
            tls_certificate,
            tls_key,
            require_tls,
            ..
        } = &self.inbound;
        if tls_certificate.as_os_str().is_empty() {
            ensure!(
                !require_tls,
                "inbound.require_tls needs inbound.tls_certificate and inbound.tls_key"
            );
            return Ok(listener);
        }
        Ok(listener.tls(tls::server_config(tls_certificate, tls_key)?))
    }

    /// Who finds out whether the domain in From vouches for a reply, where somebody shall.
    pub(crate) fn authenticator(&self) -> Result<Option<Authenticator>> {
        let Inbound {
            authentication,
            trusted_edges,
            ..
        } = &self.inbound;
        if *authentication == Authentication::Unasked {
            return Ok(None);
        }
        let resolver = self.resolver()?;
        let id = self.site()?.reply_domain().as_str().parse()?;
        let mut authenticator = Authenticator::new(id, resolver);
        for edge in trusted_edges {
            let words = edge.split_once(' ');
            let (network, name) = words.context("inbound.trusted_edges: a network and a name")?;
            let network = network.parse().context("inbound.trusted_edges")?;
            let name = name.trim().parse().context("inbound.trusted_edges")?;
            authenticator = authenticator.trust(network, name);
        }
        Ok(Some(authenticator))
    }

    /// Who is asked about DNS.
    pub(crate) fn resolver(&self) -> Result<Resolver> {
        match self.inbound.resolver.as_str() {
            "" => Resolver::system().context("inbound.resolver"),
            server => Ok(Resolver::new(server.parse().context("inbound.resolver")?)),
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        match self.inbound.verdict {
            Verdict::Synchronous => Mode::Synchronous,
            Verdict::Spooled => Mode::Spooled,
        }
    }

    pub(crate) fn rates(&self) -> RateLimits {
        let burst = |rate: Option<Rate>, burst| {
            rate.filter(|_| burst > 0)
                .map(|rate| Rate { burst, ..rate })
        };
        let mut limits = RateLimits::default();
        limits.token = burst(limits.token, self.inbound.max_token_replies);
        limits.user = burst(limits.user, self.inbound.max_sender_replies);
        limits.sender = burst(limits.sender, self.inbound.max_sender_replies);
        limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_has_a_network_and_a_name() {
        let edges = |edges: &str| {
            let text = format!(
                "[inbound]\nauthentication = \"noted\"\nresolver = \"127.0.0.1:53\"\ntrusted_edges = [{edges}]"
            );
            let config: Config = toml::from_str(&text).unwrap();
            config.authenticator()
        };
        assert!(edges("").unwrap().is_some());
        assert!(edges("\"10.0.0.7/32 mx.forge.example\"").unwrap().is_some());
        for bad in [
            "\"10.0.0.7/32\"",
            "\"mx.forge.example 10.0.0.7/32\"",
            "\"10.0.0.7/32 two words\"",
        ] {
            assert!(edges(bad).is_err(), "{bad}");
        }
        assert!(Config::default().authenticator().unwrap().is_none());
    }
}
