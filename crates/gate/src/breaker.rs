//! When the platform opens a breaker by itself.
