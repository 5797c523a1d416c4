//! Extra arguments: what a dynamic supervisor hands to the start of every child.

use std::any::{Any, type_name};
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// A value of any type, and what that type is called.
#[derive(Clone)]
pub(crate) struct Extra {
    value: Arc<dyn Any + Send + Sync>,
    type_name: &'static str,
}

impl Extra {
    pub(crate) fn new<X: Send + Sync + 'static>(value: X) -> Extra {
        Extra {
            value: Arc::new(value),
            type_name: type_name::<X>(),
        }
    }

    /// The value, if it is there and of this type.
    pub(crate) fn look_for<X: 'static>(extra: Option<&Extra>) -> Result<&X, ExtraArgumentsError> {
        let found = extra.and_then(|extra| extra.value.downcast_ref());
        found.ok_or_else(|| ExtraArgumentsError {
            wanted: type_name::<X>(),
            given: extra.map(|extra| extra.type_name),
        })
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name)
    }
}

/// A child was made for extra arguments that its supervisor does not have. It is the reason that its
/// start has failed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExtraArgumentsError {
    /// The type that the child is made for.
    pub wanted: &'static str,
    /// The type that the supervisor has, if it has any extra arguments.
    pub given: Option<&'static str>,
}

impl fmt::Display for ExtraArgumentsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = self.wanted;
        match self.given {
            Some(given) => write!(
                f,
                "the child takes extra arguments of type `{wanted}`, and the supervisor's are of \
                 type `{given}`"
            ),
            None => write!(
                f,
                "the child takes extra arguments of type `{wanted}`, and the supervisor has none: \
                 give it some with `DynamicSupervisor::extra_arguments`"
            ),
        }
    }
}

impl Error for ExtraArgumentsError {}
