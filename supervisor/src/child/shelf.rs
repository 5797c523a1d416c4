//! Tables of children that are started alike.
//!
//! A supervisor of a million children cannot keep a specification for each. What is the same for all
//! that are started in one way is kept once, by the table; what a child has of its own, its arguments
//! as a rule, is kept as it is, without a box, a count or a type of its own around it.
//!
//! | of what | is kept beside the pid |
//! |---|---|
//! | a child that is never started again | nothing |
//! | one whose arguments are cloned | its arguments |
//! | any other | its recipe, which is shared if its specification was |

use std::sync::Arc;

use regrow_runtime::process::{Pid, PidMap};

use crate::child::start::Recipe;

/// Children that are started in one way, by pid.
pub(crate) trait Shelf: Send + Sync {
    /// Puts a child in.
    fn put(&mut self, process: Pid, recipe: Arc<dyn Recipe>);

    /// Takes a child out, if it is here.
    fn take(&mut self, process: Pid) -> Option<Recall>;

    /// Whether the child is here.
    fn contains(&self, process: Pid) -> bool;

    /// How many there are.
    fn len(&self) -> usize;

    /// Who they are.
    fn processes(&self) -> Box<dyn Iterator<Item = Pid> + '_>;

    /// Who they were, one after the other: the table goes on the way.
    fn into_processes(self: Box<Self>) -> Box<dyn Iterator<Item = Pid> + Send>;
}

/// What is known of how to start a child again.
pub(crate) enum Recall {
    /// It never is.
    Never,
    /// Like this.
    By(Arc<dyn Recipe>),
}

/// A table of children of which nothing is to be kept.
pub(crate) fn of_the_temporary() -> Box<dyn Shelf> {
    of(|_| (), |()| Recall::Never)
}

/// A table of children of each of which a recipe of type `R` is kept.
pub(crate) fn of_shared<R: Recipe>() -> Box<dyn Shelf> {
    of(known::<R>, |recipe| Recall::By(recipe))
}

/// A table of children of each of which this is kept: what `keep` makes of its recipe, and `unkeep`
/// makes a recipe of again.
pub(crate) fn of<K: Send + Sync + 'static>(
    keep: fn(Arc<dyn Recipe>) -> K,
    unkeep: fn(K) -> Recall,
) -> Box<dyn Shelf> {
    Box::new(Table {
        children: PidMap::new(),
        keep,
        unkeep,
    })
}

/// A recipe whose type is known by the table that it is for.
pub(crate) fn known<R: Recipe>(recipe: Arc<dyn Recipe>) -> Arc<R> {
    let recipe = recipe.into_any().downcast();
    recipe.unwrap_or_else(|_| unreachable!("a table is for recipes of one type"))
}

struct Table<K> {
    children: PidMap<K>,
    keep: fn(Arc<dyn Recipe>) -> K,
    unkeep: fn(K) -> Recall,
}

impl<K: Send + Sync + 'static> Shelf for Table<K> {
    fn put(&mut self, process: Pid, recipe: Arc<dyn Recipe>) {
        self.children.insert(process, (self.keep)(recipe));
    }

    fn take(&mut self, process: Pid) -> Option<Recall> {
        self.children.remove(process).map(self.unkeep)
    }

    fn contains(&self, process: Pid) -> bool {
        self.children.contains(process)
    }

    fn len(&self) -> usize {
        self.children.len()
    }

    fn processes(&self) -> Box<dyn Iterator<Item = Pid> + '_> {
        Box::new(self.children.iter().map(|(process, _)| process))
    }

    fn into_processes(self: Box<Self>) -> Box<dyn Iterator<Item = Pid> + Send> {
        Box::new(self.children.into_iter().map(|(process, _)| process))
    }
}
