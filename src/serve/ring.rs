//! The signing keys over time: kept where the state is kept, and replaced in turn. A new key is published before it signs,
//! and an old one stays published until the last token it signed has expired. RFC 7517 §5; OpenID Connect Core §10.1.1.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use zeroize::{Zeroize as _, Zeroizing};

use super::keys::{Key, KeyError, Keys, Signing, base64url, from_base64url};
use super::site::Site;
use super::state::{State, StoreError, Table};

/// The name of the one record.
const RECORD: &str = "ring";
/// How long the record is kept when nobody looks at it, in seconds: ten years.
const RECORD_AGE: u64 = 10 * 365 * 24 * 3600;
/// A new key is published so long before it signs, in seconds, unless keys change faster: as long as caches may keep
/// the key set.
const LEAD: u64 = 300;
/// An old key stays published so much longer than its tokens live, in seconds: for clocks that differ.
const GRACE: u64 = 60;

/// How tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) signing: Signing,
    /// Keys change after so many seconds.
    pub(crate) interval: Option<u64>,
    /// How long access tokens live, in seconds.
    pub(crate) lifetime: u64,
}

impl Rules {
    fn lead(self) -> u64 {
        self.interval.map_or(0, |interval| LEAD.min(interval / 2))
    }
}

/// The keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// Making or reading them failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others change them all the time.
    #[error("the signing keys are changed by too many at once")]
    Contended,
}

/// A pair of keys as it is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pair {
    /// When it begins to sign.
    from: u64,
    access: Kept,
    identity: Kept,
}

/// A key as it is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    alg: String,
    /// PKCS #8, DER, base64url.
    private: String,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.private.zeroize();
    }
}

impl Kept {
    fn of(key: &Key) -> Self {
        Self { alg: key.alg().to_owned(), private: base64url(key.private()) }
    }

    fn read(&self) -> Result<Arc<Key>, KeyError> {
        let private = Zeroizing::new(from_base64url(&self.private).ok_or(KeyError::Form)?);
        Ok(Arc::new(Key::read(&self.alg, &private)?))
    }
}

impl Pair {
    /// New keys; making them takes a while.
    async fn make(signing: Signing, from: u64) -> Result<Self, KeyError> {
        let made = tokio::task::spawn_blocking(move || -> Result<Self, KeyError> {
            let identity = Kept::of(&Key::make(Signing::Rs256)?);
            let access = if signing == Signing::Rs256 { identity.clone() } else { Kept::of(&Key::make(signing)?) };
            Ok(Self { from, access, identity })
        });
        made.await.unwrap_or(Err(KeyError::Form))
    }
}

/// The keys of a deployment from their record, which is made if there is none.
pub(crate) async fn open(state: &State, rules: Rules) -> Result<Arc<Keys>, RingError> {
    Ok(Arc::new(read(&turn(state, rules).await?, state.now())?))
}

/// Brings the record up to date and gives it. Of several who try at once one does it.
async fn turn(state: &State, rules: Rules) -> Result<Vec<Pair>, RingError> {
    for _ in 0..8 {
        let now = state.now();
        let Some(ring) = state.get::<Vec<Pair>>(Table::Key, RECORD).await? else {
            let first = vec![Pair::make(rules.signing, now).await?];
            if state.begin(Table::Key, RECORD, &first, RECORD_AGE).await? {
                return Ok(first);
            }
            continue;
        };
        let Some(next) = due(&ring, rules, now).await? else { return Ok(ring) };
        if state.replace(Table::Key, RECORD, &ring, &next, RECORD_AGE).await? {
            return Ok(next);
        }
    }
    Err(RingError::Contended)
}

/// The record as it ought to be now; `None` when it is so already.
async fn due(ring: &[Pair], rules: Rules, now: u64) -> Result<Option<Vec<Pair>>, KeyError> {
    let mut next = ring.to_vec();
    if let Some(newest) = ring.last() {
        if newest.access.alg != rules.signing.name() {
            next.push(Pair::make(rules.signing, now).await?);
        } else if let Some(begin) = rules.interval.map(|interval| newest.from.saturating_add(interval))
            && begin <= now.saturating_add(rules.lead())
        {
            next.push(Pair::make(rules.signing, begin.max(now.saturating_add(rules.lead()))).await?);
        }
    }
    // A pair is over when every token that it signed has expired: it signed until its successor began.
    let over = |at: usize| {
        let after = rules.lifetime.max(IDENTITY).saturating_add(GRACE);
        next.get(at + 1).is_some_and(|successor| successor.from.saturating_add(after) < now)
    };
    let kept = (0..next.len()).filter(|at| !over(*at)).filter_map(|at| next.get(at).cloned()).collect::<Vec<_>>();
    Ok((kept != ring).then_some(kept))
}

