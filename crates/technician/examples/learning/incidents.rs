//! Risks at opening: reopened, reassigned, late. Learned on the oldest 80 %, tested on the newest 20 %.

use crate::cpu::Watch;
use crate::csv::{columns, records};
use domain::UnixMs;
use serde_json::{Value, json};
use std::collections::HashMap;
use technician::learn::classify::{Judged, ece};
use technician::learn::risk::{Opening, Outcome, RiskModel, RiskSettings, train_risk};

/// What the first entry of an incident says; nothing that is filled in later.
const FIELDS: [&str; 13] = [
    "caller_id",
    "opened_by",
    "sys_created_by",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "impact",
    "urgency",
    "priority",
    "assignment_group",
    "assigned_to",
];
/// Fields looked at together.
const PAIRS: [(usize, usize); 7] = [(5, 6), (11, 6), (1, 11), (4, 5), (11, 12), (6, 7), (1, 6)];
/// Name, and the AUC to beat.
const RISKS: [(&str, f64); 3] = [("reopened", 0.647), ("reassigned", 0.753), ("late", 0.766)];

/// A reassignment is looked for this long, a reopening so long: both answers are known at the same time, so that
/// what is known is no picked sample.
const RIPE_MS: [i64; 2] = [14 * DAY_MS, 8 * DAY_MS];
/// What is unresolved after so long is late, in 97 of 100 older incidents; the log marks it only at closing.
const LATE_MS: i64 = 5 * DAY_MS;
const DAY_MS: i64 = 86_400_000;

struct Incident {
    opened: i64,
    closed: i64,
    resolved: i64,
    fields: Vec<String>,
    /// When it was reopened and reassigned first, and how it ended.
    events: [Option<i64>; 2],
    outcomes: [bool; 3],
}

impl Incident {
    /// What a desk could know, and when.
    fn outcome(&self, which: usize) -> Outcome {
        let (known_at, happened) = match self.events.get(which).zip(RIPE_MS.get(which)) {
            Some((event, ripe)) => {
                let then = self.opened + ripe;
                (then, event.is_some_and(|e| e <= then))
            }
            None if self.resolved > self.opened + LATE_MS => (self.opened + LATE_MS, true),
            None => (self.closed, self.outcomes[which]),
        };
        Outcome { known_at: UnixMs(known_at), happened }
    }
}

/// Measures on the log, if there is one.
pub(crate) fn measure(text: Option<&str>) -> Result<Value, String> {
    let Some(text) = text else {
        return Ok(json!({ "present": false }));
    };
    let incidents = read(&records(text))?;
    let cut = incidents.len() * 8 / 10;
    let mut out = json!({ "present": true, "trained_on": cut, "tested_on": incidents.len() - cut });
    for (which, (name, aim)) in RISKS.into_iter().enumerate() {
        let mut figures = one(&incidents, cut, which)?;
        figures["aim"] = json!(aim);
        out[name] = figures;
    }
    Ok(out)
}

fn opening(incident: &Incident) -> Opening<'_> {
    Opening {
        at: UnixMs(incident.opened),
        fields: incident.fields.iter().map(String::as_str).collect(),
    }
}

fn one(incidents: &[Incident], cut: usize, which: usize) -> Result<Value, String> {
    let (old, new) = incidents.split_at(cut);
    let now = new.first().map_or(i64::MAX, |i| i.opened);
    let known = |i: &Incident| Some(i.outcome(which)).filter(|o| o.known_at.0 <= now);
    let history: Vec<_> = old.iter().map(|i| (opening(i), known(i))).collect();
    let watch = Watch::start();
    let settings = RiskSettings { pairs: PAIRS.to_vec(), ..RiskSettings::default() };
    let mut model = train_risk(&history, &settings).map_err(|e| e.to_string())?;
    let (train_s, train_cpu_s) = (watch.wall(), watch.cpu());
    let watch = Watch::start();
    let risks = replay(&mut model, old, new, which);
    let per_second = new.len() as f64 / watch.cpu();
    let judged: Vec<Judged> = risks
        .iter()
        .zip(new)
        .map(|(risk, i)| Judged { confidence: *risk, right: i.outcomes[which] })
        .collect();
    let mean = |f: &dyn Fn(&Judged) -> f64| judged.iter().map(f).sum::<f64>() / judged.len() as f64;
    Ok(json!({
        "auc": auc(&judged), "ece": ece(&judged),
        "share": mean(&|j| f64::from(u8::from(j.right))), "mean_risk": mean(&|j| j.confidence),
        "train_s": train_s, "train_cpu_s": train_cpu_s,
        "score_and_learn_per_cpu_s": per_second,
    }))
}

