//! A supervisor and the reference to its children.
//!
//! ```text
//! enum Chat {}
//!
//! #[derive(Clone, Debug)]
//! struct ChatRef {
//!     supervisor: ::regrow::reference::Child<::regrow::supervisor::Supervisor>,
//!     users: ::regrow::reference::Child<Registry<UserId>>,
//! }
//!
//! impl ChatRef {
//!     pub fn users(&self) -> &::regrow::reference::Child<Registry<UserId>> { &self.users }
//! }
//!
//! impl Chat {
//!     pub fn start_link() -> ::regrow::supervisor::StartTree<ChatRef> { Self::start().link() }
//!     fn __regrow_tree() -> (Supervisor, impl FnOnce(Child<Supervisor>) -> ChatRef) {
//!         let tree = ::regrow::supervisor::Supervisor::new(Strategy::RestForOne);
//!         let (tree, users) = ::regrow::__private::place::<Registry<UserId>>(tree, "users", ...);
//!         (tree, move |supervisor| ChatRef { supervisor, users })
//!     }
//! }
//! ```
//!
//! The user's struct becomes a type without values: its fields are types of processes, and there
//! is nothing they could hold. `place` adds a child to the supervisor and gives the place it will
//! have there, which outlives every process that comes to stand in it. A child with `tree` is another
//! such struct: its function `__regrow_tree` gives the supervisor that becomes the child, and what
//! makes its reference of the place.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, Path, Type};

use super::server::{restart, setting, shutdown};
use super::{Blame, docs, local, located, visibility};
use crate::model::{AutoShutdown, Child, ChildKind, Strategy, Supervisor};
use crate::parse::{last_segment, mentions, type_arguments};

/// Writes a supervisor.
pub(crate) fn supervisor(supervisor: &Supervisor) -> TokenStream {
    let empty = empty_type(supervisor);
    let reference = reference(supervisor);
    let accessors = accessors(supervisor);
    let starts = starts(supervisor);
    quote!(#empty #reference #accessors #starts)
}

/// Returns the name of the reference, `ChatRef`.
fn reference_name(supervisor: &Supervisor) -> Ident {
    let name = format!("{}Ref", supervisor.ident.unraw());
    Ident::new(&name, located(supervisor.ident.span()))
}

/// Writes the type that the user's struct becomes.
fn empty_type(supervisor: &Supervisor) -> TokenStream {
    let Supervisor {
        attrs: written,
        vis,
        ident,
        ..
    } = supervisor;
    let attrs = &supervisor.carried.attrs;
    let derived = written.iter().any(|attribute| {
        attribute.path().is_ident("derive") && mentions(attribute.to_token_stream(), &["Debug"])
    });
    let debug = (!derived).then(|| {
        quote! {
            #(#attrs)*
            #[automatically_derived]
            impl ::core::fmt::Debug for #ident {
                fn fmt(&self, _: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    match *self {}
                }
            }
        }
    });
    quote!(#(#written)* #[allow(clippy::exhaustive_enums)] #vis enum #ident {} #debug)
}

/// Writes the reference.
fn reference(supervisor: &Supervisor) -> TokenStream {
    let facade = &supervisor.options.facade;
    let Supervisor {
        vis,
        ident,
        children,
        ..
    } = supervisor;
    let attrs = &supervisor.carried.attrs;
    let name = reference_name(supervisor);
    let fields = children.iter().map(|child| {
        let (ident, attrs) = (&child.ident, &child.carried.attrs);
        let reference = child_reference(supervisor, child);
        quote!(#(#attrs)* #ident: #reference,)
    });
    let docs = docs(&format!(
        "A running [`{}`]: one method for each of its children, good over restarts.",
        ident.unraw()
    ));
    quote! {
        #docs
        #(#attrs)*
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #name {
            supervisor: #facade::reference::Child<#facade::supervisor::Supervisor>,
            #(#fields)*
        }
    }
}

fn accessors(supervisor: &Supervisor) -> TokenStream {
    let facade = &supervisor.options.facade;
    let rg = facade.door();
    let attrs = &supervisor.carried.attrs;
    let name = reference_name(supervisor);
    let accessors = supervisor.children.iter().map(|child| {
        let ident = &child.ident;
        let reference = child_reference(supervisor, child);
        let (own, attrs) = (&child.carried.docs, &child.carried.attrs);
        let vis = visibility(&child.vis);
        let line = format!(
            "The child `{}`, whichever process that is now.",
            ident.unraw()
        );
        let line = own.is_empty().then(|| docs(&line));
        quote! {
            #(#own)* #line
            #(#attrs)*
            #[inline]
            #vis fn #ident(&self) -> &#reference { &self.#ident }
        }
    });
    quote! {
        #(#attrs)*
        impl #name {
            /// The supervisor itself.
            #[inline]
            pub fn supervisor(&self) -> #facade::reference::ServerRef<#facade::supervisor::Supervisor> {
                #rg::supervisor_at(&self.supervisor)
            }
            #(#accessors)*
        }
    }
}

