//! The subcommands of an operator, on a machine without network.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(folder: &Path, words: &[&str]) -> (Output, String) {
    let output = assert_cmd::cargo::cargo_bin_cmd!("reference-server")
        .current_dir(folder)
        .args(words)
        .output()
        .unwrap();
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    (output, text)
}

fn fine(folder: &Path, words: &[&str]) -> String {
    let (output, text) = run(folder, words);
    assert!(output.status.success(), "{words:?}: {text}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn from_nothing_to_a_server_that_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let words = "quickstart forge.example --address 192.0.2.1 --listen 127.0.0.1:0";
    let told = fine(folder, &words.split(' ').collect::<Vec<_>>());
    for part in [
        "password is ",
        "reply.forge.example. IN MX 10 reply.forge.example.",
        "noreply.forge.example. IN TXT \"v=spf1 ip4:192.0.2.1 -all\"",
        "r1._domainkey.noreply.forge.example. IN TXT",
        "tcp dport 25",
        "--config config.toml check",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert!(!told.contains('\x1b'), "what is piped has no colour");
    // Once: keys that are there are not made anew, and no config is replaced.
    let (again, text) = run(folder, &["quickstart", "forge.example"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text.contains("quickstart replaces nothing"), "{text}");

    let checked = fine(folder, &["--config", "config.toml", "check", "--offline"]);
    for line in [
        "ok       config",
        "ok       keys",
        "ok       relay",
        "ok       dkim",
    ] {
        assert!(checked.contains(line), "{line} is not in {checked}");
    }
    assert!(
        checked.ends_with("0 faults, 0 warnings, 0 unknown\n"),
        "{checked}"
    );
}

/// What lies beside the database is for a hint alone.
#[test]
fn a_server_starts_beside_a_file_that_it_cannot_read() {
    let folder = tempfile::tempdir().unwrap();
    let config = "data = \"data\"\n[inbound]\nlisten = \"127.0.0.1:0\"\n\
                  [spool]\npostgres = \"postgres://x@127.0.0.1:1/x\"\n";
    std::fs::write(folder.path().join("config.toml"), config).unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::write(folder.path().join("data/outbox.redb"), "no database").unwrap();
    std::fs::write(folder.path().join("data/spool"), "no folder").unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_reference-server"))
        .args(["--config", "config.toml", "serve"])
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    for line in BufReader::new(server.stderr.take().unwrap()).lines() {
        said += &format!("{}\n", line.unwrap());
        if said.contains("taking mail") {
            break;
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();
    for part in [
        "taking mail",
        "whether DATA/outbox.redb",
        "whether the maildir",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

#[test]
fn a_check_counts_what_is_wrong_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let wrong = "host = \"forge.example\"\n[inbound]\ntls_certificate = \"none.pem\"\ntls_key = \"none.pem\"\nresolver = \"127.0.0.1:9\"\n[outbound]\ndkim = [\"s1 none.pem\"]\n";
    std::fs::write(folder.join("wrong.toml"), wrong).unwrap();
    let (output, text) = run(folder, &["--config", "wrong.toml", "check", "--offline"]);
    assert_eq!(output.status.code(), Some(1));
    for line in ["FAULT    certificate", "FAULT    dkim", "2 faults"] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert!(!folder.join("inreply-data").exists());
    std::fs::write(folder.join("bad.toml"), "hots = 1").unwrap();
    let (output, text) = run(folder, &["--config", "bad.toml", "check", "--offline"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains("FAULT    config") && text.contains("hots"),
        "{text}"
    );
}

#[test]
fn records_are_checked_before_they_are_published() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("config.toml"), "host = \"forge.example\"\n").unwrap();
    let planned = fine(
        folder,
        &["--config", "config.toml", "dns", "--address", "192.0.2.1"],
    );
    let soa = "forge.example. 3600 IN SOA ns.forge.example. root.forge.example. 1 2 3 4 5\n";
    std::fs::write(folder.join("right.zone"), format!("{soa}{planned}")).unwrap();
    let without: String = planned
        .lines()
        .filter(|line| !line.contains(" MX "))
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(folder.join("wrong.zone"), format!("{soa}{without}")).unwrap();
    let check = |zone: &str| {
        run(
            folder,
            &[
                "--config",
                "config.toml",
                "check-dns",
                "--zone",
                zone,
                "--sending-ip",
                "192.0.2.1",
            ],
        )
    };
    let (right, text) = check("right.zone");
    assert_eq!(right.status.code(), Some(0), "{text}");
    let (wrong, text) = check("wrong.zone");
    assert_eq!(wrong.status.code(), Some(1), "{text}");
    assert!(
        text.contains("add reply.forge.example. IN MX 10 reply.forge.example."),
        "{text}"
    );
}

#[test]
fn an_address_is_opened_by_the_keys_that_made_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let address = fine(folder, &["address", "mint", "7", "5"]);
    let address = address.trim();
    assert!(address.starts_with("reply+") && address.ends_with("@reply.forge.example"));
    let said = fine(folder, &["address", "open", &address.to_uppercase()]);
    assert!(
        said.contains("use: reply\n") && said.contains("subject: 7\nrecipient: 5\n"),
        "{said}"
    );
    let bounce = fine(
        folder,
        &[
            "address", "mint", "7", "5", "--for", "bounce", "--days", "0",
        ],
    );
    let (token, _) = bounce.split_once('@').unwrap();
    let said = fine(folder, &["address", "open", token]);
    assert!(
        said.contains("use: bounce\n") && said.contains("refused from: never\n"),
        "{said}"
    );
    for (forged, why) in [
        (&*address.replace("forge", "other"), "another host"),
        ("reply+aeqabcdef@reply.forge.example", "is refused"),
    ] {
        let (output, text) = run(folder, &["address", "open", forged]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text.contains(why), "{text}");
    }
}

#[test]
fn help_teaches_and_shells_complete() {
    let folder = tempfile::tempdir().unwrap();
    let help = fine(folder.path(), &["--help"]);
    assert!(
        help.contains("First steps:") && help.contains("quickstart"),
        "{help}"
    );
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            fine(folder.path(), &["completions", shell]).contains("check-dns"),
            "{shell}"
        );
    }
}
