//! Reads the user's own documents: Markdown and plain text of a folder, within bounds.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::{DOCUMENT_URI, Document};

/// The longest document, in bytes.
const FILE_LIMIT: u64 = 1 << 20;
/// All documents together, in bytes.
const TOTAL_LIMIT: usize = 64 << 20;
/// Documents at most.
const COUNT_LIMIT: usize = 10_000;
/// Folders within folders at most.
const DEPTH_LIMIT: usize = 16;

/// The folder cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refuses.
    #[error("{path} cannot be read: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("{0} holds no Markdown and no text (.md, .markdown, .txt)")]
    Empty(String),
    /// There is too much in it.
    #[error("{0} holds more than 10000 documents or 64 MiB of text")]
    TooMuch(String),
}

/// What was read.
#[derive(Debug)]
pub struct Read {
    /// The documents, by id.
    pub documents: Vec<Document>,
    /// How many files were left out: longer than 1 MiB, or not text.
    pub left_out: usize,
}

/// Reads the Markdown and text files of a folder and the folders in it. Hidden files and links are left alone.
///
/// # Errors
/// See [`FolderError`].
pub fn read(folder: &Path) -> Result<Read, FolderError> {
    let shown = || folder.display().to_string();
    let mut files = Vec::new();
    collect(folder, 0, &mut files)?;
    files.sort();
    if files.len() > COUNT_LIMIT {
        return Err(FolderError::TooMuch(shown()));
    }
    let (mut documents, mut left_out, mut total) = (Vec::new(), 0, 0usize);
    for path in files {
        let Some(text) = text_of(&path)? else {
            left_out += 1;
            continue;
        };
        total += text.len();
        if total > TOTAL_LIMIT {
            return Err(FolderError::TooMuch(shown()));
        }
        documents.push(document(path.strip_prefix(folder).unwrap_or(&path), text));
    }
    if documents.is_empty() { Err(FolderError::Empty(shown())) } else { Ok(Read { documents, left_out }) }
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), FolderError> {
    let failed = |source| FolderError::Io { path: folder.display().to_string(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if kind.is_dir() && depth < DEPTH_LIMIT {
            collect(&path, depth + 1, files)?;
        } else if kind.is_file() && matches!(extension, "md" | "markdown" | "txt") {
            files.push(path);
        }
        if files.len() > COUNT_LIMIT {
            break;
        }
    }
    Ok(())
}

/// The text of a file; `None` when it is too long or not UTF-8.
fn text_of(path: &Path) -> Result<Option<String>, FolderError> {
    let failed = |source| FolderError::Io { path: path.display().to_string(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_LIMIT {
        return Ok(None);
    }
    Ok(String::from_utf8(bytes).ok())
}

fn document(path: &Path, text: String) -> Document {
    let parts = path.iter().map(|part| part.to_string_lossy().into_owned());
    let id = parts.collect::<Vec<_>>().join("/");
    let stem = path.file_stem().map_or_else(|| id.clone(), |stem| stem.to_string_lossy().into_owned());
    let heading = text.lines().map(str::trim).find_map(|line| line.strip_prefix("# ").map(str::trim));
    let title =
        heading.filter(|heading| !heading.is_empty()).map_or(stem, |heading| heading.chars().take(200).collect());
    Document { url: format!("{DOCUMENT_URI}{id}"), id, title, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_and_text_are_read_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &[u8]| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert!(matches!(read(folder.path()), Err(FolderError::Empty(_))));
        write("guide/setup.md", b"intro\n# How to set up\ntext");
        write("notes.txt", b"plain");
        write("picture.png", b"# no");
        write(".hidden/secret.md", b"# secret");
        write("latin.txt", b"caf\xe9");
        write("long.md", &vec![b'a'; (1 << 20) + 1]);
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link.txt")).unwrap();
        let found = read(folder.path()).unwrap();
        let names: Vec<_> = found.documents.iter().map(|d| (d.id.as_str(), d.title.as_str())).collect();
        assert_eq!(names, [("guide/setup.md", "How to set up"), ("notes.txt", "notes")]);
        assert_eq!(found.left_out, 2);
        assert_eq!(found.documents[0].url, "mcp-auth://documents/guide/setup.md");
        assert!(matches!(read(&folder.path().join("nowhere")), Err(FolderError::Io { .. })));
    }
}
