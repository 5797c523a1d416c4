//! What is beyond OTP, and there only if it is asked for: circuit breakers, pools, servers with
//! children of their own, restarts with delays and budgets, bound children.

mod bound;
mod circuit_breaker;
mod dynamic;
mod parent;
mod pool;
mod restarts;
