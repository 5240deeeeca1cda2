//! Custom rules: what they mean, what is said about bad ones, and that no text breaks the compiler.

use domain::{Autonomy, DeviceRole, PatchSeverity, Relation, Sensitivity, Tier, Verification};
use gate::rules::{
    CustomRule, Dead, Failure, Outcome, Program, RuleProblem, Subject, VARS, Value, Var, VarType,
    Variables, check_rule, never_matches,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[derive(Clone, Debug)]
enum Owned {
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<String>),
}

#[derive(Clone, Debug, Default)]
struct World(BTreeMap<Var, Owned>);

impl Variables for World {
    fn get(&self, var: Var) -> Value<'_> {
        match self.0.get(&var) {
            Some(Owned::Bool(b)) => Value::Bool(*b),
            Some(Owned::Int(i)) => Value::Int(*i),
            Some(Owned::Text(t)) => Value::Str(t),
            _ => Value::Missing,
        }
    }

    fn texts(&self, var: Var, see: &mut dyn FnMut(&str)) -> bool {
        let Some(Owned::List(texts)) = self.0.get(&var) else { return false };
        texts.iter().for_each(|t| see(t));
        true
    }
}

fn world(values: &[(Var, Owned)]) -> World {
    World(values.iter().cloned().collect())
}

fn list(texts: &[&str]) -> Owned {
    Owned::List(texts.iter().map(|t| (*t).to_string()).collect())
}

fn rule(condition: &str) -> CustomRule {
    CustomRule {
        name: "night-reboots".into(),
        action: "reboot".into(),
        condition: condition.into(),
        escalate_to: Tier::High,
        reason: "Somebody may be working".into(),
    }
}

fn program(condition: &str) -> Program {
    Program::compile(&rule(condition)).unwrap_or_else(|p| panic!("{condition}: {p:?}"))
}

const KINDS: [&str; 4] = ["list_devices", "reboot", "shut_down", "unlock_account"];

fn subjects_of(kind: &str) -> Option<Vec<Subject>> {
    match kind {
        "list_devices" => Some(vec![]),
        "reboot" | "shut_down" => Some(vec![Subject::Devices]),
        "unlock_account" => Some(vec![Subject::Account]),
        _ => None,
    }
}

fn problems(rule: &CustomRule) -> Vec<RuleProblem> {
    check_rule(rule, &KINDS, &subjects_of).err().unwrap_or_default()
}

fn said(rule: &CustomRule) -> String {
    let said: Vec<String> = problems(rule).iter().map(ToString::to_string).collect();
    said.join("\n")
}

#[test]
fn a_rule_holds_when_its_condition_does() {
    let busy = world(&[(Var::UserActive, Owned::Bool(true)), (Var::Hour, Owned::Int(14))]);
    let cases = [
        ("user_active && hour < 18", Outcome::Matches),
        ("user_active && hour < 14", Outcome::DoesNotMatch),
        ("!user_active || hour == 14", Outcome::Matches),
        ("hour in [8, 12, 14]", Outcome::Matches),
        ("hour * 2 - 1 == 27 && hour % 5 == 4 && -hour / 2 == -7", Outcome::Matches),
        ("user_active ? hour > 20 : hour < 20", Outcome::DoesNotMatch),
        ("user_active == false", Outcome::DoesNotMatch),
        ("18 > hour && 14 <= hour", Outcome::Matches),
    ];
    for (condition, outcome) in cases {
        let program = program(condition);
        assert!(program.is_native(), "{condition}");
        assert_eq!(program.eval(&busy), outcome, "{condition}");
    }
}

