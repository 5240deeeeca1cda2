//! What each kind of action takes: one table, from which the check of a request, the JSON schemas of
//! the API and the MCP tools are all made, so that they cannot say different things.
//!
//! INVARIANT: every field of every action stands here; a field that does not is refused by name.

use domain::ActionKind;

/// Most devices, accounts, groups or clients in one list.
pub(crate) const MOST_TARGETS: usize = 500;
/// Most actions in one request.
pub(crate) const MOST_ACTIONS: usize = 20;
/// Longest name or id, in characters.
pub(crate) const LONGEST_NAME: usize = 256;
/// Longest reason, in characters.
pub(crate) const LONGEST_REASON: usize = 2_000;
/// Longest text for a ticket, in characters.
const LONGEST_TEXT: usize = 20_000;

/// What a value has to look like.
#[derive(Debug)]
pub(crate) enum Shape {
    /// An id of another system: visible ASCII without blanks.
    Id,
    /// The same, or `null`.
    MaybeId,
    /// What people call something, at least so many characters.
    Name(usize),
    /// A sign-in name as a directory shows it.
    Login,
    /// A user principal name, `local@domain`.
    Principal,
    /// Sentences, from so many to so many characters.
    Prose(usize, usize),
    /// SHA-256, 64 lower-case hexadecimal digits.
    Sha256,
    /// An IPv4 or IPv6 address.
    Address,
    /// Id of a patch.
    Patch,
    /// True or false.
    Flag,
    /// A whole number from–to.
    Whole(u32, u32),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Id of a client.
    Client,
    /// How an account is looked for: an object with exactly one of `address` and `name`.
    Query,
    /// An object.
    Object(&'static [Field]),
    /// A list from so many to so many items.
    List(&'static Shape, usize, usize),
}

/// One field of an object.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
}

const fn field(name: &'static str, about: &'static str, shape: Shape) -> Field {
    Field { name, about, shape, required: true }
}

const fn maybe(name: &'static str, about: &'static str, shape: Shape) -> Field {
    Field { name, about, shape, required: false }
}

const ACCOUNT: Shape = Shape::Object(&[
    field("id", "Immutable id in the client's directory, as find_user shows it", Shape::Id),
    field("login", "User principal name, as find_user shows it", Shape::Login),
    field("name", "Display name, as find_user shows it", Shape::Name(1)),
]);
const GROUP: Shape = Shape::Object(&[
    field("id", "Immutable id in the client's directory, as find_group shows it", Shape::Id),
    field("name", "Display name, as find_group shows it", Shape::Name(1)),
    maybe("privileged", "As find_group shows it; the directory's own word counts", Shape::Flag),
]);
const DEVICE: Shape = Shape::Object(&[
    field("id", "Immutable id in the system that manages it", Shape::Id),
    field("name", "Host name", Shape::Name(1)),
]);
const MAILBOX: Shape = Shape::Object(&[
    field("id", "Immutable id in the client's tenant", Shape::Id),
    field("address", "Primary address", Shape::Principal),
]);
const LICENCE: Shape = Shape::Object(&[
    field("sku", "The vendor's id of the product", Shape::Id),
    field("name", "Its name for people", Shape::Name(1)),
]);
const SCRIPT: Shape = Shape::Object(&[
    field("id", "Its id in the library", Shape::Id),
    field("sha256", "SHA-256 of the content that was approved", Shape::Sha256),
]);
/// Points at a ticket.
pub(crate) const TICKET: Shape = Shape::Object(&[
    field("psa", "Name of the help desk, as list_tickets shows it", Shape::Id),
    field("id", "The help desk's id, as list_tickets shows it", Shape::Id),
]);

const WHOSE: Field = field("account", "Whose account", ACCOUNT);
const WHICH: Field = field("device", "Which device", DEVICE);
const DEVICES: Field = field("devices", "Which devices", Shape::List(&DEVICE, 1, MOST_TARGETS));
const MEMBER_OF: Field = field("group", "Which group", GROUP);
const BOX: Field = field("mailbox", "Which mailbox", MAILBOX);
const RIGHT: Field =
    field("right", "Which right", Shape::Word(&["full_access", "send_as", "send_on_behalf"]));
const SEAT: Field = field("licence", "Which licence", LICENCE);
const ON: Field = field("ticket", "Which ticket; the one that the request is about", TICKET);
const CHANGE: Field =
    field("change", "What exactly changes, in a sentence", Shape::Prose(1, LONGEST_REASON));

/// The fields of this kind, besides `kind` itself.
pub(crate) fn fields(kind: ActionKind) -> &'static [Field] {
    use ActionKind as K;
    match kind {
        K::FindUser => &[const { field("query", "How", Shape::Query) }],
        K::FindGroup => &[const { field("name", "Its name as people write it", Shape::Name(1)) }],
        K::ReadAccount
        | K::ListDevices
        | K::UnlockAccount
        | K::RequirePasswordChange
        | K::EnableAccount
        | K::DisableAccount
        | K::ResetMfa
        | K::SignOutEverywhere => &[WHOSE],
        K::GetAlerts
        | K::HardwareHealth
        | K::SecurityPosture
        | K::NetworkDiagnostics
        | K::DiskDiagnostics
        | K::BootDiagnostics => &[WHICH],
        K::Reboot | K::ShutDown | K::WipeDevice => &[DEVICES],
        K::AddGroupMember | K::RemoveGroupMember => &[WHOSE, MEMBER_OF],
        K::GrantMailboxPermission | K::RevokeMailboxPermission => &[WHOSE, BOX, RIGHT],
        K::AssignLicence | K::RemoveLicence => &[WHOSE, SEAT],
        K::ChangeFirewall | K::ChangeServerConfiguration | K::ChangeBackupSchedule => {
            &[DEVICES, CHANGE]
        }
        K::ResetPassword => &[
            WHOSE,
            const {
                field(
                    "must_change",
                    "The user must choose their own at the next sign-in",
                    Shape::Flag,
                )
            },
        ],
        K::IssueTemporaryAccessPass => {
            &[WHOSE, const { field("minutes", "How long it may be used", Shape::Whole(10, 480)) }]
        }
        K::Reply => &[
            ON,
            const {
                field(
                    "text",
                    "What the user reads, without any secret",
                    Shape::Prose(1, LONGEST_TEXT),
                )
            },
        ],
        K::AddNote => &[
            ON,
            const { field("text", "The note, without any secret", Shape::Prose(1, LONGEST_TEXT)) },
        ],
        K::LogTime => &[
            ON,
            const { field("minutes", "Minutes of work", Shape::Whole(1, 1_440)) },
            const { field("text", "What the time was spent on", Shape::Prose(1, LONGEST_REASON)) },
        ],
        K::SetStatus => &[
            ON,
            const {
                field(
                    "status",
                    "The new status",
                    Shape::Word(&[
                        "new",
                        "in_progress",
                        "waiting_on_customer",
                        "waiting_on_approval",
                        "needs_technician",
                        "closed",
                    ]),
                )
            },
            const {
                maybe(
                    "duplicate_of",
                    "Another ticket of the same help desk that this one repeats",
                    Shape::MaybeId,
                )
            },
        ],
        K::SearchLogs => &[WHICH, const { field("query", "Words to look for", Shape::Name(1)) }],
        K::ServiceHealth => {
            &[
                const {
                    field("service", "Name of the service, such as Exchange Online", Shape::Name(1))
                },
            ]
        }
        K::RestartService => {
            &[DEVICES, const { field("service", "Name of the service", Shape::Name(1)) }]
        }
        K::ClearCache => &[
            DEVICES,
            const {
                field(
                    "cache",
                    "Which cache, such as teams, browser or print_spooler",
                    Shape::Name(1),
                )
            },
        ],
        K::SetStartupItem => &[
            DEVICES,
            const { field("item", "Name of the item", Shape::Name(1)) },
            const { field("enabled", "Whether it starts with the device", Shape::Flag) },
        ],
        K::SetDns => &[
            DEVICES,
            const {
                field(
                    "servers",
                    "Addresses, in order; empty means those that the network hands out",
                    Shape::List(&Shape::Address, 0, 8),
                )
            },
        ],
        K::RunScript => &[
            DEVICES,
            const { field("script", "Which script, with the hash of its content", SCRIPT) },
            const { field("arguments", "Its arguments", Shape::List(&Shape::Prose(0, 1_000), 0, 50)) },
        ],
        K::DeployPatches => &[
            DEVICES,
            const {
                field(
                    "patches",
                    "Ids of the patches, such as KB5034441",
                    Shape::List(&Shape::Patch, 1, 100),
                )
            },
        ],
        K::CreateUser => &[
            const { field("login", "Its user principal name", Shape::Principal) },
            const { field("name", "Its display name", Shape::Name(1)) },
            const { field("department", "Its department; may be empty", Shape::Name(0)) },
            const { field("groups", "Groups that it joins", Shape::List(&GROUP, 0, 100)) },
        ],
        K::DeleteAccounts => {
            &[const { field("accounts", "Which accounts", Shape::List(&ACCOUNT, 1, MOST_TARGETS)) }]
        }
        K::ChangeSecurityPolicy => {
            &[const { field("policy", "Name of the policy", Shape::Name(1)) }, CHANGE]
        }
        K::ChangeManyClients => &[
            const { field("clients", "Which clients", Shape::List(&Shape::Client, 1, MOST_TARGETS)) },
            CHANGE,
        ],
    }
}

/// The kind with this name.
pub(crate) fn kind(name: &str) -> Option<ActionKind> {
    ActionKind::ALL.iter().copied().find(|k| k.name() == name)
}
