//! Tests of the stages, outside of a compiler: `proc_macro2` brings its own tokens.

mod args;
mod errors;
mod expand;
mod parse;
