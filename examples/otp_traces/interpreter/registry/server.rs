//! The server that is started under a key.

use std::sync::Arc;

use regrow::answer::{Init, Next, Reply, ReplyTo};
use regrow::exit::ExitReason;
use regrow::server::{Context, GenServer, HandleCall, HandleInfo, Step};
use serde_json::{Value, json};

use super::super::reason::{decode, encode};
use super::player::Letter;
use super::scene::Scene;
use super::step::InitReturn;

/// A server that writes down what it is asked. Its state is always 0.
#[derive(Debug)]
pub(super) struct Server {
    scene: Arc<Scene>,
    name: String,
}

/// The one call that there is.
#[derive(Debug)]
pub(super) struct Question;

impl GenServer for Server {
    type Args = (Arc<Scene>, String, InitReturn);

    fn init((scene, name, init): Self::Args, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        async move {
            scene.world().enter(&name, cx.pid()).await;
            let server = Server { scene, name };
            server.note("init", &json!("t0"));
            match init {
                InitReturn::Ok => Init::ok(server),
                InitReturn::Ignore => Init::ignore(),
                InitReturn::Stop(reason) => Init::stop(decode(&reason)),
                InitReturn::Raise(message) => panic!("{message}"),
            }
        }
    }

    fn terminate(&mut self, reason: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        self.note("terminate", &encode(reason));
        Next::proceed()
    }
}

impl HandleCall<Question> for Server {
    type Reply = Value;

    fn handle_call(
        &mut self,
        _: Question,
        _: ReplyTo<Value>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<Value>> {
        self.note("call", &json!("t1"));
        Reply::now(json!("yes"))
    }
}

impl HandleInfo<Letter> for Server {
    fn handle_info(&mut self, letter: Letter, _: &mut Context<Self>) -> impl Step<Next> {
        // In what a server writes down, a message's sender is a term of its own.
        let from = json!({ "s": letter.from });
        self.note("info", &json!(["msg", from, letter.value]));
        Next::proceed()
    }
}

impl Server {
    fn note(&self, kind: &str, what: &Value) {
        self.scene.events().log(json!([self.name, kind, what, 0]));
    }
}
