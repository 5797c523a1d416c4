//! Templates: children of which all but their arguments is said once.
//!
//! ```text
//!   DynamicSupervisor ── template(make) ─▶ TemplateSupervisor ── start_link ─▶ TemplateRef
//!                                                                               │ start_child(args)
//!   in the supervisor's process:   make(args) ─▶ a specification, started as any other ◀┘
//! ```
//!
//! The process is a [`DynamicSupervisor`], which keeps the function without its types, so that there
//! is one kind of dynamic supervisor for trees, names and calls. The types of the arguments and of
//! the children are those of the builder and of the reference that comes of it.

use std::any::{Any, type_name};
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use regrow_runtime::gen_server::{
    Context, HandleCall, Init, IntoInit, Reply, ReplyTo, ServerRef, StartError, Step, Target,
    call_to,
};
use regrow_runtime::process::{ExitReason, catch_exit};

use crate::child::request::{Answer, StartChild};
use crate::child::spec::{AnyChildSpec, ChildSpec, DynamicChild};
use crate::child::started::StartedChild;
use crate::dynamic::DynamicSupervisor;
use crate::error::StartChildError;

/// Arguments of whatever type.
type Args = Box<dyn Any + Send>;

/// A template without its types. It gives nothing for arguments of another type than its own.
#[derive(Clone)]
pub(super) struct Template {
    make: Arc<dyn Fn(Args) -> Option<AnyChildSpec> + Send + Sync>,
    /// The type that it takes.
    takes: &'static str,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.takes)
    }
}

/// A dynamic supervisor whose children are all of one kind, and differ in their arguments. It has not
/// been started. Made by [`DynamicSupervisor::template`].
#[must_use = "a supervisor does nothing until it is started"]
pub struct TemplateSupervisor<A, C> {
    supervisor: DynamicSupervisor,
    types: PhantomData<fn(A) -> C>,
}

/// What leads to a supervisor with a template, by way of `T`: what is started of it takes an `A` and
/// is specified by a `C`.
///
/// It can do whatever `T` can, such as `terminate_child` and `count_children`.
pub struct TemplateRef<A, C, T = ServerRef<DynamicSupervisor>> {
    target: T,
    types: PhantomData<fn(A) -> C>,
}

impl DynamicSupervisor {
    /// Says once what each child is but for its arguments: a function of them, which runs in the
    /// supervisor's process at each [`start_child`](TemplateRef::start_child). If it panics, that
    /// start has failed.
    ///
    /// # In OTP
    ///
    /// The strategy `simple_one_for_one`, whose one child specification is the template, and whose
    /// `start_child` takes the arguments that are appended to those of the template. What is
    /// different is as in Elixir's `DynamicSupervisor`: the children are counted one by one, and
    /// children that were stopped are none.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    ///
    /// struct Room { topic: String }
    ///
    /// #[gen_server(restart = "transient")]
    /// impl Room {
    ///     #[init] fn new(topic: String) -> Self { Room { topic } }
    ///     #[call] fn topic(&self) -> String { self.topic.clone() }
    /// }
    ///
    /// let rooms = DynamicSupervisor::new().max_children(100).template(|topic: &'static str| {
    ///     Room::child_spec(topic.to_owned())
    /// });
    /// let rooms = rooms.start_link().await?;
    /// let room = rooms.start_child("lobby").await?.running().expect("it runs");
    /// assert_eq!(room.topic().await?, "lobby");
    /// assert_eq!(rooms.count_children().await?.active, 1);
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn template<A, C>(
        mut self,
        make: impl Fn(A) -> C + Send + Sync + 'static,
    ) -> TemplateSupervisor<A, C>
    where
        A: Send + 'static,
        C: DynamicChild + 'static,
    {
        self.template = Some(Template {
            make: Arc::new(move |args| Some(make(*args.downcast().ok()?).into_any())),
            takes: type_name::<A>(),
        });
        TemplateSupervisor {
            supervisor: self,
            types: PhantomData,
        }
    }

    async fn start_by_template(
        &mut self,
        StartByTemplate { args, given }: StartByTemplate,
    ) -> Answer {
        let made = match &self.template {
            Some(template) => {
                catch_exit(|| (template.make)(args)).map_err(StartChildError::Failed)?
            }
            None => None,
        };
        let Some(spec) = made else {
            let takes = self.template.as_ref().map(|template| template.takes);
            return Err(StartChildError::Failed(
                TemplateError { given, takes }.into(),
            ));
        };
        self.start_child(spec).await
    }
}

impl<A, C> TemplateSupervisor<A, C> {
    /// Starts the supervisor, linked to the caller.
    ///
    /// # Errors
    ///
    /// As [`DynamicSupervisor::start_link`].
    pub async fn start_link(self) -> Result<TemplateRef<A, C>, StartError> {
        self.supervisor.start_link().await.map(TemplateRef::of)
    }

    /// As [`start_link`](TemplateSupervisor::start_link), linked to nobody.
    ///
    /// # Errors
    ///
    /// As [`DynamicSupervisor::start`].
    pub async fn start(self) -> Result<TemplateRef<A, C>, StartError> {
        self.supervisor.start().await.map(TemplateRef::of)
    }

    /// The supervisor as another one's child, under its id and name. [`TemplateRef::of`] makes a
    /// reference with types of what leads to it then.
    pub fn child_spec(self) -> ChildSpec<DynamicSupervisor> {
        self.supervisor.child_spec()
    }
}

