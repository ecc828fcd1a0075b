//! Numbers that name things, each in a type of its own so that they cannot be mixed up.

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl $name {
            /// The number that follows. 2^64 of them never run out.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.wrapping_add(1))
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

counter! {
    /// Position of a frame in one viewer's stream. The first frame is 1; 0 stands for "none".
    FrameId
}
counter! {
    /// Position of an input event in one viewer's stream. The first event is 1; 0 stands for
    /// "none yet".
    InputSeq
}
counter! {
    /// Position of a stream among the unidirectional ones that the server opened, from 0.
    StreamIndex
}
counter! {
    /// One viewer of a session, as numbered by the server in order of arrival.
    ViewerId
}
counter! {
    /// A notification of one session.
    NotificationId
}
counter! {
    /// Position of a packet in the sound of one session.
    SoundSeq
}