/// Scores the new ones in the order of time; outcomes become known when they did.
fn replay(model: &mut RiskModel, old: &[Incident], new: &[Incident], which: usize) -> Vec<f64> {
    let now = new.first().map_or(i64::MAX, |i| i.opened);
    let mut known: Vec<(Outcome, Option<usize>, &Incident)> = old
        .iter()
        .map(|i| (i.outcome(which), None, i))
        .filter(|(outcome, ..)| outcome.known_at.0 > now)
        .collect();
    known.extend(new.iter().enumerate().map(|(at, i)| (i.outcome(which), Some(at), i)));
    known.sort_by_key(|(outcome, ..)| outcome.known_at.0);
    let mut risks: Vec<f64> = Vec::with_capacity(new.len());
    let mut next = known.iter().peekable();
    for incident in new {
        while let Some((outcome, at, of)) = next.next_if(|k| k.0.known_at.0 <= incident.opened) {
            // What was opened before the cut had no risk given; it moves rates, not the calibration.
            let given = at.and_then(|at| risks.get(at).copied());
            let given = given.unwrap_or(f64::from(u8::from(outcome.happened)));
            model.known(&opening(of), given, *outcome);
        }
        risks.push(model.risk(&opening(incident)));
        model.opened(&opening(incident));
    }
    risks
}

/// The chance that one that happened was given more risk than one that did not; ties count half.
fn auc(judged: &[Judged]) -> f64 {
    let mut sorted = judged.to_vec();
    sorted.sort_by(|a, b| a.confidence.total_cmp(&b.confidence));
    let (mut below, mut wins, mut yes) = (0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.confidence == b.confidence) {
        let right = tied.iter().filter(|j| j.right).count() as f64;
        let wrong = tied.len() as f64 - right;
        wins += right * (below + wrong / 2.0);
        yes += right;
        below += wrong;
    }
    wins / (yes * below).max(1.0)
}

/// One incident per number: its first entry, and how it ended.
fn read(rows: &[Vec<String>]) -> Result<Vec<Incident>, String> {
    let (header, rows) = rows.split_first().ok_or("the incidents' file is empty")?;
    let at = columns(header, FIELDS)?;
    let [number, opened, closed, sla, moved, again, state, updated] = columns(
        header,
        [
            "number",
            "opened_at",
            "closed_at",
            "made_sla",
            "reassignment_count",
            "reopen_count",
            "incident_state",
            "sys_updated_at",
        ],
    )?;
    let mut known: HashMap<&str, usize> = HashMap::new();
    let mut out: Vec<Incident> = Vec::new();
    for row in rows {
        let of = |i: usize| row.get(i).map(String::as_str).unwrap_or_default();
        let place = *known.entry(of(number)).or_insert_with(|| {
            let fields = at.iter().map(|i| of(*i).to_owned()).collect();
            let opened = time(of(opened)).unwrap_or(0);
            out.push(Incident {
                opened,
                closed: opened,
                resolved: i64::MAX,
                fields,
                events: [None; 2],
                outcomes: [false; 3],
            });
            out.len() - 1
        });
        let incident = &mut out[place];
        incident.closed = time(of(closed)).unwrap_or(i64::MAX);
        let at = time(of(updated)).unwrap_or(i64::MAX);
        for (which, column) in [again, moved].into_iter().enumerate() {
            if of(column) != "0" {
                incident.outcomes[which] = true;
                incident.events[which].get_or_insert(at);
            }
        }
        if matches!(of(state), "Resolved" | "Closed") {
            incident.resolved = incident.resolved.min(at);
        }
        incident.outcomes[2] = of(sla) == "false";
    }
    out.sort_by_key(|i| i.opened);
    Ok(out)
}

/// "29/2/2016 01:16" in UTC.
fn time(text: &str) -> Option<i64> {
    let (date, clock) = text.split_once(' ')?;
    let mut date = date.split('/').map(|n| n.parse::<i64>().ok());
    let (d, m, y) = (date.next()??, date.next()??, date.next()??);
    let (hour, minute) = clock.split_once(':')?;
    // Days since 1970, after Howard Hinnant.
    let y = if m <= 2 { y - 1 } else { y };
    let of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    let of_era = (y % 400) * 365 + (y % 400) / 4 - (y % 400) / 100 + of_year;
    let days = y / 400 * 146_097 + of_era - 719_468;
    let minutes = hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?;
    Some((days * 1_440 + minutes) * 60_000)
}
