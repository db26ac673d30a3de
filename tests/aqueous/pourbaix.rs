//! Eh-pH maps of the shipped constants: triple points and lines against values worked out by hand.
//!
//! 0.0591597 V is one unit of pe at 25 °C. `a` is the decimal logarithm of the activity of an ion.

use lixivia::equilibrium::Database;
use lixivia::equilibrium::pourbaix::{Map, MapError, Request};

const VOLT: f64 = 0.059_159_7;

fn request(element: &str, activity: f64, ligands: &[(&str, f64)]) -> Request {
    let ligands = ligands.iter().map(|(name, a)| ((*name).to_owned(), *a)).collect();
    Request { element: element.into(), activity, ligands, ph: (0.0, 14.0), ..Request::default() }
}

fn map(request: &Request) -> Map {
    Map::new(&Database::curated().unwrap(), request).unwrap()
}

/// That the map has a triple point of these domains at this pH and pe.
fn meets(map: &Map, names: [&str; 3], ph: f64, pe: f64) {
    let mut names = names.map(str::to_owned).to_vec();
    names.sort();
    let corners = map.corners(700);
    let found = corners.iter().find(|c| c.meet == names);
    let corner = found.unwrap_or_else(|| panic!("{names:?} do not meet: {corners:?}"));
    assert!((corner.ph - ph).abs() < 2e-3, "{names:?}: pH {} against {ph} by hand", corner.ph);
    assert!((corner.eh - pe * VOLT).abs() < 2e-4, "{names:?}: {} V against {} by hand", corner.eh, pe * VOLT);
}

/// Cu = Cu+2 + 2 e-: a2 = -11.39 + 2 pe. Cu+2 + e- = Cu+: a1 = a2 + 2.83 - pe. CuO + 2 H+: a2 = 7.63 - 2 pH.
/// Cu2O + 2 H+ = 2 Cu+ + H2O: a1 = -0.703 - pH. Dissolved species -6.
#[test]
fn copper() {
    let map = map(&request("Cu", 1e-6, &[]));
    // a2 = -6 in CuO: pH 6.815; Cu2O there a1 = -7.518, pe = -6 + 2.83 + 7.518
    meets(&map, ["Cu+2", "Cu2O(cr)", "CuO(s)"], 6.815, 4.348);
    // a1 = a2 = -6: pe 2.83; Cu2O with a1 = -6: pH 5.297
    meets(&map, ["Cu+", "Cu+2", "Cu2O(cr)"], 5.297, 2.83);
    // Cu with a1 = -6: -6 = -11.39 + 2.83 + pe
    meets(&map, ["Cu(cr)", "Cu+", "Cu2O(cr)"], 5.297, 2.56);
    // the order of domains in every textbook: Cu2O between Cu and CuO, CuO dissolves in strong alkali
    assert_eq!(map.stable(8.0, 0.05), Some("Cu2O(cr)"));
    assert_eq!(map.stable(9.0, 0.6), Some("CuO(s)"));
    assert_eq!(map.stable(3.0, 0.6), Some("Cu+2"));
    assert_eq!(map.stable(13.9, 0.6), Some("Cu(OH)4-2"));
}

