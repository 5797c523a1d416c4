//! Expansions as files: what a macro writes can be reviewed as code.
//!
//! `tests/expand/NAME.rs` is a program, `NAME.expanded.rs` the same program with its attribute
//! carried out. After a wanted change, run the test with `REGROW_BLESS=1` and read the difference.

use std::{env, fs};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, File, Item, Meta, Path, Token, parse_quote};

use crate::pipeline;

type Macro = fn(TokenStream, TokenStream) -> TokenStream;

const MACROS: [(&str, Macro); 6] = [
    ("gen_server", pipeline::gen_server),
    ("gen_statem", pipeline::gen_statem),
    ("supervisor", pipeline::supervisor),
    ("protocol", pipeline::protocol),
    ("main", pipeline::main),
    ("test", pipeline::test),
];

#[test]
fn a_server_expands_as_recorded() {
    check("gen_server");
}

#[test]
fn a_generic_server_expands_as_recorded() {
    check("gen_server_generic");
}

#[test]
fn a_server_with_mistakes_expands_as_recorded() {
    check("gen_server_broken");
}

#[test]
fn a_state_machine_expands_as_recorded() {
    check("gen_statem");
}

#[test]
fn a_generic_state_machine_that_waits_expands_as_recorded() {
    check("gen_statem_generic");
}

#[test]
fn a_state_machine_with_mistakes_expands_as_recorded() {
    check("gen_statem_broken");
}

#[test]
fn a_supervisor_expands_as_recorded() {
    check("supervisor");
}

#[test]
fn a_derived_specification_expands_as_recorded() {
    check("child_spec");
}

#[test]
fn a_protocol_expands_as_recorded() {
    check("protocol");
}

#[test]
fn main_expands_as_recorded() {
    check("regrow_main");
}

#[test]
fn a_test_expands_as_recorded() {
    check("regrow_test");
}

/// Expands a program and compares it with its record.
fn check(name: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand");
    let program = fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
    let recorded = folder.join(format!("{name}.expanded.rs"));
    let expanded = prettyplease::unparse(&expand(&program));
    if env::var_os("REGROW_BLESS").is_some() {
        fs::write(&recorded, &expanded).unwrap();
    }
    let recorded = fs::read_to_string(&recorded).unwrap_or_default();
    assert!(
        expanded == recorded,
        "{name}.expanded.rs should be:\n{expanded}"
    );
}

/// Carries out the attributes of a program.
fn expand(program: &str) -> File {
    let mut program: File = syn::parse_str(program).unwrap();
    let items = program.items.into_iter().flat_map(|mut item| {
        let attribute = attributes(&mut item).and_then(take_attribute);
        let Some((expand, arguments)) = attribute else {
            let derived: File = syn::parse2(derived(&mut item)).unwrap();
            return [vec![item], derived.items].concat();
        };
        let expansion: File = syn::parse2(expand(arguments, item.to_token_stream())).unwrap();
        expansion.items
    });
    program.items = items.collect();
    program
}

/// Carries `#[derive(ChildSpec)]` out, and takes it and its attributes from the item.
fn derived(item: &mut Item) -> TokenStream {
    let whole = item.to_token_stream();
    let Some(attrs) = attributes(item) else {
        return TokenStream::new();
    };
    let mut is_derived = false;
    for attribute in attrs
        .iter_mut()
        .filter(|attr| attr.path().is_ident("derive"))
    {
        let list = Punctuated::<Path, Token![,]>::parse_terminated;
        let traits = attribute.parse_args_with(list).unwrap().into_iter();
        let (own, others): (Vec<Path>, Vec<Path>) =
            traits.partition(|derived| derived.is_ident("ChildSpec"));
        is_derived |= !own.is_empty();
        *attribute = parse_quote!(#[derive(#(#others),*)]);
    }
    if !is_derived {
        return TokenStream::new();
    }
    attrs.retain(|attribute| !attribute.path().is_ident("child_spec"));
    pipeline::child_spec(whole)
}

fn attributes(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    match item {
        Item::Impl(item) => Some(&mut item.attrs),
        Item::Struct(item) => Some(&mut item.attrs),
        Item::Fn(item) => Some(&mut item.attrs),
        Item::Trait(item) => Some(&mut item.attrs),
        _ => None,
    }
}

/// Takes the attribute that is one of ours, and its arguments.
fn take_attribute(attrs: &mut Vec<Attribute>) -> Option<(Macro, TokenStream)> {
    let found = attrs.iter().enumerate().find_map(|(position, attribute)| {
        let name = &attribute.path().segments.last()?.ident;
        let (_, expand) = MACROS.iter().find(|(known, _)| name == known)?;
        Some((position, *expand))
    });
    let (position, expand) = found?;
    let arguments = match attrs.remove(position).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    Some((expand, arguments))
}

#[test]
fn everything_is_named_from_the_facade_that_was_given() {
    let block = "impl Counter {
        #[init] fn new(value: u8) -> Self {}
        #[call] async fn get(&mut self, cx: &mut Context<Self>) -> io::Result<u8> {}
        #[cast] fn set(&mut self, value: u8) {}
        #[terminate] fn end(&mut self, reason: &ExitReason) {}
    }";
    let arguments = "crate = other, name = \"counter\", restart = \"transient\", shutdown = \"1s\"";
    let written = pipeline::gen_server(arguments.parse().unwrap(), block.parse().unwrap());
    assert!(!written.to_string().contains(":: regrow"), "{written}");
    let block = "impl Door {
        #[init] fn new(value: u8) -> (Lock, Self) {}
        #[call(in = Open)] async fn get(&mut self, cx: &mut Context<Machine<Self>>) -> u8 {}
        #[cast(in = Open, postpone = _)] fn set(&mut self, value: u8) -> Lock {}
        #[timeout(\"it\")] fn due(&mut self) -> Transition<Self> {}
        #[enter(Open)] fn open(&mut self) {}
        #[exit] fn gone(&mut self, exit: Exit) {}
        #[terminate] fn end(&mut self, reason: &ExitReason) {}
    }";
    let arguments = "crate = other, state = Lock, name = \"door\", mailbox = 1, shutdown = \"1s\"";
    let written = pipeline::gen_statem(arguments.parse().unwrap(), block.parse().unwrap());
    assert!(!written.to_string().contains(":: regrow"), "{written}");
    let fields = "struct Tree { #[child(restart = \"transient\")] users: Registry<u8>, one: One }";
    let written = pipeline::supervisor("crate = other".parse().unwrap(), fields.parse().unwrap());
    assert!(!written.to_string().contains(":: regrow"), "{written}");
    let methods =
        "trait Store { fn get(&self) -> io::Result<u8>; #[cast] fn put(&mut self, value: u8); }";
    let written = pipeline::protocol("crate = other".parse().unwrap(), methods.parse().unwrap());
    assert!(!written.to_string().contains(":: regrow"), "{written}");
    for entry in [pipeline::main, pipeline::test] {
        let function = "async fn main() {}".parse().unwrap();
        let written = entry("crate = other".parse().unwrap(), function);
        assert!(!written.to_string().contains(":: regrow"), "{written}");
    }
}

#[test]
fn expansions_hold_no_unsafe_code() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand");
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("unsafe"), "{}", path.display());
    }
}
