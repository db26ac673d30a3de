//! Species that a process file speaks of: in reactions, expressions and feedstocks.

use std::collections::BTreeSet;

use super::Process;
use crate::chemistry::Reaction;
use crate::unit::parameters::{Args, Located};

impl Process {
    /// Names of all species that the process speaks of.
    pub fn species(&self) -> BTreeSet<String> {
        let builder = &self.builder;
        let mut names: BTreeSet<String> = builder.minerals.iter().map(|m| m.species.clone()).collect();
        let paths = builder.minerals.iter().flat_map(|m| m.paths.iter().map(|p| p.reaction.as_str()));
        let others = builder.reactions.iter().map(|r| r.equation.as_str());
        let gases = builder.transfers.iter().map(|t| t.equation.as_str());
        let extraction = self.extraction.iter().map(|e| e.equation.as_str());
        for equation in paths.chain(others).chain(gases).chain(extraction) {
            names.extend(Reaction::names(equation).unwrap_or_default());
        }
        let laws = builder.minerals.iter().flat_map(|m| {
            let own = [
                &m.driving,
                &m.product_layer_diffusivity,
                &m.film_diffusivity,
                &m.film_coefficient,
                &m.solubility,
            ];
            own.into_iter().flatten().chain(m.paths.iter().filter_map(|p| p.rate.as_ref()))
        });
        let rates = builder.reactions.iter().map(|r| &r.rate);
        let transfers = builder.transfers.iter().flat_map(|t| [&t.kla, &t.saturation]);
        let quotients = self.extraction.iter().flat_map(|e| e.quotient.iter().chain([&e.constant]));
        let laws = laws.chain(quotients);
        for expression in laws.chain(rates).chain(transfers).chain(builder.definitions.iter().map(|(_, e)| e))
        {
            names.extend(bracketed(expression));
        }
        for (_, args) in &self.feedstocks {
            names.extend(solids_of(args));
        }
        names
    }
}

/// Species in square brackets of an expression, those read in the equilibrium left out.
fn bracketed(expression: &str) -> impl Iterator<Item = String> + '_ {
    let before = |at: usize| expression[..at].trim_end();
    let read = move |at: usize| before(at).ends_with("free") || before(at).ends_with("activity");
    let opened = expression.match_indices('[').filter(move |(at, _)| !read(*at));
    opened.filter_map(|(at, _)| Some(expression[at + 1..].split_once(']')?.0.trim().to_owned()))
}

/// Solids that an assay, its hosts and its rest name.
fn solids_of(args: &Args) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let assay: Option<Vec<(Located<String>, f64)>> = args.read("assay").ok().flatten();
    for (name, _) in assay.into_iter().flatten() {
        if name.value.ends_with(')') {
            names.insert(name.value);
        }
    }
    let hosts: Option<Vec<(Located<String>, Located<String>)>> = args.read("hosts").ok().flatten();
    names.extend(hosts.into_iter().flatten().map(|(_, host)| host.value));
    names
}
