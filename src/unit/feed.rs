//! Feed: a solid from its assay, or a solution from its composition.
//!
//! Balance     amounts follow from mass or volume and the composition; the rest of an assay is a named inert
//! Freedoms    `mass` or `volume`, composition, temperature, particle size
//! Leaves out  nothing enters but what is stated

use super::parameters::{Args, BuildError, Cause, Located, Measured, Place, Spec, Value};
use super::size::{Size, distribution};
use super::smooth::Own as _;
use super::{
    Basis, Boundary, Context, Inlets, Moves, Moving, Outcome, Port, Ports, Unit, UnitError, UnitKind,
};
use crate::chemistry::population::Population;
use crate::chemistry::stream::STANDARD_PRESSURE;
use crate::chemistry::{Part, Particles, Species, SpeciesId, SpeciesTable, Stream};
use crate::numerics::Scalar;
use crate::quantity::Dimension;

/// The unit model.
pub const KIND: UnitKind = UnitKind {
    name: "feed",
    title: "Brings ore, scrap, residue, reagents or water into the plant",
    about: "A solid: `feedstock` of a process file, or `assay` (elements or solids, wt% or g/t, of dry solid) with \
            `hosts` for elements, `moisture`, `size`; what the assay leaves unnamed is the inert `rest`. \
            A solution: `solution`, from reagents or species to mol/L, g/L or wt%, water the remainder. \
            A gas or anything else: `composition` in mass shares. Amounts from `mass` or `volume`. \
            Or `amounts`: mol or kg of each reagent or species.",
    specs: Parameters::specs,
    build,
};

crate::parameters! {
    /// Parameters of a feed.
    pub struct Parameters {
        /// Mass of dry solid, solution or gas: per second in a continuous plant, per batch in a batch one.
        mass: Option<Measured> = Spec::any_of(&[Dimension::MASS_FLOW, Dimension::MASS]).at_least(0.0).optional().example("\"100 kg/h\"");
        /// Volume of solution, per second or per batch, in place of the mass.
        volume: Option<Measured> = Spec::any_of(&[Dimension::VOLUME_FLOW, Dimension::VOLUME]).at_least(0.0).optional().example("\"2 m3/h\"");
        /// Name of a feedstock of a process file in use.
        feedstock: Option<Located<String>> = Spec::text().optional().example("\"lco-powder\"");
        /// Mass share of elements (`Co`) or solids (`LiCoO2(s)`) in the dry solid.
        assay: Option<Vec<(Located<String>, f64)>> = Spec::map(Spec::fraction()).optional().at_least(0.0).at_most(1.0).example("{ Co = \"30 wt%\" }");
        /// The solid that holds each assayed element.
        hosts: Option<Vec<(Located<String>, Located<String>)>> = Spec::map(Spec::text()).optional().example("{ Co = \"LiCoO2(s)\" }");
        /// Name of what the assay leaves unnamed: an inert solid that closes like an element.
        rest: Option<String> = Spec::text().optional().example("\"gangue\"");
        /// Water in the wet solid, mass over mass of wet solid; `mass` counts the dry solid.
        moisture: f64 = Spec::fraction().default("\"0 wt%\"");
        /// Size of the particles of every solid in the feed.
        size: Option<Args> = Spec::record(Size::specs).optional().example("{ distribution = \"rosin-rammler\", d63 = \"80 um\", n = 1.1 }");
        /// Size of the particles of single solids, where it differs.
        sizes: Option<Vec<(Located<String>, Args)>> = Spec::map(Spec::record(Size::specs)).optional().example("{ \"Al(s)\" = { distribution = \"single\", d = \"200 um\" } }");
        /// Size classes that a distribution is cut into.
        classes: usize = Spec::integer().at_least(1.0).at_most(500.0).default("20");
        /// Reagents or species in a solution: mol/L, g/L or wt%.
        solution: Option<Vec<(Located<String>, Located<Measured>)>> = Spec::map(Spec::any_of(&[Dimension::CONCENTRATION, Dimension::MASS_CONCENTRATION, Dimension::FRACTION])).at_least(0.0).optional().example("{ H2SO4 = \"2 mol/L\" }");
        /// Mass shares of species; they add up to 100 %.
        composition: Option<Vec<(Located<String>, f64)>> = Spec::map(Spec::fraction()).optional().at_least(0.0).at_most(1.0).example("{ \"O2(g)\" = \"23 wt%\", \"N2(g)\" = \"77 wt%\" }");
        /// Amount or mass of each reagent or species, per second or per batch.
        amounts: Option<Vec<(Located<String>, Located<Measured>)>> = Spec::map(Spec::any_of(&[Dimension::AMOUNT_FLOW, Dimension::AMOUNT, Dimension::MASS_FLOW, Dimension::MASS])).at_least(0.0).optional().example("{ \"CuO(s)\" = \"40 mol/h\" }");
        /// Temperature.
        temperature: f64 = Spec::quantity(Dimension::TEMPERATURE).positive().default("\"25 degC\"");
        /// What recovery counts it as; absent, a solid is a feedstock and a solution a reagent.
        role: Option<String> = Spec::choice(&["feedstock", "reagent"]).optional();
    }
}