#[test]
fn a_rule_reads_texts_and_lists() {
    let facts = world(&[
        (Var::GroupName, Owned::Text("Finance – Genève".into())),
        (Var::Weekday, Owned::Text("friday".into())),
        (Var::DeviceNames, list(&["ACME-DC1", "ACME-PC7"])),
        (Var::DeviceRoles, list(&["domain_controller", "workstation"])),
    ]);
    let native = [
        "group_name.startsWith(\"Fin\") && group_name.endsWith('ève')",
        "group_name.contains(\"–\") && size(group_name) == 16 && group_name.size() == 16",
        "weekday in [\"friday\", \"saturday\"] && weekday != 'sunday'",
        "\"domain_controller\" in device_roles",
        "size(device_names) == 2",
    ];
    let interpreted = [
        "device_names.exists(n, n.startsWith(\"ACME-DC\"))",
        "device_names.all(n, n.matches('^ACME-[A-Z]+[0-9]$'))",
        "device_roles.filter(r, r == \"workstation\").size() == 1",
        "device_names.map(n, size(n)) == [8, 8]",
        "device_names[0] == \"ACME-DC1\"",
        "group_name + \"!\" > group_name",
    ];
    for (conditions, is_native) in [(&native[..], true), (&interpreted[..], false)] {
        for condition in conditions {
            let program = program(condition);
            assert_eq!(program.is_native(), is_native, "{condition}");
            assert_eq!(program.eval(&facts), Outcome::Matches, "{condition}");
            let nothing = program.eval(&World::default());
            assert!(
                matches!(nothing, Outcome::Failed(Failure::Missing(_))),
                "{condition}: {nothing:?}"
            );
        }
    }
}

#[test]
fn what_is_not_known_does_not_matter_where_the_other_side_decides() {
    let facts = world(&[(Var::Weekend, Owned::Bool(true)), (Var::Hour, Owned::Int(3))]);
    let missing = Outcome::Failed(Failure::Missing(Var::UserActive));
    let cases = [
        ("weekend || user_active", Outcome::Matches),
        ("user_active || weekend", Outcome::Matches),
        ("!weekend && user_active", Outcome::DoesNotMatch),
        ("user_active && !weekend", Outcome::DoesNotMatch),
        ("weekend && user_active", missing),
        ("user_active && weekend", missing),
        ("user_active || !weekend", missing),
        ("!user_active", missing),
        ("user_active ? weekend : weekend", missing),
        ("hour / 0 == 1 || weekend", Outcome::Matches),
        ("hour / 0 == 1 && weekend", Outcome::Failed(Failure::DivisionByZero)),
        ("hour % (hour - 3) == 0", Outcome::Failed(Failure::DivisionByZero)),
        ("hour + 9223372036854775807 > 0", Outcome::Failed(Failure::Overflow)),
        ("[true].exists(x, user_active && x)", missing),
    ];
    for (condition, outcome) in cases {
        assert_eq!(program(condition).eval(&facts), outcome, "{condition}");
    }
}

#[test]
fn a_value_of_the_wrong_type_fails_instead_of_answering() {
    let facts = world(&[(Var::Hour, Owned::Text("9".into())), (Var::Weekend, Owned::Int(1))]);
    for (condition, var) in [
        ("hour < 18", Var::Hour),
        ("hour == 9", Var::Hour),
        ("hour in [9]", Var::Hour),
        ("weekend", Var::Weekend),
        ("[1].exists(x, x == hour)", Var::Hour),
    ] {
        assert_eq!(program(condition).eval(&facts), Outcome::Failed(Failure::WrongType(var)));
    }
}

