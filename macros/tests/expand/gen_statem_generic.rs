use regrow::prelude::*;
use regrow::gen_statem;
use regrow::answer::ReplyTo;
use regrow::statem::{Machine, Transition};

#[gen_statem(state = link::State<K>, trap_exit, mailbox = 10, name = "link")]
impl<K, V> Link<K, V>
where
    K: PartialEq + Send + Sync + 'static,
    V: Send + 'static,
{
    #[init]
    async fn new(cx: &mut Context<Machine<Self>>, key: K) -> Result<(link::State<K>, Self), Refused> {
        Link::reach(cx, key).await
    }

    #[call(in = Up)]
    async fn ask(&mut self, key: K, from: ReplyTo<V>) -> Transition<Self> {
        self.exchange(key, from).await
    }

    #[call(event = ask, in = Down)]
    fn ask_later(&mut self, other: K, from: ReplyTo<V>) -> Transition<Self> {
        Transition::keep().postpone(LinkEvent::Ask(other, from))
    }

    #[timeout("retry", in = Down, ignore = _)]
    async fn retry(&mut self, cx: &mut Context<Machine<Self>>, times: u32) -> link::State<K> {
        self.again(cx, times).await
    }

    #[info]
    fn lost(&mut self, _: Lost<K>) {}

    #[exit]
    fn exited(&mut self, exit: Exit) {}

    #[terminate]
    fn last(&mut self, why: &ExitReason, state: &link::State<K>) {}
}
