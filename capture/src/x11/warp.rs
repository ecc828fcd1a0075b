//! Applications that move the pointer.
//!
//! No event tells an injected motion from one that an application asked for. The RECORD extension
//! shows the asking itself: we have it copy every `WarpPointer` request to us, and nothing else.
//! Ordinary motion costs nothing.

use hackstream_protocol::geometry::Point;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::protocol::record::{
    self, ClientSpec, ConnectionExt as _, ExtRange, Range, Range8, Range16,
};
use x11rb::protocol::xproto::{ConnectionExt as _, WARP_POINTER_REQUEST};

use super::connect::Display;
use crate::error::CaptureError;

/// Categories of replies: what a client sent, and the first reply of a recording.
const FROM_CLIENT: u8 = 1;
const START_OF_DATA: u8 = 4;

/// `XIWarpPointer` of the input extension.
const XI_WARP_POINTER: u16 = 41;

/// A recording of warps. It needs a connection for its stream of replies and another to ask
/// where the pointer went.
pub(super) struct WarpWatch {
    context: record::Context,
}

impl WarpWatch {
    /// Sets the recording up; `None` if the display cannot record.
    pub(super) fn prepare(stream: &Display) -> Result<Option<Self>, CaptureError> {
        let connection = &stream.connection;
        if connection.extension_information("RECORD")?.is_none() {
            return Ok(None);
        }
        connection.record_query_version(1, 13)?.reply()?;
        let input = connection.extension_information("XInputExtension")?;
        let range = warp_requests(input.map(|extension| extension.major_opcode));
        let context = connection.generate_id()?;
        let all_clients = [ClientSpec::from(record::CS::ALL_CLIENTS)];
        let created = connection.record_create_context(context, 0, &all_clients, &[range])?;
        created.check()?;
        Ok(Some(Self { context }))
    }

    /// Calls `started` once warps are noticed and `moved` with the pointer's position after each.
    /// Returns when the connection `stream` ends.
    pub(super) fn run(
        &self,
        stream: &Display,
        queries: &Display,
        started: impl Fn(),
        mut moved: impl FnMut(Point),
    ) -> Result<(), CaptureError> {
        for reply in stream.connection.record_enable_context(self.context)? {
            match reply?.category {
                START_OF_DATA => started(),
                // The X server answers the query after it has carried the request out.
                FROM_CLIENT => {
                    let pointer = queries.connection.query_pointer(queries.root())?.reply()?;
                    moved(Point::new(pointer.root_x.into(), pointer.root_y.into()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn warp_requests(input_extension: Option<u8>) -> Range {
    let major = input_extension.unwrap_or(0);
    let minor = if input_extension.is_some() {
        XI_WARP_POINTER
    } else {
        0
    };
    let none = Range8 { first: 0, last: 0 };
    let no_extension = ExtRange {
        major: none,
        minor: Range16 { first: 0, last: 0 },
    };
    Range {
        core_requests: Range8 {
            first: WARP_POINTER_REQUEST,
            last: WARP_POINTER_REQUEST,
        },
        core_replies: none,
        ext_requests: ExtRange {
            major: Range8 {
                first: major,
                last: major,
            },
            minor: Range16 {
                first: minor,
                last: minor,
            },
        },
        ext_replies: no_extension,
        delivered_events: none,
        device_events: none,
        errors: none,
        client_started: false,
        client_died: false,
    }
}
