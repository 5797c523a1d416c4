//! The attributes of [regrow](https://docs.rs/regrow): servers, supervisors and entry points
//! written as the code they stand for.
//!
//! This crate is part of `regrow`, which re-exports all of it; depend on that one. What an
//! attribute writes names nothing but `regrow`, so a version of this crate works with the version
//! of `regrow` that pins it and with no other.
//!
//! | attribute | on | makes |
//! |---|---|---|
//! | [`#[gen_server]`](macro@gen_server) | an `impl` block | a server and the methods of its references |
//! | [`#[gen_statem]`](macro@gen_statem) | an `impl` block | a state machine, likewise |
//! | [`#[supervisor]`](macro@supervisor) | a struct | a supervision tree and a reference to its children |
//! | [`#[derive(ChildSpec)]`](macro@ChildSpec) | a type | functions that tell a supervisor how to start it |
//! | [`#[protocol]`](macro@protocol) | a trait | a reference to any server that implements it |
//! | [`#[regrow::main]`](macro@main) | `async fn main` | a program whose `main` is a process |
//! | [`#[regrow::test]`](macro@test) | an `async fn` | a test that runs on the simulator |
//!
//! None of them adds power. Everything they write can be written by hand, without `unsafe`.
//!
//! # How it is built
//!
//! Each macro is a pipeline of plain data. `parse` turns tokens into a `model`, `validate` looks
//! for mistakes in it and puts each on the token that is wrong, `expand` turns it into tokens
//! again, and `fallback` speaks for the parts in which there was a mistake, so that one mistake is
//! one message. A further macro is one more file in each of these rooms.

