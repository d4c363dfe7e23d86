//! The config file.

mod console;
mod inbound;
mod keep;
mod keys;
mod outbound;
mod outbox;
mod save;
mod spool;

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use inreply::catalogue::{English, Korean};
use inreply::dns::{doctor, plan::Plan};
use inreply::logs::{ConversationLog, LogFile, Logs, MailLog, RepliesLog};
use inreply::sign::Signer;
use inreply::site::Site;
use inreply::smtp::wire::mailbox::Mailbox;
use serde::Deserialize;

use self::console::Console;
use self::inbound::Inbound;
use self::keep::Keep;
use self::outbound::Outbound;
use self::outbox::OutboxLimits;
use self::spool::SpoolPlace;

pub(crate) use self::inbound::Authentication;
pub(crate) use self::outbound::Tls;
pub(crate) use self::spool::Role;

/// The file with every key, its default and what it is for.
pub(crate) const DEFAULT: &str = include_str!("../../config.toml");

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) enabled: bool,
    pub(crate) host: String,
    pub(crate) data: PathBuf,
    pub(crate) support: String,
    pub(crate) url: String,
    pub(crate) public_url: String,
    pub(crate) language: Language,
    pub(crate) operator: String,
    pub(crate) discard_no_reply: bool,
    pub(crate) retired_keys: Vec<u8>,
    pub(crate) inbound: Inbound,
    pub(crate) spool: SpoolPlace,
    pub(crate) keep: Keep,
    pub(crate) outbound: Outbound,
    pub(crate) outbox: OutboxLimits,
    pub(crate) console: Console,
    /// Which part of a server the process is; the command line says it.
    #[serde(skip)]
    pub(crate) role: Role,
}

/// The language of mails.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    En,
    Ko,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            host: "forge.example".to_owned(),
            data: "inreply-data".into(),
            support: String::new(),
            url: String::new(),
            public_url: String::new(),
            language: Language::En,
            operator: String::new(),
            discard_no_reply: false,
            retired_keys: Vec::new(),
            inbound: Inbound::default(),
            spool: SpoolPlace::default(),
            keep: Keep::default(),
            outbound: Outbound::default(),
            outbox: OutboxLimits::default(),
            console: Console::default(),
            role: Role::default(),
        }
    }
}

impl Config {
    /// Reads a file; without one the defaults hold.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).map_err(|error| {
            // Its own words show the line, and a password may stand there.
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            anyhow!(
                "{} is no config: line {line}: {}",
                path.display(),
                error.message()
            )
        })
    }

    /// Makes everything that is made of it, to see whether it can be.
    pub(crate) fn check(&self) -> Result<()> {
        self.gate()?;
        self.listener()?;
        self.authenticator()?;
        self.relay()?;
        self.signer()?;
        self.outbox()?;
        self.operator()?;
        self.postgres()?;
        Ok(())
    }

    pub(crate) fn site(&self) -> Result<Site> {
        let site = Site::new(&self.host)
            .context("host")?
            .discard_no_reply(self.discard_no_reply);
        let site = match self.language {
            Language::En => site.catalogue(English),
            Language::Ko => site.catalogue(Korean),
        };
        let site = match self.support.as_str() {
            "" => site,
            link => site.support(link.parse().context("support")?),
        };
        Ok(match self.public_url.as_str() {
            "" => site,
            url => site.public_url(url.parse().context("public_url")?),
        })
    }

    /// The DNS records that the host needs, where mail is taken at `addresses`.
    pub(crate) fn plan(&self, addresses: Vec<IpAddr>) -> Result<Plan> {
        Ok(Plan::of(&self.doctor()?).addresses(addresses))
    }

    /// What the DNS doctor has to know.
    pub(crate) fn doctor(&self) -> Result<doctor::Config> {
        let mut config = doctor::Config::new(self.site()?.host().as_str())?;
        let signer = self.signer()?;
        for (selector, key) in signer.iter().flat_map(Signer::selectors) {
            config = config.signing(selector, Some(key))?;
        }
        Ok(config)
    }

    /// Where mail for postmaster and abuse is sent on.
    pub(crate) fn operator(&self) -> Result<Option<Mailbox<'static>>> {
        if self.operator.is_empty() {
            return Ok(None);
        }
        let operator: Mailbox<'static> = self.operator.parse().context("operator")?;
        ensure!(
            !self.site()?.serves(operator.domain()),
            "operator: {operator} is served here, so that its mail would run in a circle"
        );
        Ok(Some(operator))
    }

    /// `mail.log` and `replies.log`.
    pub(crate) fn logs(&self) -> Result<Logs> {
        let folder = self.data.join("log");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let open = |name| {
            let path = folder.join(name);
            LogFile::open(&path).with_context(|| format!("cannot write to {}", path.display()))
        };
        Ok(Logs {
            mail: Some(MailLog::new(open("mail.log")?, &self.host)),
            replies: Some(RepliesLog::new(open("replies.log")?)),
        })
    }

    /// What was said to the relay in deliveries and tests.
    pub(crate) fn conversations(&self) -> ConversationLog {
        ConversationLog::new(self.data.join("conversations.log"))
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.data.join("issues.redb")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use inreply::receiver::Mode;
    use inreply::spool::Retention;

    #[test]
    fn the_documented_file_says_the_defaults() {
        assert_eq!(
            toml::from_str::<Config>(DEFAULT).unwrap(),
            Config::default()
        );
    }

    #[test]
    fn the_defaults_are_those_of_the_library() {
        assert_eq!(Config::default().retention(), Retention::default());
        assert_eq!(Config::default().mode(), Mode::default());
    }

    #[test]
    fn the_operator_is_elsewhere() {
        let operator = |text: &str| {
            toml::from_str::<Config>(&format!("operator = \"{text}\""))
                .unwrap()
                .operator()
        };
        assert!(operator("").unwrap().is_none());
        assert!(operator("ops@example.net").unwrap().is_some());
        assert!(operator("postmaster@reply.forge.example").is_err());
    }

    #[test]
    fn a_misspelt_key_is_an_error() {
        assert!(toml::from_str::<Config>("hots = \"x\"").is_err());
        assert!(toml::from_str::<Config>("[inbound]\nport = 25").is_err());
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line_and_no_password_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let misspelt =
            "host = \"forge.example\"\n[spool]\npostgress = \"postgres://u:s3cret@db/x\"\n";
        fs::write(&path, misspelt).unwrap();
        let error = format!("{:#}", Config::read(Some(&path)).unwrap_err());
        assert!(
            error.contains("line 3") && error.contains("postgress"),
            "{error}"
        );
        assert!(!error.contains("s3cret"), "{error}");
    }

    #[test]
    fn saving_opens_the_file_to_nobody() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, DEFAULT).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        Config::default().save(&link).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }
}
