//! How many connections there are, in all, of each address and of each site. When there is no room the
//! one that has rested longest makes some.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::calls::Calls;
use crate::config::Config;

/// Room for connections.
#[derive(Clone)]
pub(super) struct Seats(Arc<Hall>);

/// How much of it there is.
#[derive(Clone, Copy)]
pub(super) struct Room {
    in_all: usize,
    /// Of IPv6 a network.
    per_address: usize,
    per_site: usize,
    /// How long a connection may be without a call.
    idle: Duration,
    /// The same while others wait for room.
    idle_when_full: Duration,
}

struct Hall {
    room: Room,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    by_number: HashMap<u64, Place>,
    by_group: HashMap<Group, usize>,
    next: u64,
    /// Whether it was said that there is no room; said again once there was.
    full: bool,
    /// Before this nobody will have rested for long enough to make room.
    nobody_before: Option<Instant>,
}

/// What a connection counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Group {
    Address(IpAddr),
    /// An IPv6 /48, the most that a site is given: it has 65,536 networks.
    Site(Ipv6Addr),
}

struct Place {
    groups: Vec<Group>,
    calls: Arc<Calls>,
}

/// The room of one connection, free again when it is dropped.
pub(super) struct Seat {
    pub(super) calls: Arc<Calls>,
    number: u64,
    hall: Arc<Hall>,
}

impl Room {
    /// What the configuration allows, and the open files.
    pub(super) fn of(config: &Config, files: usize) -> Self {
        Self {
            in_all: config.connections.min(files),
            per_address: config.connections_per_address,
            per_site: config.connections_per_site(),
            idle: Duration::from_secs(config.idle_seconds),
            idle_when_full: Duration::from_secs(config.idle_seconds_when_full),
        }
    }
}

impl Seats {
    pub(super) fn new(room: Room) -> Self {
        Self(Arc::new(Hall { room, taken: Mutex::default() }))
    }

    /// None if there is no room, in all or for more from there. What is taken ends at `end`.
    pub(super) fn take(
        &self,
        address: IpAddr,
        end: &CancellationToken,
        now: Instant,
    ) -> Option<Seat> {
        let (hall, room) = (&self.0, self.0.room);
        let groups = groups(address);
        let mut taken = hall.taken();
        if let Some(group) = groups.iter().find(|it| it.most(room) <= taken.n_of(**it)) {
            tracing::debug!(?group, "no room for more from there");
            return None;
        }
        if room.in_all <= taken.by_number.len() && !taken.make_room(room.idle_when_full, now) {
            if !std::mem::replace(&mut taken.full, true) {
                tracing::warn!(connections = room.in_all, "no room for more connections");
            }
            return None;
        }
        for group in &groups {
            *taken.by_group.entry(*group).or_default() += 1;
        }
        let (number, calls) = (taken.next, Calls::none(end, now));
        taken.next += 1;
        taken.by_number.insert(number, Place { groups, calls: calls.clone() });
        Some(Seat { calls, number, hall: hall.clone() })
    }

    /// How often to look for those that rest.
    pub(super) fn pace(&self) -> Duration {
        (self.0.room.idle / 10).clamp(Duration::from_millis(100), Duration::from_secs(30))
    }

    /// Ends those that have rested for too long.
    pub(super) fn end_idle(&self, now: Instant) {
        let mut taken = self.0.taken();
        let is_over = |it: &Place| it.calls.are_over(self.0.room.idle, now);
        let over = taken.by_number.iter().filter(|(_, it)| is_over(it));
        let over: Vec<u64> = over.map(|(number, _)| *number).collect();
        for number in over {
            taken.end(number);
        }
    }
}

fn groups(address: IpAddr) -> Vec<Group> {
    let network = domain::network(address);
    let site = match network {
        IpAddr::V4(_) => None,
        IpAddr::V6(it) => Some(Group::Site(Ipv6Addr::from_bits(it.to_bits() >> 80 << 80))),
    };
    std::iter::once(Group::Address(network)).chain(site).collect()
}

impl Group {
    fn most(self, room: Room) -> usize {
        match self {
            Self::Address(_) => room.per_address,
            Self::Site(_) => room.per_site,
        }
    }
}

impl Hall {
    /// Counting goes on whatever has panicked.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn n_of(&self, group: Group) -> usize {
        self.by_group.get(&group).copied().unwrap_or_default()
    }

    /// Ends the connection that has rested longest, if that is so long.
    fn make_room(&mut self, most: Duration, now: Instant) -> bool {
        if self.nobody_before.is_some_and(|it| now < it) {
            return false;
        }
        let idle = self.by_number.iter();
        let idle = idle.filter_map(|(number, it)| Some((it.calls.idle_since()?, *number)));
        match idle.min() {
            Some((since, number)) if most <= now.saturating_duration_since(since) => {
                self.end(number);
                true
            }
            // Who looks in vain on every connection pays more than who connects.
            longest => {
                self.nobody_before = Some(longest.map_or(now, |(since, _)| since) + most);
                false
            }
        }
    }

    /// It counts no more from now on, although its last moments are to come.
    fn end(&mut self, number: u64) {
        if let Some(it) = self.leave(number) {
            it.calls.end();
        }
    }

    fn leave(&mut self, number: u64) -> Option<Place> {
        let place = self.by_number.remove(&number)?;
        for group in &place.groups {
            if let Some(n) = self.by_group.get_mut(group) {
                *n -= 1;
                if *n == 0 {
                    self.by_group.remove(group);
                }
            }
        }
        self.full = false;
        Some(place)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hall.taken().leave(self.number);
    }
}

#[cfg(test)]
mod tests;
