//! How many connections there are, in all and of each address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Room for connections.
#[derive(Clone)]
pub(super) struct Seats {
    in_all: usize,
    per_address: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    in_all: usize,
    by_address: HashMap<IpAddr, usize>,
    /// Whether it was said that there is no room; said again once there was.
    full: bool,
}

/// The room of one connection, free again when it is dropped.
pub(super) struct Seat {
    address: IpAddr,
    taken: Arc<Mutex<Taken>>,
}

impl Seats {
    pub(super) fn new(in_all: usize, per_address: usize) -> Self {
        Self { in_all, per_address, taken: Arc::default() }
    }

    /// None if there is no room, in all or for more from there.
    pub(super) fn take(&self, address: IpAddr) -> Option<Seat> {
        let address = gate::network(address);
        let mut taken = lock(&self.taken);
        if self.in_all <= taken.in_all {
            if !std::mem::replace(&mut taken.full, true) {
                tracing::warn!(connections = taken.in_all, "no room for more connections");
            }
            return None;
        }
        let of_address = taken.by_address.entry(address).or_default();
        if self.per_address <= *of_address {
            tracing::debug!(%address, connections = *of_address, "no room for more from there");
            return None;
        }
        *of_address += 1;
        taken.in_all += 1;
        Some(Seat { address, taken: self.taken.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.in_all -= 1;
        taken.full = false;
        if let Some(of_address) = taken.by_address.get_mut(&self.address) {
            *of_address -= 1;
            if *of_address == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

/// Counting goes on whatever has panicked.
fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_in_all_and_for_each_address_and_what_is_left_is_free_again() {
        let seats = Seats::new(3, 2);
        let take = |address: &str| seats.take(address.parse().unwrap());
        let first = take("192.0.2.1").unwrap();
        let _second = take("192.0.2.1").unwrap();
        assert!(take("192.0.2.1").is_none(), "a third of one address");
        assert!(take("::ffff:192.0.2.1").is_none(), "the same address in its other spelling");
        let third = take("2001:db8::1").unwrap();
        assert!(take("192.0.2.2").is_none(), "a fourth in all");
        drop(first);
        let _fourth = take("2001:db8::ffff:2").unwrap();
        drop(third);
        let _fifth = take("2001:db8::3").unwrap();
        drop(_second);
        assert!(take("2001:db8::4").is_none(), "a third of one network");
        assert_eq!(lock(&seats.taken).by_address.len(), 1);
    }
}