#[test]
fn each_problem_says_what_is_wrong_and_what_is_right() {
    let cases = [
        ("", "the condition is empty; write one"),
        ("hour", "the condition is a number; it must be true or false"),
        (
            "hour == \"9\"",
            "character 1: `hour` is a number; compare it with a number, not with \"9\"",
        ),
        (
            "weekend && \"9\" == hour",
            "character 19: `hour` is a number; compare it with a number, not with \"9\"",
        ),
        ("hour == 9.5", "`hour` is a number; compare it with a number, not with 9.5"),
        ("user_actve", "there is no variable `user_actve`; did you mean `user_active`?"),
        (
            "weekend && houre < 3",
            "character 12: there is no variable `houre`; did you mean `hour`?",
        ),
        ("zzzzqqqq", "there is no variable `zzzzqqqq`"),
        ("weekday == \"mon\"", "`weekday` is never \"mon\"; it is one of \"monday\", \"tuesday\""),
        ("weekday in ['friday', 'satday']", "`weekday` is never \"satday\""),
        (
            "\"laptop\" in device_roles",
            "`device_roles` is never \"laptop\"; it is one of \"workstation\"",
        ),
        ("device_roles.exists(r, r == 'laptop')", "`device_roles` is never \"laptop\""),
        ("hour == 24", "`hour` is never 24; it is 0 to 23"),
        ("targets == -1", "`targets` is never -1; it is 0 or more"),
        ("action == \"rebot\"", "there is no such action; did you mean `reboot`?"),
        ("hour = 9", "character 6: compare with `==`, not `=`"),
        ("weekend and regulated", "character 9: write `&&`, not `and`"),
        ("weekend & regulated", "write `&&` for \"and\""),
        ("weekend &&", "the condition ends too early; a value is missing"),
        ("(weekend", "character 9: ')' is missing here"),
        ("weekend regulated", "`regulated` does not belong here; join conditions with `&&`"),
        ("client == 'acme", "a text is not closed"),
        ("client == \"\"\"acme\"\"\"", "two texts in quotes stand side by side"),
        ("weekend && hour", "`hour` is a number; both sides of `&&` must be conditions"),
        ("!hour", "`hour` is a number; `!` turns a condition round"),
        ("weekend < true", "`weekend` is true or false; only numbers and texts"),
        (
            "hour + client == 3",
            "`+` joins two of a kind; `hour` is a number and `client` is a text",
        ),
        ("hour in 3", "3 is a number; `in` needs a list on its right"),
        ("client in [1, 2]", "`client` is a text; the list beside `in` holds none of these"),
        ("hour in [1, 'a']", "a list holds one type"),
        (
            "device_names == 'x'",
            "`device_names` is a list; ask whether it holds a text: `\"…\" in device_names`",
        ),
        ("hour.startsWith('1')", "`hour` is a number; `startsWith` looks for a text in a text"),
        ("client.beginsWith('a')", "there is no function `beginsWith`"),
        ("client.startWith('a')", "there is no function `startWith`; did you mean `startsWith`?"),
        ("client.name == 'a'", "`.name` is not known: variables have no fields"),
        ("hour.exists(h, h > 1)", "`hour` is a number; exists, all, filter and map need a list"),
        ("device_names.exists(n, size(n))", "exists and all need a condition"),
        ("client.matches('(')", "the pattern cannot be read: unclosed group"),
        ("client.matches(group_name)", "`matches` needs its pattern as a text in quotes"),
        ("client.matches('[0-9]{3}')", "no counts such as `{3}`"),
        ("hour == 9u", "write 9, not 9u"),
        ("client == null", "a fact that is not known raises by itself"),
        ("has(client.x)", "`has(…)` is not needed"),
        ("1 / 0 == 1", "fails on evaluation: division by zero"),
        ("100 / targets > 5", "fails on evaluation when `targets` is 0: division by zero"),
        ("hour < 5 && hour > 9", "can never match"),
    ];
    for (condition, expected) in cases {
        let said = said(&rule(condition));
        assert!(said.contains(expected), "{condition}\n  said: {said}\n  not:  {expected}");
        assert!(said.starts_with("rule \"night-reboots\""), "{said}");
    }
    assert_eq!(said(&rule("user_active && hour < 18")), "");
    assert_eq!(said(&rule("targets > 0 && 100 / targets > 5")), "");
}

