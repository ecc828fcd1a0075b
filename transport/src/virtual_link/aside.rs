//! What can wait, alone on a link and beside keys.

use std::collections::VecDeque;

use hackstream_protocol::rate::{Background, Foreground};
use hackstream_protocol::units::Bitrate;

use super::*;

const LINE: Bitrate = Bitrate::mbps(10);
const ROUND_TRIP: Duration = Duration::from_millis(50);
const SEEDS: std::ops::RangeInclusive<u64> = 1..=5;

/// Time in which a task that waits looks again.
const LOOK: Duration = Duration::from_millis(1);

/// Bytes of a frame that answers a key, and nothing else that is sent here has so few.
const KEY_BYTES: usize = 400;

/// A file without end, in pieces.
#[derive(Default)]
struct File {
    worked_at: Option<Timestamp>,
    account: Background,
    /// The next piece, and when it may leave.
    waits: Option<(Timestamp, usize)>,
    sent: u64,
    taken: u64,
    looked_at: usize,
    /// What the peer took, and when that is known.
    told: VecDeque<(Timestamp, u64)>,
}

impl File {
    fn foreground(&self, world: &World) -> Foreground {
        Foreground {
            limit: None,
            capacity: world.server.path.capacity(),
            worked_at: self.worked_at,
        }
    }

    fn hear(&mut self, world: &World) {
        for arrived in &world.arrived[self.looked_at..] {
            if arrived.bytes != KEY_BYTES {
                let at = arrived.at.after(ROUND_TRIP / 2);
                self.told.push_back((at, arrived.bytes as u64));
            }
        }
        self.looked_at = world.arrived.len();
        while self.told.front().is_some_and(|told| told.0 <= world.now) {
            self.taken += self.told.pop_front().map_or(0, |told| told.1);
        }
    }

    /// Hands over what may leave by now.
    fn produce(&mut self, world: &mut World) {
        self.hear(world);
        while let Some((at, piece)) = self.waits.or_else(|| self.next(world)) {
            self.waits = Some((at, piece)).filter(|_| at > world.now);
            if self.waits.is_some() {
                return;
            }
            self.sent += piece as u64;
            world.server.send_frame(world.now, piece, -1);
        }
    }

    /// The next piece, and when it may leave; `None` if the peer has to take something first.
    fn next(&mut self, world: &World) -> Option<(Timestamp, usize)> {
        let foreground = self.foreground(world);
        let ahead = foreground.ahead(world.server.path.window(), world.now).0;
        let piece = Background::piece(&foreground, world.now).min(ahead as usize);
        let on_its_way = self.sent - self.taken;
        let fits = on_its_way == 0 || on_its_way + piece as u64 <= ahead;
        fits.then(|| (self.account.admit(&foreground, piece, world.now), piece))
    }

    /// Sends for a time, with a key each `every` of it, and returns which percent of the line it used.
    fn run(&mut self, world: &mut World, time: Duration, every: Option<Duration>) -> u64 {
        let (began, before) = (world.now, bytes_of_files(world));
        let mut key = every.map(|every| began.after(every));
        while world.now.since(began) < time {
            if let Some(at) = key.filter(|&at| at <= world.now) {
                self.worked_at = Some(world.now);
                world.server.send_frame(world.now, KEY_BYTES, 1);
                key = every.map(|every| at.after(every));
            }
            world.run(LOOK, |world| self.produce(world));
        }
        let bytes = bytes_of_files(world) - before;
        Bitrate::of(ByteCount(bytes), time).0 * 100 / LINE.0
    }
}

fn bytes_of_files(world: &World) -> u64 {
    let pieces = world.arrived.iter();
    let pieces = pieces.filter(|arrived| arrived.bytes != KEY_BYTES);
    pieces.map(|arrived| arrived.bytes as u64).sum()
}

/// How long keys took from `from` on, shortest first.
fn ages_of_keys(world: &World, from: Timestamp) -> Vec<Duration> {
    let keys = world.arrived.iter().filter(|key| key.bytes == KEY_BYTES);
    let since = keys.filter(|key| key.handed_over >= from);
    let mut ages: Vec<Duration> = since.map(|key| key.at.since(key.handed_over)).collect();
    ages.sort();
    ages
}

fn line(seed: u64) -> World {
    let up = OneWay::new(Bitrate::mbps(1), ROUND_TRIP / 2);
    World::new(OneWay::new(LINE, ROUND_TRIP / 2), up, seed)
}

#[test]
fn a_file_alone_uses_the_line_without_filling_it() {
    for seed in SEEDS {
        let (mut world, mut file) = (line(seed), File::default());
        let began = world.now;
        let used = file.run(&mut world, Duration::from_secs(10), None);
        let longest = world.longest_queue_since(began);
        assert!(used >= 70, "seed {seed}: {used} %");
        assert!(
            longest <= Duration::from_millis(30),
            "seed {seed}: {longest:?}"
        );
    }
}

#[test]
fn a_file_beside_keys_uses_what_they_leave() {
    for seed in SEEDS {
        let (mut world, mut file) = (line(seed), File::default());
        let began = world.now;
        let every = Some(Duration::from_millis(207));
        let used = file.run(&mut world, Duration::from_secs(20), every);
        let ages = ages_of_keys(&world, began);
        let (median, most) = (ages[ages.len() / 2], ages[ages.len() * 95 / 100]);
        assert!(used >= 40, "seed {seed}: {used} %");
        assert!(
            median <= ROUND_TRIP / 2 + Duration::from_millis(5),
            "seed {seed}: {median:?}"
        );
        assert!(
            most <= ROUND_TRIP / 2 + Duration::from_millis(12),
            "seed {seed}: {most:?}"
        );
    }
}

/// Who begins to work while a file arrives does not notice it.
#[test]
fn the_first_key_beside_a_file_is_hardly_later() {
    for seed in SEEDS {
        let (mut world, mut file) = (line(seed), File::default());
        file.run(&mut world, Duration::from_secs(5), None);
        let began = world.now;
        for _ in 0..10 {
            file.worked_at = Some(world.now);
            world.server.send_frame(world.now, KEY_BYTES, 1);
            file.run(&mut world, Duration::from_millis(2003), None);
        }
        let ages = ages_of_keys(&world, began);
        let (median, most) = (ages[ages.len() / 2], ages[ages.len() - 1]);
        assert!(
            median <= ROUND_TRIP / 2 + Duration::from_millis(15),
            "seed {seed}: {median:?}"
        );
        assert!(
            most <= ROUND_TRIP / 2 + Duration::from_millis(30),
            "seed {seed}: {most:?}"
        );
    }
}

/// What was learnt of a line does not hold a file back for long once the line carries more.
#[test]
fn a_file_finds_out_that_the_line_became_faster() {
    for seed in SEEDS {
        let (mut world, mut file) = (line(seed), File::default());
        world.down.way.rate = Bitrate::mbps(3);
        file.run(&mut world, Duration::from_secs(5), None);
        world.down.way.rate = LINE;
        file.run(&mut world, Duration::from_secs(10), None);
        let used = file.run(&mut world, Duration::from_secs(5), None);
        assert!(used >= 70, "seed {seed}: {used} %");
    }
}
