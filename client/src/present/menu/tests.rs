use hackstream_protocol::geometry::Rect;
use hackstream_protocol::wire::control::{Quality, SeatReport, SeatWish, Standing};
use hackstream_sound::level::MOST_PERCENT;

use super::super::overlay::{Place, Room};
use super::*;
use crate::sound::Hearing;

const SETTINGS: Settings = Settings {
    fullscreen: false,
    host_key: None,
    seats: None,
    quality: Quality::Auto,
    max_bitrate: None,
    hearing: Hearing::Audible,
    volume: 100,
    statistics: false,
};

fn pressed(keys: &[MenuKey], settings: &Settings) -> Response {
    let mut menu = Menu::default();
    let mut response = Response::Stay;
    for key in keys {
        response = menu.press(*key, settings);
    }
    response
}

#[test]
fn arrows_go_around_and_enter_does_what_is_chosen() {
    use MenuKey::{Down, Enter, First, Last, Up};
    let done = |keys: &[MenuKey]| pressed(keys, &SETTINGS);
    assert_eq!(done(&[Enter]), Response::Do(Action::Fullscreen));
    assert_eq!(done(&[Down, Enter]), Response::Do(Action::ControlAltDelete));
    assert_eq!(done(&[Up, Enter]), Response::Do(Action::Disconnect));
    assert_eq!(done(&[Last, Down, Enter]), Response::Do(Action::Fullscreen));
    assert_eq!(
        done(&[Last, First, Enter]),
        Response::Do(Action::Fullscreen)
    );
}

#[test]
fn letters_do_what_they_stand_for_and_no_two_are_the_same() {
    let done = |letter| pressed(&[MenuKey::Letter(letter)], &SETTINGS);
    assert_eq!(done('D'), Response::Do(Action::ControlAltDelete));
    assert_eq!(done('Q'), Response::Do(Action::Quality(Quality::High)));
    assert_eq!(done('M'), Response::Do(Action::Mute(true)));
    assert_eq!(done('T'), Response::Do(Action::Statistics(true)));
    assert_eq!(done('Z'), Response::Stay);
    let mut letters: Vec<char> = ALL.iter().filter_map(|entry| entry.letter()).collect();
    letters.sort_unstable();
    letters.dedup();
    assert_eq!(letters.len(), ALL.len() - 1, "all but the menu's own key");
}

#[test]
fn control_is_asked_for_and_given_up_by_who_may() {
    let after = |standing, step| {
        let seats = SeatReport {
            standing,
            viewers: 2,
            in_control: 2,
        };
        let settings = Settings {
            seats: Some(seats),
            ..SETTINGS
        };
        Entry::Control.stepped(&settings, step)
    };
    let wish = |wish| Some(Action::Seat(wish));
    use Standing::{InControl, InControlAlone, ViewOnly, Watching};
    assert_eq!(after(ViewOnly, Step::Around), None);
    assert_eq!(after(Watching, Step::Around), wish(SeatWish::Control));
    assert_eq!(after(InControl, Step::Around), wish(SeatWish::ControlAlone));
    assert_eq!(after(InControlAlone, Step::Around), wish(SeatWish::Watch));
    assert_eq!(after(InControlAlone, Step::Back), wish(SeatWish::Control));
    assert_eq!(after(Watching, Step::Back), wish(SeatWish::Watch));
    assert_eq!(Entry::Control.action(&SETTINGS), None, "nobody told");
}

#[test]
fn values_go_both_ways_and_stop_at_their_ends() {
    let quality = |quality, step| {
        let settings = Settings {
            quality,
            ..SETTINGS
        };
        match Entry::Quality.stepped(&settings, step) {
            Some(Action::Quality(quality)) => quality,
            other => panic!("{other:?}"),
        }
    };
    use Quality::{Auto, High, Low};
    assert_eq!(
        [Low, Auto, High].map(|q| quality(q, Step::On)),
        [Auto, High, High]
    );
    assert_eq!(
        [Low, Auto, High].map(|q| quality(q, Step::Back)),
        [Low, Low, Auto]
    );
    assert_eq!(
        [Low, Auto, High].map(|q| quality(q, Step::Around)),
        [Auto, High, Low]
    );
    let volume = |volume, step| {
        let settings = Settings { volume, ..SETTINGS };
        Entry::Volume.stepped(&settings, step)
    };
    assert_eq!(volume(5, Step::Back), Some(Action::Volume(0)));
    assert_eq!(volume(100, Step::On), Some(Action::Volume(110)));
    let most = Some(Action::Volume(MOST_PERCENT));
    assert_eq!(volume(MOST_PERCENT, Step::On), most);
}

#[test]
fn a_viewer_without_sound_has_nothing_to_mute() {
    let settings = Settings {
        hearing: Hearing::None,
        ..SETTINGS
    };
    assert_eq!(pressed(&[MenuKey::Letter('M')], &settings), Response::Stay);
}

#[test]
fn the_mouse_chooses_what_it_clicks_and_closes_beside() {
    let (mut menu, rect) = (Menu::default(), Rect::new(0, 0, 1000, 900));
    let lines = menu.lines("host", &SETTINGS);
    let room = Room { rect, density: 1 };
    let layout = Layout::new(&lines, Place::Menu, &room).expect("room");
    let find = |wanted: usize| {
        let x = layout.rect.left + 30;
        let mut rows = (0..900).map(|y| Point::new(x, y));
        let at = rows.find(|at| entry_at(*at, &layout, &lines) == Some(wanted));
        at.expect("a place of the entry")
    };
    for (index, entry) in ALL.iter().enumerate() {
        let expected = entry.action(&SETTINGS).map_or(Response::Stay, Response::Do);
        let response = menu.click(find(index), &layout, &lines, &SETTINGS);
        assert_eq!(response, expected);
        assert_eq!(menu.chosen, index);
    }
    let heading = Point::new(layout.rect.left + 30, layout.rect.top + 20);
    let response = menu.click(heading, &layout, &lines, &SETTINGS);
    assert_eq!(response, Response::Stay);
    let beside = Point::new(1, 1);
    let response = menu.click(beside, &layout, &lines, &SETTINGS);
    assert_eq!(response, Response::Close);
    menu.point(find(3), &layout, &lines);
    assert_eq!(menu.chosen, 3);
}

#[test]
fn a_remark_stands_until_something_else_is_done() {
    let mut menu = Menu::default();
    menu.remark(vec!["saved".to_owned()]);
    let has = |menu: &Menu| {
        let lines = menu.lines("host", &SETTINGS);
        lines.iter().any(|line| line.text == "saved")
    };
    menu.press(MenuKey::Down, &SETTINGS);
    assert!(has(&menu));
    menu.press(MenuKey::Letter('Q'), &SETTINGS);
    assert!(!has(&menu));
}

#[test]
fn the_font_has_all_of_its_letters() {
    let lines = Menu::default().lines("host", &SETTINGS);
    let texts = lines.iter().flat_map(|line| [&line.text, &line.end]);
    assert!(texts.into_iter().all(|text| text.is_ascii()));
}
