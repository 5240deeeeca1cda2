//! OData filters. INVARIANT: every value goes through [`quoted`], so none can end its own string.

/// A string literal; a quote inside is doubled.
pub(super) fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// Accounts with this login, primary or further address.
pub(super) fn by_address(address: &str) -> String {
    let v = quoted(address);
    format!("userPrincipalName eq {v} or mail eq {v} or otherMails/any(m:m eq {v})")
}

/// Accounts with this display name, or with given and family name in either order.
pub(super) fn by_name(name: &str) -> String {
    let mut terms = vec![format!("displayName eq {}", quoted(name))];
    for (a, b) in splits(name) {
        let (a, b) = (quoted(&a), quoted(&b));
        terms.push(format!("(givenName eq {a} and surname eq {b})"));
        terms.push(format!("(givenName eq {b} and surname eq {a})"));
    }
    terms.join(" or ")
}

/// Every way to cut a name of at most five words in two.
pub(super) fn splits(name: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = name.split([' ', ',', '\t']).filter(|w| !w.is_empty()).take(6).collect();
    if words.len() > 5 {
        return Vec::new();
    }
    (1..words.len()).map(|i| (words[..i].join(" "), words[i..].join(" "))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_quote_cannot_end_the_string() {
        assert_eq!(quoted("O'Brien"), "'O''Brien'");
        let filter = by_address("x' or accountEnabled eq true or mail eq 'y");
        assert!(filter.starts_with("userPrincipalName eq 'x'' or accountEnabled"), "{filter}");
    }

    #[test]
    fn names_are_tried_in_both_orders_and_at_every_cut() {
        let filter = by_name("O'Brien, Mary Ann");
        assert!(filter.contains("(givenName eq 'Mary Ann' and surname eq 'O''Brien')"), "{filter}");
        assert!(filter.contains("(givenName eq 'O''Brien Mary' and surname eq 'Ann')"), "{filter}");
        assert_eq!(splits("Prince"), Vec::new());
    }
}
