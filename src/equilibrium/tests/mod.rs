mod polysulfide;
mod potential;
mod reservoir;
mod sensitivity;
mod w3;
mod w3_reference;
