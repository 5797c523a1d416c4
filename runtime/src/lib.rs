//! x
mod cell;
mod memory;
mod primitive;