/// ID tokens live so long, in seconds.
const IDENTITY: u64 = super::authority::IDENTITY_AGE;

/// The keys as they sign at this time.
fn read(ring: &[Pair], now: u64) -> Result<Keys, KeyError> {
    let at = ring.iter().rposition(|pair| pair.from <= now).unwrap_or(0);
    let mut pairs = Vec::new();
    for pair in ring {
        pairs.push((pair.access.read()?, pair.identity.read()?));
    }
    if at >= pairs.len() {
        return Err(KeyError::Form);
    }
    let (access, identity) = pairs.remove(at);
    let mut others: Vec<Arc<Key>> = Vec::new();
    for key in pairs.into_iter().flat_map(|(access, identity)| [access, identity]) {
        if others.iter().all(|other| other.kid != key.kid) {
            others.push(key);
        }
    }
    Ok(Keys::new(access, identity, others))
}

/// Keeps the keys of a site up to date until it stops.
pub(crate) async fn keep(site: Arc<Site>, rules: Rules, mut stop: watch::Receiver<bool>) {
    // Well below the lead, so that every replica knows a key before the first one signs with it.
    let pause = Duration::from_secs(rules.interval.map_or(30, |interval| (interval / 10).clamp(1, 30)));
    let mut last = site.keys();
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        match open(&site.state, rules).await {
            Ok(keys) if !keys.same(&last) => {
                site.change_keys(keys.clone());
                tracing::info!(kid = keys.access.kid, "the signing keys changed");
                last = keys;
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the signing keys cannot be read"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::state::Memory;
    use crate::spec::clock::Clock;

    const RULES: Rules = Rules { signing: Signing::EdDsa, interval: Some(1000), lifetime: 600 };

    async fn ring() -> Vec<Pair> {
        vec![Pair::make(Signing::EdDsa, 10_000).await.unwrap()]
    }

    #[tokio::test]
    async fn a_new_key_is_published_before_it_signs_and_an_old_one_until_its_tokens_expired() {
        let first = ring().await;
        assert!(due(&first, RULES, 10_699).await.unwrap().is_none(), "not yet");
        let second = due(&first, RULES, 10_700).await.unwrap().unwrap();
        assert_eq!((second.len(), second[1].from), (2, 11_000));
        let old = first[0].access.read().unwrap();
        let before = read(&second, 10_999).unwrap();
        assert_eq!(before.access.kid, old.kid, "the old key signs");
        assert_eq!(before.all().count(), 4, "both are published");
        let after = read(&second, 11_000).unwrap();
        assert_ne!(after.access.kid, old.kid, "the new key signs");
        assert!(after.find(&old.kid).is_some(), "the old one is still published");
        let third = due(&second, RULES, 11_700).await.unwrap().unwrap();
        assert_eq!(third.len(), 2 + 1 - 1, "the first is over, the third is coming");
        assert!(read(&third, 11_700).unwrap().find(&old.kid).is_none());
    }

    #[tokio::test]
    async fn another_algorithm_signs_at_once() {
        let ring = ring().await;
        let rules = Rules { signing: Signing::Rs256, interval: None, lifetime: 600 };
        let next = due(&ring, rules, 10_001).await.unwrap().unwrap();
        let keys = read(&next, 10_001).unwrap();
        assert_eq!((keys.access.alg(), keys.all().count()), ("RS256", 3));
    }

    #[tokio::test]
    async fn of_two_who_begin_at_once_both_have_the_same_keys() {
        let state = State::new(Arc::new(Memory::default()), Clock::SYSTEM);
        let rules = Rules { interval: None, ..RULES };
        let (one, two) = tokio::join!(open(&state, rules), open(&state, rules));
        assert_eq!(one.unwrap().access.kid, two.unwrap().access.kid);
    }
}
