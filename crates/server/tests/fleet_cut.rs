//! A fleet under load whose node is cut off without a word, whose database's disk is full, whose node stands
//! still: nothing acknowledged is lost, no effect happens twice, and the others go on within seconds.
//!
//! `JOURNEYMAN_LONG=10` repeats each trouble so often, through three PostgreSQL under Patroni (docs/scale.md).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use sandbox::Options;
use std::{
    process::Command,
    time::{Duration, Instant},
};
use support::{
    cut::{Mortal, Network, is_root, long},
    fleet::{Fleet, new_database, postgres},
    wait_for,
};
use tokio::runtime::Runtime;

/// Three nodes, and the cable by which the test itself looks.
const NODES: usize = 3;
const OWN: usize = NODES;
/// A lease that a test can outlast.
const LEASE: (&str, &str) = ("JOURNEYMAN_LEASE_MS", "6000");

/// A database that may be cut off and filled, with three nodes, each by a cable of its own; `None`, said
/// aloud, where that cannot be.
fn fleet(tag: &str, seed: u64, disk_mb: Option<u32>) -> Option<(Mortal, Fleet)> {
    // It is named where PostgreSQL is installed.
    if postgres().is_none() || !is_root() {
        return None;
    }
    let server = Mortal::with(long().is_some(), Some(Network::of(tag, NODES + 1)), disk_mb);
    let runtime = Runtime::new().unwrap();
    let database = new_database(&runtime, &server.by(OWN), "cut");
    let addresses: Vec<String> =
        (0..NODES).map(|n| database.replace(&server.by(OWN), &server.by(n))).collect();
    let options = Options { seed, latency_ms: 20, ..Options::default() };
    let fleet = Fleet::start(runtime, options, database, &addresses, &[LEASE]);
    Some((server, fleet))
}

/// Some tickets; in ten rounds fewer, since each user writes once.
fn burst(fleet: &mut Fleet) {
    for _ in 0..if long().is_some() { 2 } else { 4 } {
        fleet.file();
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A node that holds a case; the first when all are done already.
fn at_work(fleet: &Fleet) -> usize {
    let names: Vec<String> = (0..NODES).map(|n| fleet.name(n)).collect();
    for _ in 0..50 {
        let owners = fleet.query("SELECT lease_owner FROM cases WHERE lease_owner IS NOT NULL");
        let found = owners.iter().find_map(|owner| names.iter().position(|name| name == owner));
        if let Some(node) = found {
            return node;
        }
    }
    0
}

fn say(what: &str, round: u32, begun: Instant, fleet: &Fleet) {
    let (s, tickets) = (begun.elapsed().as_secs_f64(), fleet.filed.len());
    println!("{what}, round {}: all {tickets} tickets closed {s:.1} s after it began", round + 1);
}

#[test]
fn a_node_that_is_cut_off_is_not_missed_and_comes_back() {
    let Some((server, mut fleet)) = fleet("cut", 11, None) else { return };
    let mut acknowledged = fleet.entries();
    for round in 0..long().unwrap_or(1) {
        burst(&mut fleet);
        let node = at_work(&fleet);
        let times = |fleet: &Fleet| {
            fleet.nodes[node].log().matches("the node's name was made again").count()
        };
        let before = times(&fleet);
        server.network().cut(node);
        let begun = Instant::now();
        acknowledged.extend(fleet.entries());
        burst(&mut fleet);
        // What it had begun is the others' now.
        fleet.wait_closed();
        say("a node cut off", round, begun, &fleet);
        server.network().heal(node);
        let begun = Instant::now();
        // It is seen to work again: it holds its name, and cases.
        wait_for("its name", || fleet.log(), || (times(&fleet) > before).then_some(()));
        burst(&mut fleet);
        fleet.wait_closed();
        say("healed", round, begun, &fleet);
    }
    fleet.settle(&acknowledged);
}

#[test]
fn a_full_disk_of_the_database_delays_cases_and_is_said_once() {
    let disk_mb = if long().is_some() { 240 } else { 120 };
    let Some((server, mut fleet)) = fleet("full", 12, Some(disk_mb)) else { return };
    let mut acknowledged = fleet.entries();
    for round in 0..long().unwrap_or(1) {
        burst(&mut fleet);
        acknowledged.extend(fleet.entries());
        let told = |fleet: &Fleet| {
            let log = fleet.log();
            log.matches("is full").count() + log.matches("can be worked on now").count()
        };
        let before = told(&fleet);
        server.fill();
        let begun = Instant::now();
        burst(&mut fleet);
        wait_for("a word of it", || fleet.log(), || (told(&fleet) > before).then_some(()));
        std::thread::sleep(Duration::from_secs(2));
        server.free();
        if long().is_none() && server.is_gone() {
            server.again();
        }
        fleet.wait_closed();
        say("a full disk", round, begun, &fleet);
    }
    for node in &fleet.nodes {
        let log = node.log();
        for line in ["no cases can be worked on now", "tickets cannot be read now"] {
            let times = log.lines().filter(|l| l.contains(line)).count();
            let most = 3 * long().unwrap_or(1) as usize;
            assert!(times <= most, "said {times} times, in a loop: {log}");
        }
    }
    fleet.settle(&acknowledged);
}

/// Stops a node's process, or lets it go on.
fn signal(fleet: &Fleet, node: usize, signal: &str) {
    let id = fleet.servers[node].id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
}

#[test]
fn a_node_that_stands_still_for_longer_than_its_leases_does_nothing_twice() {
    let Some((_server, mut fleet)) = fleet("stop", 13, None) else { return };
    let mut acknowledged = fleet.entries();
    for round in 0..long().unwrap_or(1) {
        burst(&mut fleet);
        let node = at_work(&fleet);
        signal(&fleet, node, "-STOP");
        let begun = Instant::now();
        acknowledged.extend(fleet.entries());
        burst(&mut fleet);
        fleet.wait_closed();
        say("a node stopped", round, begun, &fleet);
        signal(&fleet, node, "-CONT");
        burst(&mut fleet);
        fleet.wait_closed();
        // What it was about to do would be seen by now.
        std::thread::sleep(Duration::from_secs(2));
    }
    fleet.settle(&acknowledged);
}
