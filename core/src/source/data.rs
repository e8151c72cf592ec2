//! The content of a file, there or read when it is first asked for.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::FileError;

/// The content of a file.
///
/// What is large and may never be asked for (the CRDs of a chart, when only its templates are rendered) is read when it
/// is. That the file can be read was seen before.
#[derive(Clone)]
pub struct FileData(Content);

#[derive(Clone)]
enum Content {
    Here(Arc<[u8]>),
    Later(Arc<Later>),
}

struct Later {
    read: Box<dyn Fn() -> Result<Arc<[u8]>, FileError> + Send + Sync>,
    found: OnceLock<Result<Arc<[u8]>, FileError>>,
}

impl FileData {
    /// Returns the content that a function reads, once, when it is first asked for.
    pub fn later(read: impl Fn() -> Result<Arc<[u8]>, FileError> + Send + Sync + 'static) -> FileData {
        FileData(Content::Later(Arc::new(Later { read: Box::new(read), found: OnceLock::new() })))
    }

    /// Returns the bytes.
    ///
    /// # Errors
    /// When they have to be read and that fails: the file was taken away, or changed.
    pub fn bytes(&self) -> Result<&Arc<[u8]>, FileError> {
        match &self.0 {
            Content::Here(bytes) => Ok(bytes),
            Content::Later(later) => later.found.get_or_init(&later.read).as_ref().map_err(FileError::clone),
        }
    }

    /// Returns the content without the byte order mark that it may begin with.
    #[must_use]
    pub(crate) fn without_mark(self) -> FileData {
        fn cut(bytes: &Arc<[u8]>) -> Arc<[u8]> {
            bytes.strip_prefix(b"\xef\xbb\xbf").map_or_else(|| bytes.clone(), Arc::from)
        }
        match &self.0 {
            Content::Here(bytes) => cut(bytes).into(),
            Content::Later(_) => FileData::later(move || self.bytes().map(cut)),
        }
    }
}

impl From<Arc<[u8]>> for FileData {
    fn from(bytes: Arc<[u8]>) -> FileData {
        FileData(Content::Here(bytes))
    }
}

impl From<Vec<u8>> for FileData {
    fn from(bytes: Vec<u8>) -> FileData {
        FileData::from(Arc::from(bytes))
    }
}

impl From<&[u8]> for FileData {
    fn from(bytes: &[u8]) -> FileData {
        FileData::from(Arc::from(bytes))
    }
}

impl fmt::Debug for FileData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = match &self.0 {
            Content::Here(bytes) => Some(bytes),
            Content::Later(later) => later.found.get().and_then(|found| found.as_ref().ok()),
        };
        match read {
            Some(bytes) => write!(f, "{} bytes", bytes.len()),
            None => f.write_str("not read yet"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::source::VPath;

    #[test]
    fn what_is_deferred_is_read_once_and_says_what_failed() {
        let reads = Arc::new(AtomicUsize::new(0));
        let counted = reads.clone();
        let data = FileData::later(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(Arc::from(&b"\xef\xbb\xbfa"[..]))
        });
        let plain = data.clone().without_mark();
        assert_eq!(reads.load(Ordering::Relaxed), 0);
        assert_eq!(format!("{plain:?}"), "not read yet");
        assert_eq!(plain.bytes().map(|bytes| bytes.to_vec()), Ok(b"a".to_vec()));
        assert_eq!(data.bytes().map(|bytes| bytes.len()), Ok(4));
        assert_eq!(format!("{plain:?}"), "1 bytes");
        assert_eq!(reads.load(Ordering::Relaxed), 1);
        let gone = FileData::later(|| Err(FileError::NotFound(VPath::default()))).without_mark();
        assert_eq!(gone.bytes(), Err(FileError::NotFound(VPath::default())));
    }
}
