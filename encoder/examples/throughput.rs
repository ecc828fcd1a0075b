use hackstream_codec::{Canvas, Decoder, DecoderLimits};
use hackstream_encoder::{Encoder, EncoderConfig, Frame, Link};
use hackstream_protocol::geometry::{Point, Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::{PixelSource, SourceError};
use hackstream_protocol::units::Bitrate;
use std::time::Instant;
struct Screen(Canvas);
impl PixelSource for Screen {
    fn size(&self) -> Size {
        self.0.size()
    }
    fn fetch(&mut self, _: &Region) -> Result<(), SourceError> {
        Ok(())
    }
    fn read_row(&self, start: Point, row: &mut [u32]) {
        let from = &self.0.row(start.y as u32)[start.x as usize..];
        row.copy_from_slice(&from[..row.len()]);
    }
}
fn rnd(s: &mut u32) -> u32 {
    *s = s.wrapping_mul(1664525).wrapping_add(1013904223);
    *s >> 8
}
fn text(c: &mut Canvas, seed: u32) {
    let b = c.bounds();
    c.fill(&b, 0xffffff);
    let mut g = 12345;
    let glyphs: Vec<Vec<u16>> = (0..52)
        .map(|_| {
            (0..9)
                .map(|_| (rnd(&mut g) & rnd(&mut g) & 0x7f) as u16)
                .collect()
        })
        .collect();
    let mut s = seed;
    for line in 0..70 {
        for col in 0..150 {
            let gl = &glyphs[(rnd(&mut s) % 52) as usize];
            for (y, bits) in gl.iter().enumerate() {
                for x in 0..7 {
                    if bits >> x & 1 == 1 {
                        *c.span_mut(
                            &Rect::new(20 + col * 9 + x, 10 + line * 15 + y as i32, 1, 1),
                            10 + line * 15 + y as i32,
                        )
                        .first_mut()
                        .unwrap() = 0;
                    }
                }
            }
        }
    }
}
fn photo(c: &mut Canvas, seed: u32) {
    let mut s = seed;
    for y in 0..720 {
        for x in 0..1280 {
            let base = ((x as f32 * 0.01 + seed as f32).sin() * 60.0
                + (y as f32 * 0.013).cos() * 60.0
                + 128.0) as i32;
            let n = (rnd(&mut s) % 9) as i32;
            let v = |k: i32| ((base * k / 4 + n).clamp(0, 255)) as u32;
            *c.span_mut(&Rect::new(x, y, 1, 1), y).first_mut().unwrap() =
                v(4) << 16 | v(3) << 8 | v(2);
        }
    }
}
fn main() {
    let size = Size::new(1920, 1080);
    for rate in [Bitrate::mbps(1000), Bitrate::mbps(10)] {
        let mut screen = Screen(Canvas::new(size));
        let mut enc = Encoder::new(
            EncoderConfig {
                history_bytes: 1 << 20,
            },
            size,
        )
        .unwrap();
        let mut dec = Decoder::new(DecoderLimits {
            history_bytes: 1 << 20,
            cache_bytes: 0,
        });
        let mut shown = Canvas::new(size);
        let mut f = Frame::default();
        for (name, kind) in [
            ("reset", 0),
            ("text", 1),
            ("text", 1),
            ("text", 1),
            ("key", 2),
            ("key", 2),
            ("photo", 3),
            ("photo", 3),
            ("same", 4),
            ("same", 4),
            ("text", 1),
            ("text", 1),
        ] {
            let all: Region = screen.0.bounds().into();
            let mut dmg = all.clone();
            match kind {
                1 => text(
                    &mut screen.0,
                    rate.0 as u32 + name.len() as u32 + Instant::now().elapsed().subsec_nanos(),
                ),
                2 => {
                    let r = Rect::new(300, 300, 64, 64);
                    let c = screen.0.span(&r, 300)[0] ^ 0x00ff00;
                    screen.0.fill(&r, c);
                    let r2 = Rect::new(100, 100, 9, 15);
                    screen.0.fill(&r2, c);
                    dmg = [r, r2].into_iter().collect();
                }
                3 => photo(&mut screen.0, Instant::now().elapsed().subsec_nanos()),
                _ => {}
            }
            enc.damage(&dmg);
            let (mut bytes, mut te, mut td, mut n) = (0, 0.0, 0.0, 0);
            while enc.has_work() {
                let t = Instant::now();
                let some = enc
                    .next_frame(
                        &mut screen,
                        Link {
                            budget: 1 << 30,
                            rate,
                        },
                        &mut f,
                    )
                    .unwrap();
                te += t.elapsed().as_secs_f64() * 1e3;
                if some {
                    n += 1;
                    bytes += f.payload.len();
                    let t = Instant::now();
                    dec.decode(&f.payload, &mut shown, &Region::new()).unwrap();
                    td += t.elapsed().as_secs_f64() * 1e3;
                }
            }
            println!(
                "{} Mbit/s {name}: {n} frames {bytes} B encode {te:.2} ms decode {td:.2} ms coder {}",
                rate.0 / 1_000_000,
                f.payload.first().copied().unwrap_or(9)
            );
        }
    }
}
