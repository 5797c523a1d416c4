//! A scope of groups as a process: it opens the table, and closes it when it ends.

use std::any::type_name;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use regrow_runtime::gen_server::{Context, GenServer, Init, IntoName, ServerName, Start, Step};
use regrow_runtime::process::{Pid, add_exit_hook};

use super::table::Table;
use crate::directory;

/// A scope of process groups, which are known by keys of type `K`.
///
/// A process may be in any number of groups, and in one several times. Groups need not be made:
/// there is one when it has a member. Members and groups of different scopes have nothing to do with
/// each other. References to a scope have the methods of [`GroupsClient`](crate::group::GroupsClient).
///
/// A key that is a reference, `&'static str` too, makes today's compiler doubt that a future that
/// waits for a start is `Send`: take a number, an enum or a `String`, which is looked up by a `&str`.
///
/// # In OTP
///
/// A scope of [`pg`](https://www.erlang.org/doc/apps/kernel/pg). There a change is a call to the
/// scope's process; here it is made by the caller, on the scope's table. There is no scope that is
/// meant when none is named: a `static` of type [`Name`](regrow_runtime::gen_server::Name) is one.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::registry::Groups;
///
/// static GROUPS: Name<Groups<String>> = Name::new("groups");
///
/// Groups::new().name(GROUPS).start_link().await?;
/// let (worker, end) = spawn_monitor(async |mut inbox: Inbox<()>| { inbox.receive().await; });
/// GROUPS.join("workers".into(), worker)?;
/// assert_eq!(GROUPS.get_members("workers"), [worker.pid()]);
///
/// worker.send(());
/// end.await;
/// assert!(GROUPS.which_groups().is_empty());
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[must_use = "a scope does nothing until it is started"]
pub struct Groups<K> {
    name: Option<ServerName>,
    /// What it has once it runs.
    open: Option<Open<K>>,
}

/// A scope that runs. Dropped, it closes.
struct Open<K> {
    this: Pid,
    table: Arc<Table<K>>,
}

impl<K> Default for Groups<K> {
    fn default() -> Groups<K> {
        Groups::new()
    }
}

impl<K> Groups<K> {
    /// A scope without groups.
    pub fn new() -> Groups<K> {
        Groups {
            name: None,
            open: None,
        }
    }

    /// The name that the scope is registered under. Default: none.
    pub fn name(mut self, name: impl IntoName<Groups<K>>) -> Groups<K> {
        self.name = Some(name.into_name());
        self
    }

    /// The name that it is to have.
    #[doc(hidden)]
    pub fn server_name(&self) -> Option<ServerName> {
        self.name.clone()
    }
}

impl<K: Eq + Hash + Send + Sync + 'static> Groups<K> {
    /// Starts the scope, linked to the caller.
    ///
    /// # In OTP
    ///
    /// [`pg:start_link/1`](https://www.erlang.org/doc/apps/kernel/pg#start_link/1).
    pub fn start_link(self) -> Start<Groups<K>> {
        self.start().link()
    }

    /// As [`start_link`](Groups::start_link), linked to nobody.
    pub fn start(self) -> Start<Groups<K>> {
        let name = self.name.clone();
        let start = Start::new(self);
        match name {
            Some(name) => start.name(name),
            None => start,
        }
    }
}

impl<K: Eq + Hash + Send + Sync + 'static> GenServer for Groups<K> {
    type Args = Groups<K>;

    fn init(mut groups: Groups<K>, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        let (this, table) = (cx.pid(), Arc::new(Table::new()));
        add_exit_hook(&table);
        directory::enter_as(this, &table, type_name::<Self>());
        groups.open = Some(Open { this, table });
        Init::ok(groups)
    }
}

impl<K> Drop for Open<K> {
    /// From here on nobody is a member of anything.
    fn drop(&mut self) {
        directory::leave(self.this);
        self.table.close();
    }
}

/// A specification to start it again: a scope as it was before it ran.
impl<K> Clone for Groups<K> {
    fn clone(&self) -> Groups<K> {
        Groups {
            name: self.name.clone(),
            open: None,
        }
    }
}

impl<K> fmt::Debug for Groups<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Groups")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