#[derive(Debug)]
struct Feed {
    stream: Stream,
    boundary: Boundary,
    /// What the stream is made from, to make it over other numbers.
    recipe: Recipe,
}

/// A feed's parameters with what is needed to make a stream of them.
#[derive(Debug)]
struct Recipe {
    parameters: Parameters,
    args: Args,
    context: Context,
}

/// Numbers of a recipe, given a path and the value in the file: the value itself, or how it moves.
type Own<'o, S> = &'o dyn Fn(&str, f64) -> S;

fn build(args: &Args, context: &Context) -> Result<Box<dyn Unit>, BuildError> {
    for name in ["mass", "volume"] {
        let (flow, amount) = match name {
            "mass" => (Dimension::MASS_FLOW, Dimension::MASS),
            _ => (Dimension::VOLUME_FLOW, Dimension::VOLUME),
        };
        super::check_basis(args, name, context.basis, flow, amount)?;
    }
    let (parameters, place) = with_feedstock(args, context)?;
    let kinds = [
        parameters.assay.is_some(),
        parameters.solution.is_some(),
        parameters.composition.is_some(),
        parameters.amounts.is_some(),
    ];
    if kinds.iter().filter(|k| **k).count() != 1 {
        let message =
            "a feed needs exactly one of `feedstock`, `assay`, `solution`, `composition` and `amounts`";
        return Err(
            BuildError::at(place, message).help("write `solution = { H2SO4 = \"2 mol/L\" }`, for example")
        );
    }
    let solid = parameters.assay.is_some();
    let recipe = Recipe { parameters, args: args.clone(), context: context.clone() };
    let stream = recipe.stream(&|_, value| value)?;
    let boundary = match recipe.parameters.role.as_deref() {
        Some("feedstock") => Boundary::Feedstock,
        Some(_) => Boundary::Reagent,
        None if solid => Boundary::Feedstock,
        None => Boundary::Reagent,
    };
    Ok(Box::new(Feed { stream, boundary, recipe }))
}

impl Recipe {
    /// The stream; one of the kinds is there.
    fn stream<S: Scalar>(&self, own: Own<'_, S>) -> Result<Stream<S>, BuildError> {
        let Recipe { parameters, args, context } = self;
        let mut stream = if let Some(assay) = &parameters.assay {
            solid_feed(assay, parameters, args, context, own)?
        } else if let Some(solution) = &parameters.solution {
            solution_feed(solution, parameters, args, context, own)?
        } else if let Some(composition) = &parameters.composition {
            composed_feed(composition, parameters, args, context, own)?
        } else {
            let amounts = parameters.amounts.as_deref().unwrap_or_default();
            counted_feed(amounts, parameters, args, context, own)?
        };
        stream.temperature = own("temperature", parameters.temperature);
        stream.pressure = S::from(STANDARD_PRESSURE);
        Ok(stream)
    }
}

/// The parameters, with assay, rest and size taken from the feedstock where one is named.
fn with_feedstock(args: &Args, context: &Context) -> Result<(Parameters, Place), BuildError> {
    let mut parameters = Parameters::read(args)?;
    if let Some(name) = &parameters.feedstock {
        let known = context.feedstocks.iter().map(|(n, _)| n.as_str());
        let Some((_, stock)) = context.feedstocks.iter().find(|(n, _)| *n == name.value) else {
            let known: Vec<String> = known.map(|n| format!("`{n}`")).collect();
            let message = format!("unknown feedstock `{}`", name.value);
            return Err(BuildError::at(name.place, message).because(Cause::UnknownName).help(format!(
                "the processes in use have {}",
                if known.is_empty() { "none".into() } else { known.join(", ") }
            )));
        };
        if parameters.assay.is_some() {
            return Err(BuildError::at(args.place_of("assay"), "both `feedstock` and `assay` are given")
                .help("leave one of them out"));
        }
        parameters.assay = stock.read("assay")?;
        parameters.hosts = parameters.hosts.or(stock.read("hosts")?);
        parameters.rest = parameters.rest.or(stock.read("rest")?);
        parameters.size = parameters.size.or(stock.read("size")?);
        parameters.sizes = parameters.sizes.or(stock.read("sizes")?);
    }
    Ok((parameters, args.place))
}

