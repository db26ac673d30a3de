//! Torn streams iterated until they settle: Anderson acceleration, falling back to damped
//! substitution and then Broyden's method.

use super::solve::{Residual, State};
use super::{Flowsheet, FlowsheetError, Section};
use crate::chemistry::{SpeciesId, Stream};
use crate::numerics::fixed_point::{Accelerator, Anderson, Broyden, Damped};
use crate::unit::Boundary;

/// Passes after which a method that has gained less than [`GAIN`] gives way to the next.
const PATIENCE: usize = 40;
/// Factor by which the residual must fall within [`PATIENCE`] passes.
const GAIN: f64 = 0.5;

/// How many times all of a torn stream an amount in it may become by one extrapolation: what has no way out of its loop must
/// be seen to gather, not be sent to where a feed vanishes in rounding.
const LEAP: f64 = 100.0;
/// Share of what goes round below which what a unit draws is no feed: a closed loop that a make-up unit has filled is topped up
/// by what an extrapolation or rounding leaves open.
const CLOSED: f64 = 1e-9;
/// Differences that the acceleration remembers: about as many as a plant has quantities that go round in its loops. Of 8 a
/// leach, extraction and electrowinning plant with four recycles needs half as many passes again.
const DEPTH: usize = 12;
/// How many times the least residual an extrapolation may make of it before it is given up.
const WORSE: f64 = 5.0;

/// Which tear values are iterated: amounts of all species and the temperature of each torn stream.
struct Layout {
    species: usize,
    tears: usize,
}

impl Layout {
    fn len(&self) -> usize {
        self.tears * (self.species + 1)
    }
    fn pack<'a>(&self, streams: impl Iterator<Item = &'a Stream>, into: &mut Vec<f64>) {
        into.clear();
        for stream in streams {
            into.extend_from_slice(&stream.amounts);
            into.push(stream.temperature);
        }
    }
}

/// Iterates a section until its torn streams settle.
///
/// # Errors
/// [`FlowsheetError::NotConverged`] or [`FlowsheetError::NoWayOut`], or what a unit reports.
pub(super) fn converge(
    flowsheet: &Flowsheet,
    section: &Section,
    state: &mut State,
) -> Result<(), FlowsheetError> {
    let table = &flowsheet.context.table;
    let layout = Layout { species: table.len(), tears: section.tears.len() };
    let round = section.tears.iter().filter_map(|&tear| state.streams[tear].as_ref());
    let fed = fed(flowsheet, state, round, CLOSED);
    for &tear in &section.tears {
        state.streams[tear].get_or_insert_with(|| Stream::empty(table.clone()));
    }
    let mut methods: Vec<Box<dyn Accelerator>> =
        vec![Box::new(Broyden::new()), Box::new(Damped::new(0.5)), Box::new(Anderson::new(DEPTH))];
    let mut method = methods.pop();
    let (mut x, mut g, mut next, mut weight) = (Vec::new(), Vec::new(), vec![0.0; layout.len()], Vec::new());
    let mut since = (0, f64::INFINITY);
    let mut best = (f64::INFINITY, Vec::new()); // least residual, and what that pass returned
    let mut history: Vec<Residual> = Vec::new();
    let mut extrapolated: Option<Vec<Stream>> = None; // what the last pass returned, where its streams were not taken as they are
    for pass in 1..=flowsheet.settings.max_passes {
        if let Err(error) = flowsheet.run_section(section, state) {
            // An extrapolation may ask a unit for what does not exist where plain substitution would not.
            let (Some(plain), Some(method)) = (extrapolated.take(), &mut method) else { return Err(error) };
            method.restart();
            adopt(&layout, section, state, &plain, &g);
            continue;
        }
        let returned = returned(flowsheet, section, state);
        let residual = residual(flowsheet, section, state, &returned, &fed, pass);
        let change = residual.change;
        history.push(residual);
        if change <= flowsheet.settings.tolerance {
            state.passes += pass;
            state.history.extend(history);
            return Ok(());
        }
        if pass % 10 == 0
            && let Some(error) = no_way_out(flowsheet, section, state, &returned, &history, Search::Under)
        {
            return Err(error);
        }
        if change < GAIN * since.1 {
            since = (pass, change);
        } else if pass - since.0 >= PATIENCE && !methods.is_empty() {
            method = methods.pop();
            since = (pass, change);
        }
        layout.pack(section.tears.iter().filter_map(|&t| state.streams[t].as_ref()), &mut x);
        layout.pack(returned.iter(), &mut g);
        if pass <= 2 {
            next.copy_from_slice(&g); // let every species reach the tears before extrapolating
        } else if let Some(method) = &mut method {
            weights(&layout, &x, &g, &mut weight);
            method.next(&x, &g, &weight, &mut next);
            if extrapolated.is_some() && change > WORSE * best.0 {
                next.copy_from_slice(&best.1); // what was learned still holds
                best.0 = change;
            } else if !acceptable(&layout, &next, &g) {
                next.copy_from_slice(&g);
            }
        }
        if change < best.0 {
            best.0 = change;
            best.1.clone_from(&g);
        }
        adopt(&layout, section, state, &returned, &next);
        extrapolated = (next != g).then_some(returned);
    }
    Err(not_converged(flowsheet, section, state, history))
}

