//! The pointer at the viewer is that of the session: its shape, its place, its movement.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::pointer::{PointerProgram, Shape, Witness};
use hackstream_e2e::server::SIZE;
use hackstream_e2e::text_field::{Person, TextField};
use hackstream_e2e::wait_until;
use hackstream_e2e::windows::Windows;
use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::wire::input::{Button, InputEvent, Transition};

/// A program with a pointer of its own in a session, and a person who points at it.
struct Scene {
    program: PointerProgram,
    person: Person,
    session: Witness,
    viewer: Witness,
    _field: TextField,
}

impl Scene {
    fn new() -> Self {
        let field = TextField::on_a_display();
        let name = field.display().name().to_owned();
        let program = PointerProgram::on(&name, SIZE);
        let person = Person::at(&field, "us");
        // A window without it leaves the pointer alone, which may be another window's.
        Windows::of(person.display.name()).wait_for_any_focus();
        let mut scene = Self {
            program,
            session: Witness::of(&name),
            viewer: Witness::of(person.display.name()),
            person,
            _field: field,
        };
        scene.point(400, 300);
        scene
    }

    /// The person moves the pointer, and it arrives.
    fn point(&mut self, x: i32, y: i32) {
        let at = Point::new(x, y);
        self.person.play(InputEvent::PointerMotion(at));
        wait_until("the pointer in the session", || {
            (self.session.place() == at).then_some(())
        });
    }

    /// The program hides the pointer and moves it until the viewer sees that movements are wanted.
    fn play_a_game(&mut self) {
        let hidden = Shape {
            size: (8, 8),
            hot_spot: (0, 0),
            pixels: vec![0; 64],
        };
        self.program.show(&hidden);
        let is_hidden = |who: &Witness| who.shape().pixels.iter().all(|pixel| pixel >> 24 == 0);
        wait_until("a hidden pointer", || is_hidden(&self.viewer).then_some(()));
        // No number of steps of its own makes the viewer's pointer meet the session's.
        self.point(500, 200);
        // The program's warp and a movement of the person, as often as it takes the viewer to see that
        // movements are wanted.
        wait_until("movements", || {
            self.program.warp(400, 300);
            let moved = InputEvent::PointerMoved { right: 7, down: 3 };
            self.person.play(moved);
            self.click();
            (self.session.place() == Point::new(407, 303)).then_some(())
        });
    }

    /// The person clicks, and all that was done before has arrived.
    fn click(&mut self) {
        for transition in [Transition::Press, Transition::Release] {
            self.person.play(InputEvent::Button(Button(1), transition));
            wait_until("the button in the session", || {
                let is_down = transition == Transition::Press;
                (self.session.has_button_down() == is_down).then_some(())
            });
        }
    }

    fn wait_for_shape(&self, shape: &Shape) {
        wait_until("the shape at the viewer", || {
            (self.viewer.shape() == *shape).then_some(())
        });
    }

    fn wait_for_place(&self, who: &Witness, x: i32, y: i32) {
        wait_until(&format!("the pointer at {x}, {y}"), || {
            (who.place() == Point::new(x, y)).then_some(())
        });
    }
}

/// Custom shapes with all kinds of transparency and hot spots, more than are kept, and old ones
/// again.
#[test]
fn every_shape_is_the_same_at_the_viewer() {
    let scene = Scene::new();
    for (width, height, hot_spot) in [
        (16, 16, (0, 0)),
        (24, 32, (23, 31)),
        (64, 64, (32, 5)),
        (200, 100, (100, 50)),
    ] {
        let shape = Shape::colourful(width, height, hot_spot, 5);
        scene.program.show(&shape);
        scene.wait_for_shape(&shape);
        assert_eq!(scene.session.shape(), shape);
    }
    for seed in (0..70).chain([69, 20, 0, 69]) {
        let shape = Shape::colourful(8, 8, (1, 2), seed);
        scene.program.show(&shape);
        scene.wait_for_shape(&shape);
    }
}

#[test]
fn an_animated_pointer_turns_at_the_viewer() {
    let scene = Scene::new();
    let shapes = [1, 90, 200].map(|seed| Shape::colourful(24, 24, (12, 12), seed));
    scene.program.animate(&shapes, 40);
    for _ in 0..3 {
        shapes.iter().for_each(|shape| scene.wait_for_shape(shape));
    }
}

/// The largest that X takes is cut down around its hot spot.
#[test]
fn a_huge_pointer_is_bounded() {
    let scene = Scene::new();
    scene
        .program
        .show(&Shape::colourful(4096, 4096, (2000, 9), 7));
    let shape = wait_until("a large shape", || {
        let shape = scene.viewer.shape();
        (shape.size.0 > 200).then_some(shape)
    });
    assert_eq!(shape.size, (256, 256));
    assert_eq!(shape.hot_spot, (128, 9));
    let small = Shape::colourful(16, 16, (0, 0), 1);
    scene.program.show(&small);
    scene.wait_for_shape(&small);
}

#[test]
fn the_pointer_goes_where_the_program_puts_it() {
    let mut scene = Scene::new();
    scene.program.show(&Shape::colourful(16, 16, (0, 0), 1));
    // Twice to the same place, with the person in between.
    for _ in 0..2 {
        scene.program.warp(123, 45);
        scene.wait_for_place(&scene.viewer, 123, 45);
        scene.point(500, 200);
    }
}

/// As in a game: the program hides the pointer and puts it back to the middle all the time.
#[test]
fn movements_are_sent_while_the_program_has_the_pointer() {
    let mut scene = Scene::new();
    scene.play_a_game();
    assert_ne!(scene.viewer.place(), Point::new(400, 300));
    // Seen again, it is where the person has it.
    let shape = Shape::colourful(16, 16, (0, 0), 1);
    scene.program.show(&shape);
    scene.wait_for_shape(&shape);
    scene.point(321, 123);
}

/// However far it goes, and after the window has changed.
#[test]
fn a_pointer_that_a_program_has_stays_in_the_window() {
    let mut scene = Scene::new();
    scene.play_a_game();
    let windows = Windows::of(scene.person.display.name());
    windows.restore();
    windows.resize_focused(Size::new(700, 500));
    wait_until("the pointer at the window's edge", || {
        let begin = Point::new(600, 250);
        scene.person.play(InputEvent::PointerMotion(begin));
        let (right, down) = (3000, 0);
        scene.person.play(InputEvent::PointerMoved { right, down });
        let right = scene.viewer.place().x;
        (begin.x < right && right < SIZE.width as i32 - 1).then_some(())
    });
}
