//! Cases of the shared corpora.

use std::path::PathBuf;

use serde_json::Value;

/// The cases of a file with a JSON object a line; `None` where the shared folder is absent, which is said.
///
/// # Panics
/// Where it is absent and `INREPLY_REQUIRE_SHARED` is set, or the file cannot be read.
pub(crate) fn cases(file: &str) -> Option<Vec<Value>> {
    let shared = std::env::var_os("INREPLY_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = shared.join(file);
    if !path.exists() {
        assert!(
            std::env::var_os("INREPLY_REQUIRE_SHARED").is_none(),
            "{} is absent",
            path.display()
        );
        eprintln!("skipped: {} is absent", path.display());
        return None;
    }
    let text = std::fs::read_to_string(&path).unwrap();
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}
