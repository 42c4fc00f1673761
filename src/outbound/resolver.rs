//! From a name to addresses, of which every one must be public.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::admission::Allowed;
use super::special_use;

/// How many lookups may be under way. The system's resolver cannot be called off: a lookup
/// that nobody waits for any more still holds a thread, so threads are what is counted.
const LOOKUPS: usize = 32;

/// How names become addresses: the machine's resolver, or a test's.
#[derive(Clone)]
pub struct Names(Source);

#[derive(Clone)]
enum Source {
    System(Arc<Semaphore>),
    Told(Arc<Lookup>),
}

type Lookup = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

impl Names {
    /// The machine's resolver.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System(Arc::new(Semaphore::new(LOOKUPS))))
    }

    /// A source of the caller's, for tests.
    #[must_use]
    pub fn from_source(
        source: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self(Source::Told(Arc::new(source)))
    }

    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        match &self.0 {
            Source::Told(lookup) => lookup(name),
            Source::System(lookups) => {
                let name = name.to_owned();
                let permit = Arc::clone(lookups).acquire_owned().await;
                let permit = permit.map_err(io::Error::other)?;
                let lookup = tokio::task::spawn_blocking(move || {
                    let found = (name.as_str(), 0).to_socket_addrs();
                    drop(permit);
                    found.map(|addresses| addresses.map(|address| address.ip()).collect())
                });
                lookup.await.map_err(io::Error::other)?
            }
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names")
    }
}

/// The only resolver the HTTP client has. It connects to what this returns and resolves
/// nothing a second time, so a name that changes its mind in between gains nothing.
#[derive(Debug, Clone)]
pub struct PublicOnly {
    pub names: Names,
    pub allowed: Allowed,
}

impl PublicOnly {
    /// Every address of a name, if all of them are public. One special-use address among
    /// them refuses the name: the client may choose any of them to connect to.
    async fn addresses(self, name: &str) -> Result<Vec<IpAddr>, Refusal> {
        let addresses = self.names.addresses(name).await?;
        if !self.allowed.contains(name) {
            for address in &addresses {
                special_use::check(*address)?;
            }
        }
        Ok(addresses)
    }
}

type Refusal = Box<dyn std::error::Error + Send + Sync>;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str()).await?;
            // Port 0 stands for the URL's.
            let sockets: Addrs =
                Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(sockets)
        })
    }
}
