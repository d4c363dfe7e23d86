//! The README's first command, as a user runs it.

#[test]
fn the_demo_shows_the_whole_way_of_a_reply() {
    let output = assert_cmd::cargo::cargo_bin_cmd!("reference-server")
        .args(["demo", "--once"])
        .output();
    let output = output.expect("the demo runs");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{shown}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for part in [
        "Reply-To: ",
        "\nTLS connection started: TLSv1.3 with ",
        "-> \"250 2.0.0 Ok: queued as ",
        "#1 comment 2 by Ann:\nYes please, Bob.\n\nThe runner loses its cache on Monday nights.\n",
    ] {
        assert!(shown.contains(part), "{part:?} is missing in:\n{shown}");
    }
}
