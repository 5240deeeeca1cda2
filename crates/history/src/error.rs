//! What stops an import. A bad row never does: it is put aside (`reject.rs`).

/// Why a source, a mapping or a place to write to cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Reading or writing failed.
    #[error("{what}: {source}")]
    Io {
        /// What was read or written.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The source is of a form that is not read here.
    #[error("{0}")]
    Source(String),
    /// The mapping does not fit the source, or itself.
    #[error("{0}")]
    Mapping(String),
}

impl HistoryError {
    /// Names what was read or written.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> HistoryError {
        let what = what.into();
        |source| HistoryError::Io { what, source }
    }
}