fn solid_feed<S: Scalar>(
    assay: &[(Located<String>, f64)],
    parameters: &Parameters,
    args: &Args,
    context: &Context,
    own: Own<'_, S>,
) -> Result<Stream<S>, BuildError> {
    let mass = parameters.mass.as_ref().ok_or_else(|| {
        BuildError::at(args.place, "a solid feed needs `mass`")
            .because(Cause::Missing)
            .help("write `mass = \"100 g\"` or `mass = \"100 kg/h\"`")
    })?;
    let mass = own("mass", mass.si);
    let table = &context.table;
    let mut stream = Stream::empty(table.clone());
    let mut given = S::from(0.0);
    for (name, share) in assay {
        let share = own(&format!("assay.{}", name.value), *share);
        match table.index(&name.value) {
            Some(id) if !Part::Gas.holds(table.get(id).phase) => {
                stream.amounts[id.0] += mass * share / table.get(id).molar_mass;
                given += share;
            }
            _ => given += host(name, share, mass, parameters, &mut stream)?,
        }
    }
    if given.real() > 1.0 + 1e-9 {
        let message = format!("the assay adds up to {:.4} wt%", 100.0 * given.real());
        return Err(BuildError::at(assay_place(args), message).because(Cause::Range).help(
            "shares of the dry solid add up to at most 100 wt%, the other elements of the hosts included",
        ));
    }
    add_rest(parameters, args, S::from(1.0) - given, mass, &mut stream)?;
    if let Some(water) = table.index("H2O") {
        if parameters.moisture >= 1.0 {
            return Err(BuildError::at(args.place_of("moisture"), "a wet solid needs some solid")
                .help("give a moisture below 100 wt%"));
        }
        let moisture = own("moisture", parameters.moisture);
        let wet = mass * moisture / (S::from(1.0) - moisture);
        stream.amounts[water.0] += wet / table.get(water).molar_mass;
    }
    add_sizes(parameters, context, own, &mut stream)?;
    Ok(stream)
}

/// Puts an assayed element into its host solid; returns the mass share that the host takes.
fn host<S: Scalar>(
    element: &Located<String>,
    share: S,
    mass: S,
    parameters: &Parameters,
    stream: &mut Stream<S>,
) -> Result<S, BuildError> {
    let table = stream.table.clone();
    let unknown = |message: String| BuildError::at(element.place, message);
    let host = parameters.hosts.iter().flatten().find(|(name, _)| name.value == element.value);
    let found = host.map(|(_, host)| find_species(&table, host)).transpose()?;
    let (Some(index), Some((_, host)), Some(id)) = (table.element_index(&element.value), host, found) else {
        return Err(unknown(format!(
            "`{}` is neither a species of this scenario nor an element with a host",
            element.value
        ))
        .because(Cause::UnknownName)
        .help(format!(
            "name a solid such as `LiCoO2(s)`, or write `hosts = {{ {} = \"...(s)\" }}`",
            element.value
        )));
    };
    let per_host = table.composition(id)[index];
    if per_host <= 0.0 {
        return Err(BuildError::at(host.place, format!("`{}` holds no {}", host.value, element.value))
            .because(Cause::Chemistry)
            .help("name a solid that holds it"));
    }
    // What hosts named before already bring of the element counts towards its assay.
    let brought = stream.element_mass(index) / mass;
    let missing = share - brought;
    if missing.real() < -1e-9 {
        return Err(unknown(format!(
            "the hosts of other elements already bring {:.3} wt% {}, more than the {:.3} wt% assayed",
            100.0 * brought.real(),
            element.value,
            100.0 * share.real()
        ))
        .because(Cause::Range));
    }
    let amount = missing.max(S::from(0.0)) * mass / table.elements()[index].molar_mass() / per_host;
    stream.amounts[id.0] += amount;
    Ok(amount * table.get(id).molar_mass / mass)
}

