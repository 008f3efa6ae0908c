//! HTTP/2 frames made by hand (RFC 9113), for attacks that no library would send.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::server::{Arrived, Record};

/// What is done once a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attack {
    /// CONTINUATION frames without end.
    Continuations,
    /// A header block that a few bytes of HPACK blow up.
    HeaderBomb,
    /// DATA without end, window or not.
    Data,
    /// PING without end.
    Pings,
    /// SETTINGS without end.
    Settings,
    /// RST_STREAM at once.
    Reset,
    /// GOAWAY with hostile debug data.
    GoAway,
    /// Nothing at all.
    Silence,
    /// A frame of a length that may not be.
    HugeFrame,
    /// An empty DATA frame for ever.
    EmptyData,
    /// A push that nobody asked for.
    Push,
    /// Headers on a stream that does not exist.
    WrongStream,
    /// Not HTTP/2 at all.
    Http1,
}

/// Every attack with its name.
pub(crate) const ATTACKS: [Attack; 13] = [
    Attack::Continuations,
    Attack::HeaderBomb,
    Attack::Data,
    Attack::Pings,
    Attack::Settings,
    Attack::Reset,
    Attack::GoAway,
    Attack::Silence,
    Attack::HugeFrame,
    Attack::EmptyData,
    Attack::Push,
    Attack::WrongStream,
    Attack::Http1,
];

/// The most frames of a flood.
const FRAMES: usize = 200_000;

/// Reads the preface and frames up to the first HEADERS, then attacks.
pub(crate) async fn attack<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    attack: &Attack,
    record: &Record,
) -> std::io::Result<()> {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await?;
    if *attack == Attack::Http1 {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await?;
        return stream.shutdown().await;
    }
    stream.write_all(&frame(4, 0, 0, &[])).await?;
    stream.flush().await?;
    let (mut reader, mut writer) = tokio::io::split(stream);
    loop {
        let mut head = [0; 9];
        reader.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let mut payload = vec![0; length];
        reader.read_exact(&mut payload).await?;
        match (head[3], head[4] & 1) {
            (4, 0) => writer.write_all(&frame(4, 1, 0, &[])).await?,
            (1, _) => {
                let request = Arrived {
                    port: 0,
                    line: "HTTP/2".to_owned(),
                    head: "accept-encoding: identity".to_owned(),
                    body: String::new(),
                };
                record.arrived.lock().unwrap().push(request);
                strike(&mut writer, *attack, id, record).await?;
            }
            _ => {}
        }
        writer.flush().await?;
    }
}

async fn strike<W: AsyncWrite + Unpin>(out: &mut W, attack: Attack, id: u32, record: &Record) -> std::io::Result<()> {
    // `:status: 200` from the static table (RFC 7541 appendix A).
    let ok: &[u8] = &[0x88];
    match attack {
        Attack::Continuations => {
            out.write_all(&frame(1, 0, id, ok)).await?;
            flood(out, &frame(9, 0, id, &literal("x", &[b'a'; 100])), record).await
        }
        Attack::HeaderBomb => {
            // One entry of 4000 bytes into the dynamic table, then one byte each to say it again.
            let entry = [&[0x40, 1, b'x'][..], &integer(4000, 7), &[b'a'; 4000]].concat();
            let bomb = [ok, &entry, &[0xbe; 12_000]].concat();
            out.write_all(&frame(1, 5, id, &bomb)).await
        }
        Attack::Data => {
            out.write_all(&frame(1, 4, id, ok)).await?;
            flood(out, &frame(0, 0, id, &[b' '; 16_000]), record).await
        }
        Attack::Pings => flood(out, &frame(6, 0, 0, &[0; 8]), record).await,
        Attack::Settings => flood(out, &frame(4, 0, 0, &[0, 3, 0, 0, 0, 100]), record).await,
        Attack::Reset => out.write_all(&frame(3, 0, id, &[0, 0, 0, 2])).await,
        Attack::GoAway => {
            let text = "\u{1b}[2J\u{202e}ok\nPASS".as_bytes();
            out.write_all(&frame(7, 0, 0, &[&[0, 0, 0, 0, 0, 0, 0, 0xb], text].concat())).await
        }
        Attack::Silence => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Attack::HugeFrame => {
            out.write_all(&[0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]).await?;
            flood(out, &[b'a'; 16_000], record).await
        }
        Attack::EmptyData => {
            out.write_all(&frame(1, 4, id, ok)).await?;
            flood(out, &frame(0, 0, id, &[]), record).await
        }
        Attack::Push => out.write_all(&frame(5, 4, id, &[&[0, 0, 0, 2][..], ok].concat())).await,
        Attack::WrongStream => out.write_all(&frame(1, 5, id + 100, ok)).await,
        Attack::Http1 => Ok(()),
    }
}

async fn flood<W: AsyncWrite + Unpin>(out: &mut W, frame: &[u8], record: &Record) -> std::io::Result<()> {
    for _ in 0..FRAMES {
        out.write_all(frame).await?;
        record.sent.fetch_add(frame.len() as u64, Ordering::Relaxed);
    }
    out.flush().await
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header field without indexing (RFC 7541 §6.2.2).
fn literal(name: &str, value: &[u8]) -> Vec<u8> {
    [&[0][..], &integer(name.len(), 7), name.as_bytes(), &integer(value.len(), 7), value].concat()
}

/// An integer with a prefix of these bits (RFC 7541 §5.1).
fn integer(value: usize, prefix: u32) -> Vec<u8> {
    let most = (1_usize << prefix) - 1;
    if value < most {
        return vec![u8::try_from(value).unwrap()];
    }
    let mut out = vec![u8::try_from(most).unwrap()];
    let mut rest = value - most;
    while rest >= 128 {
        out.push(u8::try_from(rest % 128 + 128).unwrap());
        rest /= 128;
    }
    out.push(u8::try_from(rest).unwrap());
    out
}
