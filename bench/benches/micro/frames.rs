//! Whole frames: from damage to payloads, and from payloads to pixels.

use anyhow::Result;
use hackstream_codec::{Canvas, Decoder, DecoderLimits};
use hackstream_encoder::Link;
use hackstream_protocol::geometry::Size;
use hackstream_protocol::region::Region;
use hackstream_protocol::units::Bitrate;

use crate::case::{Case, Work};
use crate::corpus::{DESKTOP, FILM, PAGE, Recording, SMOOTH, TYPING, WINDOW};
use crate::showing::{CACHE_BYTES, HISTORY_BYTES, Pace, Scenario, Session};

/// A local network.
const FAST: Link = Link {
    budget: 1 << 20,
    rate: Bitrate::mbps(300),
};

/// A telephone.
const THIN: Link = Link {
    budget: 32 << 10,
    rate: Bitrate::mbps(2),
};

const fn scenario(name: &'static str, recording: &'static Recording, known: usize) -> Scenario {
    Scenario {
        name,
        recording,
        known,
        measured: 1,
        link: FAST,
        pace: Pace::Calm,
    }
}

const SCENARIOS: [Scenario; 12] = [
    scenario("first-page", &PAGE, 0),
    scenario("scroll", &PAGE, 1),
    scenario("repaint", &PAGE, 2),
    Scenario {
        link: THIN,
        ..scenario("repaint-thin-link", &PAGE, 2)
    },
    scenario("repaint-smooth", &SMOOTH, 2),
    Scenario {
        measured: 4,
        ..scenario("typing", &TYPING, 1)
    },
    scenario("photograph", &DESKTOP, 0),
    Scenario {
        link: THIN,
        ..scenario("photograph-thin-link", &DESKTOP, 0)
    },
    scenario("menu-open", &DESKTOP, 1),
    scenario("menu-close", &DESKTOP, 2),
    scenario("window-moved", &WINDOW, 1),
    Scenario {
        measured: 2,
        pace: Pace::Film,
        ..scenario("film", &FILM, 14)
    },
];

pub(crate) fn cases() -> Vec<Case> {
    let encode = SCENARIOS.map(|scenario| {
        let name = format!("frame/{}/encode", scenario.name);
        Case::new(name, move || encode(&scenario))
    });
    let idle = Case::new("frame/damage-without-change/encode", idle);
    let decode = SCENARIOS.map(|scenario| {
        let name = format!("frame/{}/decode", scenario.name);
        Case::new(name, move || decode(&scenario))
    });
    encode.into_iter().chain([idle]).chain(decode).collect()
}

fn encode(scenario: &Scenario) -> Result<Work> {
    let mut session = Session::start(scenario)?;
    session.show_known(scenario, |_| Ok(()))?;
    let measured = scenario.measured;
    Ok(Box::new(move || {
        let mut bytes = 0;
        for _ in 0..measured {
            session.show_next(&mut |frame| {
                bytes += frame.payload.len();
                Ok(())
            })?;
        }
        Ok(bytes)
    }))
}

/// The X server reports damage where a program has drawn the same again.
fn idle() -> Result<Work> {
    let page = scenario("damage-without-change", &PAGE, 1);
    let mut session = Session::start(&page)?;
    session.show_known(&page, |_| Ok(()))?;
    Ok(Box::new(move || {
        session.damage_all(&mut |_| Ok(()))?;
        Ok(0)
    }))
}

fn decode(scenario: &Scenario) -> Result<Work> {
    let mut session = Session::start(scenario)?;
    let mut decoder = Decoder::new(DecoderLimits {
        history_bytes: HISTORY_BYTES,
        cache_bytes: CACHE_BYTES,
    });
    let mut canvas = Canvas::new(Size::new(1, 1));
    let keep = Region::new();
    session.show_known(scenario, |frame| {
        decoder.decode(&frame.payload, &mut canvas, &keep)?;
        Ok(())
    })?;
    let mut payloads = Vec::new();
    for _ in 0..scenario.measured {
        session.show_next(&mut |frame| {
            payloads.push(frame.payload.clone());
            Ok(())
        })?;
    }
    Ok(Box::new(move || {
        for payload in &payloads {
            decoder.decode(payload, &mut canvas, &keep)?;
        }
        Ok(0)
    }))
}