/// Fe+2 = Fe+3 + e-: a3 = a2 - 13.05 + pe. FeOOH + 3 H+: a3 = 0.33 - 3 pH. Fe: a2 = 15.89 + 2 pe. Fe(OH)2: a2 = 12.27 - 2 pH.
/// Fe3O4 + 8 H+ = Fe+2 + 2 Fe+3 + 4 H2O: a2 + 2 a3 + 8 pH = 10.34. Dissolved species -6.
#[test]
fn iron() {
    let map = map(&request("Fe", 1e-6, &[]));
    meets(&map, ["Fe+2", "Fe+3", "Goethite"], 2.11, 13.05); // 0.33 + 6 over 3
    // -6 + 2 (0.33 - 3 pH) + 8 pH = 10.34: pH 7.84; a3 = -23.19 = -6 - 13.05 + pe
    meets(&map, ["Fe+2", "Fe3O4(s)", "Goethite"], 7.84, -4.14);
    meets(&map, ["Fe(OH)2(s)", "Fe(alpha,cr)", "Fe+2"], 9.135, -10.945); // (12.27 + 6)/2, (-6 - 15.89)/2
    // 3 (-6) - 26.1 + 2 pe + 8 · 9.135 = 10.34
    meets(&map, ["Fe(OH)2(s)", "Fe+2", "Fe3O4(s)"], 9.135, -9.32);
    // Fe(OH)2 lives below the hydrogen line only: in water it turns to magnetite (Schikorr)
    for ph in [9.2, 10.5, 12.0, 13.5] {
        assert_eq!(map.stable(ph, map.water(ph).0 + 0.001), Some("Fe3O4(s)"), "pH {ph}");
    }
    let with = Request { solids: Some(vec!["2-line ferrihydrite".into()]), ..request("Fe", 1e-6, &[]) };
    // ferrihydrite instead: Fe(OH)2+ is a3 - 5.71 + 2 pH = 3.5 - 5.71 - pH = -6 at pH 3.79; a3 = -7.87 = -6 - 13.05 + pe
    meets(&self::map(&with), ["2-line ferrihydrite", "Fe(OH)2+", "Fe+2"], 3.79, 11.18);
}

/// Co: a2 = 9.74 + 2 pe. CoOH+: a2 - 9.61 + pH. Co(OH)2: a2 = 13.24 - 2 pH. Co3O4 + 8 H+ + 2 e-: 3 a2 + 8 pH + 2 pe = 54.86.
#[test]
fn cobalt() {
    let map = map(&request("Co", 1e-6, &[]));
    meets(&map, ["Co(cr)", "Co+2", "CoOH+"], 9.61, -7.87); // (-6 - 9.74)/2
    meets(&map, ["Co+2", "Co3O4(s)", "CoOH+"], 9.61, -2.01); // (54.86 + 18 - 76.88)/2
    // 13.24 - 2 pH = -6 + 9.61 - pH: pH 9.63, a2 = -6.02
    meets(&map, ["Co(OH)2(s)", "Co(cr)", "CoOH+"], 9.63, -7.88);
    assert_eq!(map.stable(7.0, 1.2), Some("Co3O4(s)"));
}

/// Ag: a = -13.51 + pe. AgOH: a - 11.75 + pH. Ag(OH)2-: a - 24.34 + 2 pH. Ag2O + 2 H+: a = 6.27 - pH.
#[test]
fn silver() {
    let dilute = map(&request("Ag", 1e-6, &[]));
    meets(&dilute, ["Ag(cr)", "Ag+", "AgOH"], 11.75, 7.51);
    meets(&dilute, ["Ag(OH)2-", "Ag(cr)", "AgOH"], 12.59, 6.67); // a = -6 + 11.75 - 12.59 = -6.84
    let wide = Request { ph: (0.0, 15.0), ..request("Ag", 1e-4, &[]) };
    let strong = map(&wide);
    meets(&strong, ["Ag(cr)", "Ag+", "Ag2O(s)"], 10.27, 9.51);
    meets(&strong, ["Ag(OH)2-", "Ag(cr)", "Ag2O(s)"], 14.07, 5.71); // 6.27 + pH - 24.34 = -4; a = -7.80
}

/// Ga: a = 27.85 + 3 pe. GaOOH + 3 H+: a = 1.481 - 3 pH. Ga(OH)4-: a - 15.52 + 4 pH.
#[test]
fn gallium() {
    let map = map(&request("Ga", 1e-6, &[]));
    meets(&map, ["Ga (metal)", "Ga+3", "GaO(OH)(s)"], 7.481 / 3.0, -33.85 / 3.0);
    // 1.481 + pH - 15.52 = -6: pH 8.039, a = -22.636
    meets(&map, ["Ga (metal)", "Ga(OH)4-", "GaO(OH)(s)"], 8.039, -50.486 / 3.0);
}