#[test]
fn problems_of_the_other_fields_are_told_together() {
    let bad = CustomRule {
        name: " ".into(),
        action: "reboot, reboot, rebot, ".into(),
        escalate_to: Tier::Low,
        reason: String::new(),
        ..rule("hour ==")
    };
    let said = said(&bad);
    for expected in [
        "`name` is empty",
        "`reason` is empty",
        "a rule can only raise: medium, high or critical",
        "`action` names `reboot` twice",
        "`action` has an empty name",
        "there is no action `rebot`; did you mean `reboot`?",
        "the condition ends too early",
    ] {
        assert!(said.contains(expected), "{said}\n  not: {expected}");
    }
}

#[test]
fn a_variable_must_be_known_for_every_action_of_the_rule() {
    let on = |action: &str, condition: &str| {
        said(&CustomRule { action: action.into(), ..rule(condition) })
    };
    assert_eq!(on("reboot, shut_down", "user_active"), "");
    assert_eq!(on("*", "hour < 6"), "");
    assert!(on("reboot,unlock_account", "user_active").contains(
        "`user_active` is known only for actions on devices; the rule applies to unlock_account"
    ));
    assert!(on("*", "user_active").contains("name the actions instead of `*`"));
    assert!(
        on("reboot", "personal_data").contains("known only for actions on groups and mailboxes")
    );
}

#[test]
fn rules_that_can_never_match_are_found_and_others_are_left_alone() {
    let dead = [
        "targets < 0",
        "weekday == 'monday' && weekend && weekday == 'sunday'",
        "client == 'acme' && client == 'bolt'",
        "hour > 22 && minute > 3 && hour < 23",
        "targets > servers && servers > targets",
        "targets > 5 && servers > targets && servers < 7",
        "weekend && !weekend",
        "hour * 2 == 15",
        "false",
        "user_active && client in ['a', 'b'] && client == 'c'",
    ];
    for condition in dead {
        assert_eq!(never_matches(&program(condition)), Some(Dead::Never), "{condition}");
    }
    let alive = [
        "true",
        "targets * 7 == 1001",
        "client.startsWith('a') && client.endsWith('z')",
        "5 < targets && targets < servers && servers < offline_devices && offline_devices < 9",
        "hour * 2 == 14",
        "client != 'acme' && group_name != client && brain != group_name",
        "monthly_cost < -5",
        "device_names.exists(n, n == 'x') && size(device_names) == 40",
        "confidence > 99",
    ];
    for condition in alive {
        assert_eq!(never_matches(&program(condition)), None, "{condition}");
    }
    let fails = never_matches(&program("1 / 0 == 1"));
    assert_eq!(fails, Some(Dead::AlwaysFails(Failure::DivisionByZero)));
}