#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod errors;
mod expand;
mod fallback;
mod model;
mod parse;
mod path;
mod pipeline;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Makes a server of a type: the functions marked in its `impl` block become its handlers.
///
/// ```rust
/// use regrow::prelude::*;
///
/// struct Counter {
///     value: i64,
/// }
///
/// #[gen_server]
/// impl Counter {
///     #[init]
///     fn new(value: i64) -> Self {
///         Counter { value }
///     }
///
///     /// Adds `by`.
///     #[cast]
///     fn add(&mut self, by: i64) {
///         self.value += by;
///     }
///
///     #[call]
///     fn get(&self) -> i64 {
///         self.value
///     }
/// }
///
/// #[regrow::main]
/// async fn main() -> Result<(), ExitReason> {
///     let counter = Counter::start_link(40).await?;
///     counter.add(2);
///     assert_eq!(counter.get().await?, 42);
///     Ok(())
/// }
/// ```
///
/// `Counter::start_link` takes what `#[init]` takes. It gives a `ServerRef<Counter>`, which has one
/// method for each `#[call]` and each `#[cast]`; so have `Name<Counter>`, a registry's key, and a
/// supervisor's child. Functions without an attribute stay what they are, and so do the handlers:
/// `Counter::get(&counter)` is an ordinary call.
///
/// # Arguments
///
/// | argument | meaning | default |
/// |---|---|---|
/// | `restart = "permanent"` | when a supervisor starts it again: `"permanent"`, `"transient"`, `"temporary"` | `"permanent"` |
/// | `shutdown = "30s"` | how long a supervisor waits for its end: a time, `"brutal_kill"`, `"infinity"` | `"5s"` |
/// | `idle_timeout = "15m"` | after which time without a message `#[timeout]` runs, each time anew | never |
/// | `hibernate_after = "1m"` | after which time without a message it gives back memory kept for later | never |
/// | `trap_exit` | exit signals become messages, and a shutdown lets `#[terminate]` run | an `#[exit]` handler traps exits |
/// | `mailbox = 1000` | how many messages may wait for it; a cast to it is a future that waits for room | as many as come |
/// | `mailbox_policy = "wait"` | what a full mailbox does: `"wait"`, `"refuse"`, `"drop_newest"`, `"drop_oldest"` | `"wait"` |
/// | `name = "counter"` | the name under which every start registers it, unless another is given there | none |
/// | `backoff`, `budget`, `on_exhausted`, `retry_after`, `binds_to`, `max_lifetime` | as in [`#[child(...)]`](macro@supervisor), for its specifications | none |
/// | `crate = path` | where `regrow` is found, for crates that re-export it | `::regrow` |
///
/// With `mailbox`, a method of a `#[cast]` gives a `#[must_use]` future: awaited it waits for room, and
/// `.try_()` gives it back if there is none. Where a full mailbox drops a message, a cast stays what
/// it is, for what becomes of it has been said. A call waits for room, or is refused, as the policy
/// says.
///
/// Times are written with their unit: `"500ms"`, `"30s"`, `"1h 30m"`.
///
/// # Handlers
///
/// | attribute | takes | returns | in OTP |
/// |---|---|---|---|
/// | `#[init]` | the arguments of `start` | `Self`, `Result<Self, E>`, `Init<Self>`, `Result<Init<Self>, E>` | `init/1` |
/// | `#[call]` | `&self` or `&mut self`, any arguments | what the caller gets, or `Reply<T>` | `handle_call/3` |
/// | `#[call(reply = T)]` | the same | an alias of `Reply<T>`, which a macro cannot see through | `handle_call/3` |
/// | `#[cast]` | `&self` or `&mut self`, any arguments | nothing or `Next` | `handle_cast/2` |
/// | `#[info]` | one message, sent by `send(server, message)` | nothing or `Next` | `handle_info/2` |
/// | `#[handle_continue]` | one message, asked for by `cx.continue_with(message)` | nothing or `Next` | `handle_continue/2` |
/// | `#[timeout]` | nothing | nothing or `Next` | `handle_info(timeout, _)` |
/// | `#[down]` | `down: Down` | nothing or `Next` | `handle_info({'DOWN', ...}, _)` |
/// | `#[exit]` | `exit: Exit` | nothing or `Next` | `handle_info({'EXIT', ...}, _)` |
/// | `#[terminate]` | `reason: &ExitReason` | nothing | `terminate/2` |
/// | `#[format_status]` | `&self`, `f: &mut Formatter<'_>` | `fmt::Result` | `format_status/1` |
///
/// `#[call]`, `#[cast]`, `#[info]` and `#[handle_continue]` may be there many times, the last two
/// once for each type of message. A server has one `#[init]`, and at most one of the others. A
/// `#[timeout]` in a block without `idle_timeout`, in its arguments or its code, gets a warning.
///
/// * Every handler is a `fn` or an `async fn`. While an `async` one waits, the server takes no
///   other message.
/// * Every handler may take the context, `cx: &mut Context<Self>`, anywhere among its arguments.
/// * A `#[call]` may take its caller, `from: ReplyTo<T>`, keep it or pass it on, and return
///   `Reply::later()`.
/// * What travels is owned: no `&` among the arguments (`&'static` apart) and none in the reply.
/// * Parameters and bounds of the block and of calls, casts and messages are carried along, as are
///   `cfg`, `deprecated`, allowed lints and the documentation.
/// * An argument is an argument of the method under the same name; a pattern is called by its
///   position.
///
/// # What a caller gets
///
/// | `#[call]` returns | the method returns |
/// |---|---|
/// | nothing | `Call<()>` |
/// | `T`, `Reply<T>` | `Call<T>` |
/// | `Result<T, E>`, `Reply<Result<T, E>>`, `io::Result<T>` | `Call<T, E>`: an `Err` is an answer, `CallError::Reply(E)`, and no crash |
/// | `Alias`, whatever it stands for | `Call<Alias>`; if that is a `Result`, `.flatten()` unwraps it |
///
/// # What is written
///
/// For the counter above, shortened by its documentation and the other two functions for
/// supervisors, `child_spec_with` (arguments made afresh for each start) and `child_spec_once`
/// (arguments that exist once):
///
/// ```rust
/// # use regrow::prelude::*;
/// # struct Counter { value: i64 }
/// impl Counter {
///     fn new(value: i64) -> Self {
///         Counter { value }
///     }
///     fn add(&mut self, by: i64) {
///         self.value += by;
///     }
///     fn get(&self) -> i64 {
///         self.value
///     }
/// }
///
/// impl Counter {
///     pub fn start(value: i64) -> ::regrow::server::Start<Self> {
///         ::regrow::server::Start::new(value)
///     }
///     pub fn start_link(value: i64) -> ::regrow::server::Start<Self> {
///         Self::start(value).link()
///     }
///     pub fn child_spec(value: i64) -> ::regrow::supervisor::ChildSpec<Self>
///     where
///         for<'a> i64: Clone + Sync, // proven where it is called
///     {
///         ::regrow::supervisor::ChildSpec::new(value)
///     }
/// }
///
/// pub trait CounterClient: ::regrow::__private::Target<Counter> + 'static {}
///
/// const _: () = {
///     impl<T: ::regrow::__private::Target<Counter> + 'static> CounterClient for T {}
///     impl ::regrow::__private::HasClient for Counter {
///         type Client = dyn CounterClient;
///         fn client<T: ::regrow::__private::Target<Self> + 'static>(target: &T) -> &Self::Client {
///             target
///         }
///     }
///     impl ::regrow::server::GenServer for Counter {
///         type Args = i64;
///         fn init(
///             value: i64,
///             _: &mut ::regrow::server::Context<Self>,
///         ) -> impl ::regrow::__private::Step<::regrow::answer::Init<Self>> {
///             ::regrow::__private::IntoInit::<Self>::into_init(Self::new(value))
///         }
///     }
///     struct Add(i64);
///     impl ::regrow::server::HandleCast<Add> for Counter {
///         fn handle_cast(
///             &mut self,
///             Add(by): Add,
///             _: &mut ::regrow::server::Context<Self>,
///         ) -> impl ::regrow::__private::Step<::regrow::answer::Next> {
///             Self::add(self, by);
///             ::regrow::answer::Next::proceed()
///         }
///     }
///     struct Get();
///     impl ::regrow::server::HandleCall<Get> for Counter {
///         type Reply = i64;
///         fn handle_call(
///             &mut self,
///             Get(): Get,
///             _: ::regrow::answer::ReplyTo<Self::Reply>,
///             _: &mut ::regrow::server::Context<Self>,
///         ) -> impl ::regrow::__private::Step<::regrow::answer::Reply<Self::Reply>> {
///             ::regrow::__private::IntoReply::<Self::Reply>::into_reply(Self::get(self))
///         }
///     }
///     impl dyn CounterClient {
///         /// Adds `by`.
///         pub fn add(&self, by: i64) {
///             ::regrow::__private::cast(self, Add(by))
///         }
///         pub fn get(&self) -> ::regrow::call::Call<i64> {
///             ::regrow::__private::call(self, Get())
///         }
///     }
/// };
/// # fn main() {
/// #     let _ = Counter::start_link(40);
/// # }
/// ```
///
/// The trait stays empty; its methods are those of `dyn CounterClient`, which is why they need no
/// import where they are used. A further `impl dyn CounterClient { ... }` next to the server adds
/// methods of one's own to every reference. The methods are `pub`, and so seen as far as the
/// server's type, unless the handler is written `pub(crate)` or narrower; the functions that start
/// the server follow `#[init]` in this.
///
/// # Names that are taken
///
/// The functions of the block cannot be called `start`, `start_link`, `child_spec`,
/// `child_spec_with` or `child_spec_once`, and a call or a cast not `pid`, `clone`, `clone_from`,
/// `into`, `try_into`, `to_owned`, `eq`, `ne` or `address`, which are methods of every reference.
///
/// # Termination
///
/// As in OTP, a supervisor's shutdown is an exit signal, and runs `#[terminate]` only in a server
/// that traps exits. A server with a `shutdown` time and a `#[terminate]` that neither has
/// `trap_exit` nor an `#[exit]` handler, nor speaks of `trap_exit` in its code, gets a warning.
#[proc_macro_attribute]
pub fn gen_server(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::gen_server(attribute.into(), item.into()).into()
}

