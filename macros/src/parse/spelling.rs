//! Questions about written types, and the one change made to them.
//!
//! A macro sees how a type is spelled, never what it is. Two places of this crate read the
//! spelling (`Reply<T>` and `Result<T, E>` of a `#[call]`), one recognises the context; all of
//! them go by the last segment of the path, so `regrow::answer::Reply<T>` is as good as `Reply<T>`.

use syn::visit_mut::{self, VisitMut};
use syn::{
    ExprPath, GenericArgument, Generics, Path, PathArguments, PathSegment, QSelf, Type, TypePath,
    token,
};

/// Takes off parentheses, and the invisible ones that a `$ty:ty` of `macro_rules!` leaves behind.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        _ => ty,
    }
}

/// Returns the last segment of a type that is a path.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// Returns the types between a segment's angle brackets.
pub(crate) fn type_arguments(segment: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// Writes the server's type wherever a type says `Self`.
///
/// A handler's types appear again on the client, whose `Self` is a trait object, and in message
/// structs, whose `Self` is the message.
pub(super) fn name_self(ty: &mut Type, server: &Type) {
    NameSelf { server }.visit_type_mut(ty);
}

/// Does the same in bounds and where clauses.
pub(super) fn name_self_in_generics(generics: &mut Generics, server: &Type) {
    NameSelf { server }.visit_generics_mut(generics);
}

struct NameSelf<'a> {
    server: &'a Type,
}

impl NameSelf<'_> {
    /// Turns `Self::Item` into `<Server>::Item`; other paths stay.
    fn qualify(&self, qself: &mut Option<QSelf>, path: &mut Path) {
        let begins_with_self = path
            .segments
            .first()
            .is_some_and(|first| first.ident == "Self");
        if qself.is_some() || !begins_with_self || path.segments.len() < 2 {
            return;
        }
        let rest = path.segments.iter().skip(1).cloned().collect();
        *qself = Some(QSelf {
            lt_token: token::Lt::default(),
            ty: Box::new(self.server.clone()),
            position: 0,
            as_token: None,
            gt_token: token::Gt::default(),
        });
        *path = Path {
            leading_colon: Some(token::PathSep::default()),
            segments: rest,
        };
    }
}

impl VisitMut for NameSelf<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::Path(TypePath {
            qself: None, path, ..
        }) = ty
            && path.is_ident("Self")
        {
            *ty = self.server.clone();
            return;
        }
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        self.qualify(&mut ty.qself, &mut ty.path);
        visit_mut::visit_type_path_mut(self, ty);
    }

    fn visit_expr_path_mut(&mut self, expr: &mut ExprPath) {
        self.qualify(&mut expr.qself, &mut expr.path);
        visit_mut::visit_expr_path_mut(self, expr);
    }
}