/// What the plant is fed of each element, while these streams go round; what units draw counts above this share of them.
fn fed<'a>(
    flowsheet: &Flowsheet,
    state: &State,
    round: impl Iterator<Item = &'a Stream> + Clone,
    closed: f64,
) -> Vec<f64> {
    let [mut fed, drawn] = flowsheet.plant_feed(state);
    for (element, (fed, drawn)) in fed.iter_mut().zip(drawn).enumerate() {
        let held: f64 = round.clone().map(|stream| stream.element_amount(element)).sum();
        if drawn > closed * held {
            *fed += drawn;
        }
    }
    fed
}

/// The torn streams as the last pass returned them.
fn returned(flowsheet: &Flowsheet, section: &Section, state: &State) -> Vec<Stream> {
    section
        .tears
        .iter()
        .map(|&tear| {
            let arrow = &flowsheet.arrows[tear];
            let stream = state.outcomes[arrow.from].get(&arrow.outlet).cloned();
            stream.unwrap_or_else(|| Stream::empty(flowsheet.context.table.clone()))
        })
        .collect()
}

/// Relative weights, so that traces count as much as water.
fn weights(layout: &Layout, x: &[f64], g: &[f64], weight: &mut Vec<f64>) {
    weight.clear();
    for tear in 0..layout.tears {
        let range = tear * (layout.species + 1)..tear * (layout.species + 1) + layout.species;
        let total: f64 = g[range.clone()].iter().map(|n| n.abs()).sum();
        weight.extend(range.map(|i| {
            let size = x[i].abs().max(g[i].abs());
            if size > 1e-12 * total { 1.0 / size } else { 0.0 }
        }));
        weight.push(1.0 / 300.0);
    }
}

/// Whether streams can be so: nothing negative or too hot, and nothing beyond what [`LEAP`] allows.
fn acceptable(layout: &Layout, next: &[f64], g: &[f64]) -> bool {
    let tears = next.chunks(layout.species + 1).zip(g.chunks(layout.species + 1));
    tears.into_iter().all(|(next, g)| {
        let (amounts, temperature) = next.split_at(layout.species);
        let most = LEAP * g[..layout.species].iter().map(|n| n.abs()).sum::<f64>();
        amounts.iter().all(|n| (0.0..=most).contains(n))
            && temperature.iter().all(|t| (200.0..3000.0).contains(t))
    })
}

fn adopt(layout: &Layout, section: &Section, state: &mut State, returned: &[Stream], next: &[f64]) {
    for ((&tear, stream), values) in section.tears.iter().zip(returned).zip(next.chunks(layout.species + 1)) {
        let mut stream = stream.clone();
        stream.amounts.copy_from_slice(&values[..layout.species]);
        stream.temperature = values[layout.species];
        stream.fit_particles();
        state.streams[tear] = Some(stream);
    }
}

