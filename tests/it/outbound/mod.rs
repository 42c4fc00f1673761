//! The guarded way out, over real sockets on loopback.

pub mod addresses;
mod answers;
pub mod server;

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use countersign::outbound::{Cause, FetchError, Fetched, Fetcher, Limits, Names};

/// The way to the network, allowed to go to 127.0.0.1.
fn allowed_to_loopback() -> Fetcher {
    Fetcher::network(None, &["127.0.0.1".to_owned()]).unwrap()
}

/// The way to the network, with these names and nothing allowed.
fn with_names(names: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static) -> Fetcher {
    Fetcher::with_names(None, &[], Names::from_source(names)).unwrap()
}

async fn get(fetcher: &Fetcher, url: &str) -> Result<Fetched, FetchError> {
    fetcher.get(url, Limits::default()).await
}

/// What the log is told when `url` is asked for with little patience.
async fn failure(fetcher: &Fetcher, url: &str) -> Cause {
    let limits = Limits { time: Duration::from_millis(400), ..Limits::default() };
    match fetcher.get(url, limits).await {
        Err(FetchError::Failed(cause)) => cause,
        other => panic!("{url}: {other:?}"),
    }
}
