//! JSON files that say of which format and version they are: read only by the version that wrote them.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Returns the format that a file says it is of.
///
/// # Errors
/// When the bytes are no JSON, or say nothing of a format.
pub(crate) fn format_of(bytes: &[u8]) -> serde_json::Result<String> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
    }
    serde_json::from_slice(bytes).map(|head: Head| head.format)
}

/// Returns what a file holds whose format must be `own`; `way_out` is what to do about another one.
///
/// # Errors
/// What `refuse` makes of the reason: as [`format_of`]; when the format is another, whatever else the file holds; when it
/// is not what its format demands.
pub(crate) fn read<T: DeserializeOwned>(
    bytes: &[u8],
    own: &str,
    way_out: &str,
    refuse: impl Fn(String) -> Error,
) -> Result<T> {
    let format = format_of(bytes).map_err(|error| refuse(error.to_string()))?;
    if format != own {
        return Err(refuse(format!("its format is `{format}` and this version reads `{own}`: {way_out}")));
    }
    serde_json::from_slice(bytes).map_err(|error| refuse(error.to_string()))
}
