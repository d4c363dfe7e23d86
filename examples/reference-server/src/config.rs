//! The config file.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use inreply::auth::Authenticator;
use inreply::catalogue::{English, Korean};
use inreply::dns::{doctor, plan::Plan};
use inreply::gate::Gate;
use inreply::listener::ListenerConfig;
use inreply::logs::{ConversationLog, LogFile, Logs, MailLog, RepliesLog};
use inreply::outbox::OutboxConfig;
use inreply::rates::{Rate, RateLimits};
use inreply::receiver::Mode;
use inreply::relay::{Relay, Security};
use inreply::resolver::Resolver;
use inreply::sign::{Signer, SigningKey};
use inreply::site::Site;
use inreply::smtp::client::{ClientConfig, Credentials};
use inreply::smtp::secret::Secret;
use inreply::smtp::server::ServerConfig;
use inreply::smtp::wire::data::BareLineEnds;
use inreply::smtp::wire::mailbox::Mailbox;
use inreply::smtp::wire::sasl::Mechanism;
use inreply::spool::Retention;
use inreply::tls::{self, Trust};
use inreply::token::{Key, KeyId, KeyRing};
use serde::Deserialize;
use toml_edit::{Array, DocumentMut, Item, value};

use crate::secret_file;

/// The file with every key, its default and what it is for.
pub(crate) const DEFAULT: &str = include_str!("../config.toml");

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
    pub(crate) keep: Keep,
    pub(crate) outbound: Outbound,
    pub(crate) outbox: OutboxLimits,
    pub(crate) console: Console,
}

/// Where the console is; nowhere where it is empty.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Console {
    pub(crate) listen: String,
    pub(crate) public_listen: String,
}

/// The language of mails.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    En,
    Ko,
}

/// Days that messages are kept; 0 is for good.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Keep {
    pub(crate) success: u32,
    pub(crate) failure: u32,
    pub(crate) ignored: u32,
    pub(crate) operator: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Synchronous,
    Spooled,
}

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

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OutboxLimits {
    pub(crate) time_to_live_hours: u32,
    pub(crate) max_connections: usize,
    pub(crate) max_messages_per_minute: u32,
    pub(crate) only_domains: Vec<String>,
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
            keep: Keep::default(),
            outbound: Outbound::default(),
            outbox: OutboxLimits::default(),
            console: Console::default(),
        }
    }
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

impl Default for Keep {
    fn default() -> Self {
        Self {
            success: 30,
            failure: 90,
            ignored: 30,
            operator: 0,
        }
    }
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self {
            time_to_live_hours: 120,
            max_connections: 4,
            max_messages_per_minute: 0,
            only_domains: Vec::new(),
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
    /// Reads a file; without one the defaults hold.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is no config", path.display()))
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
        Ok(())
    }

    /// Writes what the console changes into the file; comments and all else in it stay.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut file: DocumentMut = text.parse()?;
        file["enabled"] = value(self.enabled);
        file["host"] = value(&self.host);
        file["support"] = value(&self.support);
        file["operator"] = value(&self.operator);
        file["discard_no_reply"] = value(self.discard_no_reply);
        let path_of = |path: &Path| value(path.to_string_lossy().into_owned());
        let inbound = table(&mut file, "inbound")?;
        inbound["require_tls"] = value(self.inbound.require_tls);
        inbound["tls_certificate"] = path_of(&self.inbound.tls_certificate);
        inbound["tls_key"] = path_of(&self.inbound.tls_key);
        let outbound = table(&mut file, "outbound")?;
        outbound["server"] = value(&self.outbound.server);
        outbound["port"] = value(i64::from(self.outbound.port));
        outbound["hello"] = value(&self.outbound.hello);
        outbound["tls"] = value(self.outbound.tls.name());
        outbound["auth"] = value(&self.outbound.auth);
        outbound["user"] = value(&self.outbound.user);
        outbound["password_file"] = path_of(&self.outbound.password_file);
        outbound["dkim"] = value(self.outbound.dkim.iter().collect::<Array>());
        let draft = path.with_extension("toml.new");
        fs::write(&draft, file.to_string())
            .with_context(|| format!("cannot write {}", draft.display()))?;
        fs::rename(&draft, path).with_context(|| format!("cannot write {}", path.display()))
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

