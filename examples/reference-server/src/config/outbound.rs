//! `[outbound]`: the relay, and who signs.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use inreply::relay::{Relay, Security};
use inreply::sign::{Signer, SigningKey};
use inreply::smtp::client::{ClientConfig, Credentials};
use inreply::smtp::secret::Secret;
use inreply::smtp::wire::sasl::Mechanism;
use inreply::tls::Trust;
use serde::Deserialize;

use crate::config::Config;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Outbound {
    pub(crate) server: String,
    pub(crate) port: u16,
    pub(crate) tls: Tls,
    pub(crate) ca: PathBuf,
    pub(crate) auth: String,
    pub(crate) user: String,
    pub(crate) password_file: PathBuf,
    pub(crate) hello: String,
    pub(crate) dkim: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tls {
    None,
    Opportunistic,
    Required,
    Implicit,
}

impl Tls {
    pub(crate) const ALL: [Self; 4] = [
        Self::None,
        Self::Opportunistic,
        Self::Required,
        Self::Implicit,
    ];

    /// As the config has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Opportunistic => "opportunistic",
            Self::Required => "required",
            Self::Implicit => "implicit",
        }
    }
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            server: "127.0.0.1".to_owned(),
            port: 25,
            tls: Tls::Opportunistic,
            ca: PathBuf::new(),
            auth: String::new(),
            user: String::new(),
            password_file: PathBuf::new(),
            hello: String::new(),
            dkim: Vec::new(),
        }
    }
}

impl Config {
    pub(crate) fn relay(&self) -> Result<Relay> {
        let Outbound {
            server,
            port,
            ca,
            auth,
            user,
            password_file,
            hello,
            ..
        } = &self.outbound;
        let hello = if hello.is_empty() { &self.host } else { hello };
        let mut client = ClientConfig::new(hello.parse().context("outbound.hello")?);
        if !user.is_empty() {
            let password =
                fs::read_to_string(password_file).context("cannot read outbound.password_file")?;
            let secret = Secret::new(password.trim_end_matches(['\r', '\n']));
            client = client.auth(match auth.as_str() {
                "" => Credentials::password(user, secret),
                name => match name.parse().context("outbound.auth")? {
                    mechanism @ (Mechanism::XOAuth2 | Mechanism::OAuthBearer) => {
                        Credentials::token(user, secret).mechanism(mechanism)
                    }
                    mechanism => Credentials::password(user, secret).mechanism(mechanism),
                },
            });
        }
        let security = match self.outbound.tls {
            Tls::None => Security::None,
            Tls::Opportunistic => Security::Opportunistic,
            Tls::Required => Security::Required,
            Tls::Implicit => Security::Implicit,
        };
        let trust = if ca.as_os_str().is_empty() {
            Trust::System
        } else {
            Trust::File(ca.clone())
        };
        Ok(Relay::new(server, *port, client).security(security, &trust)?)
    }

    /// Who signs notifications and refusals; nobody where the relay does.
    pub(crate) fn signer(&self) -> Result<Option<Signer>> {
        if self.outbound.dkim.is_empty() {
            return Ok(None);
        }
        let mut signer = Signer::new(self.site()?.noreply_domain().as_str())?;
        for entry in &self.outbound.dkim {
            let words = entry.split_once(' ');
            let (selector, file) = words.context("outbound.dkim: a selector and a file")?;
            let pem = fs::read_to_string(file.trim())
                .with_context(|| format!("outbound.dkim: cannot read {}", file.trim()))?;
            let key = SigningKey::from_pem(&pem)
                .with_context(|| format!("outbound.dkim: {}", file.trim()))?;
            signer = signer
                .key(selector, key)
                .with_context(|| format!("outbound.dkim: {selector} is no selector"))?;
        }
        Ok(Some(signer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_selector_and_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.pem");
        fs::write(&file, SigningKey::generate_ed25519().unwrap().1).unwrap();
        let config = |dkim: &str| {
            toml::from_str::<Config>(&format!("[outbound]\ndkim = [\"{dkim}\"]")).unwrap()
        };
        let good = config(&format!("s1 {}", file.display()));
        let plan = good.plan(Vec::new()).unwrap().to_string();
        assert!(
            plan.contains("s1._domainkey.noreply.forge.example. IN TXT \"v=DKIM1; k=ed25519; p=")
        );
        for bad in ["s1", "s1 /nowhere", &format!("a;b {}", file.display())] {
            assert!(config(bad).signer().is_err(), "{bad}");
        }
        assert!(Config::default().signer().unwrap().is_none());
    }
}