/// The supervisor without the types of its template: for whoever takes a supervisor of no certain
/// template, such as a list of children.
impl<A, C> From<TemplateSupervisor<A, C>> for DynamicSupervisor {
    fn from(template: TemplateSupervisor<A, C>) -> DynamicSupervisor {
        template.supervisor
    }
}

impl<A, C> From<TemplateSupervisor<A, C>> for AnyChildSpec {
    fn from(template: TemplateSupervisor<A, C>) -> AnyChildSpec {
        template.child_spec().into()
    }
}

/// What an [init function](DynamicSupervisor::with_init) may give: flags and a template, made anew at
/// each start.
impl<A, C> IntoInit<DynamicSupervisor> for TemplateSupervisor<A, C> {
    fn into_init(self) -> Init<DynamicSupervisor> {
        Init::ok(self.into())
    }
}

/// The same, unless there is an error.
impl<A, C, E: Into<ExitReason>> IntoInit<DynamicSupervisor>
    for Result<TemplateSupervisor<A, C>, E>
{
    fn into_init(self) -> Init<DynamicSupervisor> {
        self.map(DynamicSupervisor::from).into_init()
    }
}

impl<A, C, T> TemplateRef<A, C, T> {
    /// The supervisor with a template that `target` leads to: its name, say, or its place in a tree.
    /// It is for the caller to know the types of its template; others are an error of
    /// [`start_child`](TemplateRef::start_child).
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::supervisor::TemplateRef;
    /// # struct Room;
    /// # #[gen_server(restart = "transient")]
    /// # impl Room { #[init] fn new(_topic: String) -> Self { Room } }
    ///
    /// static ROOMS: Name<DynamicSupervisor> = Name::new("rooms");
    ///
    /// let rooms = DynamicSupervisor::new().name(ROOMS).template(Room::child_spec);
    /// let tree = Supervisor::new(Strategy::OneForOne).child(rooms.child_spec());
    /// tree.start_link().await?;
    ///
    /// let rooms = TemplateRef::<String, ChildSpec<Room>, _>::of(ROOMS);
    /// assert!(rooms.start_child(String::from("lobby")).await?.running().is_some());
    /// # Ok::<(), ExitReason>(())
    /// # }).unwrap();
    /// ```
    pub fn of(target: T) -> TemplateRef<A, C, T> {
        TemplateRef {
            target,
            types: PhantomData,
        }
    }
}

impl<A, C, T> TemplateRef<A, C, T>
where
    A: Send + 'static,
    C: DynamicChild,
    T: Target<DynamicSupervisor>,
{
    /// Starts the child that the template makes of these arguments.
    ///
    /// # Errors
    ///
    /// As for a child that is specified in full. [`StartChildError::Failed`] if the template has
    /// panicked, or if there is none for an `A`: its reason is a [`TemplateError`] then.
    ///
    /// # In OTP
    ///
    /// [`supervisor:start_child/2`](https://www.erlang.org/doc/apps/stdlib/supervisor#start_child/2)
    /// with a list of arguments.
    pub fn start_child(&self, args: A) -> StartChild<StartedChild<C::Reference>> {
        let ask = StartByTemplate {
            args: Box::new(args),
            given: type_name::<A>(),
        };
        let asked = call_to::<DynamicSupervisor, _>(&self.target, ask);
        StartChild::asked(asked, |started| Ok(started.map(C::reference)))
    }
}

/// Asks for the child that the template makes of these arguments.
struct StartByTemplate {
    args: Args,
    /// The type of the arguments.
    given: &'static str,
}

impl HandleCall<StartByTemplate> for DynamicSupervisor {
    type Reply = Answer;

    fn handle_call(
        &mut self,
        ask: StartByTemplate,
        _: ReplyTo<Self::Reply>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>> {
        async move { Reply::now(self.start_by_template(ask).await) }
    }
}

/// A supervisor was given arguments that it has no template for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TemplateError {
    /// The type of the arguments.
    pub given: &'static str,
    /// The type that the template takes, if there is one.
    pub takes: Option<&'static str>,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = self.given;
        match self.takes {
            Some(takes) => write!(
                f,
                "the supervisor's template takes a `{takes}`, and was given a `{given}`"
            ),
            None => write!(
                f,
                "the supervisor has no template to make a child of a `{given}`: give it one with \
                 `DynamicSupervisor::template`"
            ),
        }
    }
}

impl Error for TemplateError {}

impl<A, C, T> Deref for TemplateRef<A, C, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.target
    }
}

// By hand, because a derive would ask it of `A` and `C`.
impl<A, C, T: Clone> Clone for TemplateRef<A, C, T> {
    fn clone(&self) -> TemplateRef<A, C, T> {
        TemplateRef::of(self.target.clone())
    }
}

impl<A, C, T: Copy> Copy for TemplateRef<A, C, T> {}

impl<A, C, T: fmt::Debug> fmt::Debug for TemplateRef<A, C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TemplateRef").field(&self.target).finish()
    }
}

impl<A, C> Clone for TemplateSupervisor<A, C> {
    fn clone(&self) -> TemplateSupervisor<A, C> {
        TemplateSupervisor {
            supervisor: self.supervisor.clone(),
            types: PhantomData,
        }
    }
}

impl<A, C> fmt::Debug for TemplateSupervisor<A, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TemplateSupervisor")
            .field(&self.supervisor)
            .finish()
    }
}