fn add_rest<S: Scalar>(
    parameters: &Parameters,
    args: &Args,
    share: S,
    mass: S,
    stream: &mut Stream<S>,
) -> Result<(), BuildError> {
    if share.real() <= 1e-9 {
        return Ok(());
    }
    let Some(rest) = &parameters.rest else {
        let message = format!("the assay leaves {:.4} wt% unnamed", 100.0 * share.real());
        return Err(BuildError::at(assay_place(args), message)
            .because(Cause::Missing)
            .help("write `rest = \"gangue\"` to carry it as an inert solid"));
    };
    let table = stream.table.clone();
    let id = table.index(&format!("{rest}(s)")).or_else(|| table.index(rest)).ok_or_else(|| {
        let problem = Species::pseudo(&format!("{rest}(s)")).err().map(|e| e.to_string());
        BuildError::at(args.place_of("rest"), problem.unwrap_or_else(|| format!("unknown species `{rest}`")))
            .because(Cause::Chemistry)
            .help("write one word: `rest = \"gangue\"`")
    })?;
    stream.amounts[id.0] += share * mass / table.get(id).molar_mass;
    Ok(())
}

/// Where the assay stands, or the feedstock that brings it.
fn assay_place(args: &Args) -> Place {
    args.place_of(if args.find("assay").is_some() { "assay" } else { "feedstock" })
}

fn add_sizes<S: Scalar>(
    parameters: &Parameters,
    context: &Context,
    own: Own<'_, S>,
    stream: &mut Stream<S>,
) -> Result<(), BuildError> {
    let cut = |args: &Args, path: &str| -> Result<Vec<(S, f64)>, BuildError> {
        // all diameters of a distribution are in proportion to its one length
        let stretch =
            length(args).map_or(S::from(1.0), |(name, value)| own(&format!("{path}.{name}"), value) / value);
        let classes = distribution(args, parameters.classes)?;
        Ok(classes.into_iter().map(|(diameter, share)| (stretch * diameter, share)).collect())
    };
    let default = parameters.size.as_ref().map(|size| cut(size, "size")).transpose()?;
    let mut single = Vec::new();
    for (name, args) in parameters.sizes.iter().flatten() {
        let id = find_species(&context.table, name)?;
        single.push((id, cut(args, &format!("sizes.{}", name.value))?));
    }
    let solids: Vec<SpeciesId> =
        stream.present().filter(|(_, species)| Part::Solids.holds(species.phase)).map(|(id, _)| id).collect();
    for id in solids {
        let found = single.iter().find(|(species, _)| *species == id).map(|(_, d)| d).or(default.as_ref());
        if let Some(classes) = found {
            let amount = stream.amount(id);
            let classes = classes
                .iter()
                .map(|(diameter, share)| Population::fresh(*diameter, amount * *share))
                .collect();
            stream.particles.push(Particles { species: id, classes });
        }
    }
    Ok(())
}

fn solution_feed<S: Scalar>(
    solution: &[(Located<String>, Located<Measured>)],
    parameters: &Parameters,
    args: &Args,
    context: &Context,
    own: Own<'_, S>,
) -> Result<Stream<S>, BuildError> {
    let table = &context.table;
    // One cubic metre of solution, or one kilogram where shares are by mass; scaled at the end.
    let by_mass = solution.iter().any(|(_, m)| m.value.dimension.is_dimensionless());
    let by_volume = solution.iter().any(|(_, m)| !m.value.dimension.is_dimensionless());
    if by_mass && by_volume {
        return Err(BuildError::at(
            args.place_of("solution"),
            "mass shares and concentrations cannot be mixed in one solution",
        )
        .help("give all as wt%, or all as mol/L or g/L"));
    }
    let mut stream = Stream::<S>::empty(table.clone());
    let mut mass = S::from(0.0);
    for (name, measured) in solution {
        let (molar_mass, brings) = dissolved(name, context)?;
        let given = own(&format!("solution.{}", name.value), measured.value.si);
        let molar = measured.value.dimension == Dimension::CONCENTRATION;
        let amount = if molar { given } else { given / molar_mass };
        mass += amount * molar_mass;
        for (id, count) in brings {
            stream.amounts[id.0] += amount * count;
        }
    }
    let Some(water) = table.index("H2O") else { return Ok(stream) };
    let room = if by_mass {
        (S::from(1.0) - mass) / table.get(water).molar_mass
    } else {
        water_to_fill(&stream, water, 1.0, context)
    };
    if room.real().is_nan() || room.real() < 0.0 {
        return Err(BuildError::at(
            args.place_of("solution"),
            "the solutes take more room than the solution has",
        )
        .because(Cause::Range)
        .help("lower the concentrations"));
    }
    stream.amounts[water.0] += room;
    stream.neutralise();
    check_neutral(&stream, "solution", "per m3 or kg", args)?;
    let factor = match (&parameters.mass, &parameters.volume) {
        (Some(mass), None) => own("mass", mass.si) / stream.mass(),
        (None, Some(volume)) => own("volume", volume.si) / context.volume.liquor(&stream),
        (Some(_), Some(_)) => {
            let message = "`mass` and `volume` are both given";
            return Err(BuildError::at(args.place_of("volume"), message).help("leave one of them out"));
        }
        (None, None) => {
            return Err(BuildError::at(args.place, "a solution needs `mass` or `volume`, one of the two")
                .because(Cause::Missing)
                .help("write `volume = \"1 L\"` or `volume = \"2 m3/h\"`"));
        }
    };
    Ok(stream.scaled(factor))
}