/// The type of what leads to a child: its place, or the reference to the tree that it is.
fn child_reference(supervisor: &Supervisor, child: &Child) -> TokenStream {
    let facade = &supervisor.options.facade;
    let ty = &child.ty;
    if child.options.tree.is_some() {
        let at = Blame::on(ty).first;
        let rg = facade.at(at).door();
        quote_spanned!(at=> <#ty as #rg::Tree>::Reference)
    } else {
        quote!(#facade::reference::Child<#ty>)
    }
}

/// Writes the functions that start the tree, or tell another supervisor how to.
fn starts(supervisor: &Supervisor) -> TokenStream {
    let facade = &supervisor.options.facade;
    let rg = facade.door();
    let (ident, reference, tree) = (&supervisor.ident, reference_name(supervisor), local("tree"));
    let attrs = &supervisor.carried.attrs;
    let names: Vec<_> = supervisor
        .options
        .args
        .iter()
        .map(|argument| &argument.ident)
        .collect();
    let types: Vec<_> = supervisor
        .options
        .args
        .iter()
        .map(|argument| &argument.ty)
        .collect();
    let arguments = quote!(#(#names: #types),*);
    let name = ident.unraw();
    let start_docs = docs(&format!(
        "Starts `{name}` and its children, linked to nobody."
    ));
    let link_docs = docs(&format!(
        "Starts `{name}` and its children, and links it to the caller."
    ));
    let spec_docs = docs(&format!(
        "Tells another supervisor how to start `{name}` as its child."
    ));
    let otp = docs("\n# In OTP\n\n`supervisor:start_link/2`");
    let body = tree_function(supervisor, &arguments);
    quote! {
        #(#attrs)*
        impl #ident {
            #start_docs
            pub fn start(#arguments) -> #facade::supervisor::StartTree<#reference> {
                let (__regrow_supervisor, __regrow_reference) = Self::#tree(#(#names),*);
                #rg::start_tree(__regrow_supervisor, __regrow_reference)
            }
            #link_docs #otp
            pub fn start_link(#arguments) -> #facade::supervisor::StartTree<#reference> {
                Self::start(#(#names),*).link()
            }
            #spec_docs
            pub fn child_spec(#arguments) -> #facade::supervisor::Supervisor {
                Self::#tree(#(#names),*).0
            }
            #body
        }
        #(#attrs)*
        #[automatically_derived]
        impl #rg::Tree for #ident {
            type Reference = #reference;
        }
    }
}

/// Writes the function that puts the tree together.
fn tree_function(supervisor: &Supervisor, arguments: &TokenStream) -> TokenStream {
    let facade = &supervisor.options.facade;
    let (reference, tree) = (reference_name(supervisor), local("tree"));
    let flags = flags(supervisor);
    let places = supervisor
        .children
        .iter()
        .map(|child| place(supervisor, child));
    let fields = supervisor.children.iter().map(|child| {
        let (ident, attrs, place) = (&child.ident, &child.carried.attrs, place_name(child));
        quote!(#(#attrs)* #ident: #place,)
    });
    quote! {
        #[doc(hidden)]
        pub fn #tree(#arguments) -> (
            #facade::supervisor::Supervisor,
            impl ::core::ops::FnOnce(
                #facade::reference::Child<#facade::supervisor::Supervisor>,
            ) -> #reference + ::core::marker::Send + 'static,
        ) {
            let __regrow_supervisor = #flags;
            #(#places)*
            (__regrow_supervisor, move |__regrow_started| #reference {
                supervisor: __regrow_started,
                #(#fields)*
            })
        }
    }
}

/// Returns the supervisor before it has children.
fn flags(supervisor: &Supervisor) -> TokenStream {
    let options = &supervisor.options;
    let facade = &options.facade;
    let strategy = match options.strategy {
        Strategy::OneForOne => quote!(OneForOne),
        Strategy::OneForAll => quote!(OneForAll),
        Strategy::RestForOne => quote!(RestForOne),
    };
    let auto_shutdown = options.auto_shutdown.map(|auto_shutdown| {
        let variant = match auto_shutdown {
            AutoShutdown::Never => quote!(Never),
            AutoShutdown::AnySignificant => quote!(AnySignificant),
            AutoShutdown::AllSignificant => quote!(AllSignificant),
        };
        quote!(.auto_shutdown(#facade::supervisor::AutoShutdown::#variant))
    });
    let intensity = match (&options.max_restarts, &options.max_seconds) {
        (None, None) => None,
        (restarts, seconds) => {
            // Who sets one of the two leaves the other at Elixir's default.
            let restarts = restarts
                .as_ref()
                .map_or(quote!(3), ToTokens::to_token_stream);
            let seconds = seconds
                .as_ref()
                .map_or(quote!(5), ToTokens::to_token_stream);
            Some(quote!(.max_restarts(#restarts, ::core::time::Duration::from_secs(#seconds))))
        }
    };
    let id = supervisor.ident.unraw().to_string();
    quote! {
        #facade::supervisor::Supervisor::new(#facade::supervisor::Strategy::#strategy)
            .id(#id) #intensity #auto_shutdown
    }
}

/// Returns the name of the local that holds a child's place.
fn place_name(child: &Child) -> Ident {
    local(&format!("child_{}", child.ident.unraw()))
}

/// Writes the statement that adds a child.
fn place(supervisor: &Supervisor, child: &Child) -> TokenStream {
    let rg = supervisor.options.facade.door();
    let (name, ty, attrs) = (place_name(child), &child.ty, &child.carried.attrs);
    let id = match &child.options.id {
        Some(id) => id.to_token_stream(),
        None => child.ident.unraw().to_string().to_token_stream(),
    };
    let specification = adjusted(supervisor, child);
    if child.options.tree.is_none() {
        return quote! {
            #(#attrs)*
            let (__regrow_supervisor, #name) =
                #rg::place::<#ty>(__regrow_supervisor, #id, #specification);
        };
    }
    let facade = &supervisor.options.facade;
    let (tree, arguments) = (local("tree"), arguments(child));
    let (below, reference) = (local("below"), local("reference"));
    quote! {
        #(#attrs)*
        let (#below, #reference) = <#ty>::#tree(#arguments);
        #(#attrs)*
        let (__regrow_supervisor, #name) = #rg::place::<#facade::supervisor::Supervisor>(
            __regrow_supervisor, #id, #specification,
        );
        #(#attrs)*
        let #name = #reference(#name);
    }
}

/// Returns a child's specification with what `#[child(...)]` changes in it.
fn adjusted(supervisor: &Supervisor, child: &Child) -> TokenStream {
    let facade = &supervisor.options.facade;
    let options = &child.options;
    let specification = specification(supervisor, child);
    let mut changes = vec![
        options.restart.as_ref().map(|(_, restart)| {
            let restart = self::restart(*restart, facade);
            quote!(.restart(#restart))
        }),
        options.shutdown.map(|shutdown| {
            let shutdown = self::shutdown(shutdown, facade);
            quote!(.shutdown(#shutdown))
        }),
        options
            .significant
            .as_ref()
            .map(|_| quote!(.significant(true))),
    ];
    changes.extend(
        options
            .settings
            .iter()
            .map(|setting| Some(self::setting(setting))),
    );
    if changes.iter().all(Option::is_none) {
        return specification;
    }
    let any: Path = syn::parse_quote!(#facade::supervisor::AnyChildSpec);
    quote!(::core::convert::Into::<#any>::into(#specification) #(#changes)*)
}

/// Returns what makes a child when nothing is changed.
fn specification(supervisor: &Supervisor, child: &Child) -> TokenStream {
    let rg = supervisor.options.facade.door();
    let ty = written_on(&child.ty);
    let blame = Blame::on(ty);
    if let Some((_, start)) = &child.options.start {
        return start.to_token_stream();
    }
    if child.options.tree.is_some() {
        return local("below").to_token_stream();
    }
    if child.kind != ChildKind::Server {
        let limit = child.options.max_children.as_ref();
        let limit = limit.filter(|_| child.kind == ChildKind::Dynamic);
        let limit = limit.map(|(_, limit)| quote!(.max_children(#limit)));
        return quote!(<#ty as #rg::DefaultChild>::default_child() #limit);
    }
    let arguments = blame.parenthesized(arguments(child));
    let function = Ident::new("child_spec", blame.last);
    quote_spanned!(blame.first=> <#ty>::#function #arguments)
}

/// What a child's start is given.
fn arguments(child: &Child) -> TokenStream {
    let arguments = child.options.args.as_ref();
    arguments.map_or(TokenStream::new(), |(_, arguments)| quote!(#(#arguments),*))
}

/// The type that has the function which tells how a child starts: the child's own, or what a
/// `Machine<Door>` is the machine of.
fn written_on(ty: &Type) -> &Type {
    match last_segment(ty) {
        Some(last) if last.ident == "Machine" => match type_arguments(last)[..] {
            [data] => data,
            _ => ty,
        },
        _ => ty,
    }
}
