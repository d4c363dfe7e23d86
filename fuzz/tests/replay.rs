//! Runs every fuzz body over its corpus on stable: an input that once broke a promise stays mended.

use std::fs;
use std::path::Path;

#[test]
fn every_corpus_file_passes_its_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut replayed = 0;
    for (name, body) in inreply_fuzz::targets() {
        let folder = corpus.join(name);
        let files = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut of_this_target = 0;
        for file in files {
            let path = file.expect("a readable folder entry").path();
            let data = fs::read(&path).expect("a readable corpus file");
            body(&data);
            of_this_target += 1;
        }
        assert!(of_this_target > 0, "no corpus for {name}");
        replayed += of_this_target;
    }
    println!("replayed {replayed} inputs");
}

#[test]
fn every_corpus_folder_has_a_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let names: Vec<&str> = inreply_fuzz::targets()
        .iter()
        .map(|(name, _)| *name)
        .collect();
    for folder in fs::read_dir(corpus).expect("the corpus folder") {
        let name = folder.expect("a readable folder entry").file_name();
        let name = name.to_str().expect("an ASCII name");
        assert!(names.contains(&name), "corpus/{name} has no target");
    }
}
