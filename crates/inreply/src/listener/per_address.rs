//! Counts the connections of each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The open connections by address; an address without one takes no memory.
#[derive(Debug, Default)]
pub(super) struct PerAddress(Mutex<HashMap<IpAddr, usize>>);

/// A counted connection; dropping it gives its place back.
#[derive(Debug)]
pub(super) struct Place {
    counts: Arc<PerAddress>,
    address: IpAddr,
}

impl PerAddress {
    /// A place for one more connection, none where the address has `limit` already.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr, limit: Option<usize>) -> Option<Place> {
        let address = address.to_canonical();
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_insert(0);
        if limit.is_some_and(|limit| *count >= limit) {
            return None;
        }
        *count += 1;
        Some(Place {
            counts: Arc::clone(self),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_back() {
        let counts = Arc::new(PerAddress::default());
        let [one, other] =
            ["192.0.2.1", "::ffff:192.0.2.1"].map(|address| address.parse().unwrap());
        let first = counts.enter(one, Some(1)).unwrap();
        assert!(
            counts.enter(other, Some(1)).is_none(),
            "the same address in IPv6 clothes"
        );
        assert!(
            counts
                .enter("192.0.2.2".parse().unwrap(), Some(1))
                .is_some()
        );
        drop(first);
        assert!(counts.enter(one, Some(1)).is_some());
        assert!(counts.0.lock().unwrap().is_empty());
    }
}
