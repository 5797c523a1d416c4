//! What is beyond OTP, and there only if it is asked for: circuit breakers, pools.

mod circuit_breaker;
mod pool;