/// Ge + 4 H2O = Ge(OH)4 + 4 H+ + 4 e-: a = 3.26 + 4 pH + 4 pe. GeO(OH)3-: a - 9.099 + pH. GeO2(OH)2-2: a - 21.859 + 2 pH.
#[test]
fn germanium() {
    let map = map(&request("Ge", 1e-6, &[]));
    meets(&map, ["Ge (metal)", "Ge(OH)4", "GeO(OH)3-"], 9.099, -9.26 / 4.0 - 9.099);
    meets(&map, ["Ge (metal)", "GeO(OH)3-", "GeO2(OH)2-2"], 12.76, -12.921 / 4.0 - 12.76); // a = -9.661
    // GeO2 dissolves to 0.04 mol/kg: it has a domain above that only
    let strong = self::map(&request("Ge", 0.1, &[]));
    assert_eq!(strong.stable(4.0, 1.0), Some("GeO2 (hexagonal)"));
}

/// Au: a1 = -28.59 + pe; a3 = a1 - 47.352 + 2 pe, so a3 = -75.942 + 3 pe. AuCl4-: a3 + 25.13 - 4; AuCl3(OH)-: a3 + 19.73 - 3 + pH
/// with chloride at 0.1. Au2O3 + 6 H+ = 2 Au+3 + 3 H2O: a3 = -6.825 - 3 pH. Dissolved species -4.
#[test]
fn gold_in_chloride() {
    let map = map(&request("Au", 1e-4, &[("Cl", 0.1)]));
    meets(&map, ["Au (metal)", "AuCl3(OH)-", "AuCl4-"], 4.4, 50.812 / 3.0); // 21.13 = 16.73 + pH; a3 = -25.13
    // 16.73 + pH - 6.825 - 3 pH = -4: pH 6.9525, a3 = -27.6825
    meets(&map, ["Au (metal)", "Au2O3(s)", "AuCl3(OH)-"], 6.9525, 48.2595 / 3.0);
}

/// Au(CN)2-: a1 + 38.3 + 2 log CN = -4, so along metallic gold pe = -13.71 - 2 log CN. HCN: pK 9.21 shares the cyanide.
/// Au2O3 along gold: pe = 23.039 - pH.
#[test]
fn gold_in_cyanide() {
    let leach = map(&request("Au", 1e-4, &[("Cyanide", 1e-3)]));
    for (ph, log_cn) in [(5.0, -7.210_03), (12.0, -3.000_70)] {
        let eh = leach.boundary("Au (metal)", "Au(CN)2-", ph).unwrap();
        let by_hand = (-13.71 - 2.0 * log_cn) * VOLT;
        assert!((eh - by_hand).abs() < 2e-4, "pH {ph}: {eh} V against {by_hand} by hand");
    }
    // hardly any cyanide: log CN = log total - 9.21 + pH; -13.71 - 2 log CN = 23.039 - pH
    for (total, ph) in [(1e-10, 1.671), (1e-11, 3.671)] {
        let trace = map(&request("Au", 1e-4, &[("Cyanide", total)]));
        meets(&trace, ["Au (metal)", "Au(CN)2-", "Au2O3(s)"], ph, 23.039 - ph);
    }
    let borders = leach.ligand_borders();
    assert_eq!(borders.len(), 1);
    assert!(
        (borders[0].0 - 9.21).abs() < 1e-6 && borders[0].1 == "H(CN)" && borders[0].2 == "CN-",
        "{borders:?}"
    );
}

#[test]
fn what_cannot_be_mapped_is_said() {
    let db = Database::curated().unwrap();
    let fails = |request: Request| Map::new(&db, &request).err().unwrap();
    assert!(matches!(fails(request("Cuu", 1e-6, &[])), MapError::System(_)));
    let omitted = Request { omitted: vec!["CuO".into()], ..request("Cu", 1e-6, &[]) };
    let words = fails(omitted).to_string();
    assert!(words.contains("did you mean `CuO(s)`"), "{words}");
    for bad in [f64::NAN, -1.0, 0.0, f64::INFINITY] {
        assert!(matches!(fails(request("Cu", bad, &[])), MapError::Input(_)), "{bad}");
        assert!(matches!(fails(request("Au", 1e-4, &[("Cl", bad)])), MapError::Input(_)), "{bad}");
    }
    let turned = Request { ph: (14.0, 0.0), ..request("Cu", 1e-6, &[]) };
    assert!(matches!(fails(turned), MapError::Input(_)));
}
