//! The data room from outside: sources as a user writes them, cleaning and splits by property, the cache, real data.

mod bad_input;
mod cache;
mod cleaning;
mod errors;
mod fixture;
mod leaks;
mod media;
mod mutate;
mod privacy;
mod properties;
mod real_data;
mod recipes;
mod samples;
mod sources;
mod splits;
mod synthetic;
mod values;
