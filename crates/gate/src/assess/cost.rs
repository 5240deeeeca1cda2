//! Money: the client's limit, free seats, and what the contract covers.

use super::{Ctx, Sink};
use domain::{Because, Blank, Contract, Tier, action::Need};

pub(super) fn assess<S: Sink>(ctx: &Ctx<'_>, out: &mut S) {
    // A missing fact is the business of `missing_facts`.
    let Some(cost) = ctx.seen.cost else { return };
    if !ctx.traits.needs(Need::Cost) {
        return;
    }
    let limit = ctx.rules.cost_limit_minor;
    if cost.monthly_minor > limit {
        out.raise("cost", Tier::High, "over_cost_limit", || {
            Because::filled(
                "costs {} more each month in the smallest unit of the currency; the limit is {}",
                [Blank::Number(cost.monthly_minor), Blank::Number(limit)],
            )
        });
    }
    if cost.monthly_minor > 0 && cost.free_seats == 0 {
        out.raise("cost", Tier::High, "no_free_seat", || {
            Because::Fixed("no paid seat is free, so one would have to be bought")
        });
    }
    let code = match cost.contract {
        Contract::Covered => return,
        Contract::NotCovered => "not_in_contract",
        Contract::Unknown => "contract_unknown",
    };
    out.raise("cost", Tier::High, code, || {
        Because::Fixed(match cost.contract {
            Contract::NotCovered => "the contract does not cover it",
            _ => "whether the contract covers it is not known",
        })
    });
}
