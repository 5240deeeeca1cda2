//! What a rule's condition may speak of: a fixed table of variables over the facts.
//!
//! INVARIANT: the table is the whole vocabulary. A variable has one type, one subject and, where its
//! values are few, the list of them, so that a rule that could never match is found when saved.

/// What an action must deal with for a variable to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Known for every action.
    Any,
    /// Actions on a person's account.
    Account,
    /// Actions on a group.
    Group,
    /// Actions on a mailbox.
    Mailbox,
    /// Actions on devices.
    Devices,
    /// Actions that run a script.
    Script,
    /// Actions that deploy patches.
    Patch,
    /// Actions that cost money.
    Cost,
}

impl Subject {
    /// Plain words, as in "known only for …".
    pub fn words(self) -> &'static str {
        match self {
            Subject::Any => "every action",
            Subject::Account => "actions on accounts",
            Subject::Group => "actions on groups",
            Subject::Mailbox => "actions on mailboxes",
            Subject::Devices => "actions on devices",
            Subject::Script => "actions that run a script",
            Subject::Patch => "actions that deploy patches",
            Subject::Cost => "actions that cost money",
        }
    }
}

/// The type of a variable, with its bounds where it has any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarType {
    /// True or false.
    Bool,
    /// A whole number from `low` to `high`, both included.
    Int {
        /// Smallest value.
        low: i64,
        /// Greatest value.
        high: i64,
    },
    /// Any text.
    Text,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of texts; each one of these unless the slice is empty.
    List(&'static [&'static str]),
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VarSpec {
    /// Which variable.
    pub var: Var,
    /// Its name in conditions.
    pub name: &'static str,
    /// Its type.
    pub ty: VarType,
    /// For which actions it is known.
    pub subject: Subject,
    /// What it says, in a line.
    pub doc: &'static str,
}

/// The value of a scalar variable. Lists go through [`Variables::texts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Str(&'a str),
    /// Not known: the fact is missing.
    Missing,
}

/// The facts of one request, as a rule sees them.
pub trait Variables {
    /// The value of a scalar variable.
    fn get(&self, var: Var) -> Value<'_>;

    /// Shows every text of a list variable in order; false when the list is not known.
    fn texts(&self, var: Var, see: &mut dyn FnMut(&str)) -> bool {
        let _ = (var, see);
        false
    }
}

const COUNT: VarType = VarType::Int { low: 0, high: i64::MAX };
const PERCENT: VarType = VarType::Int { low: 0, high: 100 };
const SENSITIVITY: VarType = VarType::OneOf(&["normal", "sensitive", "privileged"]);
const ROLES: &[&str] = &["workstation", "server", "network", "domain_controller", "unknown"];
const WEEKDAYS: &[&str] =
    &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

macro_rules! variables {
    ($($variant:ident $name:literal $ty:expr, $subject:ident, $doc:literal;)*) => {
        /// A variable of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Var {
            $(#[doc = $doc] $variant,)*
        }

        /// Every variable that a condition may name.
        pub static VARS: &[VarSpec] = &[$(VarSpec {
            var: Var::$variant, name: $name, ty: $ty, subject: Subject::$subject, doc: $doc,
        },)*];

        impl Var {
            /// Its row of the table.
            pub fn spec(self) -> &'static VarSpec {
                match self {
                    $(Var::$variant => &VarSpec {
                        var: Var::$variant, name: $name, ty: $ty,
                        subject: Subject::$subject, doc: $doc,
                    },)*
                }
            }
        }
    };
}

