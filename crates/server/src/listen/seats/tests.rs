//! Who finds room, who does not, and who makes some.

use super::*;

const ROOM: Room = Room {
    in_all: 3,
    per_address: 2,
    per_site: 3,
    idle: Duration::from_secs(60),
    idle_when_full: Duration::from_secs(10),
};

fn take(seats: &Seats, address: &str, now: Instant) -> Option<Seat> {
    seats.take(address.parse().unwrap(), &CancellationToken::new(), now)
}

fn is_ended(seat: &Seat) -> bool {
    seat.calls.ending().is_cancelled()
}

#[test]
fn there_is_room_in_all_and_for_each_address_and_what_is_left_is_free_again() {
    let (seats, now) = (Seats::new(ROOM), Instant::now());
    let take = |address: &str| take(&seats, address, now);
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
    assert_eq!(seats.0.taken().by_group.len(), 2, "a network and its site");
    drop((_fourth, _fifth));
    assert!(seats.0.taken().by_group.is_empty());
}

#[test]
fn the_networks_of_one_site_share_its_room() {
    let (seats, now) = (Seats::new(Room { in_all: 100, ..ROOM }), Instant::now());
    let networks = ["2001:db8:1::1", "2001:db8:1:1::1", "2001:db8:1:ff00::1"];
    let held: Vec<Seat> =
        networks.iter().map(|it| take(&seats, it, now).expect("of its own network")).collect();
    assert!(take(&seats, "2001:db8:1:2::1", now).is_none(), "a fourth of one site");
    assert!(take(&seats, "2001:db8:2::1", now).is_some(), "another site");
    drop(held);
    assert!(take(&seats, "2001:db8:1:2::1", now).is_some());
}

#[test]
fn who_has_rested_longest_makes_room_and_nobody_who_calls() {
    let (seats, start) = (Seats::new(ROOM), Instant::now());
    let later = |seconds| start + Duration::from_secs(seconds);
    let oldest = take(&seats, "192.0.2.1", start).unwrap();
    let calling = oldest.calls.begin();
    let second = take(&seats, "192.0.2.2", later(1)).unwrap();
    let third = take(&seats, "192.0.2.3", later(2)).unwrap();
    assert!(take(&seats, "192.0.2.4", later(10)).is_none(), "nobody has rested for long");
    let fourth = take(&seats, "192.0.2.4", later(11)).expect("the second has");
    assert!(is_ended(&second) && !is_ended(&oldest) && !is_ended(&third));
    // What is ended counts no more, also before it is gone, and once only.
    drop(second);
    assert!(take(&seats, "192.0.2.5", later(11)).is_none(), "the third has not yet");
    let fifth = take(&seats, "192.0.2.5", later(12)).unwrap();
    assert!(is_ended(&third) && !is_ended(&fourth));
    assert!(take(&seats, "192.0.2.6", later(20)).is_none());
    drop(calling);
    let sixth = take(&seats, "192.0.2.6", later(21)).expect("the first does not call any more");
    assert!(is_ended(&oldest) && !is_ended(&fourth) && !is_ended(&fifth) && !is_ended(&sixth));
}

#[test]
fn without_a_call_a_connection_ends_and_with_one_that_never_ends_it_does_too() {
    let (seats, start) = (Seats::new(ROOM), Instant::now());
    let silent = take(&seats, "192.0.2.1", start).unwrap();
    let stalled = take(&seats, "192.0.2.2", start).unwrap();
    let _call = stalled.calls.begin();
    let later = |seconds| start + Duration::from_secs(seconds);
    seats.end_idle(later(59));
    assert!(!is_ended(&silent));
    seats.end_idle(later(60));
    assert!(is_ended(&silent) && !is_ended(&stalled));
    seats.end_idle(later(60 + 190));
    assert!(is_ended(&stalled));
    assert!(seats.0.taken().by_number.is_empty());
}
