//! How wrong a share may really be: exact binomial bounds.

/// Fewer rows than this cannot show, with a chance `miss` of being mistaken, that less than `risk` are
/// wrong, even when all are right: (1 − risk)^n > miss.
pub fn fewest(risk: f64, miss: f64) -> usize {
    (miss.ln() / (1.0 - risk.clamp(1e-4, 0.5)).ln()).ceil() as usize
}

/// One-sided Clopper-Pearson upper bound of a share that is above it with a chance of `miss`, by bisection
/// on the binomial tail; 1 when nothing was seen.
pub fn upper_bound(wrong: u32, of: u32, miss: f64) -> f64 {
    if of == 0 || wrong >= of {
        return 1.0;
    }
    // The share seen is the median there, so only bounds that miss more often than not lie below it.
    let low = if miss < 0.5 { f64::from(wrong) / f64::from(of) } else { 0.0 };
    let (mut low, mut high) = (low, 1.0);
    for _ in 0..40 {
        let p = f64::midpoint(low, high);
        if at_most(wrong, of, p) > miss { low = p } else { high = p }
    }
    high
}

/// P(X ≤ k) for X ~ Binomial(n, p), summed from logarithms.
fn at_most(k: u32, n: u32, p: f64) -> f64 {
    let (n, lp, lq) = (f64::from(n), p.ln(), (1.0 - p).ln());
    let mut log_choose = 0.0;
    let mut total = 0.0;
    for i in 0..=k {
        let i = f64::from(i);
        if i > 0.0 {
            log_choose += (n - i + 1.0).ln() - i.ln();
        }
        total += (log_choose + i * lp + (n - i) * lq).exp();
    }
    total
}