/// Refuses what has a net charge.
fn check_neutral<S: Scalar>(stream: &Stream<S>, key: &str, per: &str, args: &Args) -> Result<(), BuildError> {
    let charge = stream.charge().real();
    let ions: f64 = stream.table.iter().map(|(id, s)| stream.amount(id).real() * s.charge.abs()).sum();
    if charge.abs() <= 1e-9 * ions {
        return Ok(());
    }
    let message = format!("the {key} is not neutral: {charge:+.3e} mol of charge {per}")
        .replace("the amounts is", "the amounts are");
    Err(BuildError::at(args.place_of(key), message)
        .because(Cause::Chemistry)
        .help("name salts and acids (`H2SO4`, `CuSO4`), or balance the ions"))
}

/// Water (mol) that fills a solution up to a volume (m3), by Newton's method; negative where there is no room.
///
/// The last step makes the derivatives as exact as the water.
fn water_to_fill<S: Scalar>(solutes: &Stream<S>, water: SpeciesId, volume: f64, context: &Context) -> S {
    let mut solution = solutes.clone();
    let brought = solutes.amount(water);
    // Start from pure water: a solute alone is no liquor.
    solution.amounts[water.0] = brought + volume / 18e-6;
    for _ in 0..50 {
        let off = S::from(volume) - context.volume.liquor(&solution);
        let slope = context.volume.per_amount(&solution.amounts, solution.temperature)[water.0];
        solution.amounts[water.0] += off / slope;
        if solution.amounts[water.0].real() <= 0.0 {
            return S::from(-1.0);
        }
        if off.real().abs() <= 1e-14 * volume {
            break;
        }
    }
    solution.amounts[water.0] - brought
}

/// Molar mass and dissolved species of a reagent or a species.
pub(super) fn dissolved(
    name: &Located<String>,
    context: &Context,
) -> Result<(f64, Vec<(SpeciesId, f64)>), BuildError> {
    if let Some(reagent) = context.reagents.iter().find(|r| r.name == name.value) {
        return Ok((reagent.molar_mass, reagent.brings.clone()));
    }
    let id = find_species(&context.table, name).map_err(|error| {
        let reagents = context.reagents.iter().map(|r| r.name.as_str());
        error.help(match crate::chemistry::nearest(&name.value, reagents).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a reagent of the library (`lixivia list reagents`) or a species of this scenario"
                .to_owned(),
        })
    })?;
    Ok((context.table.get(id).molar_mass, vec![(id, 1.0)]))
}

/// A species of the scenario by name.
fn find_species(table: &SpeciesTable, name: &Located<String>) -> Result<SpeciesId, BuildError> {
    table
        .find(&name.value)
        .map_err(|error| BuildError::at(name.place, error.to_string()).because(Cause::UnknownName))
}