#[test]
fn a_search_over_many_variables_ends_soon_and_claims_nothing() {
    let condition = "targets > 10 && targets_in_window > 20 && servers > 30 && offline_devices > 40 \
        && failing_devices > 50 && monthly_cost > 60 && free_seats > 70 && fleet_attempts > 80 \
        && fleet_failures < 0";
    let (program, start) = (program(condition), Instant::now());
    assert_eq!(never_matches(&program), None);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn bombs_are_refused_with_a_reason_and_at_once() {
    let nested =
        |open: &str, n: usize, close: &str| format!("{}true{}", open.repeat(n), close.repeat(n));
    let bombs = [
        ("x".repeat(2_001), "2001 bytes; 2000 are allowed"),
        (nested("(", 990, ")"), "nested more than 32 deep"),
        (nested("[", 990, "]"), "nested more than 32 deep"),
        (nested("!", 1_900, ""), "nested more than 32 deep"),
        (nested("-", 1_900, ""), "nested more than 32 deep"),
        (nested("true?true:", 190, ""), "nested more than 32 deep"),
        (format!("{}1 == 1", "1+".repeat(400)), "more than 600 words and signs"),
        (format!("{}1 == 1", "1+".repeat(150)), "more than 200 parts"),
        (format!("hour in [{}1]", "1,".repeat(100)), "101 elements; 100 are allowed"),
        (format!("client{}", ".a".repeat(150)), "variables have no fields"),
        (format!("\")\"{}", "(\")\"+".repeat(190)), "nested more than 32 deep"),
        ("[1].exists(a, [1].exists(b, a == b))".into(), "cannot stand inside one another"),
        ("{'a': {'b': 1}}.size() == 1".into(), "do not belong in a condition"),
        ("client == '\u{202e}'x".into(), "`x`"),
        ("\u{0}".into(), "does not belong in a condition"),
        (format!("client == \"\"{}", "+client".repeat(80)), "too deep for"),
    ];
    for (bomb, expected) in bombs {
        let start = Instant::now();
        let said = said(&rule(&bomb));
        assert!(said.contains(expected), "{bomb}\n  said: {said}\n  not:  {expected}");
        assert!(start.elapsed() < Duration::from_secs(1), "{bomb}");
    }
}

#[test]
fn the_deepest_condition_that_passes_fits_a_small_stack() {
    let deep = [
        format!("{}true{}", "(".repeat(32), ")".repeat(32)),
        format!("{}hour{} < 1", "(1 + ".repeat(32), ")".repeat(32)),
        format!("{}1 == hour", "1 + ".repeat(95)),
        format!("{}true", "true ? weekend : ".repeat(32)),
        format!("device_names.exists(n, {}size(n){} < 1)", "(1 + ".repeat(30), ")".repeat(30)),
    ];
    let worker = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        for condition in deep {
            let program = program(&condition);
            let nothing = program.eval(&World::default());
            let names = program.eval(&world(&[(Var::DeviceNames, list(&["a"]))]));
            assert!(nothing != names || program.is_native(), "{condition}");
        }
    });
    worker.unwrap().join().unwrap();
}

#[test]
fn a_rule_with_an_unknown_field_is_not_read() {
    let text = serde_json::to_string(&rule("weekend")).unwrap();
    assert_eq!(serde_json::from_str::<CustomRule>(&text).unwrap(), rule("weekend"));
    let more = text.replace("{\"name\"", "{\"lower_to\":\"low\",\"name\"");
    assert!(
        serde_json::from_str::<CustomRule>(&more).unwrap_err().to_string().contains("lower_to")
    );
}

#[test]
fn the_table_names_the_values_that_the_facts_have() {
    let legal = |var: Var| match var.spec().ty {
        VarType::OneOf(texts) | VarType::List(texts) => texts.to_vec(),
        ty => panic!("{var}: {ty:?}"),
    };
    assert_eq!(legal(Var::Autonomy), Autonomy::ALL.map(Autonomy::name));
    assert_eq!(legal(Var::Verification), Verification::ALL.map(Verification::name));
    assert_eq!(legal(Var::RequesterIs), Relation::ALL.map(Relation::name));
    assert_eq!(legal(Var::GroupSensitivity), Sensitivity::ALL.map(Sensitivity::name));
    assert_eq!(legal(Var::MailboxSensitivity), Sensitivity::ALL.map(Sensitivity::name));
    assert_eq!(legal(Var::DeviceRole), DeviceRole::ALL.map(DeviceRole::name));
    assert_eq!(legal(Var::DeviceRoles), DeviceRole::ALL.map(DeviceRole::name));
    assert_eq!(legal(Var::PatchSeverity), PatchSeverity::ALL.map(PatchSeverity::name));
    for spec in VARS {
        assert_eq!(Var::named(spec.name).map(Var::spec), Some(spec));
    }
}

/// Spends a tape of random numbers on a condition of the native subset.
struct Writer<'a>(std::slice::Iter<'a, u8>);

