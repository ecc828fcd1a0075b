//! The machine with a device in memory.

use super::super::fake::{Clock, Counts, Fake, Habits, Mishap, sample};
use super::*;

const FILM: Size = Size::new(322, 246);
const UNIT: [u8; 4] = [0, 0, 1, 5];

struct Bench {
    machine: Machine<Fake>,
    clock: Clock,
}

impl Bench {
    fn new(habits: Habits) -> Self {
        let clock = Clock::default();
        let machine = Machine::new(Fake::new(habits, clock.clone()));
        Self { machine, clock }
    }

    /// With a stream that has begun.
    fn begun(habits: Habits) -> Self {
        let mut bench = Self::new(habits);
        bench.machine.begin(FILM).unwrap();
        bench
    }

    fn decode(&mut self) -> Result<(), V4l2Error> {
        let clock = self.clock.clone();
        self.machine.decode(&UNIT, &|| clock.now())
    }

    fn counts(&self) -> Counts {
        self.machine.device.counts
    }

    /// The picture is that of access unit `stamp`, in all its samples.
    fn assert_shows(&self, stamp: u64, size: Size) {
        let view = self.machine.picture().unwrap();
        assert_eq!(view.size(), size);
        let planes = [
            (view.luma(), view.luma_stride(), 1),
            (view.cb(), view.chroma_stride(), 2),
            (view.cr(), view.chroma_stride(), 2),
        ];
        for (plane, (samples, stride, half)) in planes.into_iter().enumerate() {
            for y in 0..size.height as usize / half {
                for x in 0..size.width as usize / half {
                    let expected = sample(stamp, plane, x, y);
                    assert_eq!(samples[y * stride + x], expected, "{plane}: {x}, {y}");
                }
            }
        }
    }
}

#[test]
fn pictures_come_back_one_by_one_in_every_format() {
    for code in UNDERSTOOD {
        for alignment in [2, 32, 50, 64] {
            let mut bench = Bench::begun(Habits {
                codes: vec![code],
                alignment,
                ..Habits::default()
            });
            for stamp in 1..=9 {
                bench.decode().unwrap();
                bench.assert_shows(stamp, FILM);
            }
            let once = Counts {
                coded_allocations: 1,
                decoded_allocations: 1,
            };
            assert_eq!(bench.counts(), once);
        }
    }
}

#[test]
fn a_format_that_we_know_is_asked_for() {
    let mut bench = Bench::begun(Habits {
        codes: vec![FourCc(7), FourCc::NV12, FourCc::YU12],
        ..Habits::default()
    });
    bench.decode().unwrap();
    bench.assert_shows(1, FILM);
    let mut strange = Bench::new(Habits {
        codes: vec![FourCc(7)],
        ..Habits::default()
    });
    assert!(matches!(
        strange.machine.begin(FILM),
        Err(V4l2Error::Nonsense(_))
    ));
}

#[test]
fn a_device_that_looks_for_the_size_itself_gets_other_buffers() {
    for origin in [None, Some((0, 0)), Some((16, 8))] {
        let mut bench = Bench::begun(Habits {
            looks: true,
            origin,
            ..Habits::default()
        });
        for stamp in 1..=4 {
            bench.decode().unwrap();
            bench.assert_shows(stamp, FILM);
        }
        assert_eq!(bench.counts().decoded_allocations, 2);
        assert_eq!(bench.counts().coded_allocations, 1);
    }
}

#[test]
fn a_device_that_says_nothing_before_it_has_seen_a_keyframe_is_shown_one() {
    let mut bench = Bench::begun(Habits {
        looks: true,
        shy: true,
        ..Habits::default()
    });
    for stamp in 1..=4 {
        bench.decode().unwrap();
        bench.assert_shows(stamp, FILM);
    }
    assert_eq!(bench.counts().decoded_allocations, 1);
    // One that never says anything is as one that holds pictures.
    let mut silent = Bench::begun(Habits {
        shy: true,
        ..Habits::default()
    });
    assert!(matches!(silent.decode(), Err(V4l2Error::Held { .. })));
}

#[test]
fn a_device_that_never_makes_up_its_mind_is_left_alone() {
    let mut bench = Bench::begun(Habits {
        looks: true,
        fickle: u32::MAX,
        ..Habits::default()
    });
    assert!(matches!(bench.decode(), Err(V4l2Error::Nonsense(_))));
    assert!(bench.counts().decoded_allocations < 10);
}

