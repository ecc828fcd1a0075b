//! From whatever a wheel or touch pad says to notches.

use hackstream_protocol::wire::input::InputEvent;
use winit::event::{DeviceEvent, ElementState, MouseScrollDelta};

/// Logical pixels of a touch pad that count as a notch: about what programs scroll for one.
const NOTCH_PIXELS: f64 = 50.0;

/// What X calls the four directions of a wheel that has no axes.
const WHEEL_BUTTONS: std::ops::RangeInclusive<u32> = 4..=7;

/// Parts of notches not sent yet.
#[derive(Debug, Default)]
pub(super) struct Wheel {
    right: f64,
    down: f64,
    /// A button of the wheel was released a moment ago.
    released: bool,
}

impl Wheel {
    /// Takes note of what a device did, which comes before what it means for the window.
    ///
    /// On X a pointer without axes for scrolling (that of a VNC server, or of a program that plays
    /// input) clicks buttons, and winit tells a turn for the press and one for the release.
    pub(super) fn device(&mut self, event: &DeviceEvent) {
        self.released = matches!(
            event,
            DeviceEvent::Button { button, state: ElementState::Released }
                if WHEEL_BUTTONS.contains(button)
        );
    }

    /// Adds a movement; whole notches come out.
    pub(super) fn turned(&mut self, delta: MouseScrollDelta, scale: f64) -> Option<InputEvent> {
        if std::mem::take(&mut self.released) {
            return None;
        }
        // winit counts the movement of the content, so down and right are negative.
        let (right, down) = match delta {
            MouseScrollDelta::LineDelta(x, y) => (-f64::from(x), -f64::from(y)),
            MouseScrollDelta::PixelDelta(at) => (
                -at.x / (NOTCH_PIXELS * scale),
                -at.y / (NOTCH_PIXELS * scale),
            ),
        };
        let right = take_notches(&mut self.right, right);
        let down = take_notches(&mut self.down, down);
        (right != 0 || down != 0).then_some(InputEvent::Wheel { right, down })
    }
}

/// Adds `turn` to `rest` and takes the whole notches out of it. What turns back starts anew, so
/// that a reversal is felt at once.
fn take_notches(rest: &mut f64, turn: f64) -> i8 {
    if turn * *rest < 0.0 {
        *rest = 0.0;
    }
    // The hundredth keeps ten tenths from ending just below one.
    let sum = *rest + turn;
    let whole = (sum + sum.signum() * 0.01).trunc().clamp(-127.0, 127.0);
    *rest = if sum.is_finite() {
        (sum - whole).clamp(-1.0, 1.0)
    } else {
        0.0
    };
    whole as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use winit::dpi::PhysicalPosition;

    fn lines(wheel: &mut Wheel, x: f32, y: f32) -> Option<(i8, i8)> {
        match wheel.turned(MouseScrollDelta::LineDelta(x, y), 1.0)? {
            InputEvent::Wheel { right, down } => Some((right, down)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn clicks_of_a_wheel_are_notches() {
        let mut wheel = Wheel::default();
        assert_eq!(lines(&mut wheel, 0.0, -1.0), Some((0, 1)));
        assert_eq!(lines(&mut wheel, 0.0, 2.0), Some((0, -2)));
        assert_eq!(lines(&mut wheel, -1.0, 0.0), Some((1, 0)));
    }

    #[test]
    fn a_click_of_the_wheels_buttons_is_one_notch() {
        let mut wheel = Wheel::default();
        let clicked = |state| DeviceEvent::Button { button: 5, state };
        for _ in 0..3 {
            wheel.device(&clicked(ElementState::Pressed));
            assert_eq!(lines(&mut wheel, 0.0, -1.0), Some((0, 1)));
            wheel.device(&clicked(ElementState::Released));
            assert_eq!(lines(&mut wheel, 0.0, -1.0), None);
        }
        // A release beside the window, then another device.
        wheel.device(&clicked(ElementState::Released));
        wheel.device(&DeviceEvent::Motion {
            axis: 3,
            value: 1.0,
        });
        assert_eq!(lines(&mut wheel, 0.0, -1.0), Some((0, 1)));
    }

    #[test]
    fn parts_add_up() {
        let mut wheel = Wheel::default();
        let notches: i32 = (0..20)
            .filter_map(|_| lines(&mut wheel, 0.0, -0.1))
            .map(|n| i32::from(n.1))
            .sum();
        assert_eq!(notches, 2);
        assert_eq!(lines(&mut wheel, 0.0, -0.9), None);
        assert_eq!(lines(&mut wheel, 0.0, 0.9), None, "a reversal starts anew");
        assert_eq!(lines(&mut wheel, 0.0, 0.1), Some((0, -1)));
    }

    #[test]
    fn pixels_of_a_touch_pad_follow_the_scale() {
        let mut wheel = Wheel::default();
        let pixels = |y| MouseScrollDelta::PixelDelta(PhysicalPosition::new(0.0, y));
        assert_eq!(wheel.turned(pixels(-60.0), 2.0), None);
        let event = wheel.turned(pixels(-60.0), 2.0);
        assert_eq!(event, Some(InputEvent::Wheel { right: 0, down: 1 }));
    }

    #[test]
    fn nonsense_does_no_harm() {
        let mut wheel = Wheel::default();
        assert_eq!(lines(&mut wheel, 0.0, f32::NAN), None);
        assert_eq!(lines(&mut wheel, 0.0, -1000.0), Some((0, 127)));
    }
}
