//! What to do with the tokens that are kept.

use hackstream_control_api::time::{Seconds, UnixMillis};

use super::credentials::Kept;

/// A token that ends sooner is not used any more: the request has to arrive with it.
const MARGIN: Seconds = Seconds(30);

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This access token should be good.
    Use(String),
    /// It is not; exchange the refresh token beside it.
    Refresh(Kept),
    /// There is none.
    LogIn,
}

/// What to do at `now` with what is `kept`, where the hub has `refused` an access token.
///
/// Another access token than the refused one was put there by another process meanwhile.
#[must_use]
pub fn next(kept: Option<&Kept>, refused: Option<&str>, now: UnixMillis) -> Next {
    let Some(kept) = kept else {
        return Next::LogIn;
    };
    let is_fresh = now.plus(MARGIN) < kept.good_until;
    let is_refused = refused == Some(&kept.access_token);
    match is_fresh && !is_refused {
        true => Next::Use(kept.access_token.clone()),
        false => Next::Refresh(kept.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(access: &str, good_until: u64) -> Kept {
        Kept {
            username: "ann".to_owned(),
            access_token: access.to_owned(),
            refresh_token: "hsr_1".to_owned(),
            good_until: UnixMillis(good_until),
        }
    }

    #[test]
    fn a_token_is_used_until_shortly_before_its_end() {
        let kept = kept("hsa_1", 100_000);
        let at = |now| next(Some(&kept), None, UnixMillis(now));
        assert_eq!(at(69_000), Next::Use("hsa_1".to_owned()));
        assert_eq!(at(70_000), Next::Refresh(kept.clone()));
        assert_eq!(next(None, None, UnixMillis(0)), Next::LogIn);
    }

    #[test]
    fn a_refused_token_is_renewed_unless_somebody_has() {
        let kept = kept("hsa_2", 100_000);
        let after = |refused| next(Some(&kept), Some(refused), UnixMillis(0));
        assert_eq!(after("hsa_2"), Next::Refresh(kept.clone()));
        assert_eq!(after("hsa_1"), Next::Use("hsa_2".to_owned()));
    }
}
