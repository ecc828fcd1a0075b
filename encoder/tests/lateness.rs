//! Whatever is drawn, and however late and in whatever order frames and reports arrive: once
//! nothing is left to send, the viewer shows the screen, to the pixel.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test, its helpers too"
)]

mod late;

use core::time::Duration;

use hackstream_codec::Canvas;
use hackstream_encoder::EncoderConfig;
use hackstream_protocol::geometry::{Offset, Rect, Size};
use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::control::Quality;
use late::{Path, Reading, Screen, Session};
use proptest::prelude::*;

/// No screen is larger.
const LARGEST: Size = Size::new(400, 300);

/// Where video plays.
const VIDEO: Rect = Rect::from_edges(40, 30, 230, 180);

/// A path on which nothing waits.
const FAST: Path = Path {
    rate: Bitrate::mbps(900),
    window: 4 << 20,
    jitter: Duration::ZERO,
};

/// Time after the last change in which the picture becomes exact on such a path.
const CALM: Duration = Duration::from_millis(500);

/// What happens on the server.
#[derive(Clone, Debug)]
enum Step {
    /// A part of a page appears where it belongs, or everything.
    Show {
        page: usize,
        part: Option<Rect>,
    },
    /// A page stands still for so many milliseconds, another hides it, and it is back.
    Flip {
        pages: [usize; 2],
        calm: u64,
    },
    /// A place moves, or everything.
    Scroll {
        part: Option<Rect>,
        offset: Offset,
    },
    /// A video plays.
    Play {
        frames: u32,
    },
    Resize(Size),
    StartOver,
    Quality(Quality),
    Path(Path),
    Wait(u64),
    Settle,
}

/// How a drawing and the report of its damage come about.
#[derive(Clone, Copy, Debug)]
struct Manner {
    /// Rows that are read as they were before, though they are drawn on already.
    old_rows: u32,
    /// Until the damage is reported.
    delay: Duration,
    /// Whether all of the screen is said to be damaged.
    vague: bool,
}

fn part() -> impl Strategy<Value = Rect> {
    let origin = (0..LARGEST.width as i32 - 10, 0..LARGEST.height as i32 - 10);
    (origin, 1..LARGEST.width, 1..LARGEST.height).prop_map(|((x, y), w, h)| Rect::new(x, y, w, h))
}

fn some_part() -> impl Strategy<Value = Option<Rect>> {
    proptest::option::weighted(0.5, part())
}

fn path() -> impl Strategy<Value = Path> {
    let [thin, middling, fast] = [1, 8, 900].map(|n| Just(Bitrate::mbps(n)));
    let rate = prop_oneof![1 => thin, 1 => middling, 2 => fast];
    let window = prop_oneof![1 => Just(3_000u64), 1 => Just(30_000), 4 => Just(4 << 20)];
    let jitter = prop_oneof![1 => Just(0), 1 => Just(5), 2 => Just(60), 4 => Just(400)];
    (rate, window, jitter).prop_map(|(rate, window, jitter)| Path {
        rate,
        window,
        jitter: Duration::from_millis(jitter),
    })
}

fn show() -> impl Strategy<Value = Step> {
    (0..PAGES, some_part()).prop_map(|(page, part)| Step::Show { page, part })
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![
        Just(LARGEST),
        Just(Size::new(257, 131)),
        Just(Size::new(320, 240))
    ];
    let quality = prop_oneof![Just(Quality::Low), Just(Quality::Auto), Just(Quality::High)];
    let offset = (-40..40i32, -40..40i32).prop_map(|(dx, dy)| Offset::new(dx, dy));
    let wait = prop_oneof![4 => 0u64..20, 2 => 20u64..200, 1 => 200u64..1000];
    let flip = (0..PAGES, 0..PAGES, 390u64..700);
    prop_oneof![
        6 => show(),
        3 => flip.prop_map(|(a, b, calm)| Step::Flip { pages: [a, b], calm }),
        6 => (some_part(), offset).prop_map(|(part, offset)| Step::Scroll { part, offset }),
        1 => (5u32..30).prop_map(|frames| Step::Play { frames }),
        1 => size.prop_map(Step::Resize),
        1 => Just(Step::StartOver),
        1 => quality.prop_map(Step::Quality),
        1 => path().prop_map(Step::Path),
        8 => wait.prop_map(Step::Wait),
        1 => Just(Step::Settle),
    ]
}

fn manner() -> impl Strategy<Value = Manner> {
    let old_rows = prop_oneof![2 => Just(0), 1 => 0u32..2000];
    let delay = prop_oneof![2 => Just(0), 1 => 0u64..15].prop_map(Duration::from_millis);
    let vague = proptest::bool::weighted(0.2);
    (old_rows, delay, vague).prop_map(|(old_rows, delay, vague)| Manner {
        old_rows,
        delay,
        vague,
    })
}

const PAGES: usize = 7;