#[doc = include_str!("GEN_STATEM.md")]
#[proc_macro_attribute]
pub fn gen_statem(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::gen_statem(attribute.into(), item.into()).into()
}

/// Makes a supervision tree of a struct whose fields are its children's types.
///
/// ```rust
/// use regrow::prelude::*;
///
/// struct Greeter {
///     greeting: &'static str,
/// }
///
/// #[gen_server]
/// impl Greeter {
///     #[init]
///     fn new(greeting: &'static str) -> Self {
///         Greeter { greeting }
///     }
///
///     #[call]
///     fn greet(&self, name: String) -> String {
///         format!("{}, {name}", self.greeting)
///     }
/// }
///
/// #[supervisor(strategy = "rest_for_one", max_restarts = 3, max_seconds = 5)]
/// struct Chat {
///     users: Registry<u64>,
///     #[child(max_children = 100_000)]
///     workers: DynamicSupervisor,
///     #[child(args("hello"), restart = "transient")]
///     greeter: Greeter,
/// }
///
/// #[regrow::main]
/// async fn main() -> Result<(), ExitReason> {
///     let chat = Chat::start_link().await?;
///     assert_eq!(chat.greeter().greet(String::from("Joe")).await?, "hello, Joe");
///     Ok(())
/// }
/// ```
///
/// The children are started in the order of the fields and stopped in the reverse order.
/// `Chat::start_link()` gives a `ChatRef`, with one accessor for each field: `chat.greeter()` is a
/// `&Child<Greeter>`, the place of the child in the tree, and leads to whichever process stands
/// there now. So a `ChatRef` stays good over restarts, and is cheap to clone.
///
/// # Trees in trees
///
/// A field with `#[child(tree)]` is another `#[supervisor]`. Its accessor gives the reference to that
/// tree, whose own accessors lead on, over restarts of the children and of the tree itself:
///
/// ```rust
/// use regrow::prelude::*;
///
/// struct Cache;
///
/// #[gen_server]
/// impl Cache {
///     #[init] fn new() -> Self { Cache }
///     #[call] fn get(&self, key: u64) -> u64 { 100 / key }
/// }
///
/// #[supervisor(strategy = "one_for_all")]
/// struct Storage {
///     cache: Cache,
/// }
///
/// #[supervisor]
/// struct App {
///     #[child(tree)]
///     storage: Storage,
/// }
///
/// #[regrow::main]
/// async fn main() -> Result<(), ExitReason> {
///     let app = App::start_link().await?;
///     assert_eq!(app.storage().cache().get(4).await?, 25);
///     let _: ServerRef<Supervisor> = app.storage().supervisor();
///     Ok(())
/// }
/// ```
///
/// # Arguments
///
/// | argument | meaning | default |
/// |---|---|---|
/// | `strategy = "one_for_one"` | who is restarted with a child: `"one_for_one"`, `"one_for_all"`, `"rest_for_one"` | `"one_for_one"` |
/// | `max_restarts = 3` | how many restarts within `max_seconds` the tree bears; one more ends it | `3` |
/// | `max_seconds = 5` | over how many seconds restarts are counted | `5` |
/// | `auto_shutdown = "never"` | whether the end of significant children ends the tree: `"never"`, `"any_significant"`, `"all_significant"` | `"never"` |
/// | `args(config: Config)` | what `start_link` takes, for use in the children's expressions | nothing |
/// | `crate = path` | where `regrow` is found, for crates that re-export it | `::regrow` |
///
/// Both numbers may be expressions. When neither is written, the supervisor's own defaults hold.
///
/// # Children
///
/// A `Registry`, `Groups`, a `PubSub`, a `DynamicSupervisor` and a `PartitionSupervisor` start from
/// nothing; any other type is a server and starts by its `child_spec()`, a `Machine<Door>` by that of
/// `Door`. An attribute on the field changes that:
///
/// | argument of `#[child(...)]` | meaning |
/// |---|---|
/// | `args(EXPR, ...)` | the arguments of the server's `#[init]` |
/// | `start = EXPR` | the whole specification: anything a supervisor takes as a child, also one with a name: `Registry::new().name(USERS)` |
/// | `max_children = N` | how many children a `DynamicSupervisor` may have |
/// | `tree` | the type is another `#[supervisor]`, with its `args(...)` if it has some: the accessor gives the reference to it, `app.workers().cache()` |
/// | `restart = "transient"` | as in [`#[gen_server]`](macro@gen_server), for this child |
/// | `shutdown = "30s"` | as in [`#[gen_server]`](macro@gen_server), for this child |
/// | `significant` | its end counts for `auto_shutdown` |
/// | `id = "users"` | its name in reports, the field's name if not given |
/// | `backoff = EXPR` | waits before each restart: a `Backoff` |
/// | `budget(N, EXPR)` | its own restarts, so many in a time |
/// | `on_exhausted = EXPR` | what happens when they are used up: an `Exhausted` |
/// | `retry_after = "30s"` | how long to wait when the supervisor's restarts are used up, in place of giving up |
/// | `binds_to = "users"` | the older sibling that it is stopped before and started after |
/// | `max_lifetime = "1h"` | how long it may run |
///
/// Expressions may use the arguments of the supervisor:
///
/// ```rust
/// use regrow::prelude::*;
/// # struct Pool(usize);
/// # #[gen_server]
/// # impl Pool {
/// #     #[init]
/// #     fn new(size: usize) -> Self {
/// #         Pool(size)
/// #     }
/// #     #[call]
/// #     fn size(&self) -> usize {
/// #         self.0
/// #     }
/// # }
///
/// struct Config {
///     connections: usize,
///     readers: usize,
/// }
///
/// #[supervisor(args(config: Config))]
/// struct Store {
///     #[child(args(config.connections))]
///     connections: Pool,
///     #[child(start = Pool::child_spec(config.readers).restart(Restart::Transient))]
///     readers: Pool,
/// }
///
/// #[regrow::main]
/// async fn main() -> Result<(), ExitReason> {
///     let store = Store::start_link(Config { connections: 10, readers: 2 }).await?;
///     assert_eq!(store.connections().size().await?, 10);
///     assert_eq!(store.readers().size().await?, 2);
///     Ok(())
/// }
/// ```
///
/// # What is written
///
/// The struct itself becomes a type without values, for its fields are types of processes, of
/// which it can hold none. On it stand `start`, `start_link` and `child_spec`, which all take the
/// `args`; the last gives the tree as a child of another supervisor. Beside it stands `ChatRef`,
/// which is `Clone` and `Debug`: its accessors are `pub` unless the field is written `pub(crate)`
/// or narrower, and `chat.supervisor()` is the reference to the supervisor itself.
#[proc_macro_attribute]
pub fn supervisor(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::supervisor(attribute.into(), item.into()).into()
}

