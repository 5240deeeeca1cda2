//! Things that have passwords, locks and members of their own.
//!
//! "My password" is the directory's; "my Dropbox password" is not. One token for all of them lets
//! the recogniser carry what it learned about one product over to the next. Folded, sorted.

/// Products and services with accounts of their own.
const PRODUCTS: &[&str] = &[
    "adobe",
    "amazon",
    "android",
    "appleid",
    "asana",
    "atlassian",
    "autocad",
    "autodesk",
    "aws",
    "bitwarden",
    "bloomberg",
    "box",
    "canva",
    "concur",
    "confluence",
    "coupa",
    "crm",
    "datev",
    "docusign",
    "dropbox",
    "dynamics",
    "ebay",
    "elster",
    "erp",
    "etime",
    "facebook",
    "figma",
    "freshdesk",
    "github",
    "gitlab",
    "gmail",
    "google",
    "hana",
    "hubspot",
    "icloud",
    "instagram",
    "itunes",
    "jenkins",
    "jira",
    "keepass",
    "lastpass",
    "lexware",
    "linkedin",
    "mailchimp",
    "miro",
    "moodle",
    "navision",
    "netflix",
    "netsuite",
    "odoo",
    "oracle",
    "paypal",
    "personio",
    "postgres",
    "quickbooks",
    "sage",
    "salesforce",
    "sap",
    "servicenow",
    "shopify",
    "slack",
    "snowflake",
    "solidworks",
    "spotify",
    "stripe",
    "successfactors",
    "tableau",
    "teamviewer",
    "trello",
    "twitter",
    "vodafone",
    "webex",
    "whatsapp",
    "wordpress",
    "workday",
    "xero",
    "youtube",
    "zendesk",
    "zoom",
];

/// Objects with codes, locks or passwords of their own.
const THINGS: &[&str] = &[
    "archive",
    "badge",
    "bank",
    "bios",
    "bitlocker",
    "cabinet",
    "copier",
    "customer",
    "database",
    "datei",
    "document",
    "door",
    "drawer",
    "drucker",
    "excel",
    "file",
    "folder",
    "guest",
    "hotspot",
    "invoice",
    "ipad",
    "iphone",
    "key",
    "kunde",
    "laufwerk",
    "ledger",
    "netzwerk",
    "ordner",
    "passcode",
    "pdf",
    "phone",
    "pin",
    "portal",
    "printer",
    "puk",
    "router",
    "scanner",
    "screensaver",
    "server",
    "sim",
    "spreadsheet",
    "supplier",
    "tablet",
    "telefon",
    "tool",
    "tresor",
    "vendor",
    "voicemail",
    "watermark",
    "website",
    "wifi",
    "wlan",
    "word",
    "xfile",
    "zip",
];

/// The token that stands beside a word of the lexicon.
pub(crate) fn token(folded: &str) -> Option<&'static str> {
    if PRODUCTS.binary_search(&folded).is_ok() {
        Some("xapp")
    } else if THINGS.binary_search(&folded).is_ok() {
        Some("xthing")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn every_entry_is_found() {
        for word in PRODUCTS {
            assert_eq!(token(word), Some("xapp"), "{word}: the list must be sorted");
        }
        for word in THINGS {
            assert_eq!(token(word), Some("xthing"), "{word}: the list must be sorted");
        }
        assert_eq!(token("windows"), None);
    }
}