/// The worst change of an element, a species or the wear of a solid's particles, relative to what the plant is fed or to itself.
fn residual(
    flowsheet: &Flowsheet,
    section: &Section,
    state: &State,
    returned: &[Stream],
    fed: &[f64],
    pass: usize,
) -> Residual {
    let table = &flowsheet.context.table;
    let mut worst = Residual { pass, stream: String::new(), element: String::new(), change: 0.0 };
    let mut note = |change: f64, tear: usize, element: usize| {
        if change > worst.change || worst.stream.is_empty() {
            worst.change = change;
            worst.stream = flowsheet.stream_name(tear);
            worst.element = table.elements()[element].symbol().to_owned();
        }
    };
    for (&tear, new) in section.tears.iter().zip(returned) {
        let Some(old) = &state.streams[tear] else { continue };
        let size: f64 = new.amounts.iter().map(|n| n.abs()).sum();
        for (element, fed) in fed.iter().enumerate() {
            let (old_amount, new_amount) = (old.element_amount(element), new.element_amount(element));
            let scale = if *fed > CLOSED * new_amount { *fed } else { new_amount.abs().max(1e-12 * size) };
            if scale > 0.0 {
                note((new_amount - old_amount).abs() / scale, tear, element);
            }
        }
        for id in table.ids() {
            let scale = new.amount(id).abs().max(1e-6 * size);
            let element = table.composition(id).iter().position(|count| *count != 0.0);
            if let (true, Some(element)) = (scale > 0.0, element) {
                note((new.amount(id) - old.amount(id)).abs() / scale, tear, element);
                note(worn(old, new, id), tear, element);
            }
        }
        note((new.temperature - old.temperature).abs() / 300.0, tear, 0);
    }
    worst
}

/// Relative change of the fresh particles that a solid once was, per amount of it: its amount may stand while its cores still wear.
fn worn(old: &Stream, new: &Stream, solid: SpeciesId) -> f64 {
    let fresh_per_amount = |stream: &Stream| {
        let own = stream.particles.iter().find(|particles| particles.species == solid)?;
        let fresh: f64 = own.classes.iter().map(|class| class.fresh).sum();
        let amount = own.amount();
        (amount > 0.0).then(|| fresh / amount)
    };
    match (fresh_per_amount(old), fresh_per_amount(new)) {
        (Some(old), Some(new)) => (new - old).abs() / new,
        _ => 0.0, // its amount tells
    }
}

/// Whether a loop is still iterated or given up.
enum Search {
    Under,
    Over,
}

/// An element that gathers in the loop pass after pass while next to none of its feed leaves the plant, or at the end less than
/// half. What units draw counts at the end alone: on the way an extrapolation may leave them much to draw.
fn no_way_out(
    flowsheet: &Flowsheet,
    section: &Section,
    state: &State,
    returned: &[Stream],
    history: &[Residual],
    search: Search,
) -> Option<FlowsheetError> {
    let table = &flowsheet.context.table;
    let (leak, closed) = match search {
        Search::Under => (1e-6, f64::INFINITY),
        Search::Over => (0.5, CLOSED),
    };
    let fed = fed(flowsheet, state, returned.iter(), closed);
    let all: f64 = fed.iter().sum();
    for (element, &fed) in fed.iter().enumerate() {
        let gathered: f64 = section
            .tears
            .iter()
            .zip(returned)
            .filter_map(|(&t, new)| {
                Some(new.element_amount(element) - state.streams[t].as_ref()?.element_amount(element))
            })
            .sum();
        let left: f64 = flowsheet
            .arrows
            .iter()
            .zip(&state.streams)
            .filter(|(arrow, _)| {
                let boundary = flowsheet.nodes[arrow.to].unit.boundary();
                matches!(boundary, Some(Boundary::Product | Boundary::Discharge))
            })
            .filter_map(|(_, stream)| Some(stream.as_ref()?.element_amount(element)))
            .sum();
        if fed > 1e-12 * all && left < leak * fed && gathered > 0.5 * fed {
            return Some(FlowsheetError::NoWayOut {
                element: table.elements()[element].symbol().to_owned(),
                loop_text: flowsheet.loop_text(section),
                fed,
                left,
                history: history.to_vec(),
            });
        }
    }
    None
}

fn not_converged(
    flowsheet: &Flowsheet,
    section: &Section,
    state: &State,
    history: Vec<Residual>,
) -> FlowsheetError {
    let returned = returned(flowsheet, section, state);
    if let Some(error) = no_way_out(flowsheet, section, state, &returned, &history, Search::Over) {
        return error;
    }
    let worst = history.last().cloned();
    let (stream, element, change) = worst.map_or_else(Default::default, |r| (r.stream, r.element, r.change));
    FlowsheetError::NotConverged {
        loop_text: flowsheet.loop_text(section),
        stream,
        element,
        change,
        passes: history.len(),
        history,
    }
}