fn counted_feed<S: Scalar>(
    amounts: &[(Located<String>, Located<Measured>)],
    parameters: &Parameters,
    args: &Args,
    context: &Context,
    own: Own<'_, S>,
) -> Result<Stream<S>, BuildError> {
    if let Some(extra) = ["mass", "volume"].into_iter().find(|key| args.find(key).is_some()) {
        let message = format!("`{extra}` is given beside `amounts`, which say how much there is");
        return Err(BuildError::at(args.place_of(extra), message).help("leave one of them out"));
    }
    let mut stream = Stream::empty(context.table.clone());
    for (name, measured) in amounts {
        let (molar_mass, brings) = dissolved(name, context)?;
        let dimension = measured.value.dimension;
        let (flow, plant) = match context.basis {
            Basis::Continuous => ([Dimension::AMOUNT_FLOW, Dimension::MASS_FLOW], "continuous"),
            Basis::Batch => ([Dimension::AMOUNT, Dimension::MASS], "batch"),
        };
        let Some(by_mass) = flow.iter().position(|own| own.same_exponents(dimension)) else {
            let message = format!(
                "`{}` in a {plant} plant must be {} or {}, found {dimension}",
                name.value, flow[0], flow[1]
            );
            return Err(BuildError::at(measured.place, message).help(
                "`basis` at the top of the scenario says whether amounts are per second or per batch",
            ));
        };
        let given = own(&format!("amounts.{}", name.value), measured.value.si);
        let amount = if by_mass == 1 { given / molar_mass } else { given };
        for (id, count) in brings {
            stream.amounts[id.0] += amount * count;
        }
    }
    stream.neutralise();
    check_neutral(&stream, "amounts", "per second or per batch", args)?;
    add_sizes(parameters, context, own, &mut stream)?;
    Ok(stream)
}

fn composed_feed<S: Scalar>(
    composition: &[(Located<String>, f64)],
    parameters: &Parameters,
    args: &Args,
    context: &Context,
    own: Own<'_, S>,
) -> Result<Stream<S>, BuildError> {
    let mass = parameters.mass.as_ref().ok_or_else(|| {
        BuildError::at(args.place, "a feed by composition needs `mass`")
            .because(Cause::Missing)
            .help("write `mass = \"100 kg/h\"`")
    })?;
    let shares: Vec<S> =
        composition.iter().map(|(name, share)| own(&format!("composition.{}", name.value), *share)).collect();
    let total = shares.iter().fold(S::from(0.0), |sum, share| sum + *share);
    if (total.real() - 1.0).abs() > 1e-6 {
        return Err(BuildError::at(
            args.place_of("composition"),
            format!("the shares add up to {:.4} wt%", 100.0 * total.real()),
        )
        .because(Cause::Range)
        .help("make them add up to 100 wt%"));
    }
    let mut stream = Stream::empty(context.table.clone());
    let mass = own("mass", mass.si);
    for ((name, _), share) in composition.iter().zip(shares) {
        let (molar_mass, brings) = dissolved(name, context)?;
        for (id, count) in brings {
            stream.amounts[id.0] += mass * share / total / molar_mass * count;
        }
    }
    stream.neutralise();
    add_sizes(parameters, context, own, &mut stream)?;
    Ok(stream)
}

impl Unit for Feed {
    fn ports(&self) -> Ports {
        Ports::new(vec![], vec![Port::one("out")])
    }
    fn solve(&self, _: &Inlets) -> Result<Outcome, UnitError> {
        Ok(Outcome::new("out", self.stream.clone()))
    }
    fn solve_along(&self, _: &Inlets<Moving>, moves: &Moves) -> Option<Result<Outcome<Moving>, UnitError>> {
        let stream = self.recipe.stream(&|path, value| moves.number(path, value));
        let words = |error: BuildError| UnitError::Infeasible(error.to_string());
        Some(stream.map(|stream| Outcome::new("out", stream)).map_err(words))
    }
    fn moves_with(&self, path: &str) -> bool {
        let mapped = ["assay.", "solution.", "composition.", "amounts."];
        let sized = || {
            let parameters = &self.recipe.parameters;
            let single =
                parameters.sizes.iter().flatten().find_map(|(name, args)| {
                    Some((path.strip_prefix(&format!("sizes.{}.", name.value))?, args))
                });
            let found = path.strip_prefix("size.").zip(parameters.size.as_ref()).or(single);
            found.is_some_and(|(key, args)| length(args).is_some_and(|(name, _)| name == key))
        };
        matches!(path, "mass" | "volume" | "moisture" | "temperature")
            || mapped.iter().any(|table| path.starts_with(table))
            || sized()
    }
    fn boundary(&self) -> Option<Boundary> {
        Some(self.boundary)
    }
}

/// The one length of a distribution, to which all its diameters are in proportion, m; sieves have several.
fn length(args: &Args) -> Option<(&'static str, f64)> {
    let name = match &args.find("distribution")?.value {
        Value::Text(law) => match law.as_str() {
            "single" => "d",
            "gates-gaudin-schuhmann" => "d_max",
            "rosin-rammler" => "d63",
            "log-normal" => "d50",
            _ => return None,
        },
        _ => return None,
    };
    args.find(name)?.value.number().map(|value| (name, value))
}