/// Pages of letters, of few colours, of photographs, and one whose blocks are all alike.
fn pages() -> Vec<Canvas> {
    let kinds = [(2, 1), (2, 9), (40, 4), (300, 1), (70_000, 1), (70_000, 3)];
    let kinds = kinds.iter().zip(1u32..);
    let mut pages: Vec<Canvas> = kinds
        .map(|(&(colours, run), seed)| page(seed, colours, run))
        .collect();
    let mut alike = Canvas::new(LARGEST);
    for (place, pixel) in (0..).zip(alike.pixels_mut()) {
        let (x, y) = (place % LARGEST.width, place / LARGEST.width);
        *pixel = pages[3].row(y % 64)[x as usize % 64];
    }
    pages.push(alike);
    pages
}

/// A page of so many colours, each in runs of so many pixels.
fn page(seed: u32, colours: u32, run: usize) -> Canvas {
    let mut canvas = Canvas::new(LARGEST);
    let mut state = seed;
    for pixels in canvas.pixels_mut().chunks_mut(run) {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        pixels.fill(((state >> 8) % colours).wrapping_mul(0x0203) & 0x00ff_ffff);
    }
    canvas
}

/// Paints `part` of `canvas` as `page` is `offset` before it.
fn paint(canvas: &mut Canvas, page: &Canvas, part: &Rect, offset: Offset) {
    let sources = part.translated(offset).intersection(&page.bounds());
    for y in sources.top..sources.bottom {
        let target = sources
            .translated(offset.reversed())
            .intersection(&canvas.bounds());
        let y_to = y - offset.dy;
        if target.is_empty() || y_to < target.top || y_to >= target.bottom {
            continue;
        }
        let source = target.translated(offset);
        canvas
            .span_mut(&target, y_to)
            .copy_from_slice(page.span(&source, y));
    }
}

fn draw(session: &mut Session, manner: Manner, part: &Rect, draw: impl FnOnce(&mut Canvas, &Rect)) {
    let all = session.screen.live.bounds();
    let part = part.intersection(&all);
    session
        .screen
        .draw(manner.old_rows, |canvas| draw(canvas, &part));
    let damage = if manner.vague { all } else { part };
    session.damage(damage.into(), manner.delay);
}

fn perform(session: &mut Session, pages: &[Canvas], step: &Step, manner: Manner) {
    let all = session.screen.live.bounds();
    match step {
        Step::Show { page, part } => {
            let page = &pages[*page];
            draw(session, manner, &part.unwrap_or(all), |canvas, part| {
                paint(canvas, page, part, Offset::new(0, 0));
            });
        }
        Step::Flip {
            pages: [a, b],
            calm,
        } => {
            for (page, wait) in [(*a, *calm), (*b, 20), (*a, 0)] {
                perform(session, pages, &Step::Show { page, part: None }, manner);
                session.wait(Duration::from_millis(wait));
            }
        }
        Step::Scroll { part, offset } => {
            draw(session, manner, &part.unwrap_or(all), |canvas, part| {
                let sources = part.translated(offset.reversed()).intersection(part);
                let targets = sources.translated(*offset).intersection(part);
                canvas.copy_region(&targets.into(), *offset);
            });
        }
        Step::Play { frames } => {
            for frame in 0..*frames {
                draw(session, manner, &VIDEO, |canvas, part| {
                    let offset = Offset::new(frame as i32 * 3 % 50, frame as i32 * 7 % 60);
                    paint(canvas, &pages[5], part, offset);
                });
                session.wait(Duration::from_millis(33));
            }
        }
        Step::Resize(size) => {
            let mut live = Canvas::new(*size);
            let all = live.bounds();
            paint(&mut live, &pages[3], &all, Offset::new(0, 0));
            session.screen.resize(live);
            session.damage(all.into(), manner.delay);
        }
        Step::StartOver => session.encoder().start_over(),
        Step::Quality(quality) => session.encoder().set_quality(*quality),
        Step::Path(path) => session.path = *path,
        Step::Wait(millis) => session.wait(Duration::from_millis(*millis)),
        Step::Settle => drop(session.settle()),
    }
}

fn config() -> impl Strategy<Value = EncoderConfig> {
    let cache = prop_oneof![Just(0usize), Just(20_000), Just(90_000), Just(4 << 20)];
    // With a history most frames wait for the one before.
    let history = prop_oneof![3 => Just(0usize), 1 => Just(1 << 16)];
    (cache, history, any::<bool>()).prop_map(|(cache_bytes, history_bytes, h264)| EncoderConfig {
        history_bytes,
        cache_bytes,
        h264,
        ..EncoderConfig::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        max_shrink_iters: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn the_picture_is_exact_in_the_end(
        config in config(),
        path in path(),
        reading in prop_oneof![Just(Reading::Live), Just(Reading::Fetched)],
        steps in proptest::collection::vec((step(), manner()), 1..40),
        last in (prop_oneof![show(), Just(Step::Play { frames: 25 })], manner()),
        random: u64,
    ) {
        let pages = pages();
        let screen = Screen::new(Canvas::new(LARGEST), reading);
        let mut session = Session::new(config, path, screen, random);
        for (step, manner) in &steps {
            perform(&mut session, &pages, step, *manner);
        }
        session.settle();
        session.path = FAST;
        perform(&mut session, &pages, &last.0, last.1);
        let took = session.settle();
        prop_assert!(took <= CALM, "{took:?}");
    }
}
