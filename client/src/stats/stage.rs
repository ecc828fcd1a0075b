//! The stages of a frame from the application to the person.

/// What a frame's time is spent on, in this order. The constant part of the way between server and
/// viewer is not among them: see [`Path`](super::path::Path).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// From the first change in the frame until its pixels were read: the congestion window was
    /// full, or the server was busy with the frame before.
    CaptureWait,
    /// Reading and encoding the pixels.
    Encode,
    /// On the way, beyond the quickest frame of the last minute.
    Queue,
    /// From its last byte until the decoder was free.
    DecodeWait,
    /// Held back because an earlier frame was missing.
    Order,
    /// Decoding into the picture, waiting for a presentation to let go of it included.
    Decode,
    /// From the first frame that was not shown yet until a presentation began.
    ShowWait,
    /// One presentation: painting the window, and handing it to the window system.
    Present,
    /// Not a stage but all of them and both ways on the network: from sending a press or a turn of
    /// the wheel until a frame that was made after it was presented (without a window: decoded).
    InputToFrame,
}

/// How many there are.
pub(super) const STAGES: usize = 9;

impl Stage {
    /// All of them, in the order of their numbers.
    pub(super) const ALL: [Self; STAGES] = [
        Self::CaptureWait,
        Self::Encode,
        Self::Queue,
        Self::DecodeWait,
        Self::Order,
        Self::Decode,
        Self::ShowWait,
        Self::Present,
        Self::InputToFrame,
    ];

    /// Its name in the output for programs.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::CaptureWait => "capture_wait",
            Self::Encode => "encode",
            Self::Queue => "queue",
            Self::DecodeWait => "decode_wait",
            Self::Order => "order_wait",
            Self::Decode => "decode",
            Self::ShowWait => "present_wait",
            Self::Present => "present",
            Self::InputToFrame => "input_to_frame",
        }
    }
}