impl Writer<'_> {
    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[usize::from(self.0.next().copied().unwrap_or(0)) % from.len()]
    }

    fn truth(&mut self, depth: usize) -> String {
        let choice = if depth == 0 {
            "var"
        } else {
            self.pick(&["var", "&&", "||", "!", "?:", "==", "<", "in", "text", "same"])
        };
        let next = depth.saturating_sub(1);
        match choice {
            "&&" | "||" => format!("({} {choice} {})", self.truth(next), self.truth(next)),
            "!" => format!("!({})", self.truth(next)),
            "?:" => format!("({} ? {} : {})", self.truth(next), self.truth(next), self.truth(next)),
            "==" => {
                let sign = self.pick(&["==", "!="]);
                format!("({} {sign} {})", self.int(next), self.int(next))
            }
            "<" => {
                let sign = self.pick(&["<", "<=", ">", ">="]);
                match self.pick(&["int", "text"]) {
                    "int" => format!("({} {sign} {})", self.int(next), self.int(next)),
                    _ => format!("({} {sign} {})", self.text(), self.text()),
                }
            }
            "in" => match self.pick(&["int", "text", "list"]) {
                "int" => format!("({} in [0, 3, 7])", self.int(next)),
                "text" => format!("({} in [\"acme\", 'é'])", self.text()),
                _ => format!("({} in device_names)", self.text()),
            },
            "text" => {
                let sign = self.pick(&["startsWith", "endsWith", "contains"]);
                format!("{}.{sign}({})", self.text(), self.text())
            }
            "same" => {
                let sign = self.pick(&["==", "!="]);
                match self.pick(&["text", "truth"]) {
                    "text" => format!("({} {sign} {})", self.text(), self.text()),
                    _ => format!("({} {sign} {})", self.truth(next), self.truth(next)),
                }
            }
            _ => self.pick(&["weekend", "regulated", "user_active", "true", "false"]).into(),
        }
    }

    fn int(&mut self, depth: usize) -> String {
        let choice = if depth == 0 {
            "var"
        } else {
            self.pick(&["var", "var", "+", "-", "*", "/", "%", "neg", "size", "?:"])
        };
        let next = depth.saturating_sub(1);
        match choice {
            "+" | "-" | "*" | "/" | "%" => {
                format!("({} {choice} {})", self.int(next), self.int(next))
            }
            "neg" => format!("-({})", self.int(next)),
            "size" => format!("size({})", self.text()),
            "?:" => format!("({} ? {} : {})", self.truth(next), self.int(next), self.int(next)),
            _ => self
                .pick(&[
                    "monthly_cost",
                    "free_seats",
                    "hour",
                    "0",
                    "1",
                    "3",
                    "7",
                    "size(device_names)",
                    "(9223372036854775807 + 0)",
                    "(-9223372036854775808 + 0)",
                ])
                .into(),
        }
    }

    fn text(&mut self) -> String {
        self.pick(&["client", "group_name", "brain", "\"acme\"", "'é'", "\"\"", "r\"a\\c\""]).into()
    }
}

fn worlds() -> impl Strategy<Value = World> {
    let truth = || proptest::option::weighted(0.8, any::<bool>().prop_map(Owned::Bool));
    let int = || {
        let some = prop_oneof![4 => 0i64..9, 1 => any::<i64>()].prop_map(Owned::Int);
        proptest::option::weighted(0.8, some)
    };
    let text = || {
        let some = prop_oneof![Just("acme"), Just("é"), Just(""), Just("a\\c"), Just("zebra")];
        proptest::option::weighted(0.8, some.prop_map(|t| Owned::Text(t.into())))
    };
    let names = proptest::option::weighted(0.8, Just(list(&["acme", "é"])));
    ((truth(), truth(), truth()), (int(), int(), int()), (text(), text(), text()), names).prop_map(
        |((a, b, c), (d, e, f), (g, h, i), j)| {
            use Var::*;
            let vars = [
                Weekend,
                Regulated,
                UserActive,
                MonthlyCost,
                FreeSeats,
                Hour,
                Client,
                GroupName,
                Brain,
                DeviceNames,
            ];
            let values = [a, b, c, d, e, f, g, h, i, j];
            World(vars.into_iter().zip(values).filter_map(|(k, v)| Some((k, v?))).collect())
        },
    )
}