/// Tells supervisors how to start a type, for workers that no attribute made servers of.
///
/// A server that is written by hand, against the trait `GenServer`, gets the functions that
/// [`#[gen_server]`](macro@gen_server) writes: `child_spec`, whose arguments are cloned at each
/// start, `child_spec_with`, which makes them afresh, and `child_spec_once`.
///
/// ```rust
/// use regrow::prelude::*;
/// use regrow::server::{GenServer, Step};
///
/// #[derive(ChildSpec)]
/// #[child_spec(restart = "transient", shutdown = "30s", name = "cache")]
/// struct Cache {
///     limit: usize,
/// }
///
/// impl GenServer for Cache {
///     type Args = usize;
///
///     fn init(limit: usize, _: &mut Context<Self>) -> impl Step<Init<Self>> {
///         Init::ok(Cache { limit })
///     }
/// }
///
/// #[regrow::main]
/// async fn main() -> Result<(), ExitReason> {
///     let supervisor = Supervisor::new(Strategy::OneForOne)
///         .child(Cache::child_spec(1000))
///         .start_link()
///         .await?;
///     assert!(regrow::process::whereis("cache").is_some());
///     # let _ = supervisor;
///     Ok(())
/// }
/// ```
///
/// A worker that is no server says by which function it is started. The function runs in the
/// supervisor's process, and is to link what it starts to that:
///
/// ```rust
/// use std::time::Duration;
///
/// use regrow::prelude::*;
///
/// #[derive(ChildSpec)]
/// #[child_spec(start = Ticker::start_link, args(every: Duration))]
/// struct Ticker;
///
/// impl Ticker {
///     async fn start_link(every: Duration) -> Pid {
///         let ticker = spawn_link(async move |_: Inbox<()>| loop {
///             regrow::time::sleep(every).await;
///         });
///         ticker.pid()
///     }
/// }
///
/// #[regrow::main]
/// async fn main() -> Result<(), ExitReason> {
///     let supervisor = Supervisor::new(Strategy::OneForOne).child(Ticker::child_spec(secs(1)));
///     let supervisor = supervisor.start_link().await?;
///     assert_eq!(supervisor.count_children().await?.active, 1);
///     Ok(())
/// }
/// ```
///
/// | argument of `#[child_spec(...)]` | meaning | default |
/// |---|---|---|
/// | `restart = "transient"` | when it is started again: `"permanent"`, `"transient"`, `"temporary"` | what the server says; `"permanent"` |
/// | `shutdown = "30s"` | how it is stopped: a time, `"brutal_kill"`, `"infinity"` | what the server says; five seconds |
/// | `id = "cache"` | its id among its siblings | the name of the type |
/// | `significant` | its end counts for the supervisor's `auto_shutdown` | it does not |
/// | `name = "cache"` | the name that it is registered under; for servers | none |
/// | `start = path` | what starts it, if it is no server | it is one |
/// | `args(every: Duration)` | what `child_spec` takes and `start` is called with, cloned | nothing |
/// | `backoff`, `budget`, `on_exhausted`, `retry_after`, `binds_to`, `max_lifetime` | as in [`#[child(...)]`](macro@supervisor), for its specifications | none |
/// | `crate = path` | where `regrow` is found, for crates that re-export it | `::regrow` |
///
/// # In OTP
///
/// The options of Elixir's `use GenServer`, which make up `child_spec/1`.
#[proc_macro_derive(ChildSpec, attributes(child_spec))]
pub fn child_spec(item: TokenStream) -> TokenStream {
    pipeline::child_spec(item.into()).into()
}

