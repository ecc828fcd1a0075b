//! One type of id for each kind of thing, so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;
use crate::ulid::{NoUlid, Ulid};

macro_rules! ids {
    ($($(#[$documentation:meta])* $name:ident)*) => {$(
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, example = "01ARZ3NDEKTSV4RRFFQ69G5FAV"))]
        #[serde(transparent)]
        pub struct $name(pub Ulid);

        impl $name {
            /// The id made at `now` from ten random bytes.
            #[must_use]
            pub fn new(now: UnixMillis, random: [u8; 10]) -> Self {
                Self(Ulid::new(now, random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NoUlid;

            fn from_str(text: &str) -> Result<Self, NoUlid> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A person's account.
    UserId
    /// A session, with or without an owner.
    SessionId
    /// A machine that runs sessions.
    NodeId
    /// Something that a node shall do.
    JobId
    /// The one moment at which a warm session got its owner.
    ClaimId
    /// A login on one device: the tokens that follow from it.
    DeviceId
    /// A token that a program uses.
    TokenId
}
