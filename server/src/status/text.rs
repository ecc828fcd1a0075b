//! A session's report for people.

use std::fmt::Write;

use super::report::{SessionReport, ViewerReport};

/// Some lines; each ends the line.
pub(super) fn of(session: &SessionReport) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, session);
    text
}

fn write(out: &mut String, session: &SessionReport) -> std::fmt::Result {
    let SessionReport {
        display,
        listen,
        screen,
        pid,
        ..
    } = session;
    let what = match session.command.as_str() {
        "" => "display of somebody else's",
        command => command,
    };
    writeln!(out, "session on {display}: {what}")?;
    writeln!(
        out,
        "  server     process {pid}, version {}, {listen}, up {}",
        session.version,
        span(session.uptime_seconds)
    )?;
    let input = match session.last_input_seconds {
        Some(seconds) => format!("last input {} ago", span(seconds)),
        None => "no input yet".to_owned(),
    };
    writeln!(out, "  idle       {} ({input})", span(session.idle_seconds))?;
    writeln!(
        out,
        "  sending    {} now, {} in all; screen {screen}; {} frames, {} to encode one",
        rate(session.frame_bits_per_second),
        bytes(session.sent_bytes),
        session.frames,
        time(session.encode_ms)
    )?;
    let memory = session.pss_bytes.map_or("unknown".to_owned(), bytes);
    writeln!(out, "  memory     {memory} (server)")?;
    writeln!(
        out,
        "  viewers    {} of at most {}; {} since the start",
        session.viewers.len(),
        session.max_viewers,
        session.viewers_joined
    )?;
    session.viewers.iter().try_for_each(|v| viewer(out, v))
}

fn viewer(out: &mut String, viewer: &ViewerReport) -> std::fmt::Result {
    let leads = if viewer.leads { ", leads" } else { "" };
    let ViewerReport {
        id,
        address,
        standing,
        ..
    } = viewer;
    let input = match viewer.last_input_seconds {
        Some(seconds) => format!(", input {} ago", span(seconds)),
        None => String::new(),
    };
    writeln!(
        out,
        "  viewer {id:<3} {address} ({}), {standing}{leads}, here for {}{input}",
        viewer.agent,
        span(viewer.connected_seconds)
    )?;
    writeln!(
        out,
        "             RTT {:.1} ms, {} now, {} in all, {} frames, {} to encode one, {:.1} % of packets lost",
        viewer.rtt_ms,
        rate(viewer.frame_bits_per_second),
        bytes(viewer.sent_bytes),
        viewer.frames,
        time(viewer.recent_encode_ms.or(viewer.encode_ms)),
        share(viewer.lost_packets, viewer.sent_packets)
    )
}

fn share(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

fn time(milliseconds: Option<f64>) -> String {
    milliseconds.map_or("no time".to_owned(), |ms| format!("{ms:.1} ms"))
}

/// A span of time in its two largest units.
fn span(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min {} s", seconds % 60),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

fn rate(bits: u64) -> String {
    scaled(bits as f64, "bit/s")
}

fn bytes(bytes: u64) -> String {
    scaled(bytes as f64, "B")
}

fn scaled(amount: f64, unit: &str) -> String {
    match amount {
        a if a < 1e3 => format!("{a:.0} {unit}"),
        a if a < 1e6 => format!("{:.1} k{unit}", a / 1e3),
        a if a < 1e9 => format!("{:.1} M{unit}", a / 1e6),
        a => format!("{:.1} G{unit}", a / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_amounts_are_short() {
        assert_eq!(span(0.4), "0 s");
        assert_eq!(span(61.0), "1 min 1 s");
        assert_eq!(span(3600.0 * 26.5), "1 d 2 h");
        assert_eq!(rate(0), "0 bit/s");
        assert_eq!(rate(2_340_000), "2.3 Mbit/s");
        assert_eq!(bytes(14_200), "14.2 kB");
    }
}