/// Makes a protocol of a trait: a reference to any server that implements it.
///
/// ```rust
/// use std::collections::HashMap;
///
/// use regrow::prelude::*;
/// use regrow::protocol;
///
/// #[protocol]
/// trait Store {
///     fn get(&self, key: String) -> Option<String>;
///
///     #[cast]
///     fn put(&mut self, key: String, value: String);
/// }
///
/// struct Memory { values: HashMap<String, String> }
///
/// #[gen_server]
/// impl Memory {
///     #[init] fn new() -> Self { Memory { values: HashMap::new() } }
/// }
///
/// impl Store for Memory {
///     fn get(&self, key: String) -> Option<String> { self.values.get(&key).cloned() }
///     fn put(&mut self, key: String, value: String) { self.values.insert(key, value); }
/// }
///
/// #[regrow::main]
/// async fn main() -> Result<(), ExitReason> {
///     let store: StoreRef = Memory::start_link().await?.into();
///     store.put(String::from("name"), String::from("Joe"));
///     assert_eq!(store.get(String::from("name")).await?.as_deref(), Some("Joe"));
///     Ok(())
/// }
/// ```
///
/// The trait stays what it is, and its implementation is ordinary Rust; it may be called without a
/// server. Beside it stands `StoreRef`, which is `Copy`: who holds one need not know which server it
/// leads to, and a fake in a test is one more server that implements the trait.
///
/// # Methods
///
/// A method is a call; with `#[cast]` it is a cast and returns nothing. It takes `&self` or
/// `&mut self` and owned arguments, and returns what the caller gets, as in
/// [`#[gen_server]`](macro@gen_server): a `Result<T, E>` becomes a `Call<T, E>`. It may be `async`; in
/// the trait it then returns `impl Future + Send`, which an `async fn` implements. It has no context
/// and no parameters of its own.
///
/// # Arguments
///
/// | argument | meaning | default |
/// |---|---|---|
/// | `crate = path` | where `regrow` is found, for crates that re-export it | `::regrow` |
///
/// # What is written
///
/// `StoreRef`, a process identity and a table of functions, one for each method; a message type for
/// each method, and how any server that implements the trait handles it.
#[proc_macro_attribute]
pub fn protocol(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::protocol(attribute.into(), item.into()).into()
}

