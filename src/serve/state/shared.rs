//! A store that replicas share: Redis 6.2 or later, or Valkey. What decides a race is one command (`SET NX`, `GETDEL`) or
//! one script, so that of two replicas one wins.

use std::fmt;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Cmd, FromRedisValue, RedisError, Script, cmd};

use super::{Doing, Life, OpenError, Store, StoreError, Table};

/// How long a connection or an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Attempts to connect again before a request is given up.
const RETRIES: usize = 3;
/// Before every key: others may use the same database.
const PREFIX: &str = "mcp-auth";
/// The longest life of a record, in seconds: longer than anybody waits, and no trouble for the server's clock.
const LONGEST: u64 = 1 << 32;
/// Writes a record only if it still is the old one.
const REPLACE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then \
                       redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) return 1 else return 0 end";

/// A store in Redis or Valkey.
pub struct Shared {
    connection: ConnectionManager,
    replace: Script,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    /// Connects. The URL may hold a password: it stands in no error.
    ///
    /// # Errors
    /// The URL is not one, or the server cannot be reached or is too old.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let url = match url.strip_prefix("valkey://") {
            Some(rest) => format!("redis://{rest}"),
            None => url.to_owned(),
        };
        let client = redis::Client::open(url).map_err(|_| OpenError::Address)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(RETRIES);
        let reached = ConnectionManager::new_with_config(client, config).await;
        let connection = reached.map_err(|error| OpenError::Unreachable { why: describe(&error) })?;
        let store = Self { connection, replace: Script::new(REPLACE) };
        // Tells at once whether the server knows what is needed.
        let probe = cmd("GETDEL").arg(format!("{PREFIX}:none")).to_owned();
        let known: Result<Option<Vec<u8>>, _> = probe.query_async(&mut store.connection.clone()).await;
        known.map_err(|error| OpenError::Unreachable { why: describe(&error) })?;
        Ok(store)
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        command.query_async(&mut self.connection.clone()).await.map_err(|error| failed(&error))
    }

    /// For commands that may as well be given twice: a connection that broke meanwhile costs nothing.
    async fn ask_again<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        match command.query_async(&mut self.connection.clone()).await {
            Err(error) if error.is_io_error() || error.is_connection_dropped() => self.ask(command).await,
            other => other.map_err(|error| failed(&error)),
        }
    }
}

fn failed(error: &RedisError) -> StoreError {
    tracing::error!(error = describe(error), "the shared state cannot be used");
    StoreError::Unreachable
}

/// What went wrong, without the address, which may hold a password.
fn describe(error: &RedisError) -> String {
    error.code().map_or_else(|| error.category().to_owned(), |code| format!("{}: {code}", error.category()))
}

fn key(table: Table, key: &str) -> String {
    format!("{PREFIX}:{}:{key}", table.name())
}

/// How long a record lives from now on, in seconds. Not when it ends: the clock of the server may be another one than ours.
/// The server takes none below 1, nor any that its own clock cannot hold.
fn seconds(life: Life) -> u64 {
    life.end.saturating_sub(life.now).clamp(1, LONGEST)
}

impl Store for Shared {
    fn get<'a>(&'a self, table: Table, name: &'a str, _: u64) -> Doing<'a, Option<Vec<u8>>> {
        Box::pin(async move { self.ask_again(cmd("GET").arg(key(table, name))).await })
    }

    fn put<'a>(&'a self, table: Table, name: &'a str, value: Vec<u8>, life: Life) -> Doing<'a, ()> {
        Box::pin(async move {
            if life.end <= life.now {
                return self.ask_again(cmd("DEL").arg(key(table, name))).await;
            }
            self.ask_again(cmd("SET").arg(key(table, name)).arg(value).arg("EX").arg(seconds(life))).await
        })
    }

    fn insert<'a>(&'a self, table: Table, name: &'a str, value: Vec<u8>, life: Life) -> Doing<'a, bool> {
        Box::pin(async move {
            let mut command = cmd("SET");
            command.arg(key(table, name)).arg(value).arg("NX").arg("EX").arg(seconds(life));
            let done: Option<String> = self.ask(&command).await?;
            Ok(done.is_some())
        })
    }

    fn replace<'a>(&'a self, table: Table, name: &'a str, old: &'a [u8], new: Vec<u8>, life: Life) -> Doing<'a, bool> {
        Box::pin(async move {
            let mut call = self.replace.key(key(table, name));
            call.arg(old).arg(new).arg(seconds(life));
            let done: Result<i64, _> = call.invoke_async(&mut self.connection.clone()).await;
            Ok(done.map_err(|error| failed(&error))? == 1)
        })
    }

    fn take<'a>(&'a self, table: Table, name: &'a str, _: u64) -> Doing<'a, Option<Vec<u8>>> {
        Box::pin(async move { self.ask(cmd("GETDEL").arg(key(table, name))).await })
    }

    fn lasts(&self) -> bool {
        true
    }

    fn is_shared(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_stands_in_no_error() {
        for url in ["redis://:hunter2@127.0.0.1:1/", "redis://hunter2@@", "valkey://u:hunter2@127.0.0.1:1"] {
            let error = Shared::open(url).await.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