/// What the `cel` crate makes of it, a missing variable being undeclared.
fn oracle(program: &cel::Program, world: &World) -> Option<bool> {
    let mut context = cel::Context::default();
    for (var, value) in &world.0 {
        match value.clone() {
            Owned::Bool(b) => context.add_variable_from_value(var.name(), b),
            Owned::Int(i) => context.add_variable_from_value(var.name(), i),
            Owned::Text(t) => context.add_variable_from_value(var.name(), t),
            Owned::List(t) => context.add_variable_from_value(var.name(), t),
        }
    }
    match program.execute(&context) {
        Ok(cel::Value::Bool(b)) => Some(b),
        Ok(other) => panic!("{other:?}"),
        Err(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn native_rules_mean_what_cel_means(
        tape in proptest::collection::vec(any::<u8>(), 4..60),
        worlds in proptest::collection::vec(worlds(), 8),
    ) {
        let condition = Writer(tape.iter()).truth(3);
        let ours = match Program::compile(&rule(&condition)) {
            Ok(program) => program,
            Err(problems) => {
                // Only what the checker knows beyond CEL's types may stand in the way.
                prop_assert!(
                    problems.iter().all(|p| p.what.contains("is never") || p.what.contains("more than 200 parts")),
                    "{condition}: {problems:?}"
                );
                return Ok(());
            }
        };
        prop_assert!(ours.is_native(), "{condition}");
        let theirs = cel::Program::compile(&condition).unwrap();
        for world in worlds {
            let expected = oracle(&theirs, &world);
            let answer = match ours.eval(&world) {
                Outcome::Matches => Some(true),
                Outcome::DoesNotMatch => Some(false),
                Outcome::Failed(_) => None,
            };
            prop_assert_eq!(answer, expected, "{} in {:?}: {:?}", condition, world, ours.eval(&world));
        }
    }

    #[test]
    fn no_claim_of_never_is_wrong(
        tape in proptest::collection::vec(any::<u8>(), 4..40),
        worlds in proptest::collection::vec(worlds(), 16),
    ) {
        let condition = Writer(tape.iter()).truth(2);
        if let Ok(program) = Program::compile(&rule(&condition)) {
            let dead = never_matches(&program);
            for mut world in worlds {
                // Only facts that can be: counts are not negative, hours end at 23.
                for var in [Var::FreeSeats, Var::Hour] {
                    if let Some(Owned::Int(i)) = world.0.get_mut(&var) {
                        *i = i.rem_euclid(24);
                    }
                }
                if dead == Some(Dead::Never) {
                    prop_assert_ne!(program.eval(&world), Outcome::Matches, "{} in {:?}", &condition, &world);
                }
            }
        }
    }

    #[test]
    fn no_text_breaks_the_compiler(text in "\\PC{0,200}") {
        let _ = check_rule(&rule(&text), &KINDS, &subjects_of);
    }

    #[test]
    fn no_soup_of_words_breaks_the_compiler(
        soup in proptest::collection::vec(
            proptest::sample::select(vec![
                "(", ")", "[", "]", "{", "}", "!", "-", "+", "*", "/", "%", "?", ":", ".", ",", "&&", "||",
                "==", "<", " in ", "hour", "weekend", "device_names", "client", "x", "1", "9", "1.5", "'a'",
                "\"", "'", "r'", "\\", "exists(x,", "map(x,", "size(", "matches(", "true", "null", "1u", "`",
                "\n", "é", "has(", "optional.of(",
            ]),
            0..120,
        ),
        world in worlds(),
    ) {
        let text: String = soup.concat();
        if let Ok(program) = check_rule(&rule(&text), &KINDS, &subjects_of) {
            let _ = program.eval(&world);
        }
    }
}

#[test]
fn a_program_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    shared(&program("device_names.exists(n, n == 'a')"));
}
