//! One child: what is to be started, how it is started and stopped, what others see of it.

pub(crate) mod care;
pub(crate) mod extra_arguments;
pub(crate) mod extras;
pub(crate) mod id;
pub(crate) mod info;
pub(crate) mod kept;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod shelf;
pub(crate) mod spec;
pub(crate) mod start;
pub(crate) mod started;
pub(crate) mod stop;
mod worker;
