//! What is read off a handler's signature.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::errors::Errors;
use crate::model::{Kind, ReplyShape, Role, Server};
use crate::parse;

/// Reads a block in which nothing is wrong so far.
fn server(block: TokenStream) -> Server {
    let mut errors = Errors::new();
    let server = parse::server(TokenStream::new(), block, &mut errors);
    assert_eq!(errors.finish().to_string(), "");
    server.ok().expect("the block has the form of a server")
}

/// Returns the reply's type and the letter of its shape, for a `#[call]` with this return type.
fn reply(attribute: &TokenStream, output: &TokenStream) -> (String, char) {
    let server = server(quote!(impl Counter { #attribute fn get(&self) #output {} }));
    let reply = &server.handlers[0].reply;
    let shape = match reply.shape {
        ReplyShape::Plain => 'P',
        ReplyShape::Result(..) => 'R',
        ReplyShape::Alias => 'A',
    };
    (reply.ty.to_token_stream().to_string(), shape)
}

#[test]
fn the_reply_is_read_off_the_return_type() {
    let call = quote!(#[call]);
    for (output, ty, shape) in [
        (quote!(), "", 'P'),
        (quote!(-> ()), "", 'P'),
        (quote!(-> i64), "i64", 'P'),
        (quote!(-> Reply<i64>), "i64", 'P'),
        (quote!(-> regrow::answer::Reply<i64>), "i64", 'P'),
        (quote!(-> Reply<()>), "", 'P'),
        (quote!(-> Reply), "Reply", 'P'),
        (quote!(-> Result<u8, E>), "Result < u8 , E >", 'R'),
        (quote!(-> Reply<Result<u8, E>>), "Result < u8 , E >", 'R'),
        (quote!(-> io::Result<u8>), "io :: Result < u8 >", 'A'),
        (quote!(-> fmt::Result), "fmt :: Result", 'A'),
        (quote!(-> Option<Self>), "Option < Counter >", 'P'),
    ] {
        assert_eq!(reply(&call, &output), (ty.to_owned(), shape), "{output}");
    }
}

#[test]
fn a_written_reply_overrides_the_return_type() {
    let call = quote!(#[call(reply = Result<u8, E>)]);
    let expected = ("Result < u8 , E >".to_owned(), 'R');
    assert_eq!(reply(&call, &quote!(-> Answer)), expected);
    assert_eq!(reply(&call, &quote!(-> Reply<u8>)), expected);
}

#[test]
fn arguments_have_roles() {
    let server = server(quote! {
        impl Counter {
            #[call]
            fn get(
                &self,
                a: Context,
                cx: &mut regrow::server::Context<Self>,
                from: ReplyTo<u8>,
                b: ReplyTo,
            ) {}
            #[cast]
            fn pass_on(&self, to: ReplyTo<u8>) {}
        }
    });
    let roles = |handler: usize| -> Vec<Role> {
        server.handlers[handler]
            .params
            .iter()
            .map(|param| param.role)
            .collect()
    };
    assert_eq!(
        roles(0),
        [Role::Value, Role::Context, Role::Caller, Role::Caller]
    );
    assert_eq!(roles(1), [Role::Value]);
}

#[test]
fn arguments_have_names_whatever_their_pattern() {
    let server = server(quote! {
        impl Counter {
            #[cast]
            fn set(&self, a: u8, mut b: u8, _c: u8, c: u8, _: u8, (d, e): (u8, u8), _type: u8) {}
        }
    });
    let names: Vec<String> = server.handlers[0]
        .params
        .iter()
        .map(|param| param.name.to_string())
        .collect();
    assert_eq!(names, ["a", "b", "c", "arg3", "arg4", "arg5", "arg6"]);
}

#[test]
fn messages_are_named_after_their_handlers_and_nothing_else() {
    let server = server(quote! {
        impl Counter {
            #[call] fn put_all(&self) {}
            #[call] fn message(&self, message: Message) {}
            #[call] fn counter(&self) {}
            #[call] fn r#type(&self) {}
            #[call] fn self_(&self) {}
            #[call] fn put__all(&self) {}
            #[call] fn _1(&self) {}
            #[info] fn info(&self, info: Info) {}
        }
    });
    let calls = server
        .handlers
        .iter()
        .filter(|handler| handler.kind == Kind::Call);
    let names: Vec<String> = calls.map(|handler| handler.message.to_string()).collect();
    let expected = [
        "PutAll",
        "MessageMessage",
        "CounterMessage",
        "Type",
        "SelfMessage",
        "PutAllMessage",
        "Message1",
    ];
    assert_eq!(names, expected);
}

#[test]
fn self_is_named_where_it_would_mean_something_else() {
    let server = server(quote! {
        impl<K> Cache<K> {
            #[cast]
            fn set<T: Into<Self>>(&self, a: Option<Self>, b: Self::Item, c: [u8; Self::N]) where Self: Sized {}
        }
    });
    let handler = &server.handlers[0];
    let types: Vec<String> = handler
        .value_types()
        .iter()
        .map(|ty| ty.to_token_stream().to_string())
        .collect();
    assert_eq!(
        types,
        [
            "Option < Cache < K > >",
            "< Cache < K > > :: Item",
            "[u8 ; < Cache < K > > :: N]"
        ]
    );
    let (bounds, where_clause) = (&handler.generics, &handler.generics.where_clause);
    assert_eq!(
        bounds.to_token_stream().to_string(),
        "< T : Into < Cache < K > > >"
    );
    assert_eq!(
        where_clause.to_token_stream().to_string(),
        "where Cache < K > : Sized"
    );
}
