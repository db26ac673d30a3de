mod polysulfide;
mod potential;
mod reservoir;
mod robust;
mod sensitivity;
mod w3;
mod w3_reference;