variables! {
    Action "action" VarType::Text, Any, "Kind of action, for example \"reboot\".";
    Client "client" VarType::Text, Any, "Id of the client.";
    Brain "brain" VarType::Text, Any, "Id of the brain that asks.";
    IsWrite "is_write" VarType::Bool, Any, "The action changes something.";
    Targets "targets" COUNT, Any, "Targets of this request.";
    TargetsInWindow "targets_in_window" COUNT, Any,
        "Targets of this brain, client and action in the sliding window, this request included.";
    Hour "hour" VarType::Int { low: 0, high: 23 }, Any, "Hour in the client's time zone.";
    Minute "minute" VarType::Int { low: 0, high: 59 }, Any, "Minute of the hour.";
    Weekday "weekday" VarType::OneOf(WEEKDAYS), Any, "Day in the client's time zone.";
    Weekend "weekend" VarType::Bool, Any, "Saturday or Sunday for the client.";
    InMaintenanceWindow "in_maintenance_window" VarType::Bool, Any,
        "Inside one of the client's maintenance windows.";
    InBusinessHours "in_business_hours" VarType::Bool, Any, "Inside the client's business hours.";
    InChangeFreeze "in_change_freeze" VarType::Bool, Any, "Inside a change freeze.";
    Autonomy "autonomy" VarType::OneOf(&[
        "deny", "always_ask", "ask_if_uncertain", "auto_with_guardrails", "auto_and_close",
    ]), Any, "What the MSP allows for this client and action.";
    Hypercare "hypercare" VarType::Bool, Any, "The client is in its supervised window.";
    Regulated "regulated" VarType::Bool, Any, "The client is under a data protection regime.";
    Verification "verification"
        VarType::OneOf(&["unverified", "address_on_file", "second_channel"]), Any,
        "How surely the requester is known.";
    RequesterVerified "requester_verified" VarType::Bool, Any,
        "The requester is verified by the address on file or better.";
    RequesterIs "requester_is" VarType::OneOf(&[
        "oneself", "manager", "group_owner", "authorised_contact", "unrelated",
    ]), Any, "What the requester is to the target.";
    Confidence "confidence" PERCENT, Any, "Confidence of the understanding, in percent.";
    TargetPrivileged "target_privileged" VarType::Bool, Account,
        "The account has administrative rights.";
    TargetService "target_service" VarType::Bool, Account, "The account is a service's.";
    GroupName "group_name" VarType::Text, Group, "Name of the group.";
    GroupSensitivity "group_sensitivity" SENSITIVITY, Group, "How sensitive the group is.";
    MailboxSensitivity "mailbox_sensitivity" SENSITIVITY, Mailbox,
        "How sensitive the mailbox is.";
    PersonalData "personal_data" VarType::Bool, Group,
        "Marked as holding health, personal or payment data.";
    UserActive "user_active" VarType::Bool, Devices, "Somebody works on one of the devices now.";
    DeviceRole "device_role" VarType::OneOf(ROLES), Devices, "The gravest role of the devices.";
    Servers "servers" COUNT, Devices, "How many of the devices are servers.";
    OfflineDevices "offline_devices" COUNT, Devices, "How many of the devices do not answer.";
    FailingDevices "failing_devices" COUNT, Devices,
        "How many of the devices report failing hardware.";
    DeviceNames "device_names" VarType::List(&[]), Devices, "Names of the devices.";
    DeviceRoles "device_roles" VarType::List(ROLES), Devices, "Roles of the devices.";
    ScriptId "script_id" VarType::Text, Script, "Id of the script.";
    ScriptApproved "script_approved" VarType::Bool, Script,
        "In the approved library, unchanged and in scope.";
    PatchSeverity "patch_severity"
        VarType::OneOf(&["low", "moderate", "important", "critical", "unknown"]), Patch,
        "Severity of the patches.";
    KnownExploited "known_exploited" VarType::Bool, Patch,
        "On the list of known exploited vulnerabilities.";
    FleetAttempts "fleet_attempts" COUNT, Patch,
        "Attempts of the same change across all clients within the window.";
    FleetFailures "fleet_failures" COUNT, Patch, "Of these attempts, failed.";
    FleetFailurePercent "fleet_failure_percent" PERCENT, Patch, "Failed attempts, in percent.";
    MonthlyCost "monthly_cost" VarType::Int { low: i64::MIN, high: i64::MAX }, Cost,
        "More per month, in minor currency units (cents).";
    FreeSeats "free_seats" COUNT, Cost, "Seats that are paid for and unused.";
}

impl Var {
    /// The variable of this name.
    pub fn named(name: &str) -> Option<Var> {
        VARS.iter().find(|spec| spec.name == name).map(|spec| spec.var)
    }

    /// Its name in conditions.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// Whether it is known for actions that deal with these subjects.
    pub fn known_for(self, subjects: &[Subject]) -> bool {
        match self.spec().subject {
            Subject::Any => true,
            // INVARIANT: the one variable with two subjects; its row names the first.
            Subject::Group if self == Var::PersonalData => {
                subjects.contains(&Subject::Group) || subjects.contains(&Subject::Mailbox)
            }
            subject => subjects.contains(&subject),
        }
    }

    /// Plain words for the actions it is known for.
    pub fn known_words(self) -> &'static str {
        match self {
            Var::PersonalData => "actions on groups and mailboxes",
            _ => self.spec().subject.words(),
        }
    }

    /// The texts that it can be; empty when there is no such list.
    pub fn legal(self) -> &'static [&'static str] {
        match self.spec().ty {
            VarType::OneOf(texts) | VarType::List(texts) => texts,
            _ => &[],
        }
    }
}

impl std::fmt::Display for Var {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
