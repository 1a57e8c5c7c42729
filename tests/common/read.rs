//! What is read of a folder.

use std::path::Path;

use tongwen::document::{Document, Skipped};
use tongwen::input::Corpus;
use tongwen::settings::InputSettings;

/// Returns the documents of a folder, and what is skipped. The bytes of the batches are those of the folder, but where a
/// table breaks off.
pub fn read(folder: &Path, settings: &InputSettings) -> (Vec<Document>, Vec<Skipped>) {
    let corpus = Corpus::open(&[folder.to_owned()], settings).unwrap();
    let (mut documents, mut skipped, mut on_disk) = (Vec::new(), Vec::new(), 0);
    let length = corpus.bytes();
    for batch in corpus.batches() {
        on_disk += batch.bytes();
        batch.read(&mut |item| match item {
            Ok(document) => documents.push(document),
            Err(bad) => skipped.push(bad),
        });
    }
    assert!(on_disk == length || skipped.iter().any(|bad| bad.key.ends_with(".parquet")), "{on_disk} of {length}");
    (documents, skipped)
}
