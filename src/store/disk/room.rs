//! Room on the disk, taken before it is needed.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::path::PathBuf;

use super::hooks;
use super::{again, remove};
use crate::store::error::StoreError;

/// Room on the disk for one save: a file as large as it will be. Given back when dropped.
#[derive(Debug)]
pub(in crate::store) struct Reserve {
    pub(super) path: PathBuf,
    pub(super) file: File,
}

impl Reserve {
    /// Writes into the room. It is as if it were new then.
    pub(super) fn fill(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let filled = again(|| self.file.set_len(length)).and_then(|()| self.file.rewind());
        let filled = filled.and_then(|()| fill(&mut self.file, bytes));
        filled.map_err(|error| StoreError::Disk {
            doing: "writing",
            path: self.path.clone(),
            detail: error.to_string(),
        })
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        // Gone already if it became the file.
        let _ = remove(&self.path);
    }
}

/// Fills a file from its beginning, makes that durable, and sees that it is all there.
pub(super) fn fill(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let (first, second) = bytes.split_at_checked(bytes.len() / 2).unwrap_or((bytes, &[]));
    hooks::step("write")?;
    file.write_all(first)?;
    hooks::step("write-rest")?;
    file.write_all(second)?;
    hooks::step("sync")?;
    file.sync_all()?;
    let end = file.stream_position()?;
    if usize::try_from(end) == Ok(bytes.len()) {
        return Ok(());
    }
    Err(io::Error::other(format!("the disk took {end} of {} bytes", bytes.len())))
}