/// Runs `async fn main` as a process.
///
/// ```rust
/// use regrow::prelude::*;
///
/// #[regrow::main(schedulers = 2)]
/// async fn main() -> Result<(), ExitReason> {
///     println!("a process says hello");
///     Ok(())
/// }
/// ```
///
/// The body runs as the first process of a runtime of its own, which is shut down when it returns.
/// A process goes from one thread to another, so what the body holds while it awaits must be `Send`.
///
/// It returns nothing, an `ExitReason`, or a `Result` whose error can be shown, `Box<dyn Error>`
/// among them. The program's exit code says whether that was a good end; an error is printed.
///
/// # Arguments
///
/// | argument | meaning | default |
/// |---|---|---|
/// | `schedulers = 2` | how many threads run processes | one for each core |
/// | `crate = path` | where `regrow` is found, for crates that re-export it | `::regrow` |
///
/// # What is written
///
/// ```rust
/// # use regrow::prelude::*;
/// fn main() -> std::process::ExitCode {
///     async fn body() -> Result<(), ExitReason> {
///         println!("a process says hello");
///         Ok(())
///     }
///     ::regrow::__private::main(
///         ::regrow::__private::MainOptions { schedulers: Some(2) },
///         body(),
///     )
/// }
/// ```
#[proc_macro_attribute]
pub fn main(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::main(attribute.into(), item.into()).into()
}

/// Runs an `async fn` as a test on the simulator: one thread, virtual time, a seeded schedule.
///
/// ```rust
/// use regrow::prelude::*;
///
/// #[regrow::test(seeds = 100)]
/// async fn nothing_is_lost() -> Result<(), ExitReason> {
///     Ok(())
/// }
/// # fn main() {}
/// ```
///
/// The body runs once for each seed, each time under another schedule. A failure prints its seed,
/// and `REGROW_SEED` in the environment replays it. The test fails when the body panics or ends
/// with a reason that is no good one.
///
/// # Arguments
///
/// | argument | meaning | default |
/// |---|---|---|
/// | `seeds = 100` | how many schedules are tried | `1` |
/// | `seed = 7` | the first seed | the simulator's choice |
/// | `crate = path` | where `regrow` is found, for crates that re-export it | `::regrow` |
///
/// # What is written
///
/// A `#[test]` function that hands the body to the simulator together with these arguments and the
/// test's full name. Other attributes, such as `#[should_panic]`, stay on it.
#[proc_macro_attribute]
pub fn test(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::test(attribute.into(), item.into()).into()
}
