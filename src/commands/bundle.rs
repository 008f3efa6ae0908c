//! `probe --bundle FILE`: everything a ticket needs in one archive, without credentials, with a list of what is in it.
//!
//! A zip, because every desktop opens it and every tracker takes it; stored without compression, because a probe's record
//! is small and that needs no further code. Its times are fixed, so that the same record makes the same bytes.

use std::io::{Cursor, Write as _};

use aws_lc_rs::digest;
use serde_json::json;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Failure;
use crate::render::{self, Style, View};

/// What goes into it: the format, the name of the file, what it is.
const CONTENTS: [(&str, &str, &str); 4] = [
    ("human", "report.txt", "the report for people"),
    ("html", "report.html", "the report with the exchanges, for a browser"),
    ("json", "report.json", "the report for programs"),
    ("har", "exchanges.har", "the exchanges as an HTTP Archive, for developer tools"),
];

/// What `redact` takes out, in words; the reader of a ticket must be able to rely on it.
const REDACTED: &str = "Authorization, Proxy-Authorization, DPoP and cookie values, tokens, codes, verifiers, secrets and \
                        passwords in URLs, forms and JSON bodies; of a JWT only the signature";

/// Packs the archive.
///
/// # Errors
/// A file cannot be written into it.
pub fn pack(view: &View<'_>) -> Result<Vec<u8>, Failure> {
    let plain = Style { colour: false, width: 100, verbose: true };
    let view = View { style: &plain, ..*view };
    let trail = "the record: `mcp-auth probe --from trail.json` judges it again";
    let mut files = vec![("trail.json", trail, view.trail.save().into_bytes())];
    for (name, file, about) in CONTENTS {
        let mut out = Vec::new();
        if let Some(format) = render::format(name) {
            (format.write)(&view, &mut out)?;
        }
        files.push((file, about, out));
    }
    let listed: Vec<_> = files
        .iter()
        .map(|(name, about, bytes)| {
            let hash = digest::digest(&digest::SHA256, bytes);
            let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "name": name, "about": about, "bytes": bytes.len(), "sha256": hash })
        })
        .collect();
    let manifest = json!({
        "version": 1,
        "tool": concat!("mcp-auth ", env!("CARGO_PKG_VERSION")),
        "platform": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "recorded_by": view.trail.tool,
        "target": view.report.target,
        "revision": view.report.revision,
        "report_version": view.report.version,
        "trail_version": view.trail.version,
        "started": view.trail.started,
        "redacted": REDACTED,
        "files": listed,
    });
    let manifest = format!("{}\n", serde_json::to_string_pretty(&manifest).unwrap_or_default());
    files.insert(0, ("manifest.json", "", manifest.into_bytes()));
    zipped(&files).map_err(|error| Failure::from(std::io::Error::other(error)))
}

fn zipped(files: &[(&str, &str, Vec<u8>)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default());
    for (name, _, bytes) in files {
        archive.start_file(*name, options)?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}