#[test]
fn another_size_begins_another_stream() {
    let mut bench = Bench::begun(Habits::default());
    bench.decode().unwrap();
    let other = Size::new(640, 360);
    bench.machine.begin(other).unwrap();
    assert!(bench.machine.picture().is_err(), "the old one is void");
    for stamp in 2..=4 {
        bench.decode().unwrap();
        bench.assert_shows(stamp, other);
    }
    assert_eq!(bench.counts().coded_allocations, 2);
}

#[test]
fn a_device_that_holds_pictures_is_noticed_at_the_first() {
    for holds in 1..=4 {
        let mut bench = Bench::begun(Habits {
            holds,
            ..Habits::default()
        });
        let Err(V4l2Error::Held {
            sent,
            returned,
            waited,
        }) = bench.decode()
        else {
            panic!("a picture that was held");
        };
        assert_eq!((sent, returned), (1, 0));
        assert!(waited <= Duration::from_millis(500), "{waited:?}");
    }
}

#[test]
fn a_device_that_begins_to_hold_pictures_is_noticed_under_way() {
    let mut bench = Bench::begun(Habits::default());
    for _ in 0..5 {
        bench.decode().unwrap();
    }
    bench.machine.device = {
        let habits = Habits {
            takes: Duration::from_secs(60),
            ..Habits::default()
        };
        let mut slow = Machine::new(Fake::new(habits, bench.clock.clone()));
        slow.begin(FILM).unwrap();
        slow.device
    };
    bench.machine.stream().unwrap().newest = None;
    let before = bench.clock.now();
    let held = bench.decode();
    assert!(
        matches!(
            held,
            Err(V4l2Error::Held {
                sent: 6,
                returned: 5,
                ..
            })
        ),
        "{held:?}"
    );
    assert_eq!(bench.clock.now() - before, Duration::from_millis(100));
}

#[test]
fn a_device_that_is_merely_slow_is_waited_for() {
    let mut bench = Bench::begun(Habits {
        takes: Duration::from_millis(90),
        ..Habits::default()
    });
    for stamp in 1..=5 {
        bench.decode().unwrap();
        bench.assert_shows(stamp, FILM);
    }
}

#[test]
fn mishaps_are_told_apart() {
    let at_the_third = |mishap| {
        let mut bench = Bench::begun(Habits {
            mishap: Some((3, mishap)),
            ..Habits::default()
        });
        bench.decode().unwrap();
        bench.decode().unwrap();
        bench.decode().unwrap_err()
    };
    assert!(matches!(at_the_third(Mishap::Damaged), V4l2Error::Damaged));
    assert!(matches!(at_the_third(Mishap::Gone), V4l2Error::Gone));
    assert!(matches!(
        at_the_third(Mishap::WrongStamp),
        V4l2Error::Nonsense(_)
    ));
    let mut short = Bench::begun(Habits {
        mishap: Some((0, Mishap::ShortPlanes)),
        alignment: 2,
        ..Habits::default()
    });
    // The last byte of the last row is the last of the picture only without padding.
    short.machine.begin(Size::new(320, 240)).unwrap();
    assert!(matches!(short.decode(), Err(V4l2Error::Nonsense(_))));
}

#[test]
fn an_access_unit_too_large_for_the_device_is_refused() {
    let mut bench = Bench::begun(Habits {
        room: 3,
        ..Habits::default()
    });
    let refused = bench.decode();
    assert!(matches!(
        refused,
        Err(V4l2Error::TooLarge { bytes: 4, room: 3 })
    ));
}

#[test]
fn hostile_sizes_from_the_driver_end_it_before_memory_is_taken() {
    let claim = |size: Size, stride, bytes| Format {
        code: FourCc::YU12,
        size,
        planes: vec![PlaneFormat { stride, bytes }],
    };
    for claim in [
        claim(Size::new(u32::MAX, u32::MAX), u32::MAX, u32::MAX),
        claim(Size::new(320, 240), 320, 320 * 360),
        claim(Size::new(352, 256), 352, 352 * 256),
        claim(Size::new(352, 256), 353, 353 * 384),
        claim(Size::new(352, 256), 0, 0),
    ] {
        let mut bench = Bench::new(Habits {
            claim: Some(claim),
            ..Habits::default()
        });
        assert!(matches!(
            bench.machine.begin(FILM),
            Err(V4l2Error::Nonsense(_))
        ));
        assert_eq!(bench.counts().decoded_allocations, 0);
    }
}

#[test]
fn nothing_is_decoded_before_a_stream_begins() {
    let mut bench = Bench::new(Habits::default());
    assert!(matches!(bench.decode(), Err(V4l2Error::Nonsense(_))));
    assert!(bench.machine.picture().is_err());
}
