//! Where in the world an address roughly is, from a database of the operator's.

use std::net::IpAddr;
use std::path::Path;

use maxminddb::{MaxMindDbError, Reader, geoip2};

/// Why a file is no database of places.
pub type PlacesError = MaxMindDbError;

/// A database of cities or countries (`.mmdb`), in memory.
pub struct Places(Reader<Vec<u8>>);

impl Places {
    /// Reads the file whole.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no such database.
    pub fn open(file: &Path) -> Result<Self, PlacesError> {
        Reader::open_readfile(file).map(Self)
    }

    /// The city and the country, as far as both are known, by their English names.
    #[must_use]
    pub fn of(&self, address: &str) -> Option<String> {
        let address: IpAddr = address.parse().ok()?;
        let found: geoip2::City<'_> = self.0.lookup(address).ok()?.decode().ok()??;
        let known: Vec<&str> =
            [found.city.names.english, found.country.names.english].into_iter().flatten().collect();
        (!known.is_empty()).then(|| known.join(", "))
    }
}
