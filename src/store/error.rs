//! Why the store cannot be used, and what helps.

use std::path::PathBuf;

use super::record::VERSION;

/// The store cannot be used. The file is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no directory to keep state in.
    #[error("the home directory is not known, so there is no place for the credential store")]
    NoHome,
    /// The disk said no.
    #[error("{} failed for {}: {detail}", doing, path.display())]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// Not a store, or damaged.
    #[error("the credential store {} cannot be read: {detail}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where it is wrong; never what it holds.
        detail: String,
    },
    /// Written by another version of the program.
    #[error("the credential store {} has format version {found}, this program reads version {VERSION}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// A symbolic link, a directory, a device.
    #[error("{} is {kind}, not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// Somebody else's.
    #[error("{} belongs to another user", path.display())]
    ForeignOwner {
        /// The path.
        path: PathBuf,
    },
    /// Somebody else holds the lock.
    #[error("another process has held the lock {} for {seconds} s", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// The keyring of the operating system, which holds the key of the file.
    #[error("the keyring of the operating system: {detail}")]
    Keyring {
        /// What is wrong with it; never what it holds.
        detail: String,
    },
    /// The file is there and the keyring has no key for it.
    #[error("the keyring of the operating system holds no key for the credential store {}", path.display())]
    KeyLost {
        /// The file.
        path: PathBuf,
    },
    /// The file changed under the lock: a program that does not lock, or a file system that does not.
    #[error("the credential store {} was changed by somebody else in the meantime", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

impl StoreError {
    /// What helps, in one line.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NoHome => "set HOME, or name a directory with --state-dir",
            Self::Disk { .. } => "is the disk full, or the directory not writable? --state-dir names another one",
            Self::Corrupt { .. } => {
                "the file was left as it is; beside it `.previous` holds the generation before. Move one of them into place, or the file away"
            }
            Self::Version { .. } => "use the version of mcp-auth that wrote it, or move the file away",
            Self::NotAFile { .. } | Self::ForeignOwner { .. } => {
                "remove it if you know what it is, or name another directory with --state-dir"
            }
            Self::Locked { .. } => "wait for the other process, or end it; the lock goes with it",
            Self::Keyring { .. } => {
                "is it running and unlocked (on Linux a Secret Service: GNOME Keyring, KWallet, KeePassXC)? --store file does without, --store none keeps nothing"
            }
            Self::KeyLost { .. } => {
                "is it the keyring that the logins were kept with? If the key is gone for good, move the file away and log in again"
            }
            Self::Changed { .. } => "run the command again",
        }
    }
}
