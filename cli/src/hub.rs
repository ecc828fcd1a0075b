//! The hub as seen by somebody who is logged in.

use serde::de::DeserializeOwned;
use ureq::Body;
use ureq::http::Response;

use crate::api::request::Request;
use crate::api::{Api, is_unknown_token};
use crate::error::CliError;
use crate::login::Tokens;

/// Asks the hub with a token that is good, and renews it when it is not.
#[derive(Debug)]
pub struct Hub<'a> {
    api: Api,
    tokens: Tokens<'a>,
}

impl<'a> Hub<'a> {
    /// This hub, with these tokens.
    #[must_use]
    pub const fn new(api: Api, tokens: Tokens<'a>) -> Self {
        Self { api, tokens }
    }

    /// The hub without the person.
    #[must_use]
    pub const fn api(&self) -> &Api {
        &self.api
    }

    /// The person's tokens.
    #[must_use]
    pub const fn tokens(&self) -> &Tokens<'a> {
        &self.tokens
    }

    /// Asks.
    ///
    /// # Errors
    /// [`CliError::NotLoggedIn`] if the hub does not know the person (any more) and nobody can be
    /// asked; those of [`Api::send`].
    pub fn send(&self, request: &Request) -> Result<Response<Body>, CliError> {
        let token = self.tokens.access()?;
        match self.api.send(request, Some(&token)) {
            Err(error) if is_unknown_token(&error) => {
                let token = self.tokens.renew(&token)?;
                self.api.send(request, Some(&token))
            }
            answer => answer,
        }
    }

    /// Asks, and understands the answer.
    ///
    /// # Errors
    /// Those of [`Self::send`]; [`CliError::NotUnderstood`].
    pub fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, CliError> {
        self.api.understand(self.send(request)?)
    }
}
