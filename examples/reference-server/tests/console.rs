//! The console as a browser sees it, without a browser: what is asked of who comes, and that settings take effect.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server with a console, and its password.
struct Server {
    process: Child,
    console: String,
    public: String,
    password: String,
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let text = format!(
            "# kept\nhost = \"forge.example\"\ndata = \"{}\"\n[inbound]\nlisten = \"127.0.0.1:0\"\n\
             resolver = \"127.0.0.1:9\"\n[outbound]\nport = 9\n[console]\nlisten = \"127.0.0.1:0\"\n\
             public_listen = \"127.0.0.1:0\"\n",
            folder.path().join("data").display()
        );
        std::fs::write(&config, text).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_reference-server"))
            .arg("--config")
            .arg(&config)
            .arg("serve")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let (mut console, mut password, mut public) = (None, None, None);
        while console.is_none() || password.is_none() || public.is_none() {
            let line = lines.next().unwrap().unwrap();
            let word = |behind: &str| {
                let (_, rest) = line.split_once(behind)?;
                Some(rest.split([';', '/', ' ']).next()?.to_owned())
            };
            console = console.or_else(|| word("the console is at http://"));
            password = password.or_else(|| word("password is "));
            public = public.or_else(|| word("one-click unsubscription is at http://"));
        }
        // The pipe is read on, or the server would wait for it.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            console: console.unwrap(),
            public: public.unwrap(),
            password: password.unwrap(),
            folder,
        }
    }

    /// Status, header and body of an answer.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        Self::ask_at(&self.console, method, path, headers, body)
    }

    fn ask_at(
        address: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut stream = TcpStream::connect(address).unwrap();
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        let own_host = headers.iter().any(|(name, _)| *name == "Host");
        if !own_host {
            request += &format!("Host: {address}\r\n");
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        // A server that refuses a body may close before it has read all of it.
        let _ = stream.write_all(format!("{request}\r\n{body}").as_bytes());
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    fn login(&self) -> Session<'_> {
        let origin = format!("http://{}", self.console);
        let form = format!("password={}", self.password);
        let headers = [
            ("Origin", origin.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        let answer = self.ask("POST", "/login", &headers, &form);
        assert_eq!(answer.status, 303, "{}", answer.body);
        let cookie = answer.header("set-cookie").unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let page = self.ask("GET", "/settings", &[("Cookie", &cookie)], "");
        let token = page.between("name=\"form_token\" value=\"", "\"");
        Session {
            server: self,
            origin,
            cookie,
            token,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn between(&self, before: &str, behind: &str) -> String {
        let (_, rest) = self.body.split_once(before).unwrap();
        rest.split_once(behind).unwrap().0.to_owned()
    }
}

struct Session<'s> {
    server: &'s Server,
    origin: String,
    cookie: String,
    token: String,
}

impl Session<'_> {
    fn get(&self, path: &str) -> Answer {
        self.server
            .ask("GET", path, &[("Cookie", &self.cookie)], "")
    }

    fn post(&self, path: &str, form: &str) -> Answer {
        self.post_as(path, form, &self.origin, &self.token)
    }

    fn post_as(&self, path: &str, form: &str, origin: &str, token: &str) -> Answer {
        let headers = [
            ("Cookie", self.cookie.as_str()),
            ("Origin", origin),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        let form = format!("{form}&form_token={token}");
        self.server.ask("POST", path, &headers, &form)
    }
}

#[test]
fn nobody_gets_in_without_the_password_and_nothing_changes_by_another_site() {
    let server = Server::start();
    for path in [
        "/",
        "/settings",
        "/inbound",
        "/logs/mail.log",
        "/support/bundle",
    ] {
        for cookie in ["", "inreply_session=9999999999.x.forged"] {
            let answer = server.ask("GET", path, &[("Cookie", cookie)], "");
            assert_eq!(
                (answer.status, answer.header("location")),
                (303, Some("/login")),
                "{path}"
            );
        }
    }
    let session = server.login();
    let form = "name=Ann&email=ann%40example.com";
    for (origin, token) in [
        ("http://evil.example", session.token.as_str()),
        (&session.origin, "forged"),
        (&session.origin, ""),
    ] {
        assert_eq!(session.post_as("/people", form, origin, token).status, 403);
    }
    assert!(!session.get("/issues").body.contains("ann@example.com"));
    assert_eq!(session.post("/people", form).status, 303);
    assert!(session.get("/issues").body.contains("ann@example.com"));
    // A page of another name that points here (DNS rebinding).
    let host = [
        ("Host", "evil.example"),
        ("Cookie", session.cookie.as_str()),
    ];
    assert_eq!(server.ask("GET", "/", &host, "").status, 421);
    let page = session.get("/");
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'none'")
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    // With `no-referrer` a browser hides the origin of our own forms from us.
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));
}

#[test]
fn guessing_is_slowed_down_and_too_much_is_not_read() {
    let server = Server::start();
    let origin = format!("http://{}", server.console);
    let headers = [
        ("Origin", origin.as_str()),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let guess = || {
        server
            .ask("POST", "/login", &headers, "password=guess")
            .status
    };
    let guesses: Vec<u16> = (0..8).map(|_| guess()).collect();
    assert_eq!(guesses[..5], [401; 5]);
    assert!(guesses[5..].contains(&429), "{guesses:?}");
    let long = format!("password={}", "x".repeat(3_000_000));
    assert_eq!(server.ask("POST", "/login", &headers, &long).status, 413);
}

#[test]
fn settings_are_checked_beside_their_fields_and_hold_at_once() {
    let server = Server::start();
    let session = server.login();
    let form = |host: &str, port: &str| {
        format!(
            "enabled=on&host={host}&support=&operator=&server=127.0.0.1&port={port}&hello=&tls=none&auth=&user=&password=&dkim=&certificate=&key="
        )
    };
    let wrong = session.post("/settings", &form("forge.example", "99999"));
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.between("id=\"port-fault\">", "<"), "1 to 65535");
    // Nobody listens on port 9: the test says so, and nothing is saved.
    let tested = session.post(
        "/settings/test",
        &(form("forge.example", "9") + "&to=ann%40example.com"),
    );
    assert!(
        tested.body.contains("id=\"transcript\"") && tested.body.contains("class=\"bad\""),
        "{}",
        tested.body
    );
    let config = server.folder.path().join("config.toml");
    let saved = || std::fs::read_to_string(&config).unwrap();
    assert!(!saved().contains("tls = \"none\""));
    let right = session.post("/settings", &form("mail.example", "2526"));
    assert_eq!(right.status, 200, "{}", right.body);
    for line in [
        "# kept",
        "host = \"mail.example\"",
        "port = 2526",
        "tls = \"none\"",
    ] {
        assert!(
            saved().lines().any(|saved| saved == line),
            "{line} is not in {}",
            saved()
        );
    }
    assert!(session.get("/dns").body.contains("reply.mail.example"));
    let checked = session.get("/check").body;
    assert!(checked.contains("is a config for mail.example") && checked.contains("port 25"));
    assert!(
        session
            .get("/settings")
            .body
            .contains("value=\"mail.example\"")
    );
}

/// A wrong password that is tried must not take the place of the right one.
#[test]
fn a_test_that_fails_leaves_the_old_password() {
    let server = Server::start();
    let session = server.login();
    let form = |password: &str| {
        format!(
            "enabled=on&host=forge.example&server=127.0.0.1&port=9&tls=none&user=ann&password={password}&to=ann%40example.com"
        )
    };
    let passwords = || {
        let files = std::fs::read_dir(server.folder.path().join("data/keys")).unwrap();
        let files = files.map(|file| file.unwrap().path());
        let ours = files.filter(|path| path.to_string_lossy().contains("relay-password"));
        ours.map(|path| std::fs::read_to_string(path).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(session.post("/settings", &form("right")).status, 200);
    assert_eq!(passwords(), ["right"]);
    let tested = session.post("/settings/test", &form("wrong"));
    assert!(tested.body.contains("Not saved."), "{}", tested.body);
    assert!(!tested.body.contains("wrong"));
    assert_eq!(passwords(), ["right"]);
    assert_eq!(session.post("/settings", &form("better")).status, 200);
    assert_eq!(passwords(), ["better"]);
}

/// A relay that says nothing more behind EHLO, and a browser that waits for it no longer: support wants to see how far it came.
#[test]
fn a_test_that_is_given_up_is_in_the_log_and_saves_nothing() {
    let (server, relay) = (Server::start(), TcpListener::bind("127.0.0.1:0").unwrap());
    let (session, port) = (server.login(), relay.local_addr().unwrap().port());
    std::thread::spawn(move || {
        let mut stream = relay.accept().unwrap().0;
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        stream.write_all(b"220 relay.example\r\n").unwrap();
        lines.next().unwrap().unwrap();
        stream.write_all(b"250 relay.example\r\n").unwrap();
        lines.for_each(drop);
    });
    let form = format!(
        "enabled=on&host=forge.example&server=127.0.0.1&port={port}&tls=none&to=ann%40example.com&form_token={}",
        session.token
    );
    let mut browser = TcpStream::connect(&server.console).unwrap();
    let request = format!(
        "POST /settings/test HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\nAccept: text/plain\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        server.console,
        session.origin,
        session.cookie,
        form.len()
    );
    browser.write_all(request.as_bytes()).unwrap();
    let mut answer = BufReader::new(browser).lines().map(Result::unwrap);
    assert!(answer.any(|line| line.contains("MAIL FROM")));
    drop(answer);
    let log = server.folder.path().join("data/conversations.log");
    let logged = || std::fs::read_to_string(&log).unwrap_or_default();
    let end = Instant::now() + Duration::from_secs(20);
    while !logged().contains("<- \"MAIL FROM") {
        assert!(Instant::now() < end, "{}", logged());
        std::thread::sleep(Duration::from_millis(10));
    }
    let (heading, said) = (
        logged(),
        format!("Connection opened: 127.0.0.1:{port}\n-> \"220"),
    );
    assert!(
        heading.contains("test mail to ann@example.com, given up\n") && heading.contains(&said),
        "{heading}"
    );
    let config = std::fs::read_to_string(server.folder.path().join("config.toml")).unwrap();
    assert!(!config.contains(&port.to_string()));
}

/// Every page shows itself, in both languages, and harmlessly where mail of strangers is on it.
#[test]
fn pages_show_mail_of_strangers_harmlessly() {
    let server = Server::start();
    let session = server.login();
    let new = server.folder.path().join("data/spool/mail/reply/new");
    let failure = server
        .folder
        .path()
        .join("data/spool/incoming-mail/failure");
    let id = "0655A1B2C3D4E5F601";
    let evil = "<script>alert(1)</script>";
    let message = format!(
        "From: {evil} <mallory@example.com>\r\nSubject: {evil}\r\nContent-Type: text/html\r\n\r\n<p>Hi {evil}</p>\r\n"
    );
    assert!(new.is_dir());
    std::fs::write(failure.join(id), message).unwrap();
    std::fs::write(failure.join(format!("{id}.reason")), evil).unwrap();
    let page = session.get(&format!("/inbound/{id}"));
    assert_eq!(page.status, 200);
    assert!(!page.body.contains(evil) && page.body.contains("sandbox=\"\""));
    let part = session.get(&format!("/inbound/{id}/html"));
    assert!(
        part.header("content-security-policy")
            .unwrap()
            .contains("sandbox;")
    );
    let original = session.get(&format!("/inbound/{id}/original"));
    assert_eq!(
        original.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    for path in [
        "/",
        "/settings",
        "/inbound",
        "/explain",
        "/outbound",
        "/check",
        "/dns",
        "/logs",
        "/support",
        "/issues",
    ] {
        let english = session.get(path);
        assert_eq!(english.status, 200, "{path}");
        assert!(english.body.contains("<html lang=\"en\">") && !english.body.contains(evil));
        let cookie = format!("{}; inreply_language=ko", session.cookie);
        let korean = server.ask("GET", path, &[("Cookie", &cookie)], "");
        assert!(korean.body.contains("<html lang=\"ko\">"), "{path}");
    }
    for path in [
        "/logs/..%2Fkeys%2F1.key",
        "/logs/config.toml",
        "/inbound/..%2F..%2Fkeys",
        "/nothing",
    ] {
        assert_eq!(session.get(path).status, 404, "{path}");
    }
    let explained = session.post(
        "/explain",
        "message=Merge+it.%0A%0AOn+Tue%2C+Ann+%3Cann%40example.com%3E+wrote%3A%0A%3E+Shall+I%3F",
    );
    assert_eq!(explained.between("id=\"comment\">", "<"), "Merge it.");
    assert_eq!(
        session.post(&format!("/inbound/{id}/drop"), "x=").status,
        303
    );
    assert!(!failure.join(id).exists());
}

#[test]
fn health_and_metrics_are_there_and_the_bundle_has_no_secret() {
    let server = Server::start();
    let session = server.login();
    assert_eq!(server.ask("GET", "/readyz", &[], "").status, 200);
    let metrics = server.ask("GET", "/metrics", &[], "");
    assert!(metrics.body.contains("inreply_sessions_total 0"));
    let keys = server.folder.path().join("data/keys");
    std::fs::write(keys.join("relay-password"), "correct horse battery").unwrap();
    let log = server.folder.path().join("data/mail.log");
    append(&log, "a line with correct horse battery in it\n");
    let text = session.get("/setup/diagnostics");
    assert!(
        text.body.contains("=== config.txt") && text.body.contains("a line with [secret removed]")
    );
    for key in std::fs::read_dir(keys).unwrap() {
        let secret = std::fs::read(key.unwrap().path()).unwrap();
        let secret = String::from_utf8_lossy(&secret).trim().to_owned();
        assert!(!text.body.contains(&secret));
    }
    let bundle = session.get("/support/bundle");
    assert_eq!(
        (bundle.status, bundle.header("content-type")),
        (200, Some("application/gzip"))
    );
}

fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Every change wants a form of this session, whichever it is.
#[test]
fn no_change_is_made_without_a_form_of_the_session() {
    let server = Server::start();
    let session = server.login();
    let id = "0655A1B2C3D4E5F601";
    let inbound = ["retry", "drop"].map(|what| format!("/inbound/{id}/{what}"));
    let outbound = ["retry", "drop"].map(|what| format!("/outbound/{id}/{what}"));
    let fixed = [
        "/settings",
        "/settings/test",
        "/explain",
        "/suppressed/release",
        "/issues",
        "/issues/1",
        "/issues/1/lock",
        "/issues/1/notify",
        "/people",
        "/logout",
    ];
    let paths = inbound.iter().chain(&outbound).map(String::as_str);
    for path in paths.chain(fixed) {
        for (origin, token) in [
            (&*session.origin, "forged"),
            ("null", &session.token),
            ("https://evil.example", &session.token),
        ] {
            let answer = session.post_as(path, "x=", origin, token);
            assert_eq!(answer.status, 403, "{path} from {origin}");
        }
        // The cookie alone, and no origin: an old browser, or no browser.
        let cookie = [("Cookie", session.cookie.as_str())];
        assert_eq!(
            server.ask("POST", path, &cookie, "x=").status,
            403,
            "{path}"
        );
        assert_eq!(server.ask("POST", path, &[], "x=").status, 303, "{path}");
    }
}

#[test]
fn nobody_is_sent_elsewhere_and_the_cookie_stays_within_tls() {
    let server = Server::start();
    for path in [
        "/language/https:%2F%2Fevil.example",
        "/language/%2F%2Fevil.example?next=https://evil.example",
    ] {
        let answer = server.ask("GET", path, &[("Referer", "https://evil.example/")], "");
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    }
    let form = format!(
        "password={}&next=https%3A%2F%2Fevil.example",
        server.password
    );
    let login = |scheme: &str| {
        let origin = format!("{scheme}://{}", server.console);
        let headers = [
            ("Origin", origin.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        server.ask("POST", "/login", &headers, &form)
    };
    let (plain, by_tls) = (login("http"), login("https"));
    assert_eq!(plain.header("location"), Some("/"));
    assert!(!plain.header("set-cookie").unwrap().contains("Secure"));
    assert!(by_tls.header("set-cookie").unwrap().contains("; Secure"));
}

#[test]
fn what_goes_wrong_is_said_in_the_language_of_who_reads_it() {
    let server = Server::start();
    let session = server.login();
    let korean = format!("{}; inreply_language=ko", session.cookie);
    let wrong = |method: &str, path: &str, body: &str| {
        let headers = [
            ("Cookie", korean.as_str()),
            ("Origin", session.origin.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        let body = format!("form_token={}&{body}", session.token);
        server.ask(method, path, &headers, &body)
    };
    let long = format!("message={}", "x".repeat(3_000_000));
    for (method, path, body, status) in [
        ("GET", "/nothing", "", 404),
        ("POST", "/inbound", "", 405),
        ("POST", "/people", "other=1", 422),
        ("POST", "/explain", &long, 413),
        ("POST", "/suppressed/release", "mailbox=none", 422),
    ] {
        let answer = wrong(method, path, body);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(answer.body.contains("<html lang=\"ko\">"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"));
    }
}

/// RFC 8058: the mail provider posts, without a cookie, an Origin, or a redirect.
#[test]
fn one_click_unsubscribes_and_a_look_does_not() {
    let server = Server::start();
    let session = server.login();
    for form in [
        "name=Ann&email=ann%40example.com",
        "name=Bob&email=bob%40example.com",
    ] {
        assert_eq!(session.post("/people", form).status, 303);
    }
    assert_eq!(
        session
            .post("/issues", "title=One&author=2&text=Two")
            .status,
        303
    );
    let minted = Command::new(env!("CARGO_BIN_EXE_reference-server"))
        .arg("--config")
        .arg(server.folder.path().join("config.toml"))
        .args(["address", "mint", "1", "1", "--for", "unsubscribe"])
        .output()
        .unwrap();
    let minted = String::from_utf8(minted.stdout).unwrap();
    let token = minted.split('@').next().unwrap().trim_start_matches("u+");
    let path = format!("/u/{token}");
    let ask = |method: &str, path: &str, body: &str| {
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        Server::ask_at(&server.public, method, path, &kind, body)
    };
    let wants_mail = || session.get("/issues/1").body;
    let before = wants_mail();
    let page = ask("GET", &path, "");
    assert_eq!((page.status, page.header("set-cookie")), (200, None));
    assert!(page.body.contains(&format!("action=\"{path}\"")));
    assert_eq!(ask("POST", &path, "List-Unsubscribe=Maybe").status, 400);
    assert_eq!(
        ask("POST", "/u/aeqabcdef", "List-Unsubscribe=One-Click").status,
        404
    );
    assert_eq!(wants_mail(), before);
    let done = ask("POST", &path, "List-Unsubscribe=One-Click");
    assert_eq!((done.status, done.header("location")), (200, None));
    assert_ne!(wants_mail(), before);
    // The console is not there.
    for path in ["/", "/login", "/settings", "/metrics"] {
        assert_eq!(ask("GET", path, "").status, 404, "{path}");
    }
}
