//! What a child is called, and whether it has children of its own.

use std::borrow::Cow;
use std::fmt;

/// What a child is called among its siblings.
///
/// Default: the name of its server's type, with the path. Made of a text.
///
/// # In OTP
///
/// The key `id` of a child specification, which may be any term.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChildId(Cow<'static, str>);

impl ChildId {
    /// The id that a child of this type has by default.
    pub(crate) fn of<S>() -> ChildId {
        ChildId(Cow::Borrowed(std::any::type_name::<S>()))
    }

    /// The id as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for ChildId {
    fn from(id: &'static str) -> ChildId {
        ChildId(Cow::Borrowed(id))
    }
}

impl From<String> for ChildId {
    fn from(id: String) -> ChildId {
        ChildId(Cow::Owned(id))
    }
}

impl fmt::Display for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Whether a child has children of its own.
///
/// # In OTP
///
/// The key `type` of a child specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChildKind {
    /// It has none.
    Worker,
    /// It is a supervisor.
    Supervisor,
}