    /// The gate with the keys in DATA/keys; the first start makes one.
    pub(crate) fn gate(&self) -> Result<Gate> {
        let folder = self.data.join("keys");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut keys = read_keys(&folder)?;
        if keys.is_empty() {
            keys.push((1, make_key(&folder.join("1.key"))?));
        }
        keys.sort_by_key(|(id, _)| *id);
        let (current, key) = keys.pop().context("no key")?;
        ensure!(
            !self.retired_keys.contains(&current),
            "key {current} is retired and there is no later one"
        );
        let ring =
            keys.into_iter()
                .try_fold(
                    KeyRing::new(KeyId(current), key),
                    |ring, (id, key)| match self.retired_keys.contains(&id) {
                        true => ring.with_retired(KeyId(id), key),
                        false => ring.with_old(KeyId(id), key),
                    },
                )?;
        Ok(Gate::new(self.site()?, &ring))
    }

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

    /// What was said to the relay in deliveries and tests.
    pub(crate) fn conversations(&self) -> ConversationLog {
        ConversationLog::new(self.data.join("conversations.log"))
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

    /// Who is asked about DNS.
    pub(crate) fn resolver(&self) -> Result<Resolver> {
        match self.inbound.resolver.as_str() {
            "" => Resolver::system().context("inbound.resolver"),
            server => Ok(Resolver::new(server.parse().context("inbound.resolver")?)),
        }
    }

    pub(crate) fn outbox(&self) -> Result<OutboxConfig> {
        let limits = &self.outbox;
        ensure!(
            limits.time_to_live_hours > 0,
            "outbox.time_to_live_hours: nothing would ever be sent"
        );
        let mut outbox = OutboxConfig::default()
            .time_to_live(Duration::from_hours(1) * limits.time_to_live_hours)
            .connections(limits.max_connections);
        if limits.max_messages_per_minute > 0 {
            outbox = outbox.messages_per_minute(limits.max_messages_per_minute);
        }
        if !limits.only_domains.is_empty() {
            outbox = outbox.only_domains(limits.only_domains.iter().cloned());
        }
        Ok(outbox)
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.data.join("spool")
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

    pub(crate) fn mode(&self) -> Mode {
        match self.inbound.verdict {
            Verdict::Synchronous => Mode::Synchronous,
            Verdict::Spooled => Mode::Spooled,
        }
    }

    pub(crate) fn retention(&self) -> Retention {
        let days = |days: u32| (days > 0).then(|| Duration::from_hours(24) * days);
        let mut retention = Retention::default();
        retention.success = days(self.keep.success);
        retention.failure = days(self.keep.failure);
        retention.ignored = days(self.keep.ignored);
        retention.operator = days(self.keep.operator);
        retention
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

    pub(crate) fn store(&self) -> PathBuf {
        self.data.join("issues.redb")
    }
}

/// A table of a file, made where it is missing.
fn table<'a>(file: &'a mut DocumentMut, name: &str) -> Result<&'a mut Item> {
    let item = file.entry(name).or_insert_with(toml_edit::table);
    ensure!(item.is_table_like(), "{name} is no table");
    Ok(item)
}

fn read_keys(folder: &Path) -> Result<Vec<(u8, Key)>> {
    let mut keys = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "key") {
            let name = || format!("{} is no key", path.display());
            let id = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .and_then(|stem| stem.parse().ok());
            keys.push((
                id.with_context(name)?,
                Key::from_file_contents(&fs::read(&path)?).with_context(name)?,
            ));
        }
    }
    Ok(keys)
}

fn make_key(path: &Path) -> Result<Key> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    secret_file::create(path, format!("{hex}\n").as_bytes())?;
    Ok(Key::from_hex(&hex)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_file_says_the_defaults() {
        assert_eq!(
            toml::from_str::<Config>(DEFAULT).unwrap(),
            Config::default()
        );
    }

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

    #[test]
    fn the_defaults_are_those_of_the_library() {
        assert_eq!(Config::default().retention(), Retention::default());
        assert_eq!(Config::default().mode(), Mode::default());
    }

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
}
