//! Who is asking: a change for someone we cannot place is never run alone, and a proof grows old.

use super::{Ctx, Sink};
use domain::{Because, Blank, Tier, Verification, action::Need};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    if !ctx.write || !ctx.traits.needs(Need::Requester) {
        return;
    }
    // A missing fact is the business of `missing_facts`.
    let Some(requester) = ctx.seen.requester else { return };
    // What the platform's own monitoring asks for comes from nobody; devices are judged by theirs.
    // Where a policy asks for more than the address, nobody is not enough either.
    let needed = *ctx.rules.identity.of(ctx.kind);
    if ctx.infrastructure
        && needed <= Verification::AddressOnFile
        && requester.address.is_empty()
        && requester.verification == Verification::Unverified
    {
        let why = || Because::Fixed("no person asked for it");
        out.raise("requester_identity", Tier::Medium, "nobody_asked", why);
        return;
    }
    let old = ctx.policy.document().max_verification_age_ms;
    let stale = requester.verification == Verification::SecondChannel
        && requester.verified_at.is_none_or(|at| {
            let age_ms = ctx.now.since(at);
            age_ms > old || age_ms < 0
        });
    // An old proof says no more than the address does.
    let verification = if stale { Verification::AddressOnFile } else { requester.verification };
    if stale && ctx.base.1.contains("second_channel") && ctx.base.0 < Tier::High {
        out.raise("requester_identity", Tier::High, "identity_proof_old", || {
            Because::Fixed("the proof over a second channel is too old to rely on")
        });
    }
    if verification < needed {
        let code = match verification {
            Verification::Unverified => "requester_unverified",
            _ => "identity_too_weak",
        };
        out.raise("requester_identity", Tier::High, code, || {
            Because::filled(
                "the requester is {}; this needs one {}",
                [Blank::Word(verification.words()), Blank::Word(needed.words())],
            )
        });
    }
}
