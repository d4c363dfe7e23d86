//! Measures two ways of doing the same.

use std::time::Duration;

use cpu_time::ProcessTime;

/// Rounds of each side, in turn; the best of each counts, for noise only ever adds.
const ROUNDS: usize = 9;

/// What one round takes at least, so that the clock's grain does not matter.
const ROUND: Duration = Duration::from_millis(60);

/// Prints a row; `items` is what one call of either side works through, `unit` what the figures are for one of them.
pub(crate) fn row(
    name: &str,
    unit: &str,
    items: usize,
    mut ours: impl FnMut(),
    mut peer: impl FnMut(),
) {
    let (our_calls, peer_calls) = (calls(&mut ours), calls(&mut peer));
    let (mut best_ours, mut best_peer) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        best_ours = best_ours.min(nanos(our_calls, &mut ours));
        best_peer = best_peer.min(nanos(peer_calls, &mut peer));
    }
    let (ours, peer) = (best_ours / items as f64, best_peer / items as f64);
    println!(
        "compare\t{name}\t{ours:.1}\t{peer:.1}\t{unit}\t{:.2}",
        peer / ours
    );
}

/// Nanoseconds of CPU time a call, the best of the rounds.
pub(crate) fn alone(mut work: impl FnMut()) -> f64 {
    let calls = calls(&mut work);
    (0..ROUNDS)
        .map(|_| nanos(calls, &mut work))
        .fold(f64::MAX, f64::min)
}

/// How many calls fill a round.
fn calls(work: &mut impl FnMut()) -> u32 {
    let start = ProcessTime::now();
    let mut calls = 0_u32;
    while start.elapsed() < ROUND {
        work();
        calls += 1;
    }
    calls
}

fn nanos(calls: u32, work: &mut impl FnMut()) -> f64 {
    let start = ProcessTime::now();
    for _ in 0..calls {
        work();
    }
    start.elapsed().as_nanos() as f64 / f64::from(calls)
}
