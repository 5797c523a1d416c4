//! What is beyond OTP, and there only if it is asked for: circuit breakers, pools, servers with
//! children of their own.

mod circuit_breaker;
mod parent;
mod pool;
