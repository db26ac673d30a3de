//! Text with a unit to SI numbers, the dimension checked: `"85 degC"` becomes 358.15.
