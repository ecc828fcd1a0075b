//! Pictures that move.

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::{Rect, Size};

use super::Recording;
use super::drawing::draw_photograph;
use super::photograph::Photograph;
use crate::random::Random;

/// Levels of brightness that grain has.
const GRAIN: u32 = 8;

/// A film that plays in a part of a grey screen.
pub(crate) const FILM: Recording = Recording {
    name: "film",
    digest: 0x9d4e_5200_5b26_310b,
    draw: || pan(Size::new(800, 600), Rect::new(64, 80, 640, 360), 16),
};

/// Three pictures of a film, by their size.
pub(crate) const FILMS: [(Size, Recording); 3] = [
    (
        Size::new(640, 360),
        Recording {
            name: "film-360",
            digest: 0x97f1_55ce_7f66_a819,
            draw: || full(Size::new(640, 360)),
        },
    ),
    (
        Size::new(1280, 720),
        Recording {
            name: "film-720",
            digest: 0xfb38_62d0_ccf2_a0cc,
            draw: || full(Size::new(1280, 720)),
        },
    ),
    (
        Size::new(1920, 1080),
        Recording {
            name: "film-1080",
            digest: 0x3b7a_a5d5_a0d9_c1ad,
            draw: || full(Size::new(1920, 1080)),
        },
    ),
];

fn full(size: Size) -> Vec<Canvas> {
    pan(size, Rect::of_size(size), 3)
}

/// A pan over a photograph with grain that is new in every picture, as cameras have it.
fn pan(size: Size, area: Rect, pictures: u16) -> Vec<Canvas> {
    let photograph = Photograph::generate(area.width(), area.height(), 6);
    let picture = |number| {
        let mut screen = Canvas::new(size);
        screen.fill(&Rect::of_size(size), 0x00d4_d0c8);
        draw_photograph(&mut screen, &area, &photograph, number);
        add_grain(&mut screen, &area, number);
        screen
    };
    (0..pictures).map(picture).collect()
}

fn add_grain(screen: &mut Canvas, area: &Rect, number: u16) {
    let mut random = Random::new(u64::from(number));
    for y in area.top..area.bottom {
        for pixel in screen.span_mut(area, y) {
            let brighter = random.below(GRAIN) as u8;
            let [blue, green, red, _] = pixel.to_le_bytes();
            let channels = [blue, green, red].map(|channel| channel.saturating_add(brighter));
            *pixel = u32::from_le_bytes([channels[0], channels[1], channels[2], 0]);
        }
    }
}
