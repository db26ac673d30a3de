//! The readers of scenario and process files hold against mutated ones: no panic, and no refusal without a reason.
//! `cargo run --example fuzz_scenario -- --minutes 10` does the same for as long as wanted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "common/mutate.rs"]
mod mutate;

use std::sync::LazyLock;

use lixivia::scenario::{Library, Model, shipped_scenario, shipped_scenarios};
use mutate::{Change, mutate};
use proptest::prelude::*;

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::load(None).unwrap());

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = (0..mutate::KINDS, any::<u32>(), any::<u32>());
    prop::collection::vec(change.prop_map(|(kind, at, with)| Change { kind, at, with }), 1..6)
}

fn scenario() -> impl Strategy<Value = &'static str> {
    prop::sample::select(shipped_scenarios().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn mutated_scenarios_are_read_or_refused_with_a_reason(name in scenario(), changes in changes()) {
        let text = mutate(shipped_scenario(name).unwrap(), &changes);
        if let Err(faults) = Model::parse("mutant.toml", &text, &LIBRARY, &[]) {
            prop_assert!(!faults.list.is_empty(), "refused without a reason:\n{text}");
            prop_assert!(faults.json().iter().all(|f| f.line >= 1 && f.column >= 1 && !f.message.is_empty()));
            prop_assert!(!faults.render(false).is_empty());
        }
    }

    #[test]
    fn mutated_overrides_are_read_or_refused_with_a_reason(name in scenario(), changes in changes()) {
        let text = mutate("units.leach.temperature=\"80 degC\"", &changes);
        if let Err(faults) = Model::parse("sound.toml", shipped_scenario(name).unwrap(), &LIBRARY, &[text]) {
            prop_assert!(!faults.list.is_empty());
            prop_assert!(!faults.render(false).is_empty());
        }
    }
}
