//! Rates of reactions and of the leaching of particles; knows no tank.
