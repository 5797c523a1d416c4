//! One child: what is to be started, how it is started and stopped, what others see of it.

pub(crate) mod info;
pub(crate) mod report;
pub(crate) mod spec;
pub(crate) mod start;
pub(crate) mod stop;
mod worker;
